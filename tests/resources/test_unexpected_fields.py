"""Where the API departs from its own manner, each spot from the client to the sandbox and back."""

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from featurebase_async import (
    AttachedConversationTag,
    BadRequestError,
    Board,
    ChangelogSubscribersRemoval,
    Conversation,
    DeletedTag,
    DeletedTicket,
    NotFoundError,
    PostStatus,
    RemovedVoter,
)
from featurebase_async.sandbox.server.faults import Fault
from support.workspace_fixture import OLD_URL, ONCE, furnish

if TYPE_CHECKING:
    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox
    from support.client import Unsent


# -- DELETE with a body ----------------------------------------------------------------------------------------------


async def test_deletes_that_have_a_body(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    at = await furnish(client)
    support = client.support
    voter = await client.feedback.posts.voters.remove(at.post, user_id="u1")
    assert voter == RemovedVoter(object="voter", removed=True, id=at.contact, post_id=at.post)
    removal = await client.changelogs.subscribers.remove(emails=["ada@example.com"])
    assert isinstance(removal, ChangelogSubscribersRemoval)
    left = await support.conversations.participants.remove(at.conversation, id=at.other, acting_admin_id=at.admin)
    assert isinstance(left, Conversation)
    assert [person.id for person in left.participants] == [at.contact]
    off = await support.conversations.detach_tag(at.conversation, at.tag, acting_admin_id=at.admin)
    assert (type(off), off.id) == (AttachedConversationTag, at.tag)
    gone = await support.conversation_tags.delete(at.tag, acting_admin_id=at.admin)
    assert gone == DeletedTag(object="tag", id=at.tag, deleted=True)
    assert [(entry.method, entry.path, entry.json) for entry in sandbox.log[-5:]] == [
        ("DELETE", f"/v2/posts/{at.post}/voters", {"userId": "u1"}),
        ("DELETE", "/v2/changelogs/subscribers", {"emails": ["ada@example.com"]}),
        ("DELETE", f"/v2/conversations/{at.conversation}/participants", {"id": at.other, "actingAdminId": at.admin}),
        ("DELETE", f"/v2/conversations/{at.conversation}/tags/{at.tag}", {"actingAdminId": at.admin}),
        ("DELETE", f"/v2/tags/{at.tag}", {"actingAdminId": at.admin}),
    ]
    assert {entry.headers["content-type"] for entry in sandbox.log[-5:]} == {"application/json"}


async def test_the_body_of_a_delete_may_be_empty_or_left_out(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    at = await furnish(client)
    await client.feedback.posts.voters.add(at.post)
    await client.feedback.posts.voters.remove(at.post)
    await client.support.conversation_tags.delete(at.tag)
    assert [entry.body for entry in sandbox.log[-2:]] == [b"{}", b""]
    with pytest.raises(NotFoundError) as caught:
        await client.feedback.posts.voters.remove(at.post)
    assert caught.value.code == "voter_not_found"


# -- bare arrays, and lists without pages ----------------------------------------------------------------------------


async def test_bare_arrays(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    tickets = client.support.tickets
    boards: list[tuple[Any, type, str]] = [
        (client.feedback.boards, Board, "/v2/boards"),
        (client.feedback.post_statuses, PostStatus, "/v2/post_statuses"),
        (tickets.categories, Board, "/v2/tickets/categories"),
        (tickets.statuses, PostStatus, "/v2/tickets/statuses"),
    ]
    for group, kind, path in boards:
        found = await group.list()
        assert {type(item) for item in found} == {kind}
        assert [await group.retrieve(item.id) for item in found] == found
        assert len(found) > 1
        response = await client.request("GET", path, into=list[kind])  # type: ignore[valid-type]
        assert response == found
    assert client.stats().drift == 0


async def test_lists_that_take_no_limit_are_sent_none(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    organization, support = client.organization, client.support
    lists: list[Any] = [
        client.feedback.boards.list,
        client.feedback.post_statuses.list,
        client.feedback.custom_fields.list,
        support.tickets.categories.list,
        support.tickets.statuses.list,
        support.tickets.custom_fields.list,
        support.conversation_tags.list,
        organization.admins.list,
        organization.admins.list_roles,
        organization.teams.list,
        client.conversation_attributes.list,
        client.reports.list_datasets,
    ]
    await furnish(client)
    before = sandbox.requests
    for each in lists:
        assert isinstance(await each(), list)
        with pytest.raises(TypeError):
            await each(page_size=10)
    asked = list(sandbox.log)[before:]
    assert [entry.query for entry in asked] == [""] * len(lists)
    for entry in asked:
        with pytest.raises(BadRequestError) as caught:
            await client.request("GET", entry.path, query={"limit": 10})
        assert (caught.value.code, caught.value.param) == ("parameter_not_supported", "limit")


# -- ids -------------------------------------------------------------------------------------------------------------


async def test_short_ids(client: "AsyncFeaturebase", unsent: "Unsent") -> None:
    at = await furnish(client)
    help_center, conversations = client.help_center, client.support.conversations
    assert (await help_center.help_centers.retrieve("1")).id == "1"
    assert (await help_center.collections.retrieve(at.collection)).id == at.collection
    assert (await help_center.articles.retrieve(at.article)).id == at.article
    assert (await conversations.retrieve(at.conversation)).id == at.conversation
    assert max(map(len, (at.collection, at.article, at.conversation))) <= 16
    with pytest.raises(NotFoundError):
        await conversations.retrieve("abcDEF0123456789")
    calls: list[Any] = [
        help_center.help_centers.retrieve,
        help_center.collections.retrieve,
        help_center.articles.retrieve,
        conversations.retrieve,
        conversations.delete,
    ]
    for call in calls:
        for wrong in ("a" * 17, "a-b", "é", "1/2"):
            async with unsent("id"):
                await call(wrong)


async def test_tickets_go_by_their_number_and_keep_their_id(
    client: "AsyncFeaturebase", sandbox: "Sandbox", unsent: "Unsent"
) -> None:
    at = await furnish(client)
    tickets = client.support.tickets
    ticket = await tickets.retrieve(at.ticket)
    assert (ticket.ticket_number, len(ticket.id)) == (at.ticket, 24)
    assert sandbox.log[-1].path == f"/v2/tickets/{at.ticket}"
    # The number as a listed ticket has it does as well as one of your own; the id does not.
    listed = await tickets.list().first()
    assert listed is not None
    assert (await tickets.update(int(listed.ticket_number), title="Solved")).id == ticket.id
    wrong: Any
    for wrong in (ticket.id, str(at.ticket), 0, -1, 1.5, True):
        async with unsent("ticket_number"):
            await tickets.retrieve(wrong)
    assert await tickets.delete(at.ticket) == DeletedTicket(id=ticket.id, object="ticket", deleted=True)
    with pytest.raises(NotFoundError):
        await tickets.retrieve(at.ticket)


async def test_fixed_routes_go_before_ids(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    at = await furnish(client)
    rules = client.help_center.redirect_rules
    assert (await rules.retrieve_by_url(url=f"{OLD_URL}/?x=1#y")).id == at.rule
    assert sandbox.log[-1].path == "/v2/help_center/redirect_rules/by-url"
    assert {role.object for role in await client.organization.admins.list_roles()} == {"admin_role"}
    await client.changelogs.subscribers.remove(emails=["ada@example.com"])
    assert (await client.changelogs.retrieve(at.changelog)).id == at.changelog
    for group in (client.support.tickets.categories, client.support.tickets.statuses):
        assert len(await group.list()) == 3
    redacted = await client.support.conversations.redact(conversation_id=at.conversation, conversation_part_id=at.part)
    assert redacted.id == at.conversation
    assert (await client.users.contacts.by_user_id.retrieve("u1")).id == at.contact
    # An id that spells a fixed part is no way there.
    with pytest.raises(BadRequestError):
        await client.users.contacts.retrieve("by-user-id/u1")
    assert sandbox.log[-1].path == "/v2/contacts/by-user-id%2Fu1"


# -- queries ---------------------------------------------------------------------------------------------------------


async def test_several_values_are_joined_by_commas(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    at = await furnish(client)
    posts, tickets, conversations = client.feedback.posts, client.support.tickets, client.support.conversations
    tagged = await posts.create(title="Export", board_id=at.board, tags=["csv", "api"])
    assert [post.id for post in await posts.list(tags=["pdf", "api"]).collect()] == [tagged.id]
    assert "tags=pdf%2Capi" in sandbox.log[-1].query
    assert len(await posts.list(board_id=[at.board, at.admin]).collect()) == 2
    other = (await tickets.categories.list())[1].id
    assert len(await tickets.list(ticket_category_ids=[at.category, other]).collect()) == 1
    assert sandbox.log[-1].params["ticketCategoryIds"] == f"{at.category},{other}"
    second = (await client.support.conversation_tags.create_or_rename(name="Urgent")).id
    assert len(await conversations.list(tag_ids=[at.tag]).collect()) == 1
    assert await conversations.list(tag_ids=[at.tag, second]).collect() == []
    assert sandbox.log[-1].params["tagIds"] == f"{at.tag},{second}"
    await client.changelogs.update(at.changelog, categories=["New", "Fixed"])
    live = client.changelogs.list(categories=["Fixed", "Beta"], state="all")
    assert [changelog.id for changelog in await live.collect()] == [at.changelog]
    shown = await conversations.retrieve(at.conversation, include=["customAttributeDefinitions"])
    assert isinstance(shown.custom_attribute_values, list)
    assert [value.identifier for value in shown.custom_attribute_values] == ["region"]


async def test_a_value_that_holds_a_comma_is_not_sent(client: "AsyncFeaturebase", unsent: "Unsent") -> None:
    async with unsent("tags[0]", "comma"):
        client.feedback.posts.list(tags=["a,b"])
    async with unsent("tag_ids[1]", "comma"):
        client.support.conversations.list(tag_ids=["a", "b,c"])


# -- 200 or 201 ------------------------------------------------------------------------------------------------------


async def test_a_2xx_is_a_success_whichever_it_is(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    contacts = client.users.contacts
    assert (await contacts.create_or_update(user_id="u")).id == (await contacts.create_or_update(user_id="u")).id
    assert [entry.status for entry in sandbox.log] == [201, 200]
    at = await furnish(client)
    sandbox._log.clear()
    conversation = await client.support.conversations.create(
        from_={"type": "contact", "id": at.contact}, body_markdown="x"
    )
    await client.support.conversations.reply(
        conversation.id, type="contact", user_id="u1", body_markdown="y", message_type="reply"
    )
    await client.support.tickets.create(ticket_category_id=at.category, title="No", author={})
    await client.support.tickets.reply(at.ticket, type="contact", contact_id=at.contact, body="<p>z</p>")
    await client.feedback.posts.create(title="Both", board_id=at.board)
    assert [entry.status for entry in sandbox.log] == [201, 201, 201, 200, 200]


@pytest.mark.parametrize("name", ["feedback.posts.create", "support.tickets.create", "webhooks.refresh_secret"])
async def test_which_of_them_comes_is_all_the_same(client: "AsyncFeaturebase", sandbox: "Sandbox", name: str) -> None:
    at = await furnish(client)
    done = await ONCE[name](client, at)
    response = msgspec.json.encode(done)
    for status in (200, 201, 202):
        sandbox.faults.clear()
        sandbox.faults.add(Fault(status=status, body=response))
        assert await ONCE[name](client, at) == done
        assert sandbox.log[-1].status == status
