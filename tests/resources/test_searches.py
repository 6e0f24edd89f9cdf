"""Searches: the typed form and the API's own, what is accepted, and what is refused before it is sent."""

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import Clause, Filter, Group, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox
    from support.client import Unsent

MAY = datetime(2024, 5, 1, 2, tzinfo=timezone(timedelta(hours=2)))
SECONDS = int(MAY.timestamp())

# The fields of each search by the names of the wire: kind, and operators.
TEXT, ORDER = ("=", "!=", "IN", "NIN"), ("=", "!=", ">", "<")
FIELDS: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    "contacts": {
        "externalId": ("text", TEXT),
        "email": ("text", TEXT),
        "name": ("text", (*TEXT, "~")),
        "type": ("enum", TEXT),
        "companyIds": ("text", TEXT),
        "postsCreated": ("number", ORDER),
        "commentsCreated": ("number", ORDER),
        "lastActivity": ("time", ORDER),
        "createdAt": ("time", ORDER),
    },
    "companies": {
        "externalId": ("text", TEXT),
        "name": ("text", (*TEXT, "~")),
        "monthlySpend": ("number", ORDER),
        "plan": ("text", TEXT),
        "industry": ("text", TEXT),
        "website": ("text", TEXT),
        "companySize": ("number", ORDER),
        "linkedUsers": ("number", ORDER),
        "lastActivity": ("time", ORDER),
        "createdAt": ("time", ORDER),
    },
}
VALUES: dict[str, Any] = {"text": "x", "enum": "lead", "number": 2.5, "time": SECONDS}
WRONG: dict[str, tuple[Any, ...]] = {
    "text": (5, True, b"x", ["x"], "\ud800", MAY),
    "enum": ("visitor", None, 1),
    "number": ("5", True, float("nan"), float("inf"), MAY, [1]),
    "time": ("2024-05-01", True, float("nan"), datetime(2024, 5, 1), MAY.date()),  # noqa: DTZ001 -- refused
}
TYPED: dict[str, "Callable[[Any, Any], Clause]"] = {
    "=": lambda field, value: field == value,
    "!=": lambda field, value: field != value,
    "IN": lambda field, value: field.one_of(value),
    "NIN": lambda field, value: field.none_of(value),
    ">": lambda field, value: field > value,
    "<": lambda field, value: field < value,
    ">=": lambda field, value: field >= value,
    "<=": lambda field, value: field <= value,
    "~": lambda field, value: field.contains(value),
}
EVERY = [(group, wire, sign) for group, fields in FIELDS.items() for wire in fields for sign in fields[wire][1]]
NOT = [(group, wire, sign) for group, fields in FIELDS.items() for wire in fields for sign in TYPED
       if sign not in fields[wire][1]]  # fmt: skip


def snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def search(client: "AsyncFeaturebase", group: str, query: Any, **more: Any) -> Any:
    return getattr(client.users, group).search(query=query, **more)


@pytest.mark.parametrize(("group", "wire", "sign"), EVERY)
async def test_every_field_with_every_operator(
    client: "AsyncFeaturebase", sandbox: "Sandbox", group: str, wire: str, sign: str
) -> None:
    value = VALUES[FIELDS[group][wire][0]]
    if sign in ("IN", "NIN"):
        value = [value, value]
    # What only excludes is too broad by itself.
    more = {"field": "createdAt", "operator": ">", "value": 0}
    sent = {"operator": "AND", "value": [{"field": wire, "operator": sign, "value": value}, more]}
    typed = TYPED[sign](Filter(snake(wire)), value) & (Filter("created_at") > 0)
    by_names = {"operator": "AND", "value": [{"field": snake(wire), "operator": sign, "value": value}, more]}
    for query in (typed, sent, by_names):
        await search(client, group, query).collect()
        assert sandbox.log[-1].json == {"query": sent, "limit": 100}
    assert sandbox.statuses == {200: 3}


@pytest.mark.parametrize(("group", "wire", "sign"), NOT)
async def test_other_operators_are_refused(
    client: "AsyncFeaturebase", unsent: "Unsent", group: str, wire: str, sign: str
) -> None:
    clause = TYPED[sign](Filter(wire), [1] if sign in ("IN", "NIN") else 1)
    async with unsent("query", f"{wire} can't be asked with {sign} "):
        search(client, group, clause)


@pytest.mark.parametrize("sign", ["!~", "^", "$", "==", "", "in", None])
async def test_operators_that_are_none_are_refused(client: "AsyncFeaturebase", unsent: "Unsent", sign: Any) -> None:
    async with unsent("query", "can't be asked with"):
        search(client, "contacts", {"field": "name", "operator": sign, "value": "x"})


