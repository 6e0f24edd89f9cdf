"""Conversations with their tags, and tickets."""

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

if TYPE_CHECKING:
    from support.bare_api import Api

NOBODY = "0" * 24
CONVERSATIONS = "/v2/conversations"
FORM = {"Content_Type": "multipart/form-data; boundary=frontier"}


async def kinds(api: "Api", conversation: Any) -> list[str]:
    parts = (await api.ok("GET", f"{CONVERSATIONS}/{conversation['id']}"))["conversationParts"]
    return [part["partType"] for part in parts]


# -- conversations ---------------------------------------------------------------------------------------------------


async def test_a_contact_begins_a_conversation(api: "Api") -> None:
    reply = await api("POST", CONVERSATIONS, {"from": {"type": "contact", "id": NOBODY}, "bodyMarkdown": "x"})
    assert reply.error["code"] == "contact_not_found"
    made = await api.conversation("Is <SSO> included?", createdAt="2024-01-01")
    assert (made["id"], made["state"], made["createdAt"]) == ("1", "open", "2024-01-01T00:00:00.000Z")
    assert (made["source"]["deliveredAs"], made["source"]["bodyHtml"]) == (
        "customer_initiated",
        "<p>Is &lt;SSO&gt; included?</p>",
    )
    assert await kinds(api, made) == ["user_msg"]
    assert (await api.ok("GET", CONVERSATIONS))["data"] == [made]
    assert "conversationParts" not in made
    status = (await api("POST", CONVERSATIONS, {"from": made["participants"][0], "bodyMarkdown": "x"})).status
    assert status == 400


async def test_an_admin_reaches_out(api: "Api") -> None:
    sender = {"type": "admin", "id": await api.admin()}
    contact = await api.contact(userId="u1", email="u1@example.com")
    to = {"to": {"ids": [contact["id"]], "emails": ["new@example.com"]}}
    body = {"from": sender, "bodyMarkdown": "News", "recipients": to}
    made = await api.ok("POST", CONVERSATIONS, body)
    assert [one["type"] for one in made["participants"]] == ["customer", "customer"]
    assert made["source"]["deliveredAs"] == "admin_initiated"
    assert (await api.ok("POST", CONVERSATIONS, {**body, "channel": "email", "subject": "Hi"}))["title"] == "Hi"
    for changes, code in (
        ({"channel": "email"}, "missing_parameter"),
        ({"channel": "slack"}, "invalid_parameter"),
        ({"recipients": {"to": {}}}, "business_validation_error"),
        ({"bodyMarkdown": " "}, "invalid_content"),
    ):
        assert await api.refused("POST", CONVERSATIONS, {**body, **changes}) == (400, code)
    assert await api.refused("POST", CONVERSATIONS, {**body, "from": {**sender, "id": NOBODY}}) == (
        404,
        "admin_not_found",
    )


async def test_replies_and_notes(api: "Api") -> None:
    made = await api.conversation()
    path, admin = f"{CONVERSATIONS}/{made['id']}", await api.admin()
    text = {"bodyMarkdown": "Yes", "messageType": "reply"}
    response = await api("POST", f"{path}/reply", {**text, "type": "admin", "id": admin})
    assert (response.status, response.json["partType"], response.json["channel"]) == (201, "admin_msg", "desktop")
    note = await api.ok("POST", f"{path}/reply", {**text, "type": "admin", "id": admin, "messageType": "note"})
    assert (note["partType"], "channel" in note) == ("admin_note", False)
    await api.ok("PATCH", path, {"state": "closed"})
    await api.ok("POST", f"{path}/reply", {**text, "type": "contact", "userId": "u1"})
    now = await api.ok("GET", path)
    assert (now["state"], now["awaitingCustomerReply"]) == ("open", False)
    assert await kinds(api, made) == ["user_msg", "admin_msg", "admin_note", "status", "user_msg"]
    for fields, expected in (
        ({"type": "contact"}, (400, "missing_parameter")),
        ({"type": "contact", "userId": "nobody"}, (404, "contact_not_found")),
        ({"type": "contact", "id": admin}, (404, "contact_not_found")),
        ({"type": "contact", "userId": "u1", "messageType": "note"}, (400, "invalid_request")),
        ({"type": "contact", "userId": "u1", "bodyMarkdown": ""}, (400, "invalid_content")),
        ({"type": "admin", "id": NOBODY}, (404, "admin_not_found")),
    ):
        assert await api.refused("POST", f"{path}/reply", {**text, **fields}) == expected


