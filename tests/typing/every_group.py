"""What type checkers see of the groups beside the users, and of webhook events. Read by both, never run."""

from datetime import datetime
from typing import Any, assert_type

from featurebase_async import (
    AddedVoter,
    Admin,
    AdminMessagePart,
    AdminNotePart,
    AdminRole,
    Article,
    AsyncFeaturebase,
    AttachedConversationTag,
    AuditLog,
    Board,
    Brand,
    Changelog,
    ChangelogPublication,
    ChangelogSubscribersImport,
    Collection,
    Comment,
    Conversation,
    ConversationAttribute,
    ConversationPart,
    ConversationSearchRow,
    ConversationTag,
    CustomField,
    DeletedTicket,
    FileUpload,
    Filter,
    HelpCenter,
    Pager,
    Post,
    PostStatus,
    PostVoter,
    RedirectRule,
    ReportAttributeOption,
    ReportDataset,
    ReportQueryResult,
    Survey,
    SurveyResponse,
    Team,
    Ticket,
    UnknownConversationPart,
    UnsetType,
    UserMessagePart,
    Webhook,
    webhooks,
)


async def feedback(client: AsyncFeaturebase) -> None:
    group = client.feedback
    assert_type(group.posts.list(status_id=["1", "2"], sort_by="upvotes"), Pager[Post])
    assert_type(await group.posts.create(title="Dark mode", board_id="1", author={"email": "ada@example.com"}), Post)
    assert_type(group.posts.search(query=Filter("upvotes") > 5, search="dark"), Pager[Post])
    assert_type(group.posts.voters.list("1"), Pager[PostVoter])
    assert_type(await group.posts.voters.add("1", user_id="u1"), AddedVoter)
    assert_type(await group.boards.list(), list[Board])
    assert_type(await group.post_statuses.list(), list[PostStatus])
    assert_type(await group.custom_fields.list(), list[CustomField])
    assert_type(await group.comments.create(content="Yes", post_id="1"), Comment)
    assert_type(group.comments.list(privacy="public"), Pager[Comment])
    async for post in group.posts.list():
        assert_type(post.status, PostStatus)
        assert_type(post.eta, datetime | None)


async def content(client: AsyncFeaturebase) -> None:
    assert_type(client.changelogs.list(state="all"), Pager[Changelog])
    assert_type(await client.changelogs.create(title="May", markdown_content="News"), Changelog)
    assert_type(await client.changelogs.publish("1", send_email=True), ChangelogPublication)
    assert_type(await client.changelogs.subscribers.add(emails=["a@b.c"]), ChangelogSubscribersImport)
    assert_type(client.help_center.help_centers.list(), Pager[HelpCenter])
    assert_type(await client.help_center.collections.create(name="Start"), Collection)
    assert_type(client.help_center.articles.search(search="log in"), Pager[Article])
    assert_type(await client.help_center.redirect_rules.retrieve_by_url(url="https://a.b/c"), RedirectRule)


async def support(client: AsyncFeaturebase) -> None:
    conversations, tickets = client.support.conversations, client.support.tickets
    assert_type(conversations.list(tag_ids=["1"]), Pager[Conversation])
    assert_type(conversations.search(query=Filter("state") == "open"), Pager[ConversationSearchRow])
    reply = await conversations.reply("1", type="admin", id="a", body_markdown="Hi", message_type="note")
    assert_type(reply, ConversationPart)
    if isinstance(reply, UserMessagePart | AdminMessagePart | AdminNotePart):
        assert_type(reply.body_markdown, str | None)
    elif isinstance(reply, UnknownConversationPart):
        assert_type(reply.raw, dict[str, Any])
    conversation = await conversations.retrieve("1")
    assert_type(conversation.conversation_parts, list[ConversationPart] | UnsetType)
    tagged = await conversations.attach_tag("1", tag_id="2", acting_admin_id="3")
    assert_type(tagged, AttachedConversationTag)
    assert_type(await client.support.conversation_tags.list(), list[ConversationTag])
    opened = await tickets.create(
        ticket_category_id="1",
        title="Broken",
        author={},
        custom_fields={"f1": FileUpload(b"x", name="a.png"), "f2": [FileUpload("b.log")], "f3": 5},
    )
    assert_type(opened, Ticket)
    assert_type(tickets.list(category_type="customer"), Pager[Ticket])
    assert_type(await tickets.categories.list(), list[Board])
    assert_type(await tickets.delete(42), DeletedTicket)


async def the_rest(client: AsyncFeaturebase) -> None:
    assert_type(await client.organization.admins.list(), list[Admin])
    assert_type(await client.organization.admins.list_roles(), list[AdminRole])
    assert_type(await client.organization.teams.retrieve("1"), Team)
    assert_type(client.organization.brands.list(), Pager[Brand])
    assert_type(client.surveys.list(is_active=True), Pager[Survey])
    assert_type(client.surveys.list_responses("1"), Pager[SurveyResponse])
    assert_type(client.audit_logs.list(domain="security"), Pager[AuditLog])
    assert_type(await client.conversation_attributes.list(include_archived=True), list[ConversationAttribute])
    assert_type(await client.reports.list_datasets(), list[ReportDataset])
    assert_type(await client.reports.lookup_filter_values(field_id="tags"), list[ReportAttributeOption])
    result = await client.reports.query(
        metric="m", aggregation="count", start_date="2026-05-01", end_date="2026-05-31", granularity="day"
    )
    assert_type(result, ReportQueryResult)
    assert_type(client.webhooks.list(status="active"), Pager[Webhook])
    assert_type((await client.webhooks.refresh_secret("1")).secret, str | UnsetType)
    assert_type((await client.webhooks.ensure("https://a.b/c", ["post.created"])).webhook, Webhook)


async def events(event: webhooks.AnyEvent) -> None:
    assert_type(webhooks.parse(b"", {}, "whsec"), webhooks.AnyEvent)
    assert_type(event.changes, list[webhooks.WebhookChange])
    match event:
        case webhooks.PostEvent(item=post):
            assert_type(post, Post)
        case webhooks.PostVoteEvent(item=vote):
            assert_type(vote.voter, webhooks.Voter)
        case webhooks.ConversationPartEvent(item=part):
            assert_type(part, ConversationPart)
        case webhooks.TicketEvent(item=ticket):
            assert_type(ticket, Ticket)
        case webhooks.UnknownEvent(topic=topic):
            assert_type(topic, str)
        case _:
            assert_type(event.id, str)


async def mistakes(client: AsyncFeaturebase) -> None:
    await client.feedback.boards.list(page_size=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await client.support.tickets.retrieve("42")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.feedback.posts.merge(post_id="p1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await client.changelogs.create(title="May", state="later")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.feedback.posts.list()  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
