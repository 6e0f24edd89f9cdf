"""Fixtures for testing code that uses the client: a sandbox, and a client on it.

pytest finds them by itself wherever the library is installed. They work alike in plain tests, with pytest-asyncio and
with anyio's plugin (on asyncio):

    async def test_invites_ada(featurebase_client, featurebase_sandbox):
        await invite(featurebase_client, "ada@example.com")
        assert featurebase_sandbox.store.contact_by_email("ada@example.com") is not None

For a sandbox with other settings, define a fixture of the same name in your `conftest.py`:

    @pytest.fixture
    def featurebase_sandbox():
        with Sandbox(key_limit=40, window=3.0) as sandbox:
            yield sandbox
"""

# Every pytest run of whoever has the library installed imports this file, so all else is imported inside.
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox

__all__ = ["featurebase_client", "featurebase_sandbox"]


@pytest.fixture
def featurebase_sandbox() -> Generator[Sandbox]:
    """Run a Featurebase of the test's own, in memory, on loopback, in a thread."""
    from featurebase_async.sandbox import Sandbox  # noqa: PLC0415 -- see the top

    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def featurebase_client(featurebase_sandbox: Sandbox) -> Generator[AsyncFeaturebase]:
    """Give a client on the sandbox. Its first call opens it, and it is closed after the test."""
    import asyncio  # noqa: PLC0415 -- see the top

    from featurebase_async import AsyncFeaturebase  # noqa: PLC0415 -- see the top

    client = AsyncFeaturebase(featurebase_sandbox.api_key, base_url=featurebase_sandbox.url)
    yield client
    # The loop of the test stands still by now, or is gone. This one stays unknown to asyncio, and so to other plugins.
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(client.aclose())
    finally:
        loop.close()
