"""Responses that are not as the models say: nothing is lost, and each spot is named."""

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from featurebase_async import UNSET, Company, Contact
from featurebase_async._core import decode
from featurebase_async._core.drift import DriftCollector
from featurebase_async.sandbox import Fault
from support.client import opened
from support.drift_watcher import Watcher, all_contacts, editing

if TYPE_CHECKING:
    from collections.abc import Callable

    from featurebase_async.sandbox import Sandbox

NUMBER = "integer or number"


async def test_a_page_of_100_with_one_of_each(sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=100, companies=10)

    def edit(page: Any) -> None:
        page["data"][7]["type"] = "visitor"
        page["data"][20]["postsCreated"] = "five"
        del page["data"][55]["name"]
        page["data"][99]["mood"] = "sunny"

    async with editing(sandbox, edit) as edited:
        found = await edited.contacts()
        assert all_contacts(found, 100)
        assert edited.spots() == {
            "data[].type": ("visitor", "customer | lead"),
            "data[].postsCreated": ("string", NUMBER),
            "data[].name": ("nothing", "string"),
            "data[].mood": ("new field: string", "nothing"),
        }
        assert {drift.operation for drift in edited.watcher.drifts} == {"users.contacts.list"}
    stored = list(sandbox.store.contacts.values())
    assert found[7].type == "visitor"
    assert found[20].posts_created == "five"
    assert found[20].comments_created == stored[20].comments_created
    assert found[55].name is UNSET
    assert not hasattr(found[99], "mood")
    # The rest is read as ever.
    assert [contact.id for contact in found] == [contact.id for contact in stored]
    assert all(isinstance(contact.last_activity, datetime) for contact in found)
    companies = [company for contact in found for company in contact.companies]
    assert companies
    assert all(isinstance(company, Company) for company in companies)


def at(*way: Any, value: Any) -> "Callable[[Any], None]":
    """Make an edit that puts a value at a spot; without a value it is removed."""

    def edit(payload: Any) -> None:
        spot = payload
        for step in way[:-1]:
            spot = spot[step]
        if value is UNSET:
            del spot[way[-1]]
        else:
            spot[way[-1]] = value

    return edit


ODD: list[tuple[tuple[Any, ...], Any, str, str, str]] = [
    (("data", 1), None, "data[]", "null", "Contact"),
    (("data", 1), "text", "data[]", "string", "Contact"),
    (("data", 1), 17, "data[]", "number", "Contact"),
    (("data", 1), [{"id": 1}], "data[]", "array", "Contact"),
    (("data", 1, "id"), UNSET, "data[].id", "nothing", "string"),
    (("data", 1, "id"), 17, "data[].id", "number", "string"),
    (("data", 1, "name"), None, "data[].name", "null", "string"),
    (("data", 1, "email"), 5, "data[].email", "number", "string or null"),
    (("data", 1, "userId"), None, "data[].userId", "null", "string"),
    (("data", 1, "lastActivity"), "yesterday", "data[].lastActivity", "string", "datetime"),
    (("data", 1, "lastActivity"), 1714521600, "data[].lastActivity", "number", "datetime"),
    (("data", 1, "lastActivity"), None, "data[].lastActivity", "null", "datetime"),
    (("data", 1, "postsCreated"), True, "data[].postsCreated", "boolean", NUMBER),
    (("data", 1, "verified"), "yes", "data[].verified", "string", "boolean"),
    (("data", 1, "roles"), "admin", "data[].roles", "string", "array"),
    (("data", 1, "roles"), ["admin", None], "data[].roles[]", "null", "string"),
    (("data", 1, "type"), None, "data[].type", "null", "string"),
    (("data", 1, "type"), 3, "data[].type", "number", "string"),
    (("data", 1, "customFields"), ["a"], "data[].customFields", "array", "object"),
    (("data", 1, "companies"), {"id": 1}, "data[].companies", "object", "array"),
    (("data", 1, "companies"), None, "data[].companies", "null", "array"),
    (("data", 1, "companies", 0), None, "data[].companies[]", "null", "Company"),
    (("data", 1, "companies", 0, "monthlySpend"), "9", "data[].companies[].monthlySpend", "string",
     f"{NUMBER} or null"),
    (("data", 1, "companies", 0, "createdAt"), "?", "data[].companies[].createdAt", "string", "datetime or null"),
    (("data", 1, "companies", 0, "plan"), UNSET, "data[].companies[].plan", "nothing", "string or null"),
    (("object",), 5, "object", "number", "string"),
]  # fmt: skip


