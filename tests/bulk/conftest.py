"""The sandbox and the client of these tests, and an eye on what the loop complains of."""

from support.client import client, sandbox, unsent
from support.leaks import listening_to_loop, loop_is_content

__all__ = ["client", "listening_to_loop", "loop_is_content", "sandbox", "unsent"]
