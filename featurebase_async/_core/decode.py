"""Reading the body of a response: strict and fast when it is as the models say, field by field when it is not.

The fast path is one call of a msgspec decoder. Only when that refuses the body, the tolerant decoder takes it apart, so
that one odd value never costs its item, and one odd item never its page. What it finds is reported once, and learned:
the next body like it takes the fast path again.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from math import isfinite
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_origin

import msgspec

from featurebase_async import errors
from featurebase_async._core.drift import DriftCollector, Spot, json_type
from featurebase_async._core.learning import Learned, NotLearnableError, learned_decoder
from featurebase_async._core.response import BOM, Response, excerpt_of
from featurebase_async._core.shapes import TaggedShape, filled_hints, is_struct, shape_of
from featurebase_async._typing import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from featurebase_async._core.call_view import CallView
    from featurebase_async._core.request import Request
    from featurebase_async.observability import Drift


__all__ = ["NOT_AS_MODELLED", "ResponseReader", "UnexpectedShapeError", "decode_tolerantly", "decoder_for"]

T = TypeVar("T")

NOT_AS_MODELLED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoders raise for a body that they don't take as it is."""

MAX_REPORTED = 500
"""Kinds of drift that one client reports and counts."""

MAX_LEARNED = 100
"""Kinds of drift that the decoder of one operation learns."""

MAX_DECODERS = 200
"""Operations whose decoders learn."""

INLINE_BYTES = 160 * 1024
"""Bytes that a learned decoder reads at once: a page of 100 contacts has 120 KB."""

INLINE_VALUES = 2_000
"""Values that are looked at at once: a millisecond or two. What has more is read in a thread, beside other tasks."""

PIECE = 256 * 1024
"""Bytes of a long list that are decoded in one call: a millisecond or two."""

CUTS = 50
"""Commas that are tried to cut a list at, as most commas stand inside of items."""

MAX_DIGITS = 4_300
"""Digits of a whole number: Python refuses longer ones, as to read them takes long."""

MAX_VALUES = 100_000
"""Values of a body that decoders learn from: to compare more would take too long. A large page has 20,000."""


class UnexpectedShapeError(Exception):
    """The body is JSON, but not the object or list that belongs there."""


@lru_cache(maxsize=512)
def decoder_for(kind: type[T]) -> msgspec.json.Decoder[T]:
    """Return the one decoder of a type."""
    return msgspec.json.Decoder(kind)


def decode_tolerantly(body: bytes, kind: type[T], operation: str) -> tuple[T, list[Drift]]:
    """Decode a body that the fast path refused, losing nothing, and name each kind of spot that does not fit.

    Raises:
        msgspec.DecodeError: The body is not JSON.
        UnexpectedShapeError: It is JSON, but no object (or no list) where one belongs.
    """
    look = DriftCollector(operation)
    value, _ = _fitted(body, kind, look)
    return value, look.drifts


def _fitted(body: bytes, kind: type[T], look: DriftCollector) -> tuple[T, bool]:
    """Decode a body tolerantly; return whether all of its bytes were fine, too."""
    raw, fine = _decode(body, look)
    origin: Any = get_origin(kind) or kind
    shape = shape_of(cast("Any", kind))
    one = is_struct(kind) or isinstance(shape, TaggedShape)
    fits = is_object(raw) if one else is_array(raw) if origin is list else True
    is_page = is_struct(kind) and get_origin(filled_hints(cast("Any", kind)).get("data")) is list
    if not fits:
        raise UnexpectedShapeError(f"{json_type(raw)} where {'a page of items' if is_page else shape.expected} belongs")
    # A page is its list: without one there is no page, and no item that could be saved.
    if is_page:
        items: object = raw.get("data") if is_object(raw) else None
        if not is_array(items):
            raise UnexpectedShapeError(f"{json_type(items)} where the list of items belongs")
    return shape.fit(look, raw, Spot()), fine


