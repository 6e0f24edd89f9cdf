"""The two searches: fields, operators, orders, caps."""

from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async.sandbox.state.search import MAX_CLAUSES

if TYPE_CHECKING:
    from support.bare_api import Api

CONTACTS, COMPANIES = "/v2/contacts/search", "/v2/companies/search"


def clause(field: str, operator: str, value: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


def group(*clauses: Any) -> dict[str, Any]:
    return {"operator": "AND", "value": list(clauses)}


async def found(api: "Api", path: str, query: Any, **body: Any) -> list[str]:
    reply = await api("POST", path, {"query": query, "limit": 100, **body})
    assert reply.status == 200, reply.text
    assert reply.json["totalCount"] == len(reply.json["data"])
    return [item["name"] for item in reply.json["data"]]


async def refused(api: "Api", path: str, **body: Any) -> str:
    reply = await api("POST", path, body)
    assert reply.status == 400, reply.text
    assert reply.error["type"] == "invalid_request_error"
    return reply.error["code"]


@pytest.fixture
async def people(api: "Api") -> "Api":
    """Three customers, Ann, Ben and Cara, oldest first, and a lead."""
    for number, name in enumerate(["Ann Lee", "Ben O'Neil", "Cara Ann Stone"]):
        await api.contact(
            userId=f"u{number}",
            email=f"{name[:3].lower()}@x.co",
            name=name,
            createdAt=f"2025-01-0{number + 1}T00:00:00Z",
            companies=[{"id": f"c{n}", "name": f"c{n}"} for n in range(number)],
        )
        contact = api.sandbox.store.contact_by_user_id(f"u{number}")
        assert contact is not None
        contact.posts_created, contact.comments_created = number, 2 - number
        contact.last_activity = f"2025-02-0{number + 1}T00:00:00.000Z"
    lead = await api.lead()
    stored = api.sandbox.store.contacts[lead["id"]]
    stored.name, stored.last_activity, stored.created_at = (
        "Dora",
        "2024-01-01T00:00:00.000Z",
        "2024-01-01T00:00:00.000Z",
    )
    return api


async def test_without_a_query_everything_by_last_activity(people: "Api") -> None:
    reply = await people("POST", CONTACTS, {})
    assert [item["name"] for item in reply.json["data"]] == ["Cara Ann Stone", "Ben O'Neil", "Ann Lee", "Dora"]
    assert {name: reply.json[name] for name in ("object", "nextCursor", "totalCount", "totalCountCapped")} == {
        "object": "list",
        "nextCursor": None,
        "totalCount": 4,
        "totalCountCapped": False,
    }


JANUARY_2 = 1735776000


@pytest.mark.parametrize(
    ("field", "operator", "value", "names"),
    [
        ("externalId", "=", "u1", "B"),
        ("external_id", "=", "u1", "B"),
        ("externalId", "=", "nobody", ""),
        ("externalId", "IN", ["u2", "u0", "x"], "CA"),
        ("email", "=", "ANN@x.co", "A"),
        ("email", "IN", ["Ann@x.co", "ben@x.co"], "BA"),
        ("name", "=", "Ann Lee", "A"),
        ("name", "IN", ["Ann Lee", "Dora"], "AD"),
        ("name", "~", "ann", "CA"),
        ("name", "~", "nn LE", "A"),
        ("name", "~", "ton", "C"),
        ("type", "=", "lead", "D"),
        ("type", "!=", "lead", "CBA"),
        ("type", "IN", ["lead", "customer"], "CBAD"),
        ("type", "NIN", ["customer"], "D"),
        ("postsCreated", "=", 1, "B"),
        ("postsCreated", ">", 0, "CB"),
        ("posts_created", "<", 1, "A"),
        ("commentsCreated", ">", 0.5, "BA"),
        ("createdAt", "=", JANUARY_2, "B"),
        ("createdAt", ">", JANUARY_2, "C"),
        ("created_at", "<", JANUARY_2, "AD"),
        ("lastActivity", ">", JANUARY_2, "CBA"),
        ("last_activity", "=", None, ""),
    ],
)
async def test_contact_operators(people: "Api", field: str, operator: str, value: Any, names: str) -> None:
    lead = {"field": "postsCreated", "operator": "<", "value": 3} if field.startswith("posts") else None
    for item in people.sandbox.store.contacts.values():
        if item.type == "lead":
            item.posts_created, item.comments_created = 9, 0
    query = group(clause(field, operator, value), lead) if lead else clause(field, operator, value)
    assert [name[0] for name in await found(people, CONTACTS, query)] == list(names)


@pytest.mark.parametrize(
    ("field", "operator", "value", "names"),
    [
        ("externalId", "!=", "u1", "CA"),
        ("externalId", "NIN", ["u1", "u2"], "A"),
        ("externalId", "!=", None, "CBA"),
        ("email", "!=", "ANN@x.co", "CB"),
        ("email", "NIN", ["ANN@x.co"], "CB"),
        ("name", "!=", "Ann Lee", "CB"),
        ("name", "NIN", ["Ann Lee"], "CB"),
        ("postsCreated", "!=", 1, "CA"),
        ("createdAt", "!=", JANUARY_2, "CA"),
    ],
)
async def test_negative_clauses_beside_a_positive_one(
    people: "Api", field: str, operator: str, value: Any, names: str
) -> None:
    query = group(clause(field, operator, value), clause("type", "=", "customer"))
    assert [name[0] for name in await found(people, CONTACTS, query)] == list(names)
    query = group(clause(field, operator, value), clause("type", "!=", "lead"))
    assert [name[0] for name in await found(people, CONTACTS, query)] == list(names)
    assert await refused(people, CONTACTS, query=clause(field, operator, value)) == "query_too_broad"


async def test_company_ids_of_contacts(people: "Api") -> None:
    first, second = (company.id for company in people.sandbox.store.companies.values())
    customers = clause("type", "=", "customer")
    assert await found(people, CONTACTS, clause("companyIds", "=", first)) == ["Cara Ann Stone", "Ben O'Neil"]
    assert await found(people, CONTACTS, clause("company_ids", "IN", [second])) == ["Cara Ann Stone"]
    assert await found(people, CONTACTS, group(customers, clause("companyIds", "NIN", [second, "x"]))) == [
        "Ben O'Neil",
        "Ann Lee",
    ]
    assert await found(people, CONTACTS, group(customers, clause("companyIds", "!=", first))) == ["Ann Lee"]
    assert await found(people, CONTACTS, group(customers, clause("companyIds", "=", second))) == ["Cara Ann Stone"]


@pytest.fixture
async def firms(api: "Api") -> "Api":
    for number, (name, spend) in enumerate([("Acme Labs", None), ("Beta Works", 10.5), ("Gamma Labs", 20)]):
        more = {} if spend is None else {"monthlySpend": spend, "plan": "pro", "website": "w", "companySize": number}
        await api.company(f"c{number}", name=name, industry=f"i{number}", createdAt=f"2025-01-0{number + 1}", **more)
    return api


@pytest.mark.parametrize(
    ("field", "operator", "value", "names"),
    [
        ("externalId", "=", "c1", "B"),
        ("external_id", "IN", ["c2", "c9"], "G"),
        ("name", "~", "LABS", "GA"),
        ("monthlySpend", ">", 10, "GB"),
        ("monthly_spend", "<", 20, "B"),
        ("monthlySpend", "=", None, "A"),
        ("plan", "=", "pro", "GB"),
        ("plan", "IN", ["pro"], "GB"),
        ("industry", "=", "i0", "A"),
        ("website", "=", None, "A"),
        ("companySize", "=", 1, "B"),
        ("company_size", ">", 1, "G"),
        ("linkedUsers", "=", 0, "GBA"),
        ("linked_users", ">", 0, ""),
        ("lastActivity", "=", None, "GBA"),
        ("last_activity", ">", 0, ""),
        ("createdAt", "<", JANUARY_2, "A"),
        ("created_at", ">", JANUARY_2, "G"),
    ],
)
async def test_company_operators(firms: "Api", field: str, operator: str, value: Any, names: str) -> None:
    assert [name[0] for name in await found(firms, COMPANIES, clause(field, operator, value))] == list(names)


@pytest.mark.parametrize("operator", ["!=", "NIN"])
@pytest.mark.parametrize("field", ["externalId", "name", "plan", "industry", "website"])
async def test_no_company_field_is_exempt_from_being_too_broad(firms: "Api", field: str, operator: str) -> None:
    value = ["x"] if operator == "NIN" else "x"
    assert await refused(firms, COMPANIES, query=clause(field, operator, value)) == "query_too_broad"


ONE = clause("externalId", "=", "x")


@pytest.mark.parametrize(
    "query",
    [
        "x",
        [],
        {},
        {"field": "name"},
        {**ONE, "more": 1},
        {**ONE, "field": 5},
        {**ONE, "operator": ["="]},
        clause("nothing", "=", "x"),
        clause("name", "!~", "x"),
        clause("name", "^", "x"),
        clause("name", "$", "x"),
        clause("name", "==", "x"),
        clause("email", "~", "x"),
        clause("type", "~", "lead"),
        clause("name", ">", "x"),
        clause("postsCreated", ">=", 1),
        clause("postsCreated", "IN", [1]),
        clause("postsCreated", "=", "1"),
        clause("postsCreated", "=", True),
        clause("createdAt", ">", "2025-01-01"),
        clause("createdAt", ">", 1e300),
        clause("createdAt", ">", None),
        clause("name", "=", 5),
        clause("name", "=", ["x"]),
        clause("name", "~", None),
        clause("name", "IN", "x"),
        clause("name", "IN", []),
        clause("name", "IN", [None]),
        clause("type", "=", "robot"),
        clause("type", "=", None),
        group(),
        group(*[ONE] * (MAX_CLAUSES + 1)),
        group(group(ONE)),
        group("x"),
        {"operator": "OR", "value": [ONE]},
        {"operator": "AND", "value": ONE},
        {**group(ONE), "more": 1},
    ],
)
async def test_bad_queries(api: "Api", query: Any) -> None:
    assert await refused(api, CONTACTS, query=query) == "invalid_parameter"


async def test_a_group_of_fifteen(people: "Api") -> None:
    assert await found(people, CONTACTS, group(*[clause("externalId", "=", "u1")] * MAX_CLAUSES)) == ["Ben O'Neil"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"limit": 0}, "invalid_request"),
        ({"limit": 101}, "invalid_request"),
        ({"limit": "5"}, "invalid_request"),
        ({"limit": 1.5}, "invalid_request"),
        ({"page": 1}, "invalid_request"),
        ({"sort": 5}, "invalid_request"),
        ({"sort": "name:asc"}, "invalid_parameter"),
        ({"sort": "createdAt"}, "invalid_parameter"),
        ({"sort": "createdAt:up"}, "invalid_parameter"),
        ({"cursor": "x"}, "invalid_cursor"),
        ({"cursor": 5}, "invalid_request"),
    ],
)
async def test_bad_bodies(api: "Api", body: Any, code: str) -> None:
    for path in (CONTACTS, COMPANIES):
        assert await refused(api, path, **body) == code


