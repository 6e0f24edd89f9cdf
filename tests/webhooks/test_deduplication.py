"""Remembering events: what is new, at work, done, and forgotten."""

from typing import Any

import pytest

from featurebase_async import InvalidRequestError, webhooks


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_an_event_is_new_once() -> None:
    seen = webhooks.MemoryDeduplicator()
    assert await seen.begin("notif_1") == "new"
    assert await seen.begin("notif_1") == "running"
    assert await seen.begin("notif_2") == "new"
    await seen.end("notif_1", done=True)
    assert await seen.begin("notif_1") == "done"
    assert await seen.begin("notif_2") == "running"


async def test_an_event_that_failed_is_new_again() -> None:
    seen = webhooks.MemoryDeduplicator()
    await seen.begin("notif_1")
    await seen.end("notif_1", done=False)
    assert await seen.begin("notif_1") == "new"


async def test_events_are_forgotten_in_time() -> None:
    clock = Clock()
    seen = webhooks.MemoryDeduplicator(seconds=60, clock=clock)
    await seen.begin("notif_1")
    clock.now = 30
    await seen.begin("notif_2")
    await seen.end("notif_1", done=True)
    clock.now = 89.9
    assert await seen.begin("notif_1") == "done"
    assert await seen.begin("notif_2") == "running"
    clock.now = 90
    assert await seen.begin("notif_1") == "new"
    assert await seen.begin("notif_2") == "new"


async def test_more_than_there_is_room_for_are_forgotten_from_the_oldest_on() -> None:
    seen = webhooks.MemoryDeduplicator(capacity=2)
    for number in range(3):
        assert await seen.begin(f"notif_{number}") == "new"
    assert [await seen.begin(f"notif_{number}") for number in (2, 1, 0)] == ["running", "running", "new"]
    assert len(seen._events) == 2


async def test_the_end_of_a_forgotten_event_is_kept_all_the_same() -> None:
    seen = webhooks.MemoryDeduplicator(capacity=1)
    await seen.begin("notif_1")
    await seen.begin("notif_2")
    await seen.end("notif_1", done=True)
    assert await seen.begin("notif_1") == "done"


@pytest.mark.parametrize("options", [{"capacity": 0}, {"seconds": 0}, {"seconds": -1.0}, {"seconds": float("nan")}])
def test_what_can_not_be_kept_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        webhooks.MemoryDeduplicator(**options)
    assert [caught.value.param] == list(options)
