"""What is written is removed, whatever goes wrong and whenever it is stopped."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async.cli.doctor.asking import NotTriedError
from featurebase_async.cli.doctor.findings import Findings
from featurebase_async.cli.doctor.write_checks import WRITE_REQUESTS, WriteChecks
from featurebase_async.sandbox import Fault, Sandbox
from featurebase_async.sandbox.wire.options import STRICT
from support.doctor import EPOCH, asking, cancelled, line, state_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from featurebase_async.cli.doctor.traces import Trace

KINDS = pytest.mark.parametrize(
    "options",
    [
        {},
        STRICT,
        pytest.param({"contact_companies": "add"}, marks=pytest.mark.thorough),
        pytest.param({"second_email": "update"}, marks=pytest.mark.thorough),
        pytest.param({"second_email": "refuse"}, marks=pytest.mark.thorough),
    ],
    ids=["plain", "strict", "add", "update", "refuse"],
)
FAULTS: list[dict[str, Any]] = [
    {"status": 500},
    {"status": 403},
    {"status": 429, "headers": {"Retry-After": "2"}},
    {"cut": "before"},
    {"cut": "mid"},
    {"broken_json": True},
    {"body": b"<html>", "content_type": "text/html"},
    {"body": {"object": "other"}},
    {"delay": 300.0},
]
# Enough for every request of the checks and of removing what they make.
NUMBERS = range(1, WRITE_REQUESTS + 1)


class Run:
    """The writing checks against one sandbox, from a state to compare with."""

    def __init__(self, sandbox: Sandbox) -> None:
        sandbox.seed(contacts=2, companies=1, posts=2)
        self.sandbox = sandbox
        self.findings = Findings()
        self.before = state_of(sandbox)
        self.left: list[Trace] = []
        self.mark = ""

    async def run(self, *hooks: object) -> None:
        async with asking(self.sandbox, hooks=hooks) as asker:
            checks = WriteChecks(asker, self.findings, ["676f0f670000000000000000"][:0])
            self.mark = checks.items.mark
            try:
                with suppress(NotTriedError):  # so does who runs them
                    await checks.run()
            finally:
                self.left = checks.items.traces.left

    def check_nothing_is_left(self) -> None:
        assert state_of(self.sandbox) == self.before
        assert line(self.findings, "left behind").verdict in {"ok", "warn"}


@pytest.fixture
async def run(options: dict[str, Any]) -> "AsyncIterator[Any]":
    sandboxes: list[Sandbox] = []

    async def new() -> Run:
        sandbox = Sandbox(**{**options, "epoch": EPOCH})
        await sandbox.start()
        sandboxes.append(sandbox)
        return Run(sandbox)

    yield new
    for sandbox in sandboxes:
        await sandbox.stop()


class StopAt:
    """A hook that stops the run when a request is about to be sent."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.task: asyncio.Task[None] | None = None

    def on_request(self, _exchange: object) -> None:
        self.left -= 1
        if self.left == 0 and self.task is not None:
            self.task.cancel()


@KINDS
async def test_it_is_stopped_before_each_request(run: Any) -> None:
    stopped = 0
    for number in NUMBERS:
        one, hook = await run(), StopAt(number)
        hook.task = asyncio.ensure_future(one.run(hook))
        stopped += await cancelled(hook.task)
        one.check_nothing_is_left()
    assert stopped >= 13


@KINDS
async def test_it_is_stopped_while_each_response_is_awaited(run: Any) -> None:
    stopped = 0
    for number in NUMBERS:
        one = await run()
        tasks: list[asyncio.Task[None]] = []

        def stop(payload: Any, tasks: list[Any] = tasks) -> Any:
            tasks[0].cancel()
            return payload

        # The work is done then, and the response is not there for another second.
        one.sandbox.faults.add(Fault(nth=number, edit=stop, delay=1.0))
        tasks.append(asyncio.ensure_future(one.run()))
        stopped += await cancelled(tasks[0])
        one.check_nothing_is_left()
    assert stopped >= 13


@KINDS
@pytest.mark.parametrize(
    "fault",
    [
        {"cut": "after"},
        *(pytest.param(fault, marks=pytest.mark.thorough) for fault in FAULTS),
    ],
    ids=str,
)
async def test_each_request_in_turn_fails(run: Any, fault: dict[str, Any]) -> None:
    for number in NUMBERS:
        one = await run()
        scripted = one.sandbox.faults.add(Fault(nth=number, **fault))
        await one.run()
        if fault == {"status": 403} and scripted.fired and one.left:
            # The server refuses to remove it: it is named.
            assert all((trace.id or trace.key) in line(one.findings, "left behind").text for trace in one.left)
            continue
        one.check_nothing_is_left()


@KINDS
@pytest.mark.parametrize("cut", ["before", "after"])
async def test_what_is_left_when_the_connection_is_gone_for_good_is_named(run: Any, cut: Any) -> None:
    for number in NUMBERS:
        one = await run()
        one.sandbox.faults.add(Fault(nth=range(number, 1000), cut=cut))
        await one.run()
        text = line(one.findings, "left behind").text
        store = one.sandbox.store
        made = [contact for contact in store.contacts.values() if one.mark in (contact.user_id or "")]
        made += [company for company in store.companies.values() if one.mark in company.company_id]
        made += [post for post in store.collections["posts"] if post["title"] == one.mark]
        for item in made:
            assert item.id in text or getattr(item, "user_id", getattr(item, "company_id", one.mark)) in text
        if made:
            assert line(one.findings, "left behind").verdict == "fail"
