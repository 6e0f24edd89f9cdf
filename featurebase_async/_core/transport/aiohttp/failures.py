"""What an error of aiohttp means: never connected, or lost after sending began, and why, in words.

The texts of most errors of aiohttp are not passed on: some of them hold headers.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import http_exceptions
from msgspec import Struct

from featurebase_async._core.response import Failure, Response
from featurebase_async._core.transport.aiohttp.connections import (
    MiddlewareResendError,
    NeverConnectedError,
    ResendRefusedError,
    UnusableConnectionError,
)
from featurebase_async._typing import override
from featurebase_async.errors import InvalidRequestError

if TYPE_CHECKING:
    from featurebase_async._core.transport.timeouts import AttemptTimeout

__all__ = ["HEADER_LIMITS", "Peer", "closed", "empty", "failure_of", "refusal_of", "timed_out"]

MAX_HEADER_BYTES = 65_536
MAX_HEADERS = 1_000

HEADER_LIMITS: dict[str, Any] = {
    "max_line_size": MAX_HEADER_BYTES,
    "max_field_size": MAX_HEADER_BYTES,
    "max_headers": MAX_HEADERS,
}
"""The same as options of a session, or of a request."""

NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
"""What a resolver says of a name that does not exist; all else it says may be otherwise in a second."""

# The classes of errors that the parser of aiohttp raises, the narrow ones first.
_UNREADABLE: tuple[tuple[type[Exception], str], ...] = (
    (http_exceptions.ContentEncodingError, "cannot be decompressed, or its Content-Encoding is not supported"),
    (http_exceptions.TransferEncodingError, "has an invalid chunk"),
    (http_exceptions.LineTooLong, f"has a header of more than {MAX_HEADER_BYTES} bytes"),
    (http_exceptions.InvalidHeader, "has an invalid header"),
    (http_exceptions.BadStatusLine, "is not HTTP: its status line is invalid"),
)
# The same where the class says nothing, by how the text begins.
_UNREADABLE_BY_TEXT = (
    ("Too many headers", f"has more than {MAX_HEADERS} headers"),
    ("Invalid character in chunk", "has an invalid chunk"),
    ("Invalid header", "has an invalid header"),
    ("Invalid character in Content-Length", "has an invalid Content-Length"),
    ("Duplicate Content-Length", "has more than one Content-Length"),
    ("Transfer-Encoding can't be present", "has both Transfer-Encoding and Content-Length"),
)

_ON_THE_WIRE = (
    aiohttp.ServerDisconnectedError,
    aiohttp.ClientPayloadError,
    aiohttp.ClientResponseError,
    OSError,
)
"""Errors that come after sending began, unless it is known that it did not."""

_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Between the words of a name such as `ConnectionAbortedError`."""


class Peer(Struct, frozen=True):
    """The server at the other end, and the proxy on the way to it: host and port of each."""

    server: str
    proxy: str | None = None

    @override
    def __str__(self) -> str:
        return self.server if self.proxy is None else f"{self.server} via the proxy {self.proxy}"


def closed(*, sent: bool) -> Failure:
    """Return the failure of an attempt whose client was closed."""
    return Failure(kind="closed", sent=sent, text="the client was closed")


def empty(peer: Peer, size: int) -> Failure:
    """Return the failure of an attempt whose response has lost its body of `size` bytes."""
    why = "its compression is broken, or a middleware of the session has consumed it"
    return Failure(kind="lost", sent=True, text=f"the response from {peer} has lost its body of {size} bytes: {why}")


def timed_out(attempt: AttemptTimeout, peer: Peer, file: str | None) -> Failure:
    """Return the failure of an attempt that was interrupted; `file` is the argument whose file is awaited."""
    if attempt.expired == "closed":
        return closed(sent=attempt.sent)
    within = f"within {attempt.ends_at - attempt.started_at:.3g} s"
    if attempt.expired == "read":
        what = "no response from" if attempt.status is None else "incomplete response from"
        text = f"{what} {peer}: no data received for {attempt.read_timeout:.3g} s"
        if file is not None:
            text = f"{file}: no data could be read from the file for {attempt.read_timeout:.3g} s"
        return Failure(kind="timeout", sent=attempt.sent, text=text, phase="read")
    if file is not None:
        text = f"{file}: the file could not be read {within}"
    elif not attempt.sent:
        text = f"no connection to {peer} {within}"
    else:
        text = f"no complete response from {peer} {within}"
    return Failure(kind="timeout", sent=attempt.sent, text=text, phase="total")


def refusal_of(error: Exception) -> Response | None:
    """Return the response that a middleware of an external session has turned into an error; its body is lost."""
    # The parser's errors have a cause.
    if type(error) is not aiohttp.ClientResponseError or error.__cause__ is not None or error.status < 400:
        return None
    return Response(error.status, error.headers or {}, b"")


