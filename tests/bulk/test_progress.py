"""How far a run is: how often it is reported, and what."""

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import AsyncFeaturebase, AuthenticationError, BulkProgress
from featurebase_async.sandbox import Fault, Sandbox
from support.client import opened
from support.rows import assert_adds_up, people

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.client import Unsent


class Recorder:
    """Keeps what is reported to it, and when."""

    def __init__(self) -> None:
        self.progress: list[BulkProgress] = []
        self.at: list[float] = []

    def __call__(self, progress: BulkProgress) -> None:
        self.progress.append(progress)
        self.at.append(asyncio.get_running_loop().time())


async def test_ten_times_a_second_at_most_and_at_the_end(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.latency = 0.03
    recorder = Recorder()
    await client.users.contacts.upsert_many(list(people(100)), concurrency=2, on_progress=recorder)
    assert len(recorder.progress) >= 10
    gaps = [after - before for before, after in zip(recorder.at, recorder.at[1:-1], strict=False)]
    assert min(gaps) >= 0.0999
    dones = [progress.done for progress in recorder.progress]
    assert dones == sorted(dones)
    assert recorder.progress[-1].done == recorder.progress[-1].total == 100
    assert recorder.progress[-1].seconds_left == 0
    assert recorder.progress[-1].rate == pytest.approx(2 / 0.03, rel=0.1)


async def test_failures_are_counted(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.latency = 0.1
    recorder = Recorder()
    rows = [row for good in people(20) for row in (good, {"name": "nobody"})]
    report = await client.users.contacts.upsert_many(rows, on_progress=recorder)
    last = recorder.progress[-1]
    assert (last.done, last.failed, last.total) == (40, 20, 40)
    assert (report.total, report.failed) == (40, 20)


async def test_the_rest_is_estimated_by_the_rate(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.latency = 1.0
    await client.users.contacts.list().first()
    recorder = Recorder()
    await client.users.contacts.upsert_many(list(people(20)), concurrency=2, on_progress=recorder)
    for progress in recorder.progress:
        assert progress.seconds_left == pytest.approx((20 - progress.done) / progress.rate)
        assert progress.rate == pytest.approx(2, rel=0.6)


async def test_the_rest_is_estimated_by_the_limit_where_that_is_slower() -> None:
    """Rows go out as fast as the window allows, and then wait for the next: the rate so far promises too much."""
    async with Sandbox(key_limit=100, window=60.0, epoch=1_800_000_000.0) as sandbox, opened(sandbox) as client:
        sandbox.latency = 0.01
        recorder = Recorder()
        await client.users.contacts.upsert_many(list(people(300)), on_progress=recorder)
        assert sandbox.statuses[429] == 0
        early = [
            progress for progress, at in zip(recorder.progress, recorder.at, strict=True) if at < recorder.at[0] + 1
        ]
        took = recorder.at[-1] - recorder.at[0]
    assert early
    for progress in early:
        assert progress.seconds_left is not None
        assert progress.seconds_left == pytest.approx(took, rel=0.25)


async def test_without_a_total(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.latency = 0.1
    recorder = Recorder()
    await client.users.contacts.upsert_many(people(50), on_progress=recorder)
    assert {(progress.total, progress.seconds_left) for progress in recorder.progress} == {(None, None)}


async def test_of_rows_that_are_all_refused(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    recorder = Recorder()
    report = await client.users.contacts.upsert_many([{"name": "nobody"}] * 500, on_progress=recorder)
    assert_adds_up(report, 500)
    assert recorder.progress[-1].done == recorder.progress[-1].failed == 500
    assert sandbox.requests == 0


async def test_of_no_rows(client: AsyncFeaturebase) -> None:
    recorder = Recorder()
    await client.users.contacts.upsert_many([], on_progress=recorder)
    assert [(progress.done, progress.rate, progress.seconds_left) for progress in recorder.progress] == [(0, 0.0, 0.0)]


async def test_of_a_run_that_is_stopped(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(status=401))
    recorder = Recorder()
    with pytest.raises(AuthenticationError):
        await client.users.contacts.upsert_many(list(people(50)), on_progress=recorder)
    assert (recorder.progress[-1].done, recorder.progress[-1].failed) == (50, 50)


def failing(progress: BulkProgress) -> None:
    raise RuntimeError("a display of user@example.com")


@pytest.mark.parametrize("stream", [False, True])
async def test_one_that_raises_is_logged_and_harms_nothing(
    client: AsyncFeaturebase, sandbox: Sandbox, caplog: pytest.LogCaptureFixture, stream: bool
) -> None:
    sandbox.latency = 0.1
    report: Callable[[BulkProgress], Any] = failing
    with caplog.at_level(logging.DEBUG, "featurebase_async"):
        if stream:
            async with client.users.contacts.upsert_stream(people(50), on_progress=report) as results:
                assert len([result async for result in results]) == 50
        else:
            assert (await client.users.contacts.upsert_many(people(50), on_progress=report)).created == 50
    assert "on_progress raised RuntimeError" in caplog.text
    assert "user@example.com" not in caplog.text


class AsyncCall:
    async def __call__(self, progress: BulkProgress) -> None:
        raise AssertionError


async def waiting(progress: BulkProgress) -> None:
    raise AssertionError


ASYNC: Any = [waiting, AsyncCall(), AsyncCall().__call__, partial(waiting)]


@pytest.mark.parametrize("on_progress", ASYNC)
async def test_one_that_would_have_to_be_awaited_is_refused(
    client: AsyncFeaturebase, unsent: "Unsent", on_progress: Any
) -> None:
    """Nobody would await it, so it would never run, without a word."""
    async with unsent("on_progress", "a plain function, not an async one"):
        await client.users.contacts.upsert_many(people(3), on_progress=on_progress)
    async with unsent("on_progress", "a plain function, not an async one"):
        client.users.contacts.upsert_stream(people(3), on_progress=on_progress)
    async with unsent("on_progress", "a plain function, not an async one"):
        await client.users.companies.check_many([], on_progress=on_progress)


@pytest.mark.parametrize("on_progress", [5, "print", True])
async def test_one_that_cannot_be_called_is_refused(
    client: AsyncFeaturebase, unsent: "Unsent", on_progress: Any
) -> None:
    async with unsent("on_progress", "must be a function, not"):
        await client.users.contacts.upsert_many(people(3), on_progress=on_progress)