@pytest.mark.parametrize(
    ("path", "sort", "key"),
    [
        *[
            (CONTACTS, f"{name}:{way}", key)
            for way in ("asc", "desc")
            for name, key in (
                ("lastActivity", "lastActivity"),
                ("last_activity", "lastActivity"),
                ("createdAt", "createdAt"),
                ("postsCreated", "postsCreated"),
                ("commentsCreated", "commentsCreated"),
            )
        ],
        *[
            (COMPANIES, f"{name}:{way}", key)
            for way in ("asc", "desc")
            for name, key in (
                ("createdAt", "createdAt"),
                ("monthly_spend", "monthlySpend"),
                ("lastActivity", "lastActivity"),
            )
        ],
    ],
)
async def test_orders_over_pages(api: "Api", path: str, sort: str, key: str) -> None:
    api.sandbox.seed(contacts=57, companies=33)
    for number, company in enumerate(list(api.sandbox.store.companies.values())[:6]):
        company.monthly_spend, company.last_activity = (None, None) if number % 2 else (0, company.last_activity)
    items, body = [], {"sort": sort, "limit": 7}
    while body.get("cursor", "") is not None:
        reply = await api("POST", path, body)
        items.extend(reply.json["data"])
        body["cursor"] = reply.json["nextCursor"]
    assert len({item["id"] for item in items}) == len(items) == (57 if path == CONTACTS else 33)
    keys = [(item[key] is not None, item[key]) for item in items]
    present = [one for there, one in keys if there]
    assert present == sorted(present, reverse=sort.endswith("desc"))
    absent = [there for there, _ in keys]
    assert absent == sorted(absent, reverse=sort.endswith("desc"))