@pytest.mark.parametrize(("way", "value", "path", "found", "expected"), ODD)
async def test_one_odd_spot(
    sandbox: "Sandbox", way: tuple[Any, ...], value: Any, path: str, found: str, expected: str
) -> None:
    sandbox.seed(contacts=3, companies=1)
    for contact in sandbox.store.contacts.values():
        contact.companies = [next(iter(sandbox.store.companies.values()))]
    async with editing(sandbox, at(*way, value=value)) as edited:
        items = await edited.contacts()
        assert edited.spots() == {path: (found, expected)}
    assert len(items) == 3
    assert isinstance(items[0], Contact)
    assert isinstance(items[2], Contact)
    if way == ("data", 1):
        assert items[1] == value  # kept raw


async def test_each_kind_is_logged_once(sandbox: "Sandbox", caplog: pytest.LogCaptureFixture) -> None:
    sandbox.seed(contacts=3)
    async with editing(sandbox, at("data", 1, "verified", value="yes")) as edited:
        for _ in range(3):
            assert (await edited.contacts())[1].verified == "yes"
        assert edited.client.stats().drift == 1
    text = "drift in users.contacts.list at data[].verified: found string, expected boolean"
    assert [record.getMessage() for record in caplog.records if "drift" in record.getMessage()] == [text]


async def test_a_single_response_is_kept_too(sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=1)
    (contact,) = sandbox.store.contacts.values()
    async with editing(sandbox, at("verified", value="yes")) as edited:
        found = await edited.client.users.contacts.retrieve(contact.id)
        assert edited.spots() == {"verified": ("string", "boolean")}
    assert (found.verified, found.email) == ("yes", "user1@example.com")


async def test_a_nested_struct_is_looked_into(sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=1)
    (contact,) = sandbox.store.contacts.values()
    edit = at("preferences", "all", value={"status": "sometimes", "effectiveStatus": 1})
    async with editing(sandbox, edit) as edited:
        found = await edited.client.users.contacts.email_preferences.retrieve(contact.id)
        assert edited.spots() == {
            "preferences.all.status": ("sometimes", "subscribed | unsubscribed"),
            "preferences.all.effectiveStatus": ("number", "string"),
        }
    assert found.preferences.all.status == "sometimes"
    assert found.preferences.changelog.status == "subscribed"


async def test_an_unknown_word_alone_is_kept_and_costs_nothing(sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=3)
    async with editing(sandbox, at("data", 1, "type", value="visitor")) as edited:
        assert [contact.type for contact in await edited.contacts()] == ["customer", "visitor", "customer"]
        assert edited.spots() == {}


async def test_a_clean_page_takes_the_fast_path(sandbox: "Sandbox", monkeypatch: pytest.MonkeyPatch) -> None:
    passes: list[str] = []
    monkeypatch.setattr(
        decode, "DriftCollector", lambda operation: passes.append(operation) or DriftCollector(operation)
    )
    sandbox.seed(contacts=250, companies=5)
    async with opened(sandbox) as client:
        assert len(await client.users.contacts.list().collect()) == 250
        assert client.stats().drift == 0
        assert not passes
        sandbox.faults.add(Fault(edit="wrong_type", times=1))
        assert len(await client.users.contacts.list().collect()) == 250
        assert passes == ["users.contacts.list"]


async def test_a_new_field_of_every_item_is_named_once(sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=100, companies=3)

    def edit(page: Any) -> None:
        page["data"][0]["verified"] = "yes"
        for item in page["data"]:
            item["mood"] = 1
            for company in item["companies"]:
                company["mood"] = None

    async with editing(sandbox, edit) as edited:
        assert all_contacts(await edited.contacts(), 100)
        spots = edited.spots()
    assert len(spots) == 3
    assert spots["data[].mood"] == ("new field: number", "nothing")
    (nested,) = (path for path in spots if "companies" in path)
    assert nested.endswith("].mood")


async def test_drift_in_every_item_of_a_page(sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=100, companies=10)

    def edit(page: Any) -> None:
        for item in page["data"]:
            item["postsCreated"] = "many"
            item["companies"].append(None)

    async with editing(sandbox, edit) as edited:
        found = await edited.contacts()
        assert all_contacts(found, 100)
        assert edited.spots() == {
            "data[].postsCreated": ("string", NUMBER),
            "data[].companies[]": ("null", "Company"),
        }
    assert {contact.posts_created for contact in found} == {"many"}


