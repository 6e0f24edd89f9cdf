"""API specs of the help center, against the sandbox."""

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import (
    ApiSpec,
    AsyncFeaturebase,
    BadRequestError,
    ConflictError,
    NotFoundError,
    RateLimitError,
    RequestTimeoutError,
    RevisionConflictError,
)
from featurebase_async.sandbox import Fault, Sandbox
from support.client import WIDE, opened

if TYPE_CHECKING:
    from support.client import Unsent

DOCUMENT: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": "Pets", "version": "1"}, "paths": {}}
NOBODY = "0" * 24
HOUR = 490_000 * 3600.0


async def spec(client: AsyncFeaturebase, label: str = "v1") -> ApiSpec:
    return await client.help_center.api_specs.create(name="Pets", version_label=label)


async def synced(client: AsyncFeaturebase, id: str, document: Any) -> Any:
    begun = await client.help_center.api_specs.sync(id, document=document)
    return await client.help_center.api_specs.wait_for_sync(id, begun.sync_id)


async def test_from_nothing_to_a_published_document(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    specs = client.help_center.api_specs
    made = await spec(client)
    assert (made.version_slug, made.is_default, made.has_draft, made.live_revision) == ("v1", True, False, None)
    begun = await specs.sync(made.id, document=DOCUMENT)
    assert sandbox.log[-1].status == 202
    assert (await specs.retrieve_sync(made.id, begun.sync_id)).status in ("queued", "retrying")
    end = await specs.wait_for_sync(made.id, begun.sync_id)
    assert (end.status, end.revision) == ("draft", 1)
    assert end.finished_at
    draft = await specs.retrieve_draft(made.id)
    assert (draft.revision, draft.base_revision, draft.breaking) == (1, None, False)
    live = await specs.publish(made.id, draft_revision=1, base_revision=None)
    assert (live.id, live.live_revision) == (made.id, 1)
    with pytest.raises(RevisionConflictError):
        await specs.publish(made.id, draft_revision=1, base_revision=None)
    with pytest.raises(NotFoundError):
        await specs.retrieve_draft(made.id)
    assert (await synced(client, made.id, DOCUMENT)).status == "noop"
    assert (await synced(client, made.id, {**DOCUMENT, "servers": []})).revision == 2
    with pytest.raises(ConflictError):
        await specs.discard_draft(made.id, draft_revision=1)
    assert (await specs.discard_draft(made.id, draft_revision=2)).discarded is True
    assert (await synced(client, made.id, {**DOCUMENT, "tags": []})).revision == 3
    await specs.publish(made.id, draft_revision=3, base_revision=1)
    revisions = await specs.list_revisions(made.id)
    assert [(one.revision, one.live) for one in revisions] == [(3, True), (2, False), (1, False)]
    assert (await specs.rollback(made.id, to_revision=1, expected_live_revision=3)).live_revision == 1
    with pytest.raises(RevisionConflictError):
        await specs.rollback(made.id, to_revision=3, expected_live_revision=3)
    with pytest.raises(NotFoundError):
        await specs.rollback(made.id, to_revision=9, expected_live_revision=1)
    shown = await specs.retrieve(made.id)
    assert shown.last_sync
    assert (shown.live_revision, shown.last_sync["status"]) == (1, "draft")


@pytest.mark.parametrize(
    ("document", "kind", "status"),
    [
        ('{"openapi": "3.0.3"}', "application/json", "draft"),
        (b'  {"openapi": "3.0.3"}', "application/json", "draft"),
        ("openapi: 3.1.0\ninfo: {}\n", "application/yaml", "draft"),
        (b"openapi: '3.1.0'\n", "application/yaml", "draft"),
        ('\ufeff{"openapi": "3.0.3"}', "application/json", "draft"),
        (b'\xef\xbb\xbf{"openapi": "3.0.3"}', "application/json", "draft"),
        (b"\xef\xbb\xbfopenapi: 3.1.0", "application/yaml", "draft"),
        ("{openapi: 3.1.0, info: {}}", "application/yaml", "draft"),
        ("{'openapi': '3.1.0'}", "application/yaml", "draft"),
        ('{"openapi": "3.1.0",}', "application/yaml", "draft"),
        ({"swagger": "2.0"}, "application/json", "failed"),
        ("swagger: '2.0'\n", "application/yaml", "failed"),
    ],
)
async def test_documents(client: AsyncFeaturebase, sandbox: "Sandbox", document: Any, kind: str, status: str) -> None:
    made = await spec(client)
    end = await synced(client, made.id, document)
    (entry,) = [entry for entry in sandbox.log if entry.path.endswith("/sync")]
    assert entry.headers["content-type"] == kind
    assert (end.status, bool(end.code)) == (status, status == "failed")


async def test_imports_and_addresses(client: AsyncFeaturebase, sandbox: "Sandbox", unsent: "Unsent") -> None:
    specs = client.help_center.api_specs
    made = await spec(client)
    for call, given in (
        (specs.import_spec, {"content": "openapi: 3.1.0"}),
        (specs.import_spec, {"url": "https://example.com/openapi.json"}),
        (specs.sync, {"url": "https://example.com/openapi.yaml"}),
    ):
        begun = await call(made.id, **given)
        assert (await specs.wait_for_sync(made.id, begun.sync_id)).status == "draft"
    for call, given, param in (
        (specs.import_spec, {}, "url"),
        (specs.import_spec, {"content": "x", "url": "https://a.example"}, "url"),
        (specs.import_spec, {"content": ""}, "content"),
        (specs.import_spec, {"url": "http://a.example"}, "url"),
        (specs.sync, {}, "document"),
        (specs.sync, {"document": DOCUMENT, "url": "https://a.example"}, "document"),
        (specs.sync, {"document": " "}, "document"),
        (specs.sync, {"document": b" \n"}, "document"),
        (specs.sync, {"document": 5}, "document"),
        (specs.sync, {"document": "openapi: '\ud800'"}, "document"),
        (specs.sync, {"document": b"openapi: 3.0.0 # \xe9"}, "document"),
        (specs.sync, {"document": '{"openapi": "3"}'.encode("utf-16")}, "document"),
        (specs.sync, {"document": "x" * (50 * 2**20 + 1)}, "document"),
        (specs.import_spec, {"content": "\ud800"}, "content"),
        (specs.import_spec, {"content": "é" * (25 * 2**20 + 1)}, "content"),
        (specs.sync, {"document": DOCUMENT, "idempotency_key": None}, "idempotency_key"),
        (specs.import_spec, {"content": "x", "idempotency_key": 7}, "idempotency_key"),
        (specs.sync, {"document": {"a": object()}}, "document"),
        (specs.sync, {"url": "http://a.example"}, "url"),
        (specs.sync, {"document": DOCUMENT, "idempotency_key": "ä"}, "idempotency_key"),
    ):
        async with unsent(param):
            await call(made.id, **given)
    with pytest.raises(NotFoundError):
        await specs.retrieve_sync(made.id, NOBODY)


async def test_a_key_makes_an_import_safe_to_retry(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    specs = client.help_center.api_specs
    made = await spec(client)
    sandbox.faults.add(Fault(method="POST", path="*/sync", cut="after", times=2))
    begun = await specs.sync(made.id, document=DOCUMENT)
    keys = [entry.headers["idempotency-key"] for entry in sandbox.log if entry.path.endswith("/sync")]
    assert (len(keys), len(set(keys))) == (3, 1)
    own = await specs.import_spec(made.id, content="openapi: 3", idempotency_key="build-42")
    assert own.sync_id != begun.sync_id
    assert await specs.import_spec(made.id, content="openapi: 3", idempotency_key="build-42") == own
    assert (await specs.import_spec(made.id, content="openapi: 3")).sync_id != own.sync_id
    await asyncio.sleep(25 * 3600)
    later = await specs.import_spec(made.id, content="openapi: 3", idempotency_key="build-42")
    assert later.sync_id != own.sync_id


async def test_the_limit_of_an_hour() -> None:
    # An hour that has just begun: near its end the client would wait for the next one.
    async with Sandbox(**WIDE, epoch=HOUR, retry_after="seconds") as sandbox, opened(sandbox) as client:
        specs = client.help_center.api_specs
        first, second, third = [await spec(client, label) for label in ("v1", "v2", "v3")]
        for made in (first, second):
            for _ in range(60):
                last = await specs.sync(made.id, document=DOCUMENT)
        with pytest.raises(RateLimitError) as caught:
            await specs.sync(first.id, document=DOCUMENT)
        assert caught.value.retry_at is not None
        with pytest.raises(RateLimitError):
            await specs.import_spec(third.id, content="openapi: 3")
        assert (await specs.wait_for_sync(second.id, last.sync_id)).status in ("draft", "noop")


async def test_specs_are_changed_and_deleted(client: AsyncFeaturebase) -> None:
    specs = client.help_center.api_specs
    first = await spec(client)
    second = await specs.create(
        name="Pets", version_label="Beta", version_slug="beta", help_center_id="1", source_type="api"
    )
    assert [one.id for one in await specs.list()] == [first.id, second.id]
    assert await specs.list(help_center_id="9") == []
    assert (await specs.update(second.id, version_slug="b2", visible_by=["r1"])).version_slug == "b2"
    for given in ({"version_slug": "v1"}, {"is_default": True}):
        with pytest.raises(BadRequestError):
            await specs.update(second.id, **given)
    with pytest.raises(BadRequestError):
        await specs.update(first.id, status="archived")
    with pytest.raises(BadRequestError):
        await specs.delete(first.id)
    await synced(client, second.id, DOCUMENT)
    await specs.publish(second.id, draft_revision=1, base_revision=None)
    assert (await specs.update(second.id, is_default=True)).is_default is True
    assert (await specs.retrieve(first.id)).is_default is False
    with pytest.raises(BadRequestError, match="before the first publish"):
        await specs.update(second.id, version_slug="b3")
    assert (await specs.delete(first.id)).deleted is True
    assert (await specs.delete(second.id)).id == second.id
    with pytest.raises(NotFoundError):
        await specs.create(name="Pets", version_label="v1", help_center_id="99")


async def test_revisions_are_whole_numbers(client: AsyncFeaturebase, unsent: "Unsent") -> None:
    specs = client.help_center.api_specs
    for value in (0, True, "1", 1.0):
        async with unsent("base_revision", "a whole number from 1"):
            await specs.publish("x", draft_revision=1, base_revision=value)  # type: ignore[arg-type]
    async with unsent("draft_revision"):
        await specs.discard_draft("x", draft_revision=None)  # type: ignore[arg-type]


async def test_the_last_20_syncs_are_kept(client: AsyncFeaturebase) -> None:
    specs = client.help_center.api_specs
    made = await spec(client)
    begun = [await specs.sync(made.id, document=DOCUMENT) for _ in range(21)]
    with pytest.raises(NotFoundError):
        await specs.retrieve_sync(made.id, begun[0].sync_id)
    assert await specs.retrieve_sync(made.id, begun[1].sync_id)


async def test_waiting_takes_longer_and_longer_steps(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    made = await spec(client)
    begun = await client.help_center.api_specs.sync(made.id, document=DOCUMENT)
    running = {"status": "queued", "createdAt": "2026-03-01T10:00:00Z", "finishedAt": None}
    sandbox.faults.add(Fault(path="*/syncs/*", status=200, body=running, times=10))
    start = asyncio.get_running_loop().time()
    assert (await client.help_center.api_specs.wait_for_sync(made.id, begun.sync_id)).status == "draft"
    times = [entry.at for entry in sandbox.log if "/syncs/" in entry.path]
    steps = [later - earlier for earlier, later in pairwise(times)]
    assert steps == pytest.approx([1.0, 1.5, 2.25, 3.375, 5.0625, 7.59375, 11.390625, 15.0, 15.0, 15.0], abs=0.01)
    assert asyncio.get_running_loop().time() - start < 120


@pytest.mark.parametrize(
    ("shown", "over"),
    [
        ({"status": "fetching", "finishedAt": None}, False),
        ({"status": "fetching"}, False),
        ({"status": "published"}, True),
        ({"status": "noop", "finishedAt": None}, True),
        ({"status": "superseded", "finishedAt": "2026-03-01T10:00:00Z"}, True),
    ],
)
async def test_states_that_are_not_known_yet(
    client: AsyncFeaturebase, sandbox: "Sandbox", shown: dict[str, Any], over: bool
) -> None:
    sandbox.faults.add(Fault(path="*/syncs/*", status=200, body={"createdAt": "2026-03-01T10:00:00Z", **shown}))
    if over:
        assert (await client.help_center.api_specs.wait_for_sync("x", "y")).status == shown["status"]
        return
    with pytest.raises(TimeoutError, match="the sync y was not over within 60 s; it runs on"):
        await client.help_center.api_specs.wait_for_sync("x", "y", timeout=60)
    assert sandbox.requests > 5


@pytest.mark.parametrize("timeout", [-1, float("nan"), True, "5"])
async def test_seconds_to_wait(client: AsyncFeaturebase, unsent: "Unsent", timeout: Any) -> None:
    async with unsent("timeout", "timeout must be a number of seconds, 0 or more"):
        await client.help_center.api_specs.wait_for_sync("x", "y", timeout=timeout)


async def test_a_timeout_of_a_call_is_not_that_of_the_wait(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.faults.add(Fault(path="*/syncs/*", delay=100.0))
    view = client.with_options(timeout=5, retry=0)
    with pytest.raises(RequestTimeoutError):
        await view.help_center.api_specs.wait_for_sync("x", "y", timeout=60)
    with pytest.raises(TimeoutError, match="was not over within 2 s"):
        await view.help_center.api_specs.wait_for_sync("x", "y", timeout=2)


async def test_a_timeout_of_the_key_provider_is_not_that_of_the_wait(sandbox: "Sandbox") -> None:
    async def key() -> str:
        raise TimeoutError("the vault is slow")

    async with AsyncFeaturebase(key, base_url=sandbox.url) as client:
        with pytest.raises(TimeoutError, match="the vault is slow"):
            await client.help_center.api_specs.wait_for_sync("x", "y", timeout=60)


async def test_documents_of_several_megabytes(client: AsyncFeaturebase) -> None:
    made = await spec(client)
    document = {"openapi": "3.0.0", "x-text": "é" * 2_000_000}
    assert (await synced(client, made.id, document)).status == "draft"
    begun = await client.help_center.api_specs.import_spec(made.id, content="openapi: 3.0.0\n#" + "é" * 2_000_000)
    assert (await client.help_center.api_specs.wait_for_sync(made.id, begun.sync_id)).status == "draft"
