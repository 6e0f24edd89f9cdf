"""How many turns of the event loop another task has, while something long is done."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


class Turns:
    """The turns that another task has had so far."""

    def __init__(self) -> None:
        self.count = 0

    async def take(self) -> None:
        """Take every turn there is, and count it."""
        while True:
            await asyncio.sleep(0)
            self.count += 1


@asynccontextmanager
async def turns_beside() -> AsyncGenerator[Turns]:
    """Count the turns that another task has within this block."""
    turns = Turns()
    task = asyncio.create_task(turns.take())
    try:
        yield turns
    finally:
        task.cancel()
        await asyncio.wait([task])
