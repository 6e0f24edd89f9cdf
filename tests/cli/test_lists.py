"""The lists of the API: all of them are exported, in the words of the library and in those of the server."""

import pytest

from featurebase_async.cli.lists import LISTS, ListKind
from featurebase_async.sandbox import Sandbox
from featurebase_async.sandbox.seed import NAMES
from support.command import Command, read_csv, read_jsonl


@pytest.mark.parametrize("kind", LISTS.values(), ids=LISTS)
def test_every_list(command: Command, server: Sandbox, kind: ListKind) -> None:
    server.seed(**dict.fromkeys(NAMES, 2))
    result = command("export", kind.name, "a.jsonl", "--all")
    assert result.code == 0, result.err
    rows = read_jsonl("a.jsonl")
    raw = command("export", kind.name.replace("_", "-"), "-", "--raw", "--all", "--quiet")
    assert (raw.code, raw.err) == (0, "")
    assert len(raw.out.splitlines()) == len(rows)
    assert command("export", kind.name, "a.csv").code == 0
    assert read_csv("a.csv")[0] == [name for name in kind.fields if name not in kind.hidden]
    if rows:
        assert set(rows[0]) <= set(kind.fields)
    if kind.parent and rows:
        assert rows[0][kind.parent_field]


def test_a_list_that_does_not_exist(offline: Command) -> None:
    assert offline("export", "potss", "a.jsonl").err == "featurebase: there is no list 'potss'; did you mean posts?\n"
    assert "there is no list '§'; there are contacts, companies," in offline("export", "§", "a.jsonl").err


@pytest.mark.parametrize("columns", [(), ("--columns", "id,secret")])
def test_secrets_of_webhooks_are_exported_only_when_asked_for(command: Command, columns: "tuple[str, ...]") -> None:
    hook = ("-f", "name=a", "-f", "url=https://a.example", "-F", 'topics=["post.created"]')
    assert command("api", "POST", "/v2/webhooks", *hook).code == 0
    assert ("whsec" in command("export", "webhooks", "-", *columns).out) is bool(columns)


def test_drafts_are_exported_with_all_and_named_without(command: Command, server: Sandbox) -> None:
    server.seed(articles=4)
    for article in server.store.articles.values() if hasattr(server.store, "articles") else ():
        article.state = "draft"
    result = command("export", "articles", "a.jsonl")
    assert result.err.endswith(" exported to a.jsonl; drafts are left out (--all exports them too)\n")


@pytest.mark.parametrize(("name", "left"), [("posts", "posts in review"), ("comments", "private comments")])
def test_what_a_list_leaves_out_is_not_claimed_where_nothing_says_so(command: Command, name: str, left: str) -> None:
    assert command("export", name, "-").err.endswith(f" exported; {left} may be left out (--all exports them too)\n")
    assert command("export", name, "-", "--all").err.endswith(" exported\n")


def test_a_table_in_a_pipe_has_no_spaces_at_the_ends_of_lines(command: Command, server: Sandbox) -> None:
    """So that what `doctor` says can be pasted as it is."""
    server.seed(contacts=3, companies=2)
    for arguments in (("contacts", "list"), ("auth", "status"), ("doctor",)):
        lines = command(*arguments).out.split("\n")
        assert len(lines) > 4
        assert [line for line in lines if line != line.rstrip()] == []
