"""The signature of a delivery.

`X-Webhook-Signature` is the HMAC-SHA256, in hex, of the timestamp, a dot and the raw body, keyed with the whole secret;
`X-Webhook-Timestamp` is in Unix seconds.

Facts: https://docs.featurebase.app/guides/webhooks/security
"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from msgspec import UnsetType

from featurebase_async._secrets import Secrets
from featurebase_async._typing import is_items
from featurebase_async.errors import InvalidRequestError, WebhookVerificationError

__all__ = [
    "SIGNATURE",
    "TIMESTAMP",
    "TOLERANCE",
    "Headers",
    "Secret",
    "check_tolerance",
    "signed",
    "verify",
    "verify_by",
]


class HeaderItems(Protocol):
    """Headers of `http.server`, `wsgiref` and others, which are like a mapping and are none."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Return the headers as pairs."""
        ...


Headers = Mapping[str, str] | Mapping[str, Sequence[str]] | HeaderItems | Iterable[tuple[str | bytes, str | bytes]]
"""The headers of a request: anything with `items()`, or pairs of text or bytes, as ASGI has them."""

Secret = str | UnsetType | Sequence[str | UnsetType]
"""A secret, or several of which any may fit. One that a response left out (`UNSET`) is refused."""

SIGNATURE = "X-Webhook-Signature"
TIMESTAMP = "X-Webhook-Timestamp"
TOLERANCE = 300.0
"""Seconds that the clock of the sender may differ from ours, either way, delivery included."""

_HEX = re.compile(r"[0-9a-fA-F]{64}")
_SECONDS = re.compile(r"[0-9]{1,15}")


def verify(
    body: bytes | bytearray | memoryview,
    headers: Headers,
    secret: Secret,
    *,
    tolerance: float = TOLERANCE,
    clock: Callable[[], float] = time.time,
) -> None:
    """Make sure that a delivery comes from Featurebase, unchanged and fresh.

    Args:
        body: The body as it was received, before any decoding: JSON that was encoded again does not match.
        headers: The headers of the request, as a mapping, an object with `items()`, or pairs; upper and lower case
            don't matter.
        secret: The whole `secret` of the webhook (`whsec_...`), or several while they are changed over.
        tolerance: Seconds that the delivery may be old, or ahead of our clock.
        clock: Gives the time in Unix seconds.

    Raises:
        WebhookVerificationError: It does not come from there, was changed, or is not fresh. The text says which header
            is missing or malformed, whether the signature does not fit, or how old the delivery is.
        InvalidRequestError: The body is no bytes, the headers are none, the tolerance no number, or a secret no text or
            empty.
    """
    secrets = Secrets(secret)
    del secret  # tools that report errors print what frames hold
    verify_by(secrets, body, headers, tolerance=tolerance, clock=clock)


def verify_by(
    secrets: Secrets,
    body: bytes | bytearray | memoryview,
    headers: Headers,
    *,
    tolerance: float,
    clock: Callable[[], float],
) -> None:
    """Do what `verify` does, with secrets that do not show themselves."""
    secrets.check(several=True)
    check_tolerance(tolerance)
    if not isinstance(body, (bytes, bytearray, memoryview)):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers without types
        raise InvalidRequestError(
            f"body must be the bytes of the request as they came, not {type(body).__name__}", param="body"
        )
    texts = list(_pairs(headers))
    timestamp = _one(texts, TIMESTAMP, _SECONDS)
    given = _one(texts, SIGNATURE, _HEX).lower()
    # All of them are compared, so that the time taken does not show which one was near.
    fits = [hmac.compare_digest(signature, given) for signature in secrets.sign(*signed(body, timestamp))]
    if not any(fits):
        raise WebhookVerificationError(
            "the signature does not fit: the secret is another one, or the body is not as it was sent"
        )
    age = clock() - int(timestamp)
    if not abs(age) <= tolerance:
        shown = f"{age:.0f} s old" if age > 0 else f"{-age:.0f} s ahead of our clock"
        raise WebhookVerificationError(f"the delivery is {shown}; {tolerance:g} s are allowed")


def signed(body: bytes | bytearray | memoryview, timestamp: str) -> tuple[bytes, bytes]:
    """Return what is signed of a body that is sent at a time."""
    return f"{timestamp}.".encode(), bytes(body)


def check_tolerance(tolerance: object) -> None:
    """Raise unless a tolerance is a number of seconds.

    Raises:
        InvalidRequestError: It is none.
    """
    if not isinstance(tolerance, (int, float)):
        raise InvalidRequestError(
            f"tolerance must be a number of seconds, not {type(tolerance).__name__}", param="tolerance"
        )


def _pairs(headers: Any) -> Iterator[tuple[str, str]]:
    """Yield each header, its name in lower case; a name with several values comes several times."""
    items: Callable[[], Any] | None = getattr(headers, "items", None)
    try:
        pairs: Iterable[tuple[Any, Any]] = items() if callable(items) else headers
        for name, value in pairs:
            values: Collection[Any] = value if is_items(value) else (value,)
            for one in values:
                yield _text(name).lower(), _text(one).strip()
    except (TypeError, ValueError):
        raise InvalidRequestError(
            f"headers must be the headers of the request, as a mapping or pairs, not {type(headers).__name__}",
            param="headers",
        ) from None


def _one(headers: list[tuple[str, str]], name: str, form: re.Pattern[str]) -> str:
    """Return the value of a header that must be there, with one value."""
    found = {value for key, value in headers if key == name.lower()}
    if not found:
        environ = any(key == f"http_{name.lower().replace('-', '_')}" for key, _ in headers)
        remedy = "; these are named as in request.META, pass request.headers" if environ else ""
        raise WebhookVerificationError(f"the header {name} is missing: this is no delivery of a webhook{remedy}")
    value = found.pop()
    if found or not form.fullmatch(value):
        raise WebhookVerificationError(f"the header {name} is malformed")
    return value


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