async def test_a_conversation_is_snoozed_assigned_and_read(api: "Api") -> None:
    path, admin = f"{CONVERSATIONS}/{(await api.conversation())['id']}", await api.admin()
    team = (await api.ok("GET", "/v2/teams"))["data"][0]["id"]
    until = "2030-01-01T00:00:00.000Z"
    snoozed = await api.ok("PATCH", path, {"state": "snoozed", "snoozedUntil": until, "actingAdminId": admin})
    assert (snoozed["state"], snoozed["snoozedUntil"]) == ("snoozed", until)
    assert (await api.ok("PATCH", path, {"state": "open"}))["snoozedUntil"] is None
    assigned = await api.ok("PATCH", path, {"adminAssigneeId": admin, "teamAssigneeId": team, "title": "Pricing"})
    assert (assigned["adminAssigneeId"], assigned["teamAssigneeId"], assigned["title"]) == (admin, team, "Pricing")
    assert (await api.ok("PATCH", path, {"adminAssigneeId": None}))["adminAssigneeId"] is None
    await api.ok("PATCH", path, {"customAttributes": {"attr_1": "EU"}})
    await api.ok("POST", f"{path}/reply", {"type": "admin", "id": admin, "bodyMarkdown": "x", "messageType": "reply"})
    last = (await api.ok("GET", path))["conversationParts"][-1]["id"]
    read = await api.ok("PATCH", path, {"markAsRead": {"contactIds": ["x"], "allAdmins": True}})
    assert [one["lastReadPartId"] for one in read["readReceipts"]] == ["1", last]
    read = await api.ok("PATCH", path, {"markAsRead": {"allContacts": True}})
    assert [one["lastReadPartId"] for one in read["readReceipts"]] == [last, last]
    shown = await api.ok("GET", f"{path}?include=customAttributeDefinitions")
    assert [(one["name"], one["value"]) for one in shown["customAttributeValues"]] == [("Region", "EU")]
    for changes, expected in (
        ({"state": "snoozed"}, (400, "invalid_request")),
        ({"state": "snoozed", "snoozedUntil": "2020-01-01"}, (400, "invalid_request")),
        ({"adminAssigneeId": NOBODY}, (404, "admin_not_found")),
        ({"teamAssigneeId": NOBODY}, (400, "invalid_request")),
        ({"actingAdminId": NOBODY}, (404, "admin_not_found")),
        ({"priority": True}, (400, "invalid_request")),
    ):
        assert await api.refused("PATCH", path, changes) == expected


async def test_a_message_is_redacted_for_good(api: "Api") -> None:
    made = await api.conversation()
    await api.ok("PATCH", f"{CONVERSATIONS}/{made['id']}", {"state": "closed"})
    body = {"type": "conversation_part", "conversationId": made["id"], "conversationPartId": "1"}
    part = (await api.ok("POST", f"{CONVERSATIONS}/redact", body))["conversationParts"][0]
    assert (part["redacted"], part["bodyHtml"], part["bodyMarkdown"]) == (True, "", "")
    for part_id, expected in (("2", (400, "invalid_request")), ("9", (404, "conversation_part_not_found"))):
        body["conversationPartId"] = part_id
        assert await api.refused("POST", f"{CONVERSATIONS}/redact", body) == expected


async def test_participants_come_and_go(api: "Api") -> None:
    made = await api.conversation()
    path, first = f"{CONVERSATIONS}/{made['id']}/participants", made["participants"][0]["id"]
    second = (await api.contact(userId="u2", email="u2@example.com"))["id"]
    for given in ({"id": second}, {"userId": "u2"}, {"email": "u2@example.com"}):
        there = await api.ok("POST", path, {"participant": given})
        assert [one["id"] for one in there["participants"]] == [first, second]
    lead = await api.lead()
    assert await api.refused("POST", path, {"participant": {"email": lead["email"]}}) == (404, "contact_not_found")
    assert await api.refused("POST", path, {"participant": {}}) == (400, "missing_parameter")
    assert len((await api.ok("POST", path, {"participant": {"id": lead["id"]}}))["participants"]) == 3
    for gone in (lead["id"], first):
        await api.ok("DELETE", path, {"id": gone})
    assert await api.refused("DELETE", path, {"id": first}) == (404, "participant_not_found")
    assert await api.refused("DELETE", path, {"id": second}) == (400, "invalid_request")
    assert await kinds(api, made) == ["user_msg", "part_add", "part_add"]


