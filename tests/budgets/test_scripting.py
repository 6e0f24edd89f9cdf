"""The budget in Redis, where no server is at hand: what it sends."""

import pytest

from featurebase_async import LeaseRequest, RedisBudget


class NoScriptError(Exception):
    """As that of Redis."""


class FakeRedis:
    """Knows a script once it has run it."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.error: Exception = NoScriptError("NOSCRIPT")

    async def evalsha(self, sha: str, numkeys: int, *_: str) -> bytes:
        self.calls.append(f"evalsha {len(sha)} {numkeys}")
        raise self.error

    async def eval(self, script: str, numkeys: int, *keys_and_args: str) -> bytes:
        self.calls.append(f"eval {script[:5]} {numkeys} {keys_and_args[:2]}")
        return b'{"bulk": 3}'


async def test_a_script_that_redis_does_not_know_is_sent() -> None:
    redis = FakeRedis()
    lease = await RedisBudget(redis, workspace="acme").lease(LeaseRequest(scope="s", member="a", bulk=5))
    assert lease.bulk == 3
    assert redis.calls == ["evalsha 40 2", "eval local 2 ('featurebase:{acme}:s', 'featurebase:{acme}:workspace')"]


async def test_other_errors_are_raised() -> None:
    redis = FakeRedis()
    redis.error = ValueError("x")
    with pytest.raises(ValueError, match="x"):
        await RedisBudget(redis, workspace="acme").lease(LeaseRequest(scope="s", member="a", bulk=5))
    assert len(redis.calls) == 1
