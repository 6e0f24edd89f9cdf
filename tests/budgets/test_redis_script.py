"""The rule in Lua is the rule in Python, for whatever clients do."""

import json
from random import Random
from typing import Any

import msgspec
import pytest

from featurebase_async import Lease, LeaseRequest
from featurebase_async.budgets.ledger import Ledger, Workspace, settle
from featurebase_async.budgets.redis_script import SCRIPT

pytestmark = pytest.mark.real_time

STEPS = 300


def requests(dice: Random) -> "list[tuple[float, LeaseRequest]]":
    """Make up what some clients ask, when."""
    now, made = 100_000.0, []
    window = dice.choice([3.0, 60.0])
    for _ in range(STEPS):
        now += dice.choice([0.0, 0.01, 0.2, window / 3, window, dice.choice([0.95, 1.0, 200.0, -30.0, -400.0])])
        now = round(now, 3)  # Redis writes numbers with 14 digits
        known = dice.random() < 0.6
        limit = dice.choice([40, 2010])
        request = LeaseRequest(
            scope="s",
            member=dice.choice("abcd"),
            interactive=dice.choice([0, 0, 1, 3, 50]),
            bulk=dice.choice([0, 2, 30, 400]),
            reserve=dice.choice([0.0, 0.05, 0.9]),
            window=dice.randrange(8),
            returned=dice.choice([0, 0, 5]),
            carried=dice.choice([0, 0, 4]),
            unleased=dice.choice([0, 0, 0, 3]),
            leaving=dice.random() < 0.05,
            limit=limit if known else None,
            remaining=dice.randrange(limit + 1) if known else None,
            resets_in=round(dice.uniform(-1.0, window), 3) + 0.0003 if known or dice.random() < 0.2 else None,
            margin=dice.choice([0.05, 0.05, 1.05]),
            paused_for=dice.choice([0.0, 0.0, 0.0, 0.5, 300.0]),
            cap=dice.choice([None, None, 1, 10, 100]),
            peers=dice.choice([1, 1, 3]),
        )
        made.append((now, request))
    return made


def flat(state: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return values by their path, as `approx` compares no mappings inside of others."""
    pairs: dict[str, Any] = {}
    for name, value in state.items():
        pairs |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return pairs


@pytest.mark.parametrize("seed", range(12))
async def test_both_lease_the_same(seed: int, redis: Any) -> None:
    dice = Random(seed)  # noqa: S311 -- chance, no secrets
    ledger, workspace = Ledger(), Workspace()
    keys = ("{w}:s", "{w}:workspace")
    for now, request in requests(dice):
        expected = settle(ledger, workspace, request, now, 60)
        text = await redis.eval(SCRIPT, 2, *keys, msgspec.json.encode(request), "60", repr(now))
        lease = msgspec.json.decode(text, type=Lease)
        assert msgspec.to_builtins(lease) == pytest.approx(msgspec.to_builtins(expected), rel=0, abs=1e-3)
        for key, state in zip(keys, (ledger, workspace), strict=True):
            kept, expected_state = json.loads(await redis.get(key)), msgspec.to_builtins(state)
            assert flat(kept) == pytest.approx(flat(expected_state), rel=0, abs=1e-3)


async def test_what_is_kept_in_redis_and_can_not_be_read_is_forgotten(redis: Any) -> None:
    for broken in ("", "{", "[]", "3", '{"number": "x"}', "\x00\xff"):
        await redis.set("{w}:s", broken)
        await redis.set("{w}:workspace", broken)
        request = msgspec.json.encode(LeaseRequest(scope="s", member="a", bulk=5))
        text = await redis.eval(SCRIPT, 2, "{w}:s", "{w}:workspace", request, "60", "")
        lease = msgspec.json.decode(text, type=Lease)
        assert lease.probe
