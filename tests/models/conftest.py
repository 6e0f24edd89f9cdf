"""The sandbox and the client of these tests."""

from support.client import client, sandbox, unsent

__all__ = ["client", "sandbox", "unsent"]
