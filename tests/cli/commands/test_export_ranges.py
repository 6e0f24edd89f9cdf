"""`export --ranges`: the same file, read as several ranges."""

from typing import TYPE_CHECKING

import pytest

from support.command import Command, read_jsonl

if TYPE_CHECKING:
    from pathlib import Path

    from featurebase_async.sandbox import Sandbox


@pytest.mark.parametrize("kind", ["contacts", "companies"])
def test_the_same_rows(command: Command, server: "Sandbox", tmp_path: "Path", kind: str) -> None:
    server.seed(contacts=130, companies=120, leads=5)
    ranged, plain = tmp_path / "ranged.jsonl", tmp_path / "plain.jsonl"
    assert command(kind, "export", plain, "--all").code == 0
    lists = len([entry for entry in server.log if entry.method == "GET"])
    result = command(kind, "export", ranged, "--all", "--ranges", "4")
    assert result.code == 0, result.err
    assert "page by page" not in result.err
    assert len([entry for entry in server.log if entry.method == "GET"]) == lists
    assert sorted(map(repr, read_jsonl(ranged))) == sorted(map(repr, read_jsonl(plain)))


def test_why_it_was_not_used(command: Command, server: "Sandbox", tmp_path: "Path") -> None:
    server.seed(contacts=3)
    next(iter(server.store.contacts.values())).created_at = None  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    result = command("contacts", "export", tmp_path / "all.jsonl", "--type", "customer", "--ranges", "4")
    assert result.code == 0
    reason = "1 items have no created_at, so no range finds them"
    assert f"--ranges was not used, the list was read page by page: {reason}\n" in result.err
    assert len(read_jsonl(tmp_path / "all.jsonl")) == 3


@pytest.mark.parametrize("kind", ["contacts", "companies"])
def test_what_is_refused(command: Command, server: "Sandbox", kind: str) -> None:
    result = command(kind, "export", "-", "--raw", "--ranges", "4")
    assert result.code == 2
    assert "--raw reads page by page; leave out --ranges, or --raw" in result.err
    assert "ranges must be" in command(kind, "export", "-", "--ranges", "0").err
    assert server.requests == 0