def _decode(body: bytes, look: DriftCollector) -> tuple[object, bool]:
    """Decode JSON as `fetch` takes it, also what msgspec refuses, and return whether all of its bytes were fine.

    A byte order mark is skipped, and what is no UTF-8 becomes U+FFFD. JavaScript cuts text between the two halves of
    an emoji, and such a half in one name must not cost the page either.
    """
    body = body.removeprefix(BOM)
    try:
        return _in_pieces(body, msgspec.json.decode), True
    except (UnicodeDecodeError, msgspec.DecodeError):
        pass  # its traceback would keep the body alive
    try:
        raw = _in_pieces(body.decode(errors="replace").encode(), _decode_leniently)
    except ValueError:
        raise msgspec.DecodeError("the body is not JSON") from None
    return _replace_odd_text(raw, look, Spot()), False


def _in_pieces(body: bytes, decode: Callable[[bytes], Any]) -> object:
    """Decode a body; a large one piece by piece, as one call for all of it would hold up other threads."""
    if len(body) <= PIECE:
        return decode(body)
    if not body.lstrip().startswith(b"{"):
        return _list_in_pieces(body.strip(), decode)
    members: dict[str, msgspec.Raw]
    try:
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return decode(body)  # there may be half a character in it
    return {name: _list_in_pieces(bytes(raw), decode) for name, raw in members.items()}


def _list_in_pieces(text: bytes, decode: Callable[[bytes], Any]) -> object:
    """Decode a list piece by piece; what is none, or can't be cut, is decoded as a whole."""
    items: list[Any] = []
    at = 1
    while text.startswith(b"[") and len(text) - at > PIECE:
        cut, piece = _first_items(text, at, decode)
        if not piece:
            break
        items += piece
        at = cut + 1
    if not items:
        return decode(text)
    items += decode(b"[" + text[at:])
    return items


def _first_items(text: bytes, at: int, decode: Callable[[bytes], Any]) -> tuple[int, list[Any]]:
    """Decode the items of a list from here on, as many as are in one piece; return where they end, too."""
    cut = at + PIECE
    for _ in range(CUTS):
        cut = text.rfind(b",", at + 1, cut)
        if cut < 0:
            break
        try:
            # What is a list up to a comma, if it is closed there, ends between two items.
            return cut, decode(b"[" + text[at:cut] + b"]")
        except UnicodeDecodeError:
            raise
        except ValueError:
            continue
    return at, []


def _decode_leniently(text: bytes) -> Any:
    """Decode with halves of characters, and numbers of any length.

    Raises:
        ValueError: It is not JSON.
    """
    import json  # noqa: PLC0415 -- rarely needed

    return json.loads(text, parse_int=_number, parse_constant=_refuse)


def _number(digits: str) -> float:
    """Return a whole number; one with thousands of digits is endless, as `fetch` reads it, and takes no time."""
    return int(digits) if len(digits) <= MAX_DIGITS else float(digits)


def _refuse(constant: str) -> Any:
    raise ValueError(constant)  # NaN and Infinity are no JSON


def _replace_odd_text(value: object, look: DriftCollector, spot: Spot) -> object:
    """Put U+FFFD in the position of each half of a character, and note it, U+FFFD itself and endless numbers."""
    if is_object(value):
        return {
            name if name.isascii() else _whole(name, look, spot): _replace_odd_text(entry, look, spot.entry(name))
            for name, entry in value.items()
        }
    if is_array(value):
        return [_replace_odd_text(entry, look, spot.item()) for entry in value]
    if isinstance(value, str) and not value.isascii():
        return _whole(value, look, spot)
    if isinstance(value, float) and not isfinite(value):
        look.note(spot, "number out of range", "number")
    return value