async def test_default_orders(api: "Api") -> None:
    api.sandbox.seed(contacts=9, companies=9)
    for path, sort in ((CONTACTS, "lastActivity:desc"), (COMPANIES, "createdAt:desc")):
        assert (await api("POST", path, {})).json == (await api("POST", path, {"sort": sort})).json


async def test_a_cursor_is_tied_to_its_order_and_its_search(api: "Api") -> None:
    api.sandbox.seed(contacts=9, companies=9)
    cursor = (await api("POST", CONTACTS, {"sort": "createdAt:asc", "limit": 2})).json["nextCursor"]
    for sort in ("createdAt:asc", "created_at:asc"):
        assert (await api("POST", CONTACTS, {"sort": sort, "cursor": cursor})).status == 200
    for sort in ("createdAt:desc", "lastActivity:asc"):
        assert await refused(api, CONTACTS, sort=sort, cursor=cursor) == "invalid_cursor"
    assert await refused(api, CONTACTS, cursor=cursor) == "invalid_cursor"
    assert await refused(api, COMPANIES, sort="createdAt:asc", cursor=cursor) == "invalid_cursor"
    assert (await api("GET", f"/v2/contacts?cursor={cursor}")).error["code"] == "invalid_cursor"


async def test_the_position_is_kept_when_the_item_goes(api: "Api") -> None:
    api.sandbox.seed(contacts=9)
    every = (await api("POST", CONTACTS, {})).json["data"]
    page = (await api("POST", CONTACTS, {"limit": 4})).json
    await api("DELETE", f"/v2/contacts/{every[3]['id']}")
    assert (await api("POST", CONTACTS, {"cursor": page["nextCursor"]})).json["data"] == every[4:]


async def test_the_total_is_capped(api: "Api") -> None:
    api.sandbox.seed(contacts=5000)
    reply = (await api("POST", CONTACTS, {"limit": 1})).json
    assert (reply["totalCount"], reply["totalCountCapped"]) == (5000, False)
    await api.contact(userId="one more")
    reply = (await api("POST", CONTACTS, {"limit": 1})).json
    assert (reply["totalCount"], reply["totalCountCapped"]) == (5000, True)
