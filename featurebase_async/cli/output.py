"""What a person sees: results on standard output, everything else on standard error.

On a terminal there are tables and colours; elsewhere plain lines.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from featurebase_async.cli.values import json_line, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

__all__ = ["Output", "OutputOptions"]

UNLIMITED = 10_000
"""Columns of what is no terminal: a line stays a line."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """The options of every command for what it shows."""

    quiet: Annotated[bool, Parameter(group="Output")] = False
    """Show errors only."""
    json: Annotated[bool, Parameter(group="Output")] = False
    """Print results as JSON, one line for each."""


def _console(file: TextIO) -> Console:
    return Console(file=file, width=None if file.isatty() else UNLIMITED, highlight=False, markup=False, emoji=False)


class Output:
    """The two outputs of one command.

    Attributes:
        err: Where the progress goes.
        animated: Whether the progress moves: on a terminal that can.
    """

    def __init__(self, look: OutputOptions | None = None) -> None:
        """Take the outputs of the process as they are now."""
        look = look or OutputOptions()
        self._quiet = look.quiet
        self._json = look.json
        self._out = _console(sys.stdout)
        self.err: Console = _console(sys.stderr)
        self.animated: bool = not look.quiet and self.err.is_terminal and not self.err.is_dumb_terminal

    @property
    def as_json(self) -> bool:
        """Whether results are JSON."""
        return self._json

    @property
    def on_terminal(self) -> bool:
        """Whether results are read by a person."""
        return self._out.is_terminal

    @property
    def width(self) -> int:
        """Characters of a line of results."""
        return self._out.width

    @property
    def shares_terminal(self) -> bool:
        """Whether the outputs end up on the same output."""
        return self._out.is_terminal and self.err.is_terminal

    def note(self, text: str) -> None:
        """Say what is going on."""
        if not self._quiet:
            self.err.print(Text(printable(text), style="dim"))

    def warn(self, text: str) -> None:
        """Say what went wrong beside the result, however quiet."""
        self.err.print(Text(printable(text)))

    def failure(self, text: str) -> None:
        """Say that something failed where the result, which has it too, is not shown."""
        if self._quiet:
            self.err.print(Text(printable(text)))

    def result(self, value: Any, *lines: str | Text | Table) -> None:
        """Print a result: in words, or its value as JSON."""
        if self._json:
            self.data(json_line(value))
        else:
            self.say(*lines)

    def say(self, *lines: str | Text | Table) -> None:
        """Show lines and tables."""
        if self._quiet:
            return
        for line in lines:
            if isinstance(line, Table) and not self.on_terminal:
                # In a file or a pipe nobody needs the spaces that fill the last column.
                with self._out.capture() as captured:
                    self._out.print(line)
                for row in captured.get().rstrip("\n").split("\n"):
                    self.data(row.rstrip())
            else:
                self._out.print(printable(line) if isinstance(line, str) else line)

    def confirmed(self, question: str) -> bool:
        """Ask a question, and return whether the user has typed yes."""
        self.err.print(Text(printable(f"{question} [y/N] ")), end="")
        try:
            return input().strip().casefold() in {"y", "yes"}
        except EOFError:
            self.err.print()
            return False
        except KeyboardInterrupt:
            self.err.print()
            raise

    def data(self, line: str) -> None:
        """Write a line for another program."""
        self._out.file.write(f"{line}\n")

    def table(
        self, headings: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = (), cut: str = ""
    ) -> Table:
        """Make a table; the column `cut` keeps to one line, whatever that costs it. A `Text` keeps its style."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_header=any(headings))
        for heading in headings:
            justify: Literal["left", "right"] = "right" if heading in right else "left"
            one_line = bool(cut) and heading == cut
            table.add_column(heading, justify=justify, overflow="ellipsis" if one_line else "fold", no_wrap=one_line)
        for row in rows:
            table.add_row(*(each if isinstance(each, Text) else Text(printable(str(each))) for each in row))
        return table
