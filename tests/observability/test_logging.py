"""What is logged, at which level, and that no data of people is."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator

import pytest

from contract.facts import CALLS
from featurebase_async import AsyncFeaturebase, NotFoundError, RetryPolicy
from featurebase_async._core.log import path_template
from featurebase_async.sandbox import Fault, Sandbox

LOGGER = "featurebase_async"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(key_limit=50, epoch=1_800_000_000.0, reset_rounding="up") as sandbox:
        sandbox.seed(contacts=5)
        yield sandbox


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[AsyncFeaturebase]:
    async with AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url) as client:
        yield client


def lines(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == LOGGER and record.levelno == level]


async def test_each_attempt_for_debugging(
    client: AsyncFeaturebase, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, LOGGER)
    sandbox.latency = 0.25
    sandbox.faults.add(Fault(status=503, nth=2, headers={"Retry-After": "2"}))
    sandbox.faults.add(Fault(cut="before", nth=4))
    with pytest.raises(NotFoundError):
        await client.users.contacts.by_user_id.retrieve("ada@example.com")
    await client.users.contacts.create_or_update(email="ada@example.com")
    await client.users.contacts.list(page_size=3).first()
    by_user_id, upsert = "GET /v2/contacts/by-user-id/{id}", "POST /v2/contacts"
    assert lines(caplog, logging.DEBUG) == [
        f"{by_user_id} (users.contacts.by_user_id.retrieve): 404 in 250 ms",
        f"{upsert} (users.contacts.create_or_update): 503 in 250 ms",
        f"{upsert} (users.contacts.create_or_update): 201 in 250 ms",
        lines(caplog, logging.DEBUG)[3],
        "GET /v2/contacts (users.contacts.list): 200 in 250 ms",
    ]
    assert "the server closed the connection" in lines(caplog, logging.DEBUG)[3]
    first, second = lines(caplog, logging.INFO)
    assert first == f"{upsert} (users.contacts.create_or_update): retry in 2 s, after 503"
    assert re.fullmatch(r"GET /v2/contacts \(users\.contacts\.list\): retry in [\d.e-]+ s, after the server .*", second)
    assert lines(caplog, logging.WARNING) == []
    assert "ada" not in caplog.text


async def test_refusals_and_long_waits_are_warnings(
    client: AsyncFeaturebase, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, LOGGER)
    sandbox.faults.add(Fault(refuse=True, times=1, headers={"Retry-After": "20"}))
    sandbox.faults.add(Fault(status=503, nth=2, headers={"Retry-After": "30"}))
    await asyncio.gather(*(client.request("GET", "/v2/contacts") for _ in range(5)))
    call = "GET /v2/contacts (request)"
    refused, *waits = lines(caplog, logging.WARNING)
    assert refused.startswith(f"{call}: 429, refused by the rate limit, in ")
    assert f"{call}: retry in 20 s, after 429" in waits
    assert f"{call}: retry in 30 s, after 503" in waits
    assert len(waits) == 2


async def test_a_long_wait_for_the_rate_limit_is_one_warning(
    client: AsyncFeaturebase, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """However many calls wait for the same."""
    await asyncio.gather(*(client.request("GET", "/v2/contacts") for _ in range(60)))
    assert lines(caplog, logging.WARNING) == [
        "GET /v2/contacts (request): waiting for more than 5 s for the rate limit or a free connection"
    ]


async def test_a_short_wait_is_no_warning(
    client: AsyncFeaturebase, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.latency = 4.0
    view = client.with_options(retry=RetryPolicy(retries=0))
    await asyncio.gather(*(view.request("GET", "/v2/contacts") for _ in range(5)))
    assert lines(caplog, logging.WARNING) == []


async def test_drift_is_a_warning_once_per_kind(
    client: AsyncFeaturebase, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.faults.add(Fault(edit="wrong_type"))
    for _ in range(3):
        await client.users.contacts.list(look_ahead=0).collect()
    warned = lines(caplog, logging.WARNING)
    assert len(warned) == len(set(warned)) > 0
    assert all(line.startswith("drift in users.contacts.list at ") for line in warned)


async def test_nothing_is_formatted_for_nobody(
    client: AsyncFeaturebase, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever switches the logger off pays for nothing."""
    logger = logging.getLogger(LOGGER)
    monkeypatch.setattr(logger, "level", logging.CRITICAL)
    logger.manager._clear_cache()  # type: ignore[attr-defined]
    monkeypatch.setattr(logger, "log", None)
    monkeypatch.setattr(logger, "warning", None)
    sandbox.faults.add(Fault(refuse=True, times=1, headers={"Retry-After": "20"}))
    sandbox.faults.add(Fault(edit="wrong_type"))
    await asyncio.gather(*(client.users.contacts.list().first() for _ in range(3)))
    monkeypatch.undo()
    logger.manager._clear_cache()  # type: ignore[attr-defined]


def test_the_library_is_silent_by_itself() -> None:
    assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger(LOGGER).handlers)


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/v2/contacts", "/v2/contacts"),
        ("/v2/contacts/ada%40example.com", "/v2/contacts/{id}"),
        ("/v2/companies/acme/contacts/ada", "/v2/companies/{id}/contacts/{id}"),
        ("/v2/secret-project/Ada", "/v2/{id}/{id}"),
        ("/", "/"),
    ],
)
def test_path_templates(path: str, template: str) -> None:
    assert path_template(path) == template


@pytest.mark.parametrize("name", CALLS)
def test_every_path_of_the_api_has_its_template(name: str) -> None:
    """With names of people for its values."""
    path = CALLS[name].path
    filled = re.sub(r"{\w+}", "Ada%20Lovelace", path)
    assert path_template(filled) == re.sub(r"{\w+}", "{id}", path)
