"""How far a plan is applied, in a file beside it: what is done is neither sent again nor stale."""

import os
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from featurebase_async import AsyncFeaturebase, Plan, StalePlanError
from featurebase_async.sandbox import Fault, Sandbox
from support.client import WIDE, opened
from support.leaks import run_cancelled
from support.turns import turns_beside

NORMALISING: list[dict[str, Any]] = [
    {},
    {"email_case": "lower"},
    {"custom_fields": "drop_unknown"},
    {"contact_companies": "add"},
    {"response_fields": "documented"},
]


def people(count: int) -> list[dict[str, Any]]:
    """Make rows that a server may keep otherwise, the first half of contacts that are there."""
    return [
        {
            "user_id": f"u{number}",
            "email": f"Person.{number}@X.org",
            "name": f"Person {number}" if number % 3 else None,
            "companies": [{"id": "c1", "name": "One"}],
            "custom_fields": {"tier": number},
        }
        for number in range(count)
    ]


async def prepared(client: AsyncFeaturebase, file: Path, count: int = 24) -> list[dict[str, Any]]:
    """Save a plan that creates half of its rows and updates the other half."""
    await client.users.contacts.upsert_many(
        [{"user_id": f"u{number}", "companies": [{"id": "c0", "name": "Old"}]} for number in range(count // 2)]
    )
    rows = people(count)
    (await client.users.contacts.plan(rows)).save(file)
    return rows


def sent(sandbox: Sandbox, before: int) -> list[str]:
    posts = [entry.json for entry in sandbox.log if entry.method == "POST" and entry.path == "/v2/contacts"]
    return [body["userId"] for body in posts[before:]]


def progress_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.progress")


@pytest.mark.parametrize("switches", [*NORMALISING, "strict"])
async def test_interrupted_and_resumed(switches: Any, tmp_path: Path) -> None:
    """Wherever it is cancelled, without a state, by a client that knows nothing of the first one."""
    for number in range(30, 140, 26):
        file = tmp_path / f"{number}.jsonl"
        make = Sandbox.strict if switches == "strict" else Sandbox
        async with make(**{**WIDE, **({} if switches == "strict" else switches)}) as sandbox:
            async with opened(sandbox) as client:
                await prepared(client, file)
                before = len(sent(sandbox, 0))
                await run_cancelled(Plan.load(file).apply(client, concurrency=3), number)
                first = sent(sandbox, before)
            async with opened(sandbox) as another:
                report = await Plan.load(file).apply(another)
                assert (report.failures, report.total) == ([], 24)
            both = sent(sandbox, before)
            assert set(both) == {f"u{each}" for each in range(24)}
            assert len(both) <= 24 + 3
            assert first == both[: len(first)]
            async with opened(sandbox) as third:
                assert (await Plan.load(file).apply(third)).same == 24
            assert sent(sandbox, before) == both


async def test_what_is_in_the_file(client: AsyncFeaturebase, sandbox: Sandbox, tmp_path: Path) -> None:
    """Numbers, for the owner only."""
    file = tmp_path / "plan.jsonl"
    await prepared(client, file, 4)
    sandbox.faults.add(Fault(method="POST", path="/v2/contacts", status=400, nth=2))
    plan = Plan.load(file)
    assert not progress_of(file).exists()
    await plan.apply(client, concurrency=1)
    assert progress_of(file).stat().st_mode & 0o777 == 0o600
    first, *lines = progress_of(file).read_bytes().splitlines()
    assert first.startswith(b'{"featurebase_progress":1,"plan":"')
    assert lines == [b"+0", b"=0", b"+1", b"-1", b"+2", b"=2", b"+3", b"=3"]


@pytest.mark.parametrize("normalised", [False, True])
async def test_a_row_that_was_in_flight(tmp_path: Path, normalised: bool) -> None:
    """Whether the server has taken it is not known: it is sent again, whatever the server has made of it."""
    file = tmp_path / "plan.jsonl"
    async with Sandbox(**WIDE, email_case="lower" if normalised else "keep") as sandbox, opened(sandbox) as client:
        await client.users.contacts.create_or_update(user_id="u0")
        rows = [{"user_id": "u0", "email": "A@X.org"}, {"user_id": "u1", "email": "B@X.org"}]
        (await client.users.contacts.plan(rows)).save(file)
        before = len(sent(sandbox, 0))
        sandbox.faults.add(Fault(method="POST", path="/v2/contacts", cut="after"))
        report = await Plan.load(file).apply(client.with_options(retry=0))
        assert report.unknown == 2
        sandbox.faults.clear()
        async with opened(sandbox) as another:
            report = await Plan.load(file).apply(another)
        assert report.failures == []
        # With the values as the plan says, there is nothing to send again.
        assert sorted(sent(sandbox, before)) == sorted(["u0", "u1"] * (2 if normalised else 1))


async def test_a_row_in_flight_that_has_another_conflict_now(
    client: AsyncFeaturebase, sandbox: Sandbox, tmp_path: Path
) -> None:
    """It did not get through, and somebody else has the address now: it is not sent."""
    file = tmp_path / "plan.jsonl"
    (await client.users.contacts.plan([{"user_id": "u0", "email": "a@x.org"}])).save(file)
    sandbox.faults.add(Fault(method="POST", path="/v2/contacts", cut="before"))
    assert (await Plan.load(file).apply(client.with_options(retry=0))).unknown == 1
    sandbox.faults.clear()
    await client.users.contacts.create_or_update(user_id="other", email="a@x.org")
    with pytest.raises(StalePlanError) as caught:
        await Plan.load(file).apply(client)
    assert caught.value.keys == ("u0",)


async def test_a_row_that_was_refused_is_looked_at_again(
    client: AsyncFeaturebase, sandbox: Sandbox, tmp_path: Path
) -> None:
    file = tmp_path / "plan.jsonl"
    await prepared(client, file, 4)
    sandbox.faults.add(Fault(method="POST", path="/v2/contacts", status=400))
    assert (await Plan.load(file).apply(client)).failed == 4
    sandbox.faults.clear()
    await client.users.contacts.create_or_update(user_id="u0", name="Another")
    with pytest.raises(StalePlanError) as caught:
        await Plan.load(file).apply(client)
    assert caught.value.keys == ("u0",)


async def test_many_rows(client: AsyncFeaturebase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tasks have their turn while they are read or written."""
    monkeypatch.setattr("featurebase_async.reconcile.progress.TURN", 5)
    file = tmp_path / "plan.jsonl"
    plan = await client.users.contacts.plan(people(24))
    await plan.apply(client)
    plan.save(file)
    for _ in range(2):
        async with AsyncExitStack() as stack:
            turns = await stack.enter_async_context(turns_beside())
            await stack.enter_async_context(plan._progress.kept())
            assert turns.count >= 3
    assert (await Plan.load(file).apply(client)).same == 24


async def test_another_plan_with_the_same_name(client: AsyncFeaturebase, sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "plan.jsonl"
    await prepared(client, file, 4)
    assert (await Plan.load(file).apply(client)).total == 4
    (await client.users.contacts.plan([{"user_id": "u0", "name": "New"}])).save(file)
    report = await Plan.load(file).apply(client)
    assert (report.updated, report.same) == (1, 0)
    assert (await Plan.load(file).apply(client)).same == 1


async def test_a_plan_that_is_saved_when_some_of_it_is_done(
    client: AsyncFeaturebase, sandbox: Sandbox, tmp_path: Path
) -> None:
    file = tmp_path / "plan.jsonl"
    sandbox.email_case = "lower"
    plan = await client.users.contacts.plan(people(6))
    sandbox.faults.add(Fault(method="POST", path="/v2/contacts", status=400, nth=range(1, 4)))
    assert (await plan.apply(client, concurrency=1)).failed == 3
    plan.save(file)
    assert (await plan.apply(client, max_failures=0)).same == 3
    async with opened(sandbox) as another:
        assert (await Plan.load(file).apply(another)).same == 6


def taken_over(file: Path) -> None:
    file.write_bytes(b"This is a file of somebody else.\n")


def a_folder(file: Path) -> None:
    file.mkdir()


def odd_bytes(file: Path) -> None:
    file.write_bytes(b"{\xff\n")


@pytest.mark.parametrize("occupy", [taken_over, a_folder, odd_bytes])
async def test_where_there_is_something_else(client: AsyncFeaturebase, tmp_path: Path, occupy: Any) -> None:
    """It stays as it is, and the plan is applied."""
    file = tmp_path / "plan.jsonl"
    await prepared(client, file, 4)
    beside = progress_of(file)
    occupy(beside)
    before = beside.read_bytes() if beside.is_file() else None
    assert (await Plan.load(file).apply(client)).failures == []
    assert (beside.read_bytes() if beside.is_file() else None) == before


async def test_a_file_that_was_cut_off(client: AsyncFeaturebase, sandbox: Sandbox, tmp_path: Path) -> None:
    """By a power failure: lines that are not whole do not count, and those after them do."""
    file = tmp_path / "plan.jsonl"
    await prepared(client, file, 14)
    assert (await Plan.load(file).apply(client)).total == 14
    beside = progress_of(file)
    first = beside.read_bytes().splitlines(keepends=True)[0]
    beside.write_bytes(first + b"=12\n=99\n\x00\x00\n=1x\n+3\n=1")
    await client.users.contacts.create_or_update(user_id="u12", name="Another")
    before = len(sent(sandbox, 0))
    assert (await Plan.load(file).apply(client)).same == 14
    assert len(sent(sandbox, 0)) == before
    lines = beside.read_bytes().splitlines()
    assert b"=1" in lines
    assert lines.index(b"=0") > lines.index(b"=1")


@pytest.mark.parametrize(
    "content", [b"", bytes(4096), b'{"featurebase_progress":1,"pl', b'{"featurebase_progress":1,' + bytes(9)]
)
async def test_a_file_that_never_got_its_first_line(client: AsyncFeaturebase, tmp_path: Path, content: bytes) -> None:
    """By a power failure too: it begins from the start."""
    file = tmp_path / "plan.jsonl"
    await prepared(client, file, 4)
    progress_of(file).write_bytes(content)
    assert (await Plan.load(file).apply(client)).failures == []
    assert len(progress_of(file).read_bytes().splitlines()) == 9
    assert (await Plan.load(file).apply(client)).same == 4


async def test_a_disk_that_is_full(client: AsyncFeaturebase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan is applied even so."""
    file = tmp_path / "plan.jsonl"
    await prepared(client, file, 4)
    real = os.write

    def write(descriptor: int, data: bytes) -> int:
        if data.startswith((b"+", b"=")):
            raise OSError(28, "No space left on device")
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", write)
    plan = Plan.load(file)
    assert (await plan.apply(client)).failures == []
    assert progress_of(file).read_bytes().count(b"\n") == 1
    assert (await plan.apply(client)).same == 4


async def test_a_folder_that_can_not_be_written_to(
    client: AsyncFeaturebase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "plan.jsonl"
    await prepared(client, file, 4)

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("featurebase_async.reconcile.progress.os.open", refuse)
    assert (await Plan.load(file).apply(client)).failures == []
    assert not progress_of(file).exists()


async def test_a_read_that_fails(client: AsyncFeaturebase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is closed again."""
    file = tmp_path / "plan.jsonl"
    await prepared(client, file, 4)

    def refuse(*_: object, **__: object) -> int:
        raise OSError(5, "Input/output error")

    opened_files, closed_files = list[int](), list[int]()
    real_open, real_close = os.open, os.close

    def noting_open(*arguments: Any) -> int:
        opened_files.append(real_open(*arguments))
        return opened_files[-1]

    def noting_close(descriptor: int) -> None:
        closed_files.append(descriptor)
        real_close(descriptor)

    plan = Plan.load(file)
    for name, function in (("open", noting_open), ("close", noting_close), ("fdopen", refuse)):
        monkeypatch.setattr(os, name, function)
    assert (await plan.apply(client)).failures == []
    assert opened_files == closed_files != []


async def test_a_plan_from_a_pipe(client: AsyncFeaturebase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no file to keep its progress beside."""
    file = tmp_path / "plan.jsonl"
    await prepared(client, file, 4)
    plan = Plan.load(file)

    def refuse(path: object, *_: object) -> int:
        raise AssertionError(path)

    reading, writing = os.pipe()
    try:
        plan._progress.belong_to(f"/dev/fd/{reading}")
        monkeypatch.setattr(os, "open", refuse)
        assert (await plan.apply(client)).failures == []
    finally:
        os.close(reading)
        os.close(writing)
