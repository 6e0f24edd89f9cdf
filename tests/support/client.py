"""A sandbox with a client on it, for all that is tested from where users stand."""

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import AsyncFeaturebase, InvalidRequestError
from featurebase_async.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# Limits that no test here meets by chance.
WIDE = {"key_limit": 10**7, "workspace_limit": 10**7}


@asynccontextmanager
async def opened(sandbox: Sandbox, **options: Any) -> "AsyncIterator[AsyncFeaturebase]":
    """Open a client on a sandbox."""
    async with AsyncFeaturebase(sandbox.api_key, **{"base_url": sandbox.url, **options}) as client:
        yield client


@pytest.fixture
async def sandbox() -> "AsyncIterator[Sandbox]":
    async with Sandbox(**WIDE) as running:
        yield running


@pytest.fixture
async def client(sandbox: Sandbox) -> "AsyncIterator[AsyncFeaturebase]":
    async with opened(sandbox) as made:
        yield made


def assert_at_rest(client: AsyncFeaturebase) -> None:
    """No permit is taken, nobody waits for one, no connection is in use, no time limit runs."""
    here = client._sender.session.current()
    assert here is not None
    pacer: Any = here.pacer
    transport: Any = here.transport
    assert (pacer._busy, pacer._busy_bulk) == (0, 0)
    assert [lane.head() for lane in pacer._lanes.values()] == [None, None]
    assert not transport._session.connector._acquired
    assert not transport._monitor._attempts


class Unsent:
    """Holds that a call is refused before anything is sent."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def __call__(self, param: str | None, match: str | None = None) -> Any:
        return self._watch(param, match)

    @asynccontextmanager
    async def _watch(self, param: str | None, match: str | None) -> "AsyncIterator[None]":
        before = self._sandbox.requests
        with pytest.raises(InvalidRequestError, match=match) as caught:
            yield
        assert caught.value.param == param
        assert caught.value.exchange is None
        assert self._sandbox.requests == before


@pytest.fixture
def unsent(sandbox: Sandbox) -> Unsent:
    """Expect InvalidRequestError about a parameter, and no request: `async with unsent("email"): ...`."""
    return Unsent(sandbox)
