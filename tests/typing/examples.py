"""What a first program does, and what type checkers make of it. Read by pyright and mypy, never run."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, assert_type

from featurebase_async import (
    UNSET,
    AsyncFeaturebase,
    BulkReport,
    Company,
    CompanyRow,
    Contact,
    ContactRow,
    ContactRowWithRef,
    ConversationFromRow,
    OutreachRecipientsRow,
    Plan,
    PostSort,
    webhooks,
)

Scope = MutableMapping[str, Any]


class Request:
    """As Starlette's."""


class Response:
    """As Starlette's."""


def mount(
    path: str,
    app: Callable[[Scope, Callable[[], Awaitable[Scope]], Callable[[Scope], Awaitable[None]]], Awaitable[None]],
) -> None:
    """As Starlette's."""


def add_route(path: str, route: Callable[[Request], Awaitable[Response] | Response]) -> None:
    """As Starlette's, which takes an ASGI application too."""


async def handle(event: webhooks.AnyEvent) -> None:
    """Do nothing."""


async def first_program(client: AsyncFeaturebase) -> None:
    ada = await client.users.contacts.create_or_update(email="ada@example.com", companies=[{"id": "a", "name": "A"}])
    if ada.companies is not UNSET:
        assert_type(ada.companies[0].name, str)
    ticket = await client.support.tickets.list().first()
    if ticket is not None:
        assert_type(ticket.ticket_number, int)
        await client.support.tickets.update(ticket.ticket_number, title="A")


async def receiver(client: AsyncFeaturebase, topics: list[str]) -> None:
    ensured = await client.webhooks.ensure("https://example.com/hook", topics)
    hook = webhooks.asgi_app(handle, secret=ensured.webhook.secret)
    mount("/hook", hook)
    add_route("/hook", hook)
    chosen = ["post.created"]
    await client.webhooks.create(name="posts", url="https://example.com/hook", topics=chosen)
    webhooks.verify(b"{}", {}, [ensured.webhook.secret, "whsec_old"])


def sorted_posts(client: AsyncFeaturebase, sort: PostSort = "upvotes:desc") -> None:
    client.feedback.posts.search(sort=sort)


def short_options() -> None:
    AsyncFeaturebase(timeout=10, retry=3, pacing=False, api_version="2026-08-19.orbit").with_options(
        timeout=0.5, retry=0
    )
    AsyncFeaturebase(api_version="2030-01-01.next")
    AsyncFeaturebase(pacing=True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def rows(client: AsyncFeaturebase, plain: list[dict[str, Any]]) -> None:
    row: ContactRow = {"email": "ada@example.com", "companies": [{"id": "a", "name": "A"}]}
    typed: list[ContactRow] = [row]
    company: CompanyRow = {"company_id": "a", "name": "A"}
    assert_type(await client.users.contacts.upsert_many(typed), BulkReport[Contact])
    assert_type(await client.users.contacts.upsert_many(plain), BulkReport[Contact])
    assert_type(await client.users.companies.upsert_many([company]), BulkReport[Company])
    await client.users.contacts.create_or_update(**row)
    with_ref: ContactRowWithRef = {"_ref": ("people.csv", 7), "email": "ada@example.com"}
    assert_type(await client.users.contacts.upsert_many([with_ref]), BulkReport[Contact])
    assert_type(await client.users.contacts.plan([with_ref]), Plan)
    misspelt: ContactRow = {"emial": "ada@example.com"}  # type: ignore[typeddict-unknown-key]  # pyright: ignore[reportAssignmentType]
    nested: ContactRow = {"companies": [{"id": "a", "nmae": "A"}]}  # type: ignore[list-item]  # pyright: ignore[reportAssignmentType]
    missing: CompanyRow = {"name": "A"}  # type: ignore[typeddict-item]  # pyright: ignore[reportAssignmentType]
    await client.users.contacts.upsert_many([misspelt, nested])
    await client.users.companies.upsert_many([missing])


async def nested(client: AsyncFeaturebase) -> None:
    writer: ConversationFromRow = {"type": "admin", "id": "a"}
    recipients: OutreachRecipientsRow = {"to": {"emails": ["ada@example.com"]}}
    await client.support.conversations.create(from_=writer, recipients=recipients, body_markdown="Hello")
    misspelt: ConversationFromRow = {"type": "contact", "idd": "a"}  # type: ignore[typeddict-unknown-key, typeddict-item]  # pyright: ignore[reportAssignmentType]
    other: ConversationFromRow = {"type": "robot", "id": "a"}  # type: ignore[typeddict-item]  # pyright: ignore[reportAssignmentType]
    await client.support.conversations.create(from_=misspelt, body_markdown="Hello")
    await client.support.conversations.create(from_=other, body_markdown="Hello")
