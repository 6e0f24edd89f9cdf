"""`list`, `get` and `search` of every resource."""

import msgspec
import pytest

from featurebase_async.cli.lists import LISTS
from featurebase_async.sandbox import Sandbox
from featurebase_async.sandbox.seed import NAMES
from support.command import Command

GROUPS = [kind for kind in LISTS.values() if not kind.parent]


@pytest.fixture
def seeded(server: Sandbox) -> Sandbox:
    server.seed(**dict.fromkeys(NAMES, 3))
    return server


@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize("kind", GROUPS, ids=lambda kind: kind.name)
def test_lists_and_single_items(command: Command, kind: "object") -> None:
    known = LISTS[getattr(kind, "name")]  # noqa: B009 -- of the parameter
    name = known.name.replace("_", "-")
    result = command(name, "list", "--limit", "2", "--json", "--all")
    assert result.code == 0, result.err
    items = [msgspec.json.decode(line) for line in result.out.splitlines()]
    assert len(items) <= 2
    table = command(name, "list")
    assert table.code == 0
    if not items:
        assert f"there are no {known.words}\n" in table.err
        return
    assert len(table.out.splitlines()) >= 2
    if known.single:
        key = items[0]["ticket_number" if known.name == "tickets" else "id"]
        assert command(name, "get", str(key), "--json").json["id"] == items[0]["id"]
        assert str(items[0]["id"]) in command(name, "get", str(key)).out


def test_a_list_says_that_there_is_more(command: Command, server: Sandbox) -> None:
    server.seed(contacts=150)
    result = command("contacts", "list", "--limit", "120")
    assert result.err == "the first 120 contacts; there are more (--limit)\n"
    assert len(result.out.splitlines()) == 121
    assert command("contacts", "list", "--limit", "150").err == ""


def test_expressions(command: Command, server: Sandbox) -> None:
    server.seed(contacts=2)
    result = command("contacts", "list", "--jq", ".email")
    assert result.out == "user1@example.com\nuser2@example.com\n"
    (first, _) = server.store.contacts.values()
    assert command("boards", "list", "--jq", ".id").code == 0
    board = command("boards", "list", "--jq", ".id").out.split()[0]
    assert command("boards", "get", board, "--jq", ".id").out == f"{board}\n"
    assert command("contacts", "search", "--where", "email=user1@example.com", "--jq", ".id").out == f"{first.id}\n"


def test_long_texts_are_cut_in_tables(command: Command, server: Sandbox) -> None:
    server.seed(contacts=1)
    (contact,) = server.store.contacts.values()
    contact.name = "x" * 100
    assert "x" * 59 + "…" in command("contacts", "list").out


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        (("contacts", "--where", "email=user1@example.com"), 1),
        (("contacts", "--where", "type=customer", "--where", "name!=Nobody"), 3),
        (("contacts", "--where", "posts_created>=0"), None),
        (("contacts", "--where", "created_at>2020-01-01"), 3),
        (("contacts", "--where", "created_at > 2020-01-01T00:00:00Z"), 3),
        (("companies", "--where", "name~a"), None),
        (("posts", "zzzzzz"), 0),
    ],
)
def test_searches(command: Command, server: Sandbox, arguments: "tuple[str, ...]", number: int | None) -> None:
    server.seed(contacts=3, posts=2)
    kind, *rest = arguments
    result = command(kind, "search", *rest, "--json")
    if number is not None:
        assert (result.code, len(result.out.splitlines())) == (0, number), result.err


def test_a_search_says_that_there_is_more(command: Command, server: Sandbox) -> None:
    server.seed(contacts=5)
    result = command("contacts", "search", "--where", "type=customer", "--limit", "2")
    assert result.err == "the first 2 contacts; there are more (--limit)\n"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("contacts", "search", "ada"), "contacts are searched by --where only, such as --where name~ada"),
        (("contacts", "search"), "say what to search for, by --where FIELD=VALUE\n"),
        (("posts", "search"), "say what to search for, by --where FIELD=VALUE, or by a text\n"),
        (("contacts", "search", "--where", "x"), "--where 'x': write it as field=value"),
        (("contacts", "search", "--where", "nmae=x"), "--where 'nmae=x': "),
        (("contacts", "list", "--limit", "0"), "--limit"),
        (("tickets", "get", "64b0"), "a ticket is found by its number, not by '64b0'"),
    ],
)
def test_what_was_asked_for_wrongly(command: Command, arguments: "tuple[str, ...]", text: str) -> None:
    result = command(*arguments)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert text in result.err


def test_what_does_not_exist(command: Command) -> None:
    result = command("boards", "get", "64b0c0ffee00000000000001")
    assert result.code == 1
    assert result.err.startswith("featurebase: boards: there is none with the id 64b0c0ffee00000000000001 (")


@pytest.mark.parametrize(("width", "longest"), [(80, 80), (60, 60), (20, 56)])
def test_a_table_fits_the_terminal_and_cuts_no_id(
    command: Command, server: Sandbox, monkeypatch: pytest.MonkeyPatch, width: int, longest: int
) -> None:
    server.seed(posts=3)
    monkeypatch.setattr("featurebase_async.cli.output.Output.width", width)
    lines = [line.rstrip() for line in command("posts", "list").out.splitlines()]
    assert max(map(len, lines)) <= longest
    assert len(lines[1].split()[0]) == 24
    assert not [line for line in lines if "Z" in line]
