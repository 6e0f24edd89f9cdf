"""A workspace with one item of each kind, and every call that writes or searches, with arguments that fit it."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from featurebase_async import Filter

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from featurebase_async import AsyncFeaturebase

    Call = Callable[[AsyncFeaturebase, "Furniture"], Awaitable[Any]]

HOOK = "https://hooks.example/in"
OLD_URL = "https://help.sandbox.example/old"
MAY = datetime(2026, 5, 1, tzinfo=UTC)
SPAN: dict[str, Any] = {"metric": "new_conversations", "start_date": "2026-05-01", "end_date": "2026-05-31",
                        "granularity": "day"}  # fmt: skip


class Furniture(msgspec.Struct):
    """The ids of what is there; `ticket` is a number."""

    board: str
    admin: str
    contact: str
    other: str
    company: str
    post: str
    comment: str
    changelog: str
    collection: str
    article: str
    rule: str
    conversation: str
    part: str
    tag: str
    category: str
    ticket: int
    webhook: str


async def furnish(client: "AsyncFeaturebase") -> Furniture:
    """Make one item of each kind."""
    contacts, companies, support, help_center = (
        client.users.contacts,
        client.users.companies,
        client.support,
        client.help_center,
    )
    contact = await contacts.create_or_update(user_id="u1", email="ada@example.com", name="Ada")
    other = await contacts.create_or_update(user_id="u2", email="bob@example.com", name="Bob")
    company = await companies.create_or_update(company_id="c1", name="Acme")
    await companies.contacts.attach(company.id, contact_id=other.id)
    board = (await client.feedback.boards.list())[0].id
    admin = (await client.organization.admins.list())[0].id
    post = await client.feedback.posts.create(title="Dark mode", board_id=board, author={"user_id": "u1"})
    comment = await client.feedback.comments.create(content="Yes please", post_id=post.id, author={"user_id": "u2"})
    changelog = await client.changelogs.create(title="May", markdown_content="News")
    collection = await help_center.collections.create(name="Start here")
    article = await help_center.articles.create(
        title="Log in", body="<p>How</p>", parent_id=collection.id, state="live"
    )
    rule = await help_center.redirect_rules.create(
        help_center_id="1", locale="en", from_url=OLD_URL, target_type="article", target_id=article.id
    )
    conversation = await support.conversations.create(
        from_={"type": "contact", "id": contact.id}, body_markdown="Is SSO included?"
    )
    await support.conversations.participants.add(conversation.id, participant={"id": other.id})
    shown = await support.conversations.retrieve(conversation.id)
    tag = await support.conversation_tags.create_or_rename(name="Billing")
    await support.conversations.attach_tag(conversation.id, tag_id=tag.id, acting_admin_id=admin)
    category = (await support.tickets.categories.list())[0].id
    ticket = await support.tickets.create(
        ticket_category_id=category, title="It is broken", author={"email": "ada@example.com"}
    )
    webhook = await client.webhooks.create(name="Hook", url=HOOK, topics=["post.created"])
    assert isinstance(shown.conversation_parts, list)
    return Furniture(
        board=board,
        admin=admin,
        contact=contact.id,
        other=other.id,
        company=company.id,
        post=post.id,
        comment=comment.id,
        changelog=changelog.id,
        collection=collection.id,
        article=article.id,
        rule=rule.id,
        conversation=conversation.id,
        part=shown.conversation_parts[0].id,
        tag=tag.id,
        category=category,
        ticket=int(ticket.ticket_number),
        webhook=webhook.id,
    )


ONCE: "dict[str, Call]" = {
    "support.conversations.participants.add": lambda client, at: client.support.conversations.participants.add(
        at.conversation, participant={"id": at.other}
    ),
    "support.conversations.create": lambda client, at: client.support.conversations.create(
        from_={"type": "contact", "id": at.contact}, body_markdown="Hello"
    ),
    "support.conversations.reply": lambda client, at: client.support.conversations.reply(
        at.conversation, type="admin", id=at.admin, body_markdown="Yes", message_type="reply"
    ),
    "support.conversations.attach_tag": lambda client, at: client.support.conversations.attach_tag(
        at.conversation, tag_id=at.tag, acting_admin_id=at.admin
    ),
    "support.conversation_tags.create_or_rename": lambda client, at: client.support.conversation_tags.create_or_rename(
        name="Urgent"
    ),
    "support.tickets.create": lambda client, at: client.support.tickets.create(
        ticket_category_id=at.category, title="Broken too", author={"user_id": "u1"}
    ),
    "support.tickets.reply": lambda client, at: client.support.tickets.reply(
        at.ticket, type="admin", admin_id=at.admin, body="<p>On it</p>"
    ),
    "feedback.posts.create": lambda client, at: client.feedback.posts.create(title="Offline use", board_id=at.board),
    "feedback.comments.create": lambda client, at: client.feedback.comments.create(content="Me too", post_id=at.post),
    "changelogs.create": lambda client, at: client.changelogs.create(title="June", markdown_content="More"),
    "changelogs.publish": lambda client, at: client.changelogs.publish(at.changelog, send_email=True),
    "help_center.collections.create": lambda client, at: client.help_center.collections.create(name="Billing"),
    "help_center.articles.create": lambda client, at: client.help_center.articles.create(title="Pay"),
    "help_center.redirect_rules.create": lambda client, at: client.help_center.redirect_rules.create(
        help_center_id="1", locale="en", from_url=f"{OLD_URL}/2", target_type="article", target_id=at.article
    ),
    "users.companies.contacts.attach": lambda client, at: client.users.companies.contacts.attach(
        at.company, contact_id=at.contact
    ),
    "webhooks.create": lambda client, at: client.webhooks.create(name="Two", url=HOOK, topics=["post.deleted"]),
    "webhooks.refresh_secret": lambda client, at: client.webhooks.refresh_secret(at.webhook),
}
"""The calls that are not repeated once they may have been done."""

AGAIN: "dict[str, Call]" = {
    "support.conversations.participants.remove": lambda client, at: client.support.conversations.participants.remove(
        at.conversation, id=at.other
    ),
    "support.conversations.update": lambda client, at: client.support.conversations.update(
        at.conversation, state="closed"
    ),
    "support.conversations.delete": lambda client, at: client.support.conversations.delete(at.conversation),
    "support.conversations.redact": lambda client, at: client.support.conversations.redact(
        conversation_id=at.conversation, conversation_part_id=at.part
    ),
    "support.conversations.detach_tag": lambda client, at: client.support.conversations.detach_tag(
        at.conversation, at.tag, acting_admin_id=at.admin
    ),
    "support.conversations.search": lambda client, at: client.support.conversations.search(search="SSO").collect(),
    "support.conversation_tags.create_or_rename": lambda client, at: client.support.conversation_tags.create_or_rename(
        id=at.tag, name="Invoices"
    ),
    "support.conversation_tags.delete": lambda client, at: client.support.conversation_tags.delete(at.tag),
    "support.tickets.update": lambda client, at: client.support.tickets.update(at.ticket, open=False),
    "support.tickets.delete": lambda client, at: client.support.tickets.delete(at.ticket),
    "feedback.posts.voters.add": lambda client, at: client.feedback.posts.voters.add(at.post, user_id="u2"),
    "feedback.posts.voters.remove": lambda client, at: client.feedback.posts.voters.remove(at.post, user_id="u1"),
    "feedback.posts.update": lambda client, at: client.feedback.posts.update(at.post, title="Light mode"),
    "feedback.posts.delete": lambda client, at: client.feedback.posts.delete(at.post),
    "feedback.posts.search": lambda client, at: client.feedback.posts.search(search="dark").collect(),
    "feedback.comments.update": lambda client, at: client.feedback.comments.update(at.comment, is_pinned=True),
    "feedback.comments.delete": lambda client, at: client.feedback.comments.delete(at.comment),
    "feedback.comments.search": lambda client, at: client.feedback.comments.search(search="please").collect(),
    "changelogs.subscribers.add": lambda client, at: client.changelogs.subscribers.add(emails=["ada@example.com"]),
    "changelogs.subscribers.remove": lambda client, at: client.changelogs.subscribers.remove(
        emails=["ada@example.com"]
    ),
    "changelogs.update": lambda client, at: client.changelogs.update(at.changelog, title="Spring"),
    "changelogs.delete": lambda client, at: client.changelogs.delete(at.changelog),
    "changelogs.unpublish": lambda client, at: client.changelogs.unpublish(at.changelog),
    "help_center.collections.update": lambda client, at: client.help_center.collections.update(
        at.collection, name="Begin"
    ),
    "help_center.collections.delete": lambda client, at: client.help_center.collections.delete(at.collection),
    "help_center.articles.update": lambda client, at: client.help_center.articles.update(at.article, state="live"),
    "help_center.articles.delete": lambda client, at: client.help_center.articles.delete(at.article),
    "help_center.articles.search": lambda client, at: client.help_center.articles.search(search="log").collect(),
    "help_center.redirect_rules.update": lambda client, at: client.help_center.redirect_rules.update(
        at.rule, locale="de"
    ),
    "help_center.redirect_rules.delete": lambda client, at: client.help_center.redirect_rules.delete(at.rule),
    "users.contacts.create_or_update": lambda client, at: client.users.contacts.create_or_update(user_id="u3"),
    "users.contacts.delete": lambda client, at: client.users.contacts.delete(at.contact),
    "users.contacts.block": lambda client, at: client.users.contacts.block(at.contact),
    "users.contacts.unblock": lambda client, at: client.users.contacts.unblock(at.contact),
    "users.contacts.search": lambda client, at: client.users.contacts.search(query=Filter("name") == "Ada").collect(),
    "users.contacts.email_preferences.update": lambda client, at: client.users.contacts.email_preferences.update(
        at.contact, changelog="unsubscribed"
    ),
    "users.contacts.by_user_id.delete": lambda client, at: client.users.contacts.by_user_id.delete("u1"),
    "users.contacts.by_user_id.email_preferences.update": (
        lambda client, at: client.users.contacts.by_user_id.email_preferences.update("u1", changelog="unsubscribed")
    ),
    "users.companies.create_or_update": lambda client, at: client.users.companies.create_or_update(
        company_id="c2", name="Bolt"
    ),
    "users.companies.delete": lambda client, at: client.users.companies.delete(at.company),
    "users.companies.delete_by_company_id": lambda client, at: client.users.companies.delete_by_company_id("c1"),
    "users.companies.search": lambda client, at: client.users.companies.search(query=Filter("plan") == "p").collect(),
    "users.companies.contacts.remove": lambda client, at: client.users.companies.contacts.remove(at.company, at.other),
    "webhooks.update": lambda client, at: client.webhooks.update(at.webhook, status="paused"),
    "webhooks.delete": lambda client, at: client.webhooks.delete(at.webhook),
    "reports.query": lambda client, at: client.reports.query(aggregation="count", **SPAN),
    "reports.drill_in": lambda client, at: client.reports.drill_in(**SPAN),
    "reports.lookup_filter_values": lambda client, at: client.reports.lookup_filter_values(
        field_id="conversation.tags"
    ),
}
"""The calls other than reads that are retried when their response is lost."""
