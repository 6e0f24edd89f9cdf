"""The sandbox and the client of these tests, and an eye on what the loop complains of."""

from typing import TYPE_CHECKING

import pytest

from support.client import client, sandbox, unsent
from support.leaks import no_complaints

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