async def test_tags_go_on_and_off_conversations(api: "Api") -> None:
    made, admin = await api.conversation(), {"actingAdminId": await api.admin()}
    path = f"{CONVERSATIONS}/{made['id']}"
    tag = await api.ok("POST", "/v2/tags", {"name": "urgent"})
    on = await api.ok("POST", f"{path}/tags", {"tagId": tag["id"], **admin})
    assert (on["type"], on["name"], on["targetPartId"], on["appliedBy"]["type"]) == ("tag", "urgent", "1", "admin")
    await api.ok("POST", f"{path}/tags", {"tagId": tag["id"], **admin})
    other = await api.ok("POST", "/v2/tags", {"name": "sales"})
    await api.ok("POST", f"{path}/tags", {"tagId": other["id"], **admin})
    renamed = await api.ok("POST", "/v2/tags", {"id": tag["id"], "name": "hot"})
    assert [one["name"] for one in (await api.ok("GET", path))["tags"]] == ["hot", "sales"]
    assert (await api.ok("GET", f"/v2/tags/{tag['id']}")) == renamed
    assert len((await api.ok("GET", f"{CONVERSATIONS}?tagIds={tag['id']},{other['id']}"))["data"]) == 1
    assert (await api.ok("GET", f"{CONVERSATIONS}?tagIds={tag['id']},{NOBODY}"))["data"] == []
    assert (await api.ok("DELETE", f"{path}/tags/{tag['id']}", admin))["removedBy"]["name"] == "Ann Ruiz"
    assert await api.refused("DELETE", f"{path}/tags/{tag['id']}", admin) == (404, "resource_not_found")
    assert await api.refused("DELETE", f"{path}/tags/x", admin) == (400, "invalid_request")
    assert await api.refused("DELETE", f"{path}/tags/{tag['id']}") == (400, "invalid_request")
    nobody = {"tagId": other["id"], "actingAdminId": NOBODY}
    assert await api.refused("POST", f"{path}/tags", nobody) == (404, "resource_not_found")
    assert await api.ok("DELETE", f"/v2/tags/{other['id']}") == {"object": "tag", "id": other["id"], "deleted": True}
    assert (await api.ok("GET", path))["tags"] == []


async def test_a_deleted_conversation_is_gone(api: "Api") -> None:
    made = await api.conversation()
    receipt = await api.ok("DELETE", f"{CONVERSATIONS}/{made['id']}")
    assert receipt == {"id": made["id"], "object": "conversation", "deleted": True}
    assert await api.refused("GET", f"{CONVERSATIONS}/{made['id']}") == (404, "conversation_not_found")


async def test_conversations_are_searched_in_slim_rows(api: "Api") -> None:
    contact = await api.contact(userId="u1", companies=[{"id": "acme", "name": "Acme"}])
    await api.conversation("Where is my refund?")
    await api.conversation("Thanks")

    async def rows(**body: Any) -> list[Any]:
        found: list[Any] = (await api.ok("POST", f"{CONVERSATIONS}/search", body))["data"]
        return found

    row = (await rows(search="refund", include=["customAttributeDefinitions"]))[0]
    assert (row["matchingPart"]["id"], row["relevanceScore"]) == ("1", 1.0)
    assert "isBlocked" not in row
    assert row["customAttributeValues"][0]["value"] is None
    company = contact["companies"][0]["id"]
    for field, value, count in (
        ("companyId", company, 2),
        ("participantId", contact["id"], 2),
        ("adminAssigneeId", None, 2),
        ("state", "closed", 0),
        ("priority", False, 2),
        ("mentionedAdminIds", NOBODY, 0),
    ):
        assert len(await rows(query={"field": field, "operator": "=", "value": value})) == count, field
    await api.ok("PATCH", f"{CONVERSATIONS}/1", {"customAttributes": {"attr_1": "EU"}})
    for name, sign, given, ids in (
        ("attr_1", "=", "EU", ["1"]),
        ("attr_1", "IN", ["EU", "US"], ["1"]),
        ("attr_1", "=", None, ["2"]),
        ("attr_2", "=", 1.5, []),
    ):
        clause = {"field": f"customAttributes.{name}", "operator": sign, "value": given}
        assert [one["id"] for one in await rows(query=clause)] == ids
    for clause in (
        {"field": "customAttributes.", "operator": "=", "value": "EU"},
        {"field": "customAttributes.attr_1", "operator": "~", "value": "EU"},
        {"field": "customAttributes.attr_1", "operator": "=", "value": {}},
    ):
        assert await api.refused("POST", f"{CONVERSATIONS}/search", {"query": clause}) == (400, "invalid_parameter")
    assert [one["id"] for one in await rows(sort="last_activity_at:asc")] == ["1", "2"]
    assert "matchingPart" not in (await rows())[0]


