"""Sessions that send given headers by themselves.

The views of a client send the same few sets of headers again and again. A session of aiohttp merges the headers of each
request with its own, one by one; a session that holds all of them, and a request that takes them over as a whole, save
3 to 4 % of the processor time of a small call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
from multidict import CIMultiDict, istr

from featurebase_async._core.transport.aiohttp.direct_request import direct_requests
from featurebase_async._core.transport.aiohttp.failures import HEADER_LIMITS

if TYPE_CHECKING:
    from featurebase_async._core.transport.aiohttp.write_batch import WriteBatch
    from featurebase_async.transport import SealedHeaders

__all__ = ["HeaderSession", "HeaderSessions"]

MAX_SESSIONS = 64
"""Sets of headers that have a session of their own: a view of the client has two."""

_HOST = istr("Host")


class HeaderSession:
    """The session that sends given headers, and those it must be given; they hold the key, so there is no repr."""

    __slots__ = ("given", "headers", "in_flight", "session")

    def __init__(self, given: SealedHeaders, session: aiohttp.ClientSession, headers: CIMultiDict[str] | None) -> None:
        self.given = given  # kept, so that no others have their identity
        self.session = session
        self.headers = headers
        self.in_flight = 0


class HeaderSessions:
    """A session for each set of headers, on the connections of one session."""

    def __init__(self, base: aiohttp.ClientSession, host: str, batch: WriteBatch, *, own: bool) -> None:
        """Make none yet.

        Args:
            base: The session whose connections they use.
            host: The value of the header `Host`.
            batch: Writes requests.
            own: Whether sessions may have headers of their own. An external session has other settings too, and aiohttp
                sends the headers of a session to a proxy as well, unencrypted: then they stay with the request.
        """
        self._base = base
        self._host = host
        self._batch = batch
        self._own = own
        self._sessions: dict[int, HeaderSession] = {}

    def get(self, headers: SealedHeaders) -> HeaderSession:
        """Return the session for headers; those that are sent again and again, as the same object, have their own."""
        return self._sessions.get(id(headers)) or self._open(headers)

    def close(self) -> None:
        """Leave all sessions; their connections belong to the base."""
        for number in [*self._sessions]:
            self._leave(number)

    def _open(self, headers: SealedHeaders) -> HeaderSession:
        made = HeaderSession(headers, self._base, _multidict(headers))
        if headers.once or not self._make_room():
            return made
        if self._own:
            whole = _whole(self._host, headers)
            made.session = aiohttp.ClientSession(
                connector=self._base.connector,
                connector_owner=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=whole,
                request_class=direct_requests(whole, self._batch),
                **HEADER_LIMITS,
            )
            made.headers = None
        self._sessions[id(headers)] = made
        return made

    def _make_room(self) -> bool:
        """If there are many, leave the oldest that is not in use: the key is another by now, or the view gone."""
        if len(self._sessions) < MAX_SESSIONS:
            return True
        idle = next((number for number, session in self._sessions.items() if not session.in_flight), None)
        if idle is not None:
            self._leave(idle)
        return idle is not None

    def _leave(self, number: int) -> None:
        session = self._sessions.pop(number).session
        if session is not self._base:
            session.detach()


def _whole(host: str, headers: SealedHeaders) -> CIMultiDict[str]:
    """Return all headers of a request without a body, those that aiohttp would add among them."""
    whole = CIMultiDict({_HOST: host})
    whole.extend(_multidict(headers))
    for name, value in aiohttp.ClientRequest.DEFAULT_HEADERS.items():
        whole.setdefault(name, value)
    return whole


def _multidict(headers: SealedHeaders) -> CIMultiDict[str]:
    return CIMultiDict((istr(name), value) for name, value in headers.items())
