"""The sandbox and the client of these tests, and an eye on what the loop complains of."""

from typing import TYPE_CHECKING

import pytest

from paging.watching import no_complaints
from resources.opened import client, sandbox, unsent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["client", "sandbox", "unsent"]


@pytest.fixture(autouse=True)
def loop_is_content(request: pytest.FixtureRequest) -> None:
    """Fail an asynchronous test whose loop has something to complain of."""
    if request.node.get_closest_marker("asyncio") is not None:
        request.getfixturevalue("_listen")


@pytest.fixture
async def _listen() -> "AsyncIterator[None]":
    async with no_complaints():
        yield