# -- tickets ---------------------------------------------------------------------------------------------------------


async def ticket(api: "Api", category: int = 0, **fields: Any) -> Any:
    categories = await api.ok("GET", "/v2/tickets/categories")
    body = {"ticketCategoryId": categories[category]["id"], "title": "Broken", "author": {"email": "t@example.com"}}
    reply = await api("POST", "/v2/tickets", {**body, **fields})
    assert reply.status == 201, reply.text
    return reply.json


def form(*parts: tuple[str, str]) -> bytes:
    lines = [f"--frontier\r\nContent-Disposition: form-data; {head}\r\n\r\n{text}\r\n" for head, text in parts]
    return "".join(lines).encode() + b"--frontier--\r\n"


def upload(field: str, name: str) -> tuple[str, str]:
    return f'name="customFields.{field}"; filename="{name}"', "bytes"


async def test_tickets_are_known_by_their_numbers(api: "Api") -> None:
    made = await ticket(api, content="<p>It is broken</p>")
    assert (made["ticketNumber"], made["categoryType"], made["open"]) == (1, "customer", True)
    assert made["status"]["isDefault"] is True
    one = await api.ok("GET", "/v2/tickets/1")
    assert [part["bodyMarkdown"] for part in one["conversationParts"]] == ["It is broken"]
    statuses = await api.ok("GET", "/v2/tickets/statuses")
    company = (await api.company("acme"))["id"]
    changes = {"statusId": statuses[1]["id"], "assigneeId": await api.admin(), "companyId": company}
    changed = await api.ok("PATCH", "/v2/tickets/1", changes)
    assert (changed["status"], changed["companyId"]) == (statuses[1], company)
    snoozed = await api.ok("PATCH", "/v2/tickets/1", {"snoozedUntil": "2030-01-01", "assigneeId": None})
    assert (snoozed["snoozedUntil"], snoozed["assigneeId"]) == ("2030-01-01T00:00:00.000Z", None)
    closed = await api.ok("PATCH", "/v2/tickets/1", {"open": False})
    assert (closed["open"], closed["snoozedUntil"]) == (False, None)
    assert await api.ok("DELETE", "/v2/tickets/1") == {"id": made["id"], "object": "ticket", "deleted": True}
    link = made["linkedConversations"][0]["id"]
    assert await api.refused("GET", f"{CONVERSATIONS}/{link}") == (404, "conversation_not_found")


async def test_back_office_tickets_have_a_conversation_only_if_it_is_named(api: "Api") -> None:
    bare = await ticket(api, 2)
    assert bare["linkedConversations"] == []
    assert (await api.ok("GET", "/v2/tickets/1"))["conversationParts"] == []
    body = {"type": "admin", "adminId": await api.admin(), "body": "x"}
    assert await api.refused("POST", "/v2/tickets/1/reply", body) == (400, "invalid_request")
    conversation = await api.conversation()
    linked = await ticket(api, 1, linkedConversationId=conversation["id"])
    assert linked["linkedConversations"] == [{"id": conversation["id"], "role": "tracker"}]
    await api.ok("DELETE", "/v2/tickets/2")
    assert await api.ok("GET", f"{CONVERSATIONS}/{conversation['id']}")


@pytest.mark.parametrize(
    "fields",
    [
        {"ticketCategoryId": NOBODY},
        {"author": {"id": NOBODY}},
        {"linkedConversationId": "77"},
        {"assigneeId": NOBODY},
        {"companyId": NOBODY},
        {"statusId": NOBODY},
    ],
)
async def test_what_a_ticket_names_has_to_be_there(api: "Api", fields: dict[str, Any]) -> None:
    category = (await api.ok("GET", "/v2/tickets/categories"))[0]["id"]
    body = {"ticketCategoryId": category, "title": "Broken", "author": {"email": "t@example.com"}, **fields}
    assert await api.refused("POST", "/v2/tickets", body) == (404, "resource_not_found")
    assert (await api.ok("GET", "/v2/tickets"))["data"] == []


async def test_tickets_are_filtered(api: "Api") -> None:
    await ticket(api, createdAt="2024-01-01")
    await ticket(api, 1, title="Needle", createdAt="2024-01-02")

    async def numbers(query: str) -> list[int]:
        return [one["ticketNumber"] for one in (await api.ok("GET", f"/v2/tickets?{query}"))["data"]]

    assert await numbers("") == [2, 1]
    assert await numbers("sortBy=ticketNumber&sortOrder=asc") == [1, 2]
    assert await numbers("categoryType=tracker") == [2]
    assert await numbers("q=needle") == [2]