PERSONAL = "Grace Hopper, grace@navy.example"


async def test_nothing_personal_is_reported(sandbox: "Sandbox", caplog: pytest.LogCaptureFixture) -> None:
    sandbox.seed(contacts=4)
    fields = [name for name in msgspec.json.decode(msgspec.json.encode(next(iter(sandbox.store.contacts.values()))))
              if name not in ("createdAt", "phone")]  # fmt: skip

    def edit(page: Any) -> None:
        page["data"][0] = dict.fromkeys(fields, PERSONAL) | {"object": "contact", PERSONAL: 1}
        page["data"][1] = PERSONAL
        page["data"][2]["customFields"] = [PERSONAL]
        page["data"][3]["type"] = PERSONAL

    with caplog.at_level(logging.DEBUG):
        async with editing(sandbox, edit) as edited:
            assert len(await edited.contacts()) == 4
            spots = edited.spots()
            assert len(spots) > 8
    assert spots["data[].(another name)"] == ("new field: number", "nothing")
    assert spots["data[].type"] == ("another string", "customer | lead")
    reported = repr(edited.watcher.drifts) + caplog.text
    assert "Hopper" not in reported
    assert "navy" not in reported


async def test_numbers_beyond_any_float_and_halves_of_characters_cost_no_page(sandbox: "Sandbox") -> None:
    """JavaScript cuts names in the middle of an emoji; msgspec takes such a body for broken JSON."""
    sandbox.seed(contacts=3)
    page = {"object": "list", "data": [], "nextCursor": None}
    items = [{"object": "contact", "id": f"c{number}", "name": "N", "type": "lead"} for number in range(4)]
    body = msgspec.json.encode(page | {"data": items}).decode()
    body = body.replace(
        '"id":"c0","name":"N"', '"id":"c0","name":"cut \\ud83d","description":"\\ude00 é \\ud83d\\ude00","locale":"é"'
    )
    body = body.replace('"id":"c1"', '"id":"c1","postsCreated":1e999,"customFields":{"n":-1e999,"Ada\'s":"\\udfff"}')
    body = body.replace('"id":"c2"', '"id":"c2","postsCreated":123456789012345678901234567890,"verified":"no"')
    sandbox.faults.add(Fault(body=body))
    watcher = Watcher()
    async with opened(sandbox, hooks=[watcher]) as client:
        found = await client.users.contacts.list().collect()
    assert all_contacts(found, 4)
    assert found[0].name == "cut \ufffd"
    assert found[0].description == "\ufffd é 😀"
    assert found[1].posts_created == float("inf")
    assert found[2].posts_created == 123456789012345678901234567890
    assert watcher.spots() == {
        "data[].name": ("string with half a character", "string"),
        "data[].description": ("string with half a character", "string"),
        "data[].postsCreated": ("number out of range", "number"),
        "data[].customFields.n": ("number out of range", "number"),
        "data[].customFields.(another name)": ("string with half a character", "string"),
        "data[].verified": ("string", "boolean"),
    }


async def test_a_hook_that_raises_does_not_reach_the_call(sandbox: "Sandbox") -> None:
    class Faulty:
        def on_drift(self, drift: object) -> None:
            raise RuntimeError("in the hook")

    sandbox.seed(contacts=4)
    sandbox.faults.add(Fault(edit="wrong_type"))
    async with opened(sandbox, hooks=[Faulty()]) as client:
        assert len(await client.users.contacts.list().collect()) == 4
        assert client.stats().drift > 0


async def test_timestamps_are_aware(sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=1)
    async with opened(sandbox) as client:
        contact = await client.users.contacts.list().first()
    assert contact is not None
    assert isinstance(contact.last_activity, datetime)
    assert contact.last_activity.astimezone(UTC) == contact.last_activity


class Team(msgspec.Struct, rename="camel"):
    """A type of a user's own."""

    id: str
    size: int
    since: datetime | None = None
    links: dict[str, int] = {}
    lead: "Team | None" = None
    members: list["Team"] = []
    more: Any = None


