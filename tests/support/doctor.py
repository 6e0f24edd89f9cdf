"""The examination of `featurebase doctor`, in the loop of a test, and the state of a sandbox to compare."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from featurebase_async import AsyncFeaturebase, Pacing, RetryPolicy
from featurebase_async.cli.doctor.asking import Asker, DriftCollector
from featurebase_async.cli.doctor.examination import Examination
from featurebase_async.cli.doctor.findings import Finding, Findings
from featurebase_async.cli.doctor.key_checks import BAD_KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from featurebase_async.sandbox import Sandbox

SEEDS = {"contacts": 40, "companies": 4, "posts": 30, "comments": 3, "surveys": 1, "survey_responses": 2}
EPOCH = 1_700_000_000.3
"""20.3 s past a minute, and far from the end of an hour."""


async def examine(sandbox: "Sandbox", *, key: str | None = None, write: bool = False, window: bool = False) -> Findings:
    """Examine a sandbox; the table is what it returns."""
    examination, drift = Examination(write=write, window=window), DriftCollector()
    options: dict[str, Any] = {"base_url": sandbox.url, "retry": RetryPolicy(retries=0)}
    async with (
        AsyncFeaturebase(key or sandbox.api_key, hooks=[drift], **options) as client,
        AsyncFeaturebase(BAD_KEY, **options) as stranger,
    ):
        before = len(sandbox.log)
        await examination.run(client, stranger, drift)
    sent = Counter(entry.method for entry in sandbox.log[before:])
    assert examination.findings.requests == sent
    assert sum(sent.values()) <= examination.requests
    return examination.findings


@asynccontextmanager
async def asking(sandbox: "Sandbox", *, hooks: "Sequence[object]" = ()) -> "AsyncIterator[Asker]":
    """Give what the checks ask with."""
    drift = DriftCollector()
    retry = RetryPolicy(retries=0)
    async with AsyncFeaturebase(
        sandbox.api_key, base_url=sandbox.url, retry=retry, hooks=[drift, *hooks], pacing=Pacing.off()
    ) as client:
        yield Asker(client, drift)


def line(findings: Findings, name: str) -> Finding:
    """Return the one line with this name."""
    (found,) = [each for each in findings.lines if each.name == name]
    return found


def state_of(sandbox: "Sandbox") -> Any:
    """Return all that a workspace holds."""
    store = sandbox.store
    people: list[Any] = [store.contacts, store.companies, store.unsubscribed, store.votes, sorted(store.blocked)]
    rest: list[Any] = [sorted(store.raw_posts), store.parts, store.subscribers, store.merged, store.insights]
    items = {name: list(collection) for name, collection in store.collections.items()}
    return msgspec.json.decode(msgspec.json.encode([people, rest, items]))


async def cancelled(task: "asyncio.Task[Any]") -> bool:
    """Wait for a task, and return whether it was cancelled."""
    await asyncio.wait({task})
    return task.cancelled()
