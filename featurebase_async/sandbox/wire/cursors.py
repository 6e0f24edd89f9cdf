"""Cursors: opaque texts that name the position in a list where the next page begins."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import msgspec

from featurebase_async.sandbox.wire.errors import ApiError, invalid

if TYPE_CHECKING:
    from featurebase_async.sandbox.wire.clock import Clock

MAX_LENGTH = 512


class Position(msgspec.Struct, frozen=True, kw_only=True, rename={"scope": "of"}):
    """A position in a list: after the item ``id``, or before the first where that is empty.

    A search also keeps its order and the value by which that item was sorted, so that the position can be found again
    when the item has gone.
    """

    scope: str
    id: str = ""
    sort: str = ""
    value: float | str = ""


class _Token(Position, frozen=True, kw_only=True):
    issued: float
    serial: int


class Cursors:
    """Writes and reads cursors. No two cursors are equal, even for one position: each has a serial number."""

    def __init__(self, clock: Clock, lifetime: float | None) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._serial = 0
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(_Token)

    def write(self, position: Position) -> str:
        """Return a new cursor for ``position``."""
        self._serial += 1
        token = _Token(
            scope=position.scope,
            id=position.id,
            sort=position.sort,
            value=position.value,
            issued=self._clock.now(),
            serial=self._serial,
        )
        return base64.urlsafe_b64encode(self._encoder.encode(token)).decode("ascii")

    def read(self, cursor: str | None, *, scope: str, sort: str = "") -> Position:
        """Return the position a cursor names, the start without one, or raise a 400 ``invalid_cursor``."""
        if cursor is None:
            return Position(scope=scope, sort=sort)
        if len(cursor) > MAX_LENGTH:
            raise _refused(f"The cursor is longer than {MAX_LENGTH} characters")
        try:
            token = self._decoder.decode(base64.b64decode(cursor, altchars=b"-_", validate=True))
        except (ValueError, msgspec.MsgspecError):
            raise _refused("The cursor is malformed") from None
        if token.scope != scope:
            raise _refused("The cursor belongs to another list")
        if token.sort != sort:
            raise _refused("The cursor belongs to another sort order")
        if self._lifetime is not None and self._clock.now() - token.issued > self._lifetime:
            raise _refused("The cursor has expired")
        return token


def _refused(message: str) -> ApiError:
    return invalid("invalid_cursor", message, param="cursor")
