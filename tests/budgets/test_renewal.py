"""How a client asks its budget."""

import asyncio
import threading
from typing import Any

from featurebase_async import Lease, LeaseRequest
from featurebase_async._core.rate_limit.pacer import PacerGroup
from featurebase_async._core.rate_limit.renewal import STUCK, Renewal


class Asked:
    """A budget, and what came of it."""

    def __init__(self) -> None:
        self.requests: list[LeaseRequest] = []
        self.error: Exception | None = None
        self.late = 0.0
        self.leases: list[Lease] = []
        self.renewal = Renewal(self, PacerGroup(), lambda lease, asked_at, now: self.leases.append(lease))

    async def lease(self, request: LeaseRequest) -> Lease:
        self.requests.append(request)
        await asyncio.sleep(self.late)
        if self.error is not None:
            raise self.error
        return Lease(bulk=1, ends_in=1.0)

    def ask(self, *, nothing: bool = False) -> None:
        loop: Any = asyncio.get_running_loop()
        request = None if nothing else LeaseRequest(scope="s", member="a")
        self.renewal.ask(lambda: request, loop.time, loop.time())


async def test_one_request_at_a_time() -> None:
    asked = Asked()
    asked.late = 0.1
    asked.ask()
    asked.ask()
    await asyncio.sleep(0.2)
    assert (len(asked.requests), len(asked.leases)) == (1, 1)


async def test_nothing_is_asked_where_nothing_is_wanted() -> None:
    asked = Asked()
    asked.ask(nothing=True)
    await asyncio.sleep(0.1)
    assert asked.requests == []


async def test_a_request_whose_loop_has_ended_is_not_waited_for() -> None:
    asked = Asked()
    asked.late = STUCK + 10
    asked.ask()
    await asyncio.sleep(STUCK)
    asked.late = 0.0
    asked.ask()
    await asyncio.sleep(0.1)
    assert (len(asked.requests), len(asked.leases)) == (2, 1)
    await asyncio.sleep(20)
    assert len(asked.leases) == 1


async def test_requests_that_never_end_do_not_pile_up() -> None:
    """As where a machine in between drops what is sent: each one holds a connection."""
    asked = Asked()
    asked.late = 10**6
    before = len(asyncio.all_tasks())
    for _ in range(10):
        asked.ask()
        await asyncio.sleep(STUCK)
    assert len(asked.requests) == 10
    assert len(asyncio.all_tasks()) == before + 1
    await asked.renewal.aclose(lambda: None)


async def test_a_thread_without_an_event_loop_asks_nothing() -> None:
    asked = Asked()
    thread = threading.Thread(
        target=lambda: asked.renewal.ask(lambda: LeaseRequest(scope="s", member="a"), lambda: 0.0, 0.0)
    )
    thread.start()
    thread.join()
    assert asked.requests == []


async def test_what_can_not_be_given_back_is_left() -> None:
    asked = Asked()
    for error, late in ((OSError(), 0.0), (None, 100.0)):
        asked.error, asked.late = error, late
        began = asyncio.get_running_loop().time()
        await asked.renewal.aclose(lambda: LeaseRequest(scope="s", member="a", leaving=True))
        assert asyncio.get_running_loop().time() - began <= 0.6
    assert len(asked.requests) == 2


async def test_what_is_asked_ends_with_the_client() -> None:
    asked = Asked()
    asked.late = 100.0
    asked.ask()
    await asked.renewal.aclose(lambda: None)
