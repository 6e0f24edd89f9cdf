"""Files of plans that are not as they were saved, and paths that no plan may replace."""

import json
import os
import random
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import AsyncFeaturebase, ConfigurationError, Plan
from featurebase_async.reconcile import index as index_module
from featurebase_async.sandbox import Sandbox
from support.rows import people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ODD = (b"99999999999999", b"-1", b"1e3", b"null", b"\xff", b"\n")


@pytest.fixture
async def file(client: AsyncFeaturebase, tmp_path: Path) -> Path:
    await client.users.contacts.create_or_update(user_id="x")
    rows = [*people(5), {"nobody": 1}]
    (await client.users.contacts.plan(rows, unmatched="report")).save(tmp_path / "plan.jsonl")
    return tmp_path / "plan.jsonl"


def edits(content: bytes) -> "Iterator[bytes]":
    """Return a file with another number, with a byte more, with another byte, and cut."""
    chance = random.Random(13)  # noqa: S311 -- the same edits each time
    end = content.index(b'{"lines"')
    for number in re.finditer(rb"\d+", content[:end]):
        yield content[: number.start()] + chance.choice(ODD) + content[number.end() :]
    for at in range(0, end, 3):
        yield content[:at] + chance.choice(ODD) + content[at:]
        yield content[:at] + bytes([content[at] ^ chance.choice([1, 4, 0x80])]) + content[at + 1 :]
        yield content[:at]
    yield content.replace(b"\n", b"\r\n")
    yield b"\xef\xbb\xbf" + content
    yield content + content


def test_whatever_was_changed(file: Path) -> None:
    content = file.read_bytes()
    for edited in edits(content):
        file.write_bytes(edited)
        with pytest.raises(ConfigurationError, match=r"make a new plan|update featurebase_async"):
            Plan.load(file)
    file.write_bytes(content.rstrip(b"\n"))
    assert Plan.load(file).requests == 5


async def test_a_temporary_folder_without_room(
    client: AsyncFeaturebase, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = list(people(150, name="N" * 400))
    plan = await client.users.contacts.plan(rows)
    plan.save(tmp_path / "plan.jsonl")
    written = sandbox.requests
    schema = index_module._SCHEMA.replace("PRAGMA sync", "PRAGMA max_page_count = 12;\nPRAGMA sync")
    monkeypatch.setattr(index_module, "_SCHEMA", schema)
    full = "kept in a temporary file, which can't be written: database or disk is full; make room"
    with pytest.raises(ConfigurationError, match=full):
        await client.users.contacts.plan(rows)
    with pytest.raises(ConfigurationError, match=full):
        Plan.load(tmp_path / "plan.jsonl")
    with pytest.raises(ConfigurationError, match=full):
        await plan.apply(client)
    assert [entry.path for entry in sandbox.log[written:] if entry.method == "POST"].count("/v2/contacts") == 0


def test_the_first_line_says_what_it_is_about(file: Path) -> None:
    """So that a pipeline can look whether there is anything to approve."""
    first = json.loads(file.read_bytes().splitlines()[0])
    plan = Plan.load(file)
    assert first["featurebase_plan"] == 1
    for name in ("kind", "organization", "host", "fields", "requests", "empty"):
        assert first[name] == getattr(plan, name), name
    assert (first["counts"], first["rows"]) == (dict(plan.counts), 6)
    assert datetime.fromisoformat(first["made_at"]) == plan.made_at


def test_a_link_is_followed(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "behind")
    Plan.load(file).save(link)
    assert link.is_symlink()
    assert (tmp_path / "behind").read_bytes() == file.read_bytes()


def test_what_is_no_file_is_not_replaced(file: Path, tmp_path: Path) -> None:
    """As it would replace a device."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="not a regular file"):
        Plan.load(file).save(pipe)
    assert pipe.is_fifo()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["pipe", "plan.jsonl"]


def cut(lines: list[bytes]) -> list[bytes]:
    return lines[:-1]


def one_less(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], *lines[3:]]


def changed(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b"Person 1", b"Person X") for line in lines]


def no_json(lines: list[bytes]) -> list[bytes]:
    return [lines[0], b"{\n", *lines[2:]]


def another_action(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b'"create","identifier"', b'"delete","identifier"') for line in lines]


def a_newer_one(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(b'"featurebase_plan":1', b'"featurebase_plan":2'), *lines[1:]]


def odd_first_line(lines: list[bytes]) -> list[bytes]:
    return [b'{"featurebase_plan":1}\n', *lines[1:]]


def a_table(_: list[bytes]) -> list[bytes]:
    return [b"user_id,email\n", b"u1,a@x.org\n"]


def nothing(_: list[bytes]) -> list[bytes]:
    return []


BROKEN: "list[tuple[Callable[[list[bytes]], list[bytes]], str]]" = [
    (cut, "is not complete: its last line is missing"),
    (one_less, "was changed since it was saved"),
    (changed, "was changed since it was saved"),
    (no_json, "was changed since it was saved"),
    (another_action, "was changed since it was saved"),
    (a_newer_one, "has version 2, and this version of featurebase_async reads version 1"),
    (odd_first_line, "is not a plan"),
    (a_table, "is not a plan"),
    (nothing, "is not a plan"),
]


@pytest.mark.parametrize(("edit", "match"), BROKEN)
async def test_files_that_can_not_be_applied(client: AsyncFeaturebase, tmp_path: Path, edit: Any, match: str) -> None:
    file = tmp_path / "plan.jsonl"
    (await client.users.contacts.plan(people(5))).save(file)
    rewrite(file, edit)
    with pytest.raises(ConfigurationError, match=match) as caught:
        Plan.load(file)
    assert str(file) in str(caught.value)


def rewrite(file: Path, edit: Any) -> None:
    file.write_bytes(b"".join(edit(file.read_bytes().splitlines(keepends=True))))


async def test_a_plan_that_can_not_be_saved(client: AsyncFeaturebase, tmp_path: Path) -> None:
    plan = await client.users.contacts.plan(people(5))
    for path, match in ((tmp_path / "missing" / "plan.jsonl", "No such file"), (tmp_path, "directory")):
        with pytest.raises(OSError, match=match) as caught:
            plan.save(path)
        assert (caught.value.filename, caught.value.filename2) == (str(path), None)
    with pytest.raises(OSError, match="No such file"):
        Plan.load(tmp_path / "missing.jsonl")
