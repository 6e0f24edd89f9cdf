"""Sending requests, as many as the rate limit has left, and keeping what came back."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from math import ceil
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import Struct

from featurebase_async import FeaturebaseError
from featurebase_async._typing import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from featurebase_async import AsyncFeaturebase, Drift, RecordedExchange

__all__ = ["Asker", "DriftCollector", "NotTriedError", "Reply"]

T = TypeVar("T")

RESERVE = 0.05
"""The share of a window that is left to others, as bulk work leaves it to interactive calls."""

WORD = re.compile(r"[A-Za-z][\w.-]{0,40}")
"""A code, or a value of an enumeration. Anything else that an error says may be about people."""


SILENT = 3
"""Requests without a response, one after the other, after which no more are sent: each may have taken a minute."""


class NotTriedError(Exception):
    """A request is not sent: the rate-limit window has nothing left for it, or nobody responds any more."""


class Reply(Struct, frozen=True, kw_only=True):
    """What came back.

    Attributes:
        call: The method and the path, without the ids in it.
        status: The HTTP status; None if there was no response.
        body: The decoded JSON; None if there is none.
        headers: The headers, with names in lower case.
        began: When the request was sent, in epoch seconds of this machine.
        ended: When the response was there.
        error: The class of the error; empty if there was none.
        sent: Whether there was a request at all: one that is refused before has none.
    """

    call: str
    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = {}
    began: float = 0.0
    ended: float = 0.0
    error: str = ""
    sent: bool = True

    @property
    def exchanged(self) -> bool:
        """Whether the server has responded, or was not asked."""
        return self.status is not None or not self.sent

    @property
    def members(self) -> dict[str, Any]:
        """The members of the body; none if it is no object."""
        return self.body if is_object(self.body) else {}

    @property
    def items(self) -> list[Any]:
        """The items of the list that the body is, bare or in an envelope; none if it is no list."""
        data: object = self.members.get("data") if is_object(self.body) else self.body
        return data if is_array(data) else []

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return self.status is not None and self.status < 300 and not self.error

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.began

    @property
    def shape(self) -> str:
        """What kind of body it is: for an error `envelope`, `flat` or `numeric`, else `list`, `array` or `object`."""
        if not is_object(self.body):
            return "array" if is_array(self.body) else "other"
        shapes = {
            "envelope": is_object(self.body.get("error")),
            "flat": "success" in self.body and "message" in self.body,
            "numeric": isinstance(self.body.get("code"), int),
            "list": is_array(self.body.get("data")),
            "results": "results" in self.body,
        }
        return next((name for name, fits in shapes.items() if fits), "object")

    @property
    def code(self) -> str:
        """The code of an error, if it is one: other text may be about people."""
        error: object = self.members.get("error")
        code: object = error.get("code") if is_object(error) else None
        return code if isinstance(code, str) and WORD.fullmatch(code) else ""

    @property
    def words(self) -> str:
        """The status with the code of the error."""
        if self.status is None:
            return f"no response ({self.error})"
        return " ".join(filter(None, [str(self.status), self.code]))

    @property
    def bad_key(self) -> bool:
        """Whether it says that the key is not valid."""
        return self.status == 401 or (self.status == 403 and self.shape == "flat")


class DriftCollector:
    """The hook that keeps drift."""

    def __init__(self) -> None:
        """Begin without any."""
        self.found: list[Drift] = []

    def on_drift(self, drift: Drift) -> None:
        """Keep a spot."""
        self.found.append(drift)

    def take(self) -> list[Drift]:
        """Return what has come since the last time."""
        found, self.found = self.found, []
        return found


class Asker:
    """Sends requests one by one, and says what came back of each; no error of a call is raised.

    Attributes:
        replies: All that came back with the key that is looked at.
        requests: How many requests were sent, by method, those with other keys too.
    """

    def __init__(self, client: AsyncFeaturebase, drift: DriftCollector) -> None:
        """Take a client that does not retry, and the hook that it has."""
        self.client = client
        self.drift = drift
        self.replies: list[Reply] = []
        self.requests: Counter[str] = Counter()
        self._epoch = time.time() - asyncio.get_running_loop().time()

    def now(self) -> float:
        """Return the time of this machine in epoch seconds, as the clock of the event loop goes."""
        return self._epoch + asyncio.get_running_loop().time()

    def require(self, requests: int = 1) -> None:
        """Raise unless the window has so many requests left, and the reserve, and the server still responds.

        Raises:
            NotTriedError: It has not, and the text says when there is a new one; or the server does not.
        """
        last = self.replies[-SILENT:]
        if len(last) == SILENT and not any(reply.exchanged for reply in last):
            raise NotTriedError(f"not tried: no response to the last {SILENT} requests")
        window = self.client.stats().window
        if window.remaining is None or window.limit is None or not window.resets_in or window.resets_in <= 0:
            return
        if window.remaining - ceil(window.limit * RESERVE) < requests:
            left = f"{window.remaining:,} of {window.limit:,} requests are left"
            raise NotTriedError(f"not tried: {left}; again in {window.resets_in:.0f} s")

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        client: AsyncFeaturebase | None = None,
        call: str = "",
        free: bool = False,
    ) -> Reply:
        """Send a request, and return what came back; the arguments are those of `watch`."""
        chosen = client or self.client
        _, reply = await self.watch(
            lambda: chosen.request(method, path, query=query, body=body),
            call or f"{method} {path}",
            client=chosen,
            free=free,
        )
        return reply

    async def watch(
        self, send: Callable[[], Awaitable[T]], call: str, *, client: AsyncFeaturebase | None = None, free: bool = False
    ) -> tuple[T | None, Reply]:
        """Do a call, and return its result and what came back.

        Args:
            send: Does the call.
            call: The method and the path, without the ids in it.
            client: The client that does it, if it is another one or a view of it.
            free: Whether it is done however little the window has left, or spends nothing of it.

        Raises:
            NotTriedError: See `require`.
        """
        chosen = client or self.client
        if not free:
            self.require()
        began, result, failure = self.now(), None, ""
        with chosen.record() as exchanges:
            try:
                result = await send()
            except FeaturebaseError as error:
                failure = type(error).__name__
            finally:
                self.requests.update(each.method for each in exchanges for _ in each.attempts)
        reply = _reply(exchanges, call, began, self.now(), failure)
        self.replies.append(reply)
        return result, reply


def _reply(exchanges: list[RecordedExchange], call: str, began: float, ended: float, failure: str) -> Reply:
    if not exchanges:
        return Reply(call=call, began=began, ended=ended, error=failure, sent=False)
    last = exchanges[-1]
    wire = last.attempts[-1].wire if last.attempts else 0.0
    try:
        body: Any = msgspec.json.decode(last.body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        body = None
    headers = {name.lower(): value for name, value in last.headers.items()}
    return Reply(
        call=call,
        status=last.status,
        body=body,
        headers=headers,
        began=ended - wire,
        ended=ended,
        error=failure,
    )
