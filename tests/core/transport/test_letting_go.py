"""What a transport does when its loop is gone, or when it belongs to the process that this one was forked from."""

import asyncio

import aiohttp

from featurebase_async._core.loop_states import LoopStates
from featurebase_async._core.transport.aiohttp.connections import KeptConnections, PooledConnector
from featurebase_async._core.transport.aiohttp.transport import AiohttpTransport
from featurebase_async.options import Pacing


async def test_an_external_session_is_left_as_it_is() -> None:
    async with aiohttp.ClientSession() as session:
        transport = AiohttpTransport(
            base_url="http://127.0.0.1:1", max_connections=5, max_response_bytes=100, external_session=session
        )
        transport.discard()
        transport.abandon()
        assert not session.closed


async def test_the_pool_of_a_parent_is_not_closed() -> None:
    connector = PooledConnector(kept=KeptConnections(asyncio.get_running_loop()), limit=5)
    await connector.close()
    connector._forks = -1
    connector._closed = False
    connector.__del__()
    assert not connector.closed
    connector._closed = True


async def test_a_loop_that_nobody_knows_is_let_go_of() -> None:
    states = LoopStates(lambda: None, Pacing(), 5, "", lambda *_: None)  # type: ignore[arg-type,return-value]
    states.forget(asyncio.get_running_loop())
    assert states.states() == []
