"""Redis, where the processes of many machines meet: a real server."""

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import Any

import pytest
from redis import Redis as BlockingRedis
from redis.asyncio import Redis, RedisCluster

from featurebase_async import AsyncFeaturebase, ConfigurationError, LeaseRequest, Pacing, RedisBudget
from featurebase_async.sandbox import Sandbox
from support.client import opened

pytestmark = pytest.mark.real_time  # and `soak` where what is counted depends on how fast the machine is

LIMITS: dict[str, Any] = {"reset_rounding": "up", "key_limit": 40, "window": 3.0, "workspace_limit": 3000}


def request(member: str = "a", scope: str = "s") -> LeaseRequest:
    return LeaseRequest(scope=scope, member=member, bulk=5)


async def imported(client: AsyncFeaturebase, name: str, count: int) -> None:
    report = await client.users.contacts.upsert_many(
        {"email": f"{name}{number}@example.com"} for number in range(count)
    )
    assert report.failed == 0


def refused(sandbox: Sandbox) -> int:
    return sum(entry.status == 429 for entry in sandbox.log)


async def calls(redis: Any) -> int:
    """Count the scripts that Redis has run."""
    stats = await redis.info("commandstats")
    return sum(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("evalsha", "eval"))


@pytest.mark.parametrize("decode", [False, True])
async def test_what_is_in_redis(redis_server: Any, decode: bool) -> None:
    async with Redis.from_url(redis_server.url, decode_responses=decode) as redis:
        budget = RedisBudget(redis, workspace="acme", prefix="fb")
        assert (await budget.lease(request("a"))).probe
        assert not (await budget.lease(request("b"))).probe
        assert repr(budget) == "RedisBudget(fb:{acme})"
        keys = sorted(key if isinstance(key, str) else key.decode() for key in await redis.keys())
        assert keys == ["fb:{acme}:s", "fb:{acme}:workspace"]
        assert all([0 < await redis.pttl(key) <= 180_000 for key in keys])


async def test_no_key_is_in_redis(redis: Any) -> None:
    async with Sandbox(api_keys=("sk_live_secret",)) as sandbox:
        pacing = Pacing(budget=RedisBudget(redis, workspace="acme"))
        async with AsyncFeaturebase("sk_live_secret", base_url=sandbox.url, pacing=pacing) as client:
            await client.users.contacts.create_or_update(email="ada@example.com")
        for key in await redis.keys():
            kept = key + await redis.get(key)
            assert b"secret" not in kept
            assert b"ada" not in kept


async def test_workspaces_and_prefixes_are_apart(redis: Any) -> None:
    for workspace, prefix in (("one", "fb"), ("two", "fb"), ("one", "other")):
        assert (await RedisBudget(redis, workspace=workspace, prefix=prefix).lease(request())).probe


@pytest.mark.thorough
@pytest.mark.soak
async def test_clients_share_without_a_refusal(redis: Any) -> None:
    async with Sandbox(**LIMITS) as sandbox, AsyncExitStack() as stack:
        pacing = Pacing(budget=RedisBudget(redis, workspace="acme"))
        three = [await stack.enter_async_context(opened(sandbox, pacing=pacing)) for _ in range(3)]
        await asyncio.gather(*(imported(client, f"c{n}x", 20) for n, client in enumerate(three)))
        assert refused(sandbox) == 0


@pytest.mark.thorough
@pytest.mark.soak
async def test_bulk_work_asks_redis_once_for_many_requests(redis: Any) -> None:
    async with Sandbox() as sandbox, AsyncExitStack() as stack:
        pacing = Pacing(budget=RedisBudget(redis, workspace="acme"))
        three = [await stack.enter_async_context(opened(sandbox, pacing=pacing)) for _ in range(3)]
        await asyncio.gather(*(imported(client, f"c{n}x", 400) for n, client in enumerate(three)))
        assert refused(sandbox) == 0
        assert await calls(redis) <= 120