async def test_replies_to_tickets(api: "Api") -> None:
    author = (await ticket(api))["author"]["id"]
    path, text = "/v2/tickets/1/reply", {"body": "<p>More</p>", "createdAt": "2024-05-05"}
    await api.ok("POST", path, {"type": "contact", "contactId": author, **text})
    await api.ok("POST", path, {"type": "contact", "contactEmail": "t@example.com", "body": "x"})
    reply = {"type": "admin", "adminId": await api.admin(), "messageType": "note", **text}
    parts = (await api.ok("POST", path, reply))["conversationParts"]
    assert [part["partType"] for part in parts] == ["user_msg", "user_msg", "user_msg", "admin_note"]
    assert (parts[1]["bodyHtml"], parts[1]["createdAt"]) == ("<p>More</p>", "2024-05-05T00:00:00.000Z")
    assert await api.refused("POST", path, {"type": "contact", **text}) == (400, "missing_parameter")
    for named in ({"type": "contact", "contactId": NOBODY}, {"type": "admin", "adminId": NOBODY}):
        assert await api.refused("POST", path, {**named, **text}) == (404, "resource_not_found")


async def fields_of_files(api: "Api") -> tuple[str, str, str]:
    text, one, many = (await api.ok("GET", "/v2/tickets/custom_fields"))["data"]
    return text["id"], one["id"], many["id"]


async def test_files_come_by_url(api: "Api") -> None:
    text, one, many = await fields_of_files(api)
    values = {
        text: "AB-1",
        one: {"url": "https://a.example/x.png"},
        many: [{"url": "https://a.example/y", "name": "z"}],
    }
    made = await ticket(api, customFields={**values, "other": []})
    held = {name: value for name, value in made["customFields"].items() if name in (one, many)}
    assert msgspec.json.decode(held[one])["name"] == "x.png"
    assert [file["name"] for file in msgspec.json.decode(held[many])] == ["z"]
    assert (made["customFields"][text], made["customFields"]["other"]) == ("AB-1", [])
    for value in ({"url": "http://a.example/x"}, {"link": "x"}, [{"url": "https://a.example/x"}] * 2):
        body = {"customFields": {one: value}}
        assert await api.refused("PATCH", "/v2/tickets/1", body) == (400, "invalid_request")
    body = {"customFields": {text: {"url": "https://a.example/x"}}}
    assert await api.refused("PATCH", "/v2/tickets/1", body) == (400, "invalid_request")


async def test_files_come_in_a_form(api: "Api") -> None:
    _, one, many = await fields_of_files(api)
    await ticket(api)
    data = ('name="data"', '{"title": "Still broken"}')
    big = (f'name="customFields.{many}"; filename="big.bin"', "x" * (2 << 20))
    sent = form(data, upload(one, "a.png"), upload(many, "b.txt"), big)
    reply = await api("PATCH", "/v2/tickets/1", sent, **FORM)
    assert (reply.status, reply.json["title"]) == (200, "Still broken")
    assert [file["name"] for file in msgspec.json.decode(reply.json["customFields"][many])] == ["b.txt", "big.bin"]
    bare = "customFields.x"
    for parts in (
        (upload(one, "a.png"),),
        (data, upload(one, "a.exe")),
        (data, *(upload(many, f"{number}.txt") for number in range(11))),
        (data, upload(one, "a.png"), upload(one, "b.png")),
        (data, upload(NOBODY, "a.png")),
        (data, (f'name="{bare}"', "x")),
        (data, ('filename="x"', "x")),
        (('name="data"', "{"),),
        (('name="data"', '{"nonsense": 1}'),),
    ):
        assert (await api("PATCH", "/v2/tickets/1", form(*parts), **FORM)).status == 400
    assert (await api("PATCH", "/v2/tickets/1", sent, Content_Type="multipart/form-data")).status == 400


async def test_only_so_many_bytes_go_in_a_form(api: "Api", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featurebase_async.sandbox.wire.multipart.MOST_BYTES", 9)
    _, one, many = await fields_of_files(api)
    await ticket(api)
    parts = (('name="data"', "{}"), upload(one, "a.png"), upload(many, "b.txt"))
    assert (await api("PATCH", "/v2/tickets/1", form(*parts), **FORM)).status == 400
