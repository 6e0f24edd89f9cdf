"""Webhook deliveries: events, signed and posted to the webhooks that asked for them, with the documented retries."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec

from featurebase_async.sandbox.state.collection import Item
from featurebase_async.sandbox.state.events import Event
from featurebase_async.sandbox.state.store import ORGANIZATION_ID, Store
from featurebase_async.sandbox.wire.clock import Clock, iso
from featurebase_async.sandbox.wire.loopback import on_loopback

# Seconds from an attempt that failed to the next.
RETRIES = (60.0, 3600.0, 21_600.0)
ACCEPTED = (200, 201, 202, 204)
_OUTSIDE = "not sent: the sandbox delivers on loopback only"


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One attempt to deliver an event: when (the server's clock), where, what, and what came of it.

    ``attempt`` counts from 1. ``status`` is what the receiver returned, None without a response: ``error`` says why.
    """

    at: float
    webhook_id: str
    url: str
    event_id: str
    topic: str
    attempt: int
    headers: Mapping[str, str]
    body: bytes
    status: int | None = None
    error: str | None = None

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return msgspec.json.decode(self.body)

    @property
    def accepted(self) -> bool:
        """Whether the receiver took it."""
        return self.status in ACCEPTED


class Deliveries:
    """Delivers events as long as the sandbox runs, and keeps a log of the last attempts."""

    def __init__(self, store: Store, clock: Clock, log_size: int) -> None:
        self._store = store
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._serial = 0
        self.log: deque[Delivery] = deque(maxlen=log_size)

    def send(self, event: Event) -> None:
        """Post an event to every active webhook that has its topic."""
        for webhook in self._store.collections["webhooks"]:
            if webhook["status"] == "active" and event.topic in webhook["topics"]:
                self._serial += 1
                event_id = f"notif_{self._serial:024x}"
                body = self._payload(webhook, event_id, event)
                task = asyncio.create_task(self._deliver(webhook.id, event_id, event.topic, body))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Give up what is still to be delivered."""
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _payload(self, webhook: Item, id: str, event: Event) -> bytes:
        data: dict[str, Any] = {"object": "notification_event_data", "item": event.item}
        if event.changes:
            data["changes"] = event.changes
        payload: dict[str, Any] = {
            "object": "notification_event",
            "id": id,
            "topic": event.topic,
            "organizationId": ORGANIZATION_ID,
            "webhookId": webhook.id,
            "createdAt": iso(self._clock.now()),
            "deliveryStatus": "pending",
        }
        if event.conversation is not None:
            payload["conversationId"] = event.conversation
            payload["conversationUrl"] = f"https://sandbox.featurebase.app/conversations/{event.conversation}"
        return msgspec.json.encode({**payload, "data": data})

    async def _deliver(self, webhook_id: str, id: str, topic: str, body: bytes) -> None:
        for attempt, pause in enumerate((0.0, *RETRIES), 1):
            await asyncio.sleep(pause)
            webhook = self._store.collections["webhooks"].find(webhook_id)
            if webhook is None or webhook["status"] != "active":
                return
            delivery = Delivery(
                at=self._clock.now(),
                webhook_id=webhook_id,
                url=webhook["url"],
                event_id=id,
                topic=topic,
                attempt=attempt,
                headers=self._headers(webhook, body),
                body=body,
            )
            self.log.append(delivery)
            if not on_loopback(delivery.url):
                delivery.error = _OUTSIDE
                return
            await self._attempt(delivery, webhook["requestConfig"]["timeoutMs"] / 1000)
            self._note(webhook, delivery)
            if delivery.accepted:
                return

    def _headers(self, webhook: Item, body: bytes) -> Mapping[str, str]:
        timestamp = str(int(self._clock.now()))
        digest = hmac.new(webhook["secret"].encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
        signed = {"X-Webhook-Signature": digest.hexdigest(), "X-Webhook-Timestamp": timestamp}
        return {"Content-Type": "application/json", **webhook["requestConfig"]["headers"], **signed}

    async def _attempt(self, delivery: Delivery, timeout: float) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))
        try:
            async with self._session.post(
                delivery.url,
                data=delivery.body,
                headers=delivery.headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout),
            ) as response:
                delivery.status = response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            delivery.error = f"{type(error).__name__}: {error}"

    def _note(self, webhook: Item, delivery: Delivery) -> None:
        """Update the webhook's last status and health."""
        took = round((self._clock.now() - delivery.at) * 1000)
        timestamp = iso(self._clock.now())
        health: dict[str, Any] = webhook["health"]
        health["avgResponseTime"] = (health["avgResponseTime"] + took) / 2 if health["avgResponseTime"] else took
        health["lastResponseTime"] = took
        if delivery.accepted:
            health.update(lastSuccessAt=timestamp, errorsSinceLastSuccess=0, consecutiveFailures=0)
        else:
            health["errorsSinceLastSuccess"] += 1
            health["consecutiveFailures"] += 1
        message = "Success" if delivery.accepted else delivery.error or "Failure"
        webhook["lastStatus"] = {"code": delivery.status or 0, "message": message, "timestamp": timestamp}
