"""`featurebase webhooks send`: a signed delivery, as Featurebase would send it, to try an application out."""

from __future__ import annotations

import http.client
import time
from difflib import get_close_matches
from os import environ
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import urlsplit

from featurebase_async.cli.errors import CommandError, UsageError
from featurebase_async.cli.output import Output, OutputOptions

if TYPE_CHECKING:
    from featurebase_async.webhooks import Sample

__all__ = ["send"]

PATIENCE = 30.0
"""Seconds for a response."""

SHOWN = 200
"""Characters of a response that are shown."""


def send(url: str, /, *, topic: str, secret: str | None = None, look: OutputOptions | None = None) -> int:
    """Send a made-up event to an application, signed as Featurebase signs it.

    For example:

    featurebase webhooks send http://127.0.0.1:8000/webhooks --topic post.created --secret whsec_...

    Args:
        url: Where the application receives webhooks.
        topic: What has happened, such as post.created.
        secret: What to sign with: the secret that the application knows; else FEATUREBASE_WEBHOOK_SECRET.
    """
    secret = secret or environ.get("FEATUREBASE_WEBHOOK_SECRET", "").strip()
    if not secret:
        raise UsageError("--secret is missing: pass it, or set FEATUREBASE_WEBHOOK_SECRET")
    from featurebase_async import webhooks
    from featurebase_async.models.webhooks import WebhookTopic

    known: tuple[str, ...] = get_args(WebhookTopic)[1].extra["values"]
    output = Output(look)
    if topic not in known:
        near = get_close_matches(topic, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        output.note(f"{topic} is no topic that is known; {hint}")
    began = time.monotonic()
    status, reason, text = _post(url, webhooks.sample(topic, secret=secret))
    seconds = time.monotonic() - began
    result: dict[str, Any] = {"topic": topic, "status": status, "seconds": round(seconds, 3), "response": text}
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    output.result(result, f"{topic}: {status} {reason} in {1000 * seconds:.0f} ms", *([shown] if shown else []))
    if not 200 <= status < 300:
        output.failure(f"{topic}: {status} {reason}")
        return 1
    return 0


def _post(url: str, delivery: Sample) -> tuple[int, str, str]:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"{url}: this is no URL such as http://127.0.0.1:8000/webhooks")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    try:
        connection = kind(parts.hostname, parts.port, timeout=PATIENCE)
        try:
            connection.request("POST", path, delivery.body, delivery.headers)
            response = connection.getresponse()
            return response.status, response.reason, response.read().decode("utf-8", "replace").strip()
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise CommandError(f"{url}: no response: {reason}") from None
