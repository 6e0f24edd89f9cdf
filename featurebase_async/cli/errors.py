"""What ends a command before its time: one line for the person, and an exit code."""

from __future__ import annotations

__all__ = ["CommandError", "HungUp", "Terminated", "UsageError"]


class CommandError(Exception):
    """Ends a command with exit code 1; the text is the one line that is shown."""


class UsageError(CommandError):
    """Ends a command that was asked for wrongly, with exit code 2."""


class Terminated(KeyboardInterrupt):
    """Ends a command at SIGTERM, as Ctrl-C does by SIGINT."""


class HungUp(KeyboardInterrupt):
    """Ends a command at SIGHUP: its terminal is gone."""