def failure_of(error: Exception, attempt: AttemptTimeout, peer: Peer, connect: float | None) -> Failure:
    """Return the failure of an attempt in which aiohttp raised an error."""
    match error:
        case aiohttp.ConnectionTimeoutError():
            within = "in time" if connect is None else f"within {connect:.3g} s"
            return Failure(kind="timeout", sent=False, text=f"no connection to {peer} {within}", phase="connect")
        case aiohttp.ClientConnectorDNSError():
            return _unresolved(error, peer)
        case aiohttp.ClientConnectorError():
            return _unconnected(error, peer)
        case InvalidRequestError():
            text = str(error)
        case aiohttp.ClientHttpProxyError():
            text = f"no connection to {peer}: the proxy responded {error.status}"
        case UnusableConnectionError():
            text = f"no connection to {peer}: the server closed it at once, or sent data that nobody asked for"
        case _ if attempt.sent or (isinstance(error, _ON_THE_WIRE) and not (attempt.connects or attempt.watched)):
            # The latter with a double instead of a session: it shows nobody what it sends.
            return _lost(error, attempt, peer)
        case _:
            text = f"no connection to {peer}: {_hung_up(error, peer)}"
    return Failure(kind="lost" if attempt.sent else "connect", sent=attempt.sent, text=text)


def _unresolved(error: aiohttp.ClientConnectorDNSError, peer: Peer) -> Failure:
    """Distinguish a name that does not exist from one that may exist; most resolvers but the system's cannot."""
    cause = error.os_error
    text = f"no connection to {_whom(error, peer)}"
    if isinstance(cause, socket.gaierror) and cause.errno in NO_SUCH_NAME:
        return Failure(kind="host", sent=False, text=f"{text}: no such host", cause=_bare(cause))
    # The cause is no gaierror: one of those says that there is no such host, and stops an import.
    later = OSError(cause.errno, cause.strerror)
    return Failure(kind="connect", sent=False, text=f"{text}: its name cannot be resolved now", cause=later)


def _unconnected(error: aiohttp.ClientConnectorError, peer: Peer) -> Failure:
    cause: BaseException = error.os_error
    whom = _whom(error, peer)
    match error:
        case aiohttp.ClientConnectorCertificateError():
            cause = error.certificate_error
            why = getattr(cause, "verify_message", "") or "unknown reason"
            text = f"no connection to {whom}: the server's certificate is not valid ({why})"
        case aiohttp.ClientConnectorSSLError():
            text = f"no connection to {whom}: the TLS handshake failed ({_reason(cause)})"
        case _:
            text = f"no connection to {whom} ({_reason(cause)})"
    return Failure(kind="connect", sent=False, text=text, cause=_bare(cause))


def _whom(error: aiohttp.ClientConnectorError, peer: Peer) -> str:
    """Name whom the connection did not reach: the proxy, or the server."""
    host = error.host
    address = f"[{host}]:{error.port}" if ":" in host else f"{host}:{error.port}"
    return f"{peer}" if address == peer.server else f"the proxy {address}"


def _hung_up(error: Exception, peer: Peer) -> str:
    """Say how the other side failed to establish the connection; a proxy must do more than accept it."""
    whose = "the proxy" if peer.proxy else "the server"
    unreadable = _unreadable(error)
    if unreadable is not None:
        return f"the response of {whose} {unreadable}"
    if isinstance(
        error, (NeverConnectedError, ResendRefusedError, aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)
    ):
        return f"{whose} closed it at once"
    return _reason(error)


def _lost(error: Exception, attempt: AttemptTimeout, peer: Peer) -> Failure:
    """Return the failure of an attempt that broke after sending began."""
    unreadable = _unreadable(error)
    begun = attempt.status is not None or (
        isinstance(error, aiohttp.ServerDisconnectedError) and not isinstance(error.message, str)
    )
    if unreadable is not None:
        text = f"the response from {peer} {unreadable}"
    elif begun or isinstance(error, aiohttp.ClientPayloadError):
        text = f"connection lost while reading the response from {peer}"
    elif isinstance(error, MiddlewareResendError):
        text = f"a middleware of the session tried to send the request to {peer} again"
    elif isinstance(error, (ResendRefusedError, aiohttp.ServerDisconnectedError)):
        text = f"the server closed the connection without a response ({peer})"
    else:
        # aiohttp's error is made of the numbers of the original, which is beside it.
        original = error.__cause__ if isinstance(error.__cause__, OSError) else error
        text = f"connection to {peer} lost before a response came ({_reason(original)})"
    cause = _bare(error) if type(error).__module__ == "builtins" else None
    return Failure(kind="lost", sent=True, text=text, cause=cause)


def _unreadable(error: Exception) -> str | None:
    """Say what is wrong with a response that came, None if it is only incomplete."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, http_exceptions.BadHttpMessage):
        cause = cause.__cause__
    if cause is None:
        return "cannot be read" if isinstance(error, aiohttp.ClientResponseError) else None
    said = cause.message.lstrip()
    if isinstance(error, aiohttp.ClientPayloadError) and said.startswith("Not enough data"):
        return None
    for kind, text in _UNREADABLE:
        if isinstance(cause, kind):
            return text
    return next((text for start, text in _UNREADABLE_BY_TEXT if said.startswith(start)), "is not valid HTTP")


def _reason(error: BaseException | None) -> str:
    """Say in words why the operating system, or TLS, failed."""
    if isinstance(error, ssl.SSLError):
        return (error.reason or "TLS error").replace("_", " ").lower()
    if isinstance(error, socket.gaierror) and error.strerror:
        return error.strerror.lower()
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno).lower()
    return _WORDS.sub(" ", type(error).__name__).lower()


def _bare(error: BaseException) -> BaseException:
    """Strip an error of the frames it came through: they hold the request's headers."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)
