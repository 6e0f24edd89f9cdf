"""What came of one attempt: a response, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from featurebase_async._typing import override
from featurebase_async.errors import TimeoutPhase

if TYPE_CHECKING:
    from featurebase_async._core.masking import KeyMask

__all__ = ["BOM", "Failure", "FailureKind", "Response", "excerpt_of"]


FailureKind = Literal["connect", "host", "lost", "timeout", "oversize", "closed"]


class Failure(Struct, frozen=True, kw_only=True):
    """Why there is no reply.

    Attributes:
        kind: `connect`: never connected; `host`: no such host; `lost`: the connection broke; `timeout`: a limit ran
            out; `oversize`: the reply was too large; `closed`: the pool of connections was closed meanwhile.
        sent: Whether sending had begun, so that the server may have done the work.
        text: What happened, for a person.
        phase: Which limit ran out.
        status: The status of the reply that was too large.
        cause: The error of the operating system, if it was one.
    """

    kind: FailureKind
    sent: bool
    text: str
    phase: TimeoutPhase | None = None
    status: int | None = None
    cause: BaseException | None = None


BOM = b"\xef\xbb\xbf"
"""The byte order mark that some servers begin a body with; `fetch` skips it, too."""

EXCERPT = 500
"""Characters of a body that an error keeps."""


class Response(Struct, frozen=True):
    """The status, the headers and the whole body of an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @override
    def __repr__(self) -> str:
        """Leave out headers and body: they may hold data of people."""
        return f"<Response {self.status}, {len(self.body)} bytes>"


def excerpt_of(body: bytes, key: KeyMask | None = None) -> str:
    """Return the start of a body, for the `.excerpt` of an error; without the key, if it is given."""
    start = body[: 4 * EXCERPT].decode("utf-8", "replace")[:EXCERPT]
    return start if key is None else key.mask(start)
