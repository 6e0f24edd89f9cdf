"""The sandbox and the client of these tests."""

from resources.opened import client, sandbox, unsent

__all__ = ["client", "sandbox", "unsent"]