@pytest.mark.parametrize(("group", "wire"), [(group, wire) for group, fields in FIELDS.items() for wire in fields])
async def test_wrong_values_are_refused(client: "AsyncFeaturebase", unsent: "Unsent", group: str, wire: str) -> None:
    for value in WRONG[FIELDS[group][wire][0]]:
        async with unsent("query", f"the value of {snake(wire)} (must|holds|has no|is no)"):
            search(client, group, Filter(snake(wire)) == value)
        if "IN" in FIELDS[group][wire][1]:
            async with unsent("query", f"the value of {snake(wire)} "):
                search(client, group, Filter(snake(wire)).one_of(["lead", value]))


@pytest.mark.parametrize("values", [[], (), "lead", b"lead", 5, None, {"lead": 1}])
async def test_one_of_takes_a_list(client: "AsyncFeaturebase", unsent: "Unsent", values: Any) -> None:
    for clause in (Filter("name").one_of(values), Filter("name").none_of(values)):
        if isinstance(values, dict):
            continue  # its keys are values
        async with unsent("query", "must be a list that is not empty"):
            search(client, "contacts", clause)


async def test_one_of_takes_its_values_at_once(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    values = ["a"]
    clauses = [
        Filter("email").one_of(values),
        Filter("email").one_of(iter(values)),
        Filter("email").one_of({"a"}),
    ]
    values.append("b")
    for clause in clauses:
        await search(client, "contacts", clause).collect()
        assert sandbox.log[-1].json["query"]["value"] == ["a"]


@pytest.mark.parametrize(
    ("group", "name", "hint"),
    [
        ("contacts", "user_id", "external_id"),
        ("contacts", "id", "contacts.retrieve"),
        ("contacts", "emial", "did you mean email?"),
        ("contacts", "zzz", "external_id, email, name"),
        ("contacts", "monthly_spend", "external_id, email"),
        ("companies", "company_id", "external_id"),
        ("companies", "id", "companies.retrieve"),
        ("companies", "montly_spend", "did you mean monthly_spend?"),
        ("companies", "email", "can't be searched by"),
    ],
)
async def test_fields_that_are_none_are_refused(
    client: "AsyncFeaturebase", unsent: "Unsent", group: str, name: str, hint: str
) -> None:
    async with unsent("query", hint):
        search(client, group, Filter(name) == "x")


async def test_timestamps_become_unix_seconds(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    await search(client, "companies", Filter("last_activity") > MAY).collect()
    assert sandbox.log[-1].json["query"] == {"field": "lastActivity", "operator": ">", "value": SECONDS}


async def test_nothing_can_be_asked_for_by_none(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    for group, wire in (("contacts", "email"), ("companies", "monthlySpend")):
        query = Filter(snake(wire)) == None  # noqa: E711 -- makes a clause
        await search(client, group, query).collect()
        assert sandbox.log[-1].json["query"] == {"field": wire, "operator": "=", "value": None}


CLAUSE = Filter("email") == "x"


@pytest.mark.parametrize(
    "query",
    [
        Group(()),
        Group((CLAUSE,) * 16),
        {"operator": "AND", "value": []},
        {"operator": "AND", "value": [CLAUSE] * 16},
    ],
)
async def test_1_to_15_clauses(client: "AsyncFeaturebase", unsent: "Unsent", query: Any) -> None:
    async with unsent("query", "(0|16) clauses; 1 to 15"):
        search(client, "contacts", query)


async def test_15_clauses_are_sent(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    await search(client, "contacts", Group((CLAUSE,) * 7) & CLAUSE & Group((CLAUSE,) * 7)).collect()
    assert len(sandbox.log[-1].json["query"]["value"]) == 15


@pytest.mark.parametrize(
    "query",
    [
        Filter("email") != "x",
        Filter("email").none_of(["x"]),
        (Filter("email") != "x") & (Filter("posts_created") != 1),
        {"field": "email", "operator": "!=", "value": "x"},
    ],
)
async def test_what_only_excludes_is_too_broad(client: "AsyncFeaturebase", unsent: "Unsent", query: Any) -> None:
    async with unsent("query", "only excludes"):
        search(client, "contacts", query)


async def test_a_closed_set_may_be_asked_by_exclusion(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=2, leads=3)
    found = await search(client, "contacts", Filter("type") != "lead").collect()
    assert [contact.type for contact in found] == ["customer", "customer"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"operator": "OR", "value": [CLAUSE]}, "operator AND"),
        ({"operator": "AND", "value": CLAUSE}, "list as value"),
        ({"operator": "AND", "value": [CLAUSE], "more": 1}, "list as value"),
        ({"operator": "AND", "value": [{"operator": "AND", "value": [CLAUSE]}]}, "nested"),
        ({"operator": "AND", "value": ["email"]}, "nested"),
        ({"field": "email", "operator": "="}, "a field, an operator and a value"),
        ({"field": "email", "operator": "=", "value": "x", "more": 1}, "nothing else"),
        ({}, "operator AND"),
        ("email=x", "query can't be a str"),
        ([CLAUSE], "query can't be a list"),
        (None, "query can't be a NoneType"),
    ],
)
async def test_other_forms_are_refused(client: "AsyncFeaturebase", unsent: "Unsent", query: Any, words: str) -> None:
    async with unsent("query", words):
        search(client, "contacts", query)


@pytest.mark.parametrize(
    "misuse",
    [
        lambda: (Filter("email") == "x") and (Filter("name") == "y"),
        lambda: (Filter("email") == "x") or (Filter("name") == "y"),
        lambda: not (Filter("email") == "x"),  # noqa: SIM201 -- what is refused
        lambda: 1 < Filter("posts_created") < 5,  # type: ignore[operator]
        lambda: bool(CLAUSE & CLAUSE),
        lambda: Filter("email") in ["email", "name"],
        lambda: {Filter("email"): 1},
    ],
)
def test_what_would_drop_a_clause_in_silence_raises(misuse: "Callable[[], object]") -> None:
    with pytest.raises(TypeError):
        misuse()


def test_there_is_no_or() -> None:
    either: Any = CLAUSE
    for left in (either, either & either):
        for right in (either, either & either):
            with pytest.raises(InvalidRequestError, match="OR"):
                left | right


@pytest.mark.parametrize("clause", [CLAUSE, CLAUSE & CLAUSE, Filter("email")])
def test_there_is_no_not(clause: Any) -> None:
    with pytest.raises(InvalidRequestError, match="can't negate a clause by ~; ask for the opposite") as caught:
        _ = ~clause
    assert caught.value.param == "query"


NAME: Any = Filter("name")


@pytest.mark.parametrize(
    "misuse",
    [
        lambda: Filter("posts_created") > 1 & NAME == "x",
        lambda: Filter("email") == "x" & NAME == "y",
        lambda: Filter("posts_created") > 1 & (NAME == "y"),
        lambda: Filter("email") == "x" & ((NAME == "y") & CLAUSE),
        lambda: CLAUSE & NAME == "y",
        lambda: (CLAUSE & CLAUSE) & NAME == "y",
        lambda: NAME & CLAUSE,
        lambda: NAME & NAME,
    ],
)
def test_missing_brackets_are_named(misuse: "Callable[[], object]") -> None:
    with pytest.raises(InvalidRequestError, match="each in brackets") as caught:
        misuse()
    assert caught.value.param == "query"


@pytest.mark.parametrize("misuse", [lambda: NAME | CLAUSE, lambda: "x" | NAME, lambda: "x" | (NAME == "y")])
def test_there_is_no_or_without_brackets_either(misuse: "Callable[[], object]") -> None:
    with pytest.raises(InvalidRequestError, match="OR"):
        misuse()


@pytest.mark.parametrize("name", ["one_of", "none_of"])
def test_one_of_takes_one_list(name: str) -> None:
    with pytest.raises(InvalidRequestError, match=name) as caught:
        getattr(NAME, name)("x", "y")
    assert str(caught.value) == f"{name} takes its values as one list: {name}(['a', 'b'])"
    assert caught.value.param == "query"


def test_values_are_not_shown() -> None:
    assert repr(CLAUSE & (Filter("name") == "Ada")) == "Group(clauses=(<Clause email =>, <Clause name =>))"
    assert repr(Filter("email")) == "Filter('email')"


async def test_sort_page_size_cursor_and_totals(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=5)
    pager = client.users.contacts.search(
        query=Filter("created_at") > 0, sort="postsCreated:asc", page_size=2, look_ahead=0
    )
    pages = [page async for page in pager.pages()]
    found = [contact.posts_created for page in pages for contact in page.data]
    assert found == sorted(found, key=int)
    assert len(found) == 5
    wanted = {"query": {"field": "createdAt", "operator": ">", "value": 0}, "sort": "postsCreated:asc", "limit": 2}
    assert [entry.json for entry in sandbox.log] == [
        wanted,
        wanted | {"cursor": pages[0].next_cursor},
        wanted | {"cursor": pages[1].next_cursor},
    ]
    assert {(page.total_count, page.total_count_capped) for page in pages} == {(5, False)}


async def test_without_arguments_everything_is_found(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=3, companies=2)
    assert len(await client.users.contacts.search().collect()) == 3
    assert len(await client.users.companies.search().collect()) == 2
    assert [entry.json for entry in sandbox.log] == [{"limit": 100}, {"limit": 100}]


SORTS = {
    "contacts": ("createdAt", "lastActivity", "postsCreated", "commentsCreated"),
    "companies": ("createdAt", "monthlySpend", "lastActivity"),
}


@pytest.mark.parametrize("group", SORTS)
async def test_every_order(client: "AsyncFeaturebase", sandbox: "Sandbox", unsent: "Unsent", group: str) -> None:
    for name in SORTS[group]:
        for direction in ("asc", "desc"):
            await getattr(client.users, group).search(sort=f"{name}:{direction}").collect()
            assert sandbox.log[-1].json["sort"] == f"{name}:{direction}"
    for sort in ("name:asc", "createdAt", "created_at:asc", "createdAt:up", None, 5):
        async with unsent("sort", "one of createdAt:"):
            getattr(client.users, group).search(sort=sort)