async def test_types_of_ones_own_are_read_alike(sandbox: "Sandbox") -> None:
    body = {"id": "t", "size": 2, "since": None, "links": {"a": "x"}, "lead": {"id": 5, "size": 1},
            "members": [{"id": "m", "size": 1, "lead": 7}, {"size": 3}], "more": {"data": 1}}  # fmt: skip
    sandbox.faults.add(Fault(status=200, body=body, nth=1))
    watcher = Watcher()
    async with opened(sandbox, hooks=[watcher]) as client:
        team = await client.request("GET", "/v2/team", into=Team)
        sandbox.faults.add(Fault(status=200, body={"a": {"id": "t", "size": "x"}, "b": 7}))
        teams = await client.request("GET", "/v2/team", into=dict[str, Team])
    assert isinstance(team, Team)
    assert team.lead == Team(id=5, size=1)  # type: ignore[arg-type]
    assert team.members == [Team(id="m", size=1, lead=7), Team(id=UNSET, size=3)]  # type: ignore[arg-type]
    assert team.links == {"a": "x"}
    assert (team.more, teams) == ({"data": 1}, {"a": Team(id="t", size="x"), "b": 7})  # type: ignore[arg-type]
    assert {path: found for path, (found, _) in watcher.spots().items()} == {
        "links.a": "string",
        "lead.id": "number",
        "members[].lead": "number",
        "members[].id": "nothing",
        "a.size": "string",
        "b": "number",
    }


BOM = b"\xef\xbb\xbf"
NOT_UTF8 = "string with bytes that are no UTF-8"
HALF = ("string with half a character", "string")
ENDLESS = ("number out of range", "number")


@pytest.mark.parametrize(
    ("old", "new", "name", "spots"),
    [
        (b"{", BOM + b"{", "Ada", {}),
        (b"Ada", b"Ad\xe9", "Ad\ufffd", {"data[].name": (NOT_UTF8, "string")}),
        (b"Ada", b"\xed\xa0\xbd\xed\xb8\x80", "\ufffd" * 6, {"data[].name": (NOT_UTF8, "string")}),
        (b"Ada", b"\xf0\x9f\x98", "\ufffd", {"data[].name": (NOT_UTF8, "string")}),
        (b"Ada", b"\\ud83d", "\ufffd", {"data[].name": ("string with half a character", "string")}),
        (b"Ada", b"\xe9\\ud83d", "\ufffd\ufffd", {"data[].name": ("string with half a character", "string")}),
        (b'"Ada"', b'null,"x\xff":1', None, {"data[]": (NOT_UTF8, "string"), "data[].name": ("null", "string")}),
        (b'"Ada"', b'"A","postsCreated":1' + b"0" * 5_000, "A", {"data[].postsCreated": ENDLESS}),
        (b'"Ada"', b'"A","postsCreated":-1' + b"0" * 9_000 + b"", "A", {"data[].postsCreated": ENDLESS}),
        (b'"Ada"', b'"A","customFields":{"\\udc00":1}', "A", {"data[].customFields": HALF}),
    ],
)
async def test_odd_bytes_cost_no_page(
    sandbox: "Sandbox", old: bytes, new: bytes, name: str | None, spots: dict[str, tuple[str, str]]
) -> None:
    items = b",".join(b'{"object":"contact","id":"%d","name":"Ada","type":"lead"}' % number for number in range(3))
    body = (b'{"object":"list","data":[%b],"nextCursor":null}' % items).replace(old, new, 1)
    watcher = Watcher()
    sandbox.faults.add(Fault(body=body))
    async with opened(sandbox, hooks=[watcher]) as client:
        for _ in range(2):
            found = await client.users.contacts.list().collect()
            assert all_contacts(found, 3)
            assert [contact.name for contact in found] == [name, "Ada", "Ada"]
            assert msgspec.json.encode(found)
    assert {path: spot for path, spot in watcher.spots().items() if "another" not in path} == spots


async def test_a_timestamp_without_a_zone_is_utc(sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=3, companies=1)
    for contact in sandbox.store.contacts.values():
        contact.companies = [next(iter(sandbox.store.companies.values()))]

    def edit(page: Any) -> None:
        page["data"][0]["lastActivity"] = "2026-01-01T00:00:00"
        page["data"][1]["companies"][0]["createdAt"] = "2026-01-01T00:00:00.5"

    async with editing(sandbox, edit) as edited:
        for _ in range(2):
            found = await edited.contacts()
            assert found[0].last_activity == datetime(2026, 1, 1, tzinfo=UTC)
            assert found[1].companies[0].created_at == datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)
            assert found[1].last_activity.tzinfo is not None
        assert edited.spots() == {
            "data[].lastActivity": ("datetime without a time zone", "datetime"),
            "data[].companies[].createdAt": ("datetime without a time zone", "datetime or null"),
        }