def _whole(text: str, look: DriftCollector, spot: Spot) -> str:
    """Put U+FFFD in the position of each half of a character in a text or a name."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if whole != text:
        look.note(spot, "string with half a character", "string")
    elif "\ufffd" in text:
        look.note(spot, "string with bytes that are no UTF-8", "string")
    return whole


def _count(body: bytes) -> int:
    """Return about how many values a body has."""
    return body.count(b",") + body.count(b"{")


def _proven_decoder(kind: Any, learned: Learned, body: bytes, value: object) -> msgspec.json.Decoder[Any] | None:
    """Return the decoder that has learned something, if it gives the very value that the tolerant decoder gave."""
    try:
        decoder = learned_decoder(kind, learned)
        return decoder if decoder.decode(body) == value else None
    except (NotLearnableError, TypeError, *NOT_AS_MODELLED):
        return None


class ResponseReader:
    """Decodes the responses of one client, and remembers what was odd in them."""

    __slots__ = ("_decoders", "_learned", "_lock", "_reported")

    def __init__(self) -> None:
        # Each is replaced as a whole or grows by one entry, so that other threads read them without the lock.
        self._decoders: dict[tuple[str, msgspec.json.Decoder[Any]], msgspec.json.Decoder[Any]] = {}
        self._learned: dict[tuple[str, msgspec.json.Decoder[Any]], Learned] = {}
        self._reported: set[tuple[str, str, str]] = set()
        self._lock = Lock()

    def decode(self, request: Request[T], body: bytes) -> T:
        """Decode the body of a 2xx at once.

        Raises:
            One of `NOT_AS_MODELLED`: It takes `decode_with_drift`.
        """
        decoder = request.decoder
        if self._decoders and len(body) <= INLINE_BYTES:
            decoder = self._decoders.get((request.operation, decoder), decoder)
        return decoder.decode(body)

    async def decode_with_drift(self, call: CallView[T], response: Response) -> tuple[T, Sequence[Drift]]:
        """Decode a 2xx that `decode` has refused, and return the kinds of drift that are new to this client, too.

        Raises:
            ResponseDecodeError: The body is not JSON, or not the object or list that belongs there.
        """
        request, body = call.request, response.body
        if request.allow_empty and not body:
            return request.decoder.decode(b"null"), ()
        look = DriftCollector(request.operation)
        try:
            if len(body) <= INLINE_BYTES and _count(body) <= INLINE_VALUES:
                value = self._decode_tolerantly(request, body, look)
            else:
                # Python code in a thread lets the event loop have its turn every few milliseconds.
                value = await asyncio.to_thread(self._decode_tolerantly, request, body, look)
        except UnexpectedShapeError as error:
            reason = f"a body of another shape ({error})"
        except msgspec.DecodeError:
            reason = "a body that is not JSON"
        except RecursionError:
            reason = "a body that nests too deep to be read"
        else:
            return value, self._new(look.drifts)
        finally:
            look.stopped = True  # ends the thread, if this call was cancelled
        msg = f"{call.exchange}: {response.status} with {reason}"
        del body  # nothing of it may stand in a frame: tracebacks show those
        raise errors.ResponseDecodeError(
            msg, status=response.status, excerpt=excerpt_of(response.body, call.key), exchange=call.exchange
        )

    def _decode_tolerantly(self, request: Request[T], body: bytes, look: DriftCollector) -> T:
        """Decode a body and learn from it."""
        learner = (request.operation, request.decoder)
        decoder: msgspec.json.Decoder[T] = self._decoders.get(learner, request.decoder)
        if body.startswith(BOM) or len(body) > INLINE_BYTES:
            try:
                return decoder.decode(body.removeprefix(BOM))
            except NOT_AS_MODELLED:
                pass
        value, fine = _fitted(body, request.decoder.type, look)
        if fine and look.learnable and _count(body) <= MAX_VALUES:
            self._learn(learner, frozenset(look.learnable), body, value)
        return value

    def _learn(
        self, learner: tuple[str, msgspec.json.Decoder[Any]], found: Learned, body: bytes, value: object
    ) -> None:
        """Make a decoder that takes what was found, too, and keep it if it gives the very same value."""
        known = self._learned.get(learner, frozenset())
        learned = known | found
        if learned == known or len(learned) > MAX_LEARNED or len(self._learned) >= MAX_DECODERS:
            return
        decoder = _proven_decoder(learner[1].type, learned, body, value)
        with self._lock:
            self._learned[learner] = learned
            if decoder is not None:
                self._decoders[learner] = decoder

    def _new(self, drifts: Sequence[Drift]) -> Sequence[Drift]:
        """Return the drifts of kinds that were not reported yet."""
        with self._lock:
            new: list[Drift] = []
            for drift in drifts:
                kind = (drift.operation, drift.path, drift.found)
                if kind not in self._reported and len(self._reported) < MAX_REPORTED:
                    self._reported.add(kind)
                    new.append(drift)
            return new
