"""What came of one attempt: a response, or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featurebase_async.transport import FailureKind
from featurebase_async.transport import TransportFailure as Failure
from featurebase_async.transport import TransportResponse as Response

if TYPE_CHECKING:
    from featurebase_async._core.masking import KeyMask

__all__ = ["BOM", "Failure", "FailureKind", "Response", "excerpt_of"]


BOM = b"\xef\xbb\xbf"
"""The byte order mark that some servers begin a body with; `fetch` skips it, too."""

EXCERPT = 500
"""Characters of a body that an error keeps."""


def excerpt_of(body: bytes, key: KeyMask | None = None) -> str:
    """Return the start of a body, for the `.excerpt` of an error; without the key, if it is given."""
    start = body[: 4 * EXCERPT].decode("utf-8", "replace")[:EXCERPT]
    return start if key is None else key.mask(start)