@pytest.mark.thorough
@pytest.mark.soak
async def test_a_redis_that_is_started_again(redis: Any, redis_server: Any, caplog: pytest.LogCaptureFixture) -> None:
    async with Sandbox(**LIMITS) as sandbox, AsyncExitStack() as stack:
        pacing = Pacing(budget=RedisBudget(redis, workspace="acme"))
        two = [await stack.enter_async_context(opened(sandbox, pacing=pacing)) for _ in range(2)]
        with caplog.at_level(logging.INFO, "featurebase_async"):
            work = asyncio.gather(*(imported(client, f"c{n}x", 100) for n, client in enumerate(two)))
            await asyncio.sleep(1.5)
            redis_server.stop()
            await asyncio.sleep(1.5)
            redis_server.start()
            await work
        assert caplog.text.count("budget is away") <= 2
        assert caplog.text.count("budget is back") <= 2
        assert await calls(redis) > 0


async def test_a_function_makes_a_client_for_each_handful(redis_server: Any) -> None:
    made: list[Any] = []

    def make() -> Any:
        made.append(Redis.from_url(redis_server.url))
        return made[-1]

    budget = RedisBudget(make, workspace="acme")
    assert (await budget.lease(request("a"))).probe
    assert not (await budget.lease(request("b"))).probe
    assert not await asyncio.to_thread(lambda: asyncio.run(budget.lease(request("c"))).probe)
    assert len(made) == 3
    connections = [client.connection_pool._available_connections for client in made]
    assert [len(each) for each in connections] == [1, 1, 1]
    assert not any(connection.is_connected for each in connections for connection in each)


async def test_a_client_works_in_one_event_loop(redis: Any) -> None:
    budget = RedisBudget(redis, workspace="acme")
    await budget.lease(request())
    with pytest.raises(RuntimeError, match="another event loop: give RedisBudget a function"):
        await asyncio.to_thread(lambda: asyncio.run(budget.lease(request())))


@pytest.mark.parametrize("known", [False, True])
async def test_other_errors_of_redis_are_raised(redis: Any, known: bool) -> None:
    """Whether it knows the script, or gets it with this call."""
    if known:
        await RedisBudget(redis, workspace="other").lease(request())
    await redis.lpush("featurebase:{acme}:s", "x")
    with pytest.raises(Exception, match="WRONGTYPE"):
        await RedisBudget(redis, workspace="acme").lease(request())


@pytest.mark.parametrize("redis", [None, 5, "redis://localhost", Redis, RedisCluster, object()])
def test_what_is_no_redis_is_refused(redis: object) -> None:
    with pytest.raises(ConfigurationError, match=r"redis must be a client of redis\.asyncio"):
        RedisBudget(redis, workspace="acme")


async def make_async() -> Redis:
    return Redis()


def test_a_client_that_blocks_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="not a blocking Redis"):
        RedisBudget(BlockingRedis(), workspace="acme")
    with pytest.raises(ConfigurationError, match="not a coroutine function"):
        RedisBudget(make_async, workspace="acme")


@pytest.mark.parametrize("made", [BlockingRedis(), 5, None])
async def test_a_function_that_makes_something_else_is_named_in_the_warning(
    made: Any, caplog: pytest.LogCaptureFixture
) -> None:
    budget = RedisBudget(lambda: made, workspace="acme")
    async with Sandbox() as sandbox, opened(sandbox, pacing=Pacing(budget=budget)) as client:
        await client.users.contacts.list().first()
    assert f"must return a client of redis.asyncio, not {type(made).__module__}.{type(made).__name__}" in caplog.text


@pytest.mark.parametrize("name", ["", "a{b", "}", "a\nb", 5, None])
def test_names_that_can_not_be_in_keys_are_refused(name: Any) -> None:
    client = Redis()
    with pytest.raises(ConfigurationError, match="workspace must be text without braces"):
        RedisBudget(client, workspace=name)
    with pytest.raises(ConfigurationError, match="prefix must be text without braces"):
        RedisBudget(client, workspace="acme", prefix=name)


def test_a_limit_of_the_workspace_that_can_not_be_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="workspace_limit must be"):
        RedisBudget(Redis(), workspace="acme", workspace_limit=0)
