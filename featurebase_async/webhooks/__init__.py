"""Deliveries of webhooks: prove that they are genuine, read them as typed events, respond to them. No network involved.

    from featurebase_async import webhooks


    async def handle(event: webhooks.AnyEvent) -> None:
        match event:
            case webhooks.PostEvent(topic="post.created", item=post):
                print(post.title)


    app = webhooks.asgi_app(handle, secret="whsec_...")

Where events are sent to, and which, is set up with `client.webhooks`.

Facts: https://docs.featurebase.app/guides/webhooks
"""

from __future__ import annotations

from featurebase_async.webhooks.aiohttp import aiohttp_handler
from featurebase_async.webhooks.asgi import asgi_app
from featurebase_async.webhooks.deduplication import Deduplicator, MemoryDeduplicator
from featurebase_async.webhooks.events import (
    AnyEvent,
    AuditLogEvent,
    ChangelogEvent,
    CommentEvent,
    ConversationEvent,
    ConversationPartEvent,
    PostEvent,
    PostVote,
    PostVoteEvent,
    TicketEvent,
    UnknownEvent,
    Voter,
    WebhookChange,
    WebhookEvent,
    parse,
)
from featurebase_async.webhooks.samples import Sample, sample
from featurebase_async.webhooks.signature import verify

__all__ = [
    "AnyEvent",
    "AuditLogEvent",
    "ChangelogEvent",
    "CommentEvent",
    "ConversationEvent",
    "ConversationPartEvent",
    "Deduplicator",
    "MemoryDeduplicator",
    "PostEvent",
    "PostVote",
    "PostVoteEvent",
    "Sample",
    "TicketEvent",
    "UnknownEvent",
    "Voter",
    "WebhookChange",
    "WebhookEvent",
    "aiohttp_handler",
    "asgi_app",
    "parse",
    "sample",
    "verify",
]
