"""The sets of headers of requests, each made ready once: the views of a client send the same few again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
from multidict import CIMultiDict, istr

from featurebase_async._core.transport.aiohttp.direct_request import DirectSender, direct_sender

if TYPE_CHECKING:
    from featurebase_async._core.transport.aiohttp.write_batch import WriteBatch
    from featurebase_async.transport import SealedHeaders

__all__ = ["HeaderSet", "HeaderSets"]

MAX_SETS = 64
"""Sets of headers that are kept: a view of the client has two."""

_HOST = istr("Host")


class HeaderSet:
    """Headers as a session of aiohttp takes them, and what sends them without it; they hold the key, so no repr."""

    __slots__ = ("given", "headers", "sender")

    def __init__(self, given: SealedHeaders, sender: DirectSender | None) -> None:
        self.given = given  # kept, so that no others have their identity
        self.headers = _multidict(given)
        self.sender = sender


class HeaderSets:
    """The sets of headers that are sent over the connections of one session."""

    def __init__(self, session: aiohttp.ClientSession, host: str, batch: WriteBatch | None, ssl: Any) -> None:
        """Begin with none.

        Args:
            session: The session whose connections they use.
            host: The value of the header `Host`.
            batch: Writes requests that may be sent without the session; None if none may. An external one has other
                settings, and a proxy may need headers of its own.
            ssl: How certificates are verified, as aiohttp takes it.
        """
        self._session = session
        self._host = host
        self._batch = batch
        self._ssl = ssl
        self._sets: dict[int, HeaderSet] = {}

    def get(self, headers: SealedHeaders) -> HeaderSet:
        """Return a set of headers; those that are sent again and again, as the same object, are kept."""
        return self._sets.get(id(headers)) or self._make(headers)

    def _make(self, headers: SealedHeaders) -> HeaderSet:
        if headers.once:
            return HeaderSet(headers, None)
        sender = None
        if self._batch is not None:
            sender = direct_sender(self._session, _whole(self._host, headers), self._batch, self._ssl)
        made = self._sets[id(headers)] = HeaderSet(headers, sender)
        if len(self._sets) > MAX_SETS:
            del self._sets[next(iter(self._sets))]  # the oldest: the key is another by now, or the view gone
        return made


def _whole(host: str, headers: SealedHeaders) -> CIMultiDict[str]:
    """Return all headers of a request without a body, those that aiohttp would add among them."""
    whole = CIMultiDict({_HOST: host})
    whole.extend(_multidict(headers))
    for name, value in aiohttp.ClientRequest.DEFAULT_HEADERS.items():
        whole.setdefault(name, value)
    return whole


def _multidict(headers: SealedHeaders) -> CIMultiDict[str]:
    return CIMultiDict((istr(name), value) for name, value in headers.items())
