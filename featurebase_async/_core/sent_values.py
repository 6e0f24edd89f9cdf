"""The values that a request has sent, as far as they can be read within a millisecond or two.

Bodies may have many megabytes. Of a large one, each long text is read by its beginning; what holds too many values for
that is not read to the end, and then no text of the server can be shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import msgspec

from featurebase_async._typing import is_array, is_object

if TYPE_CHECKING:
    from featurebase_async._core.request import Request

__all__ = ["MAX_START", "SentValues"]

MAX_START = 600
"""Characters of a value that matter."""

MAX_VALUES = 2_200
"""Values of a request that are looked for."""

MAX_BYTES = 96 * 1024
"""Bytes of a body that are read as they are; what is beyond them is read by level, long texts by their beginnings."""

MAX_SKIPPED = 8 * 2**20
"""Bytes that are passed over on the way, those of an inner level once more."""

MAX_UNPRINTABLE = 10_000
"""Characters of texts that hold unprintable ones: to clean them takes long."""

MAX_LONG_TEXTS = 200
"""Texts that are read by their beginnings."""

SAMPLE = 64 * 1024
"""Bytes at both ends of a large body by which its values are counted."""

MAX_DIGITS = 100
"""Digits of a number that somebody could want to hide."""

_PHONE = str.maketrans("", "", " +-().")


class _TooMuchError(ValueError):
    """A request holds more than can be read."""


class SentValues:
    """The values in the body and the query of a request.

    Attributes:
        texts: The texts, each up to `MAX_START` characters.
        numbers: The numbers, without their signs; those of one or two digits do not count.
        phones: The digits of texts that look like a phone number.
        complete: Whether these are all.
    """

    __slots__ = ("_bytes", "_long_texts", "_skipped", "_unprintable", "complete", "numbers", "phones", "texts")

    def __init__(self, request: Request[Any]) -> None:
        self.texts: set[str] = set()
        self.numbers: set[float] = set()
        self.phones: set[str] = set()
        self._bytes = MAX_BYTES
        self._long_texts = MAX_LONG_TEXTS
        self._skipped = MAX_SKIPPED
        self._unprintable = MAX_UNPRINTABLE
        try:
            # The fields beside a file, which are JSON.
            data: object = getattr(request.upload, "data", None)
            if isinstance(data, bytes):
                self._read(data)
            if request.body and request.content_type is None:
                self._read(request.body)
            elif request.body:
                self._add(request.body[: 4 * MAX_START].decode(errors="ignore"))
            if request.query:
                self._read_query(request.query)
        except (ValueError, RecursionError):  # those of msgspec and json are ValueErrors
            self.complete = False
        else:
            self.complete = True

    def _read(self, body: bytes) -> None:
        # A stack instead of recursion: what nests too deep for it was refused by the decoder before.
        todo: list[Any] = [self._opened(body)]
        count = 0
        while todo:
            value = todo.pop()
            count += 1
            if count > MAX_VALUES:
                raise _TooMuchError
            if isinstance(value, msgspec.Raw):
                value = self._opened(value)
            if is_object(value):
                todo.extend(value.values())
            elif is_array(value):
                todo.extend(value)
            else:
                self._add(value)

    def _read_query(self, query: str) -> None:
        if len(query) > MAX_BYTES or query.count("&") + query.count("%2C") > MAX_VALUES:
            raise _TooMuchError
        for pair in query.split("&"):
            name, _, value = pair.partition("=")
            if name != "limit":
                for text in {value, *value.split("%2C")}:  # lists are joined by commas
                    self._add(unquote_plus(text))

    def _add(self, value: object) -> None:
        if isinstance(value, str):
            text = value[:MAX_START]
            if not text.isprintable():
                self._unprintable -= len(text)
                if self._unprintable < 0:
                    raise _TooMuchError
            self.texts.add(text)
            digits = text.translate(_PHONE) if 7 <= len(text) < 30 and text[0] in "+(0123456789" else ""
            if len(digits) >= 7 and digits.isdecimal():
                self.phones.add(digits)
        elif isinstance(value, float) or (isinstance(value, int) and value.bit_length() < 3 * MAX_DIGITS):
            size = abs(value)
            if size >= 100 or size % 1:
                self.numbers.add(size)

    def _opened(self, body: bytes | msgspec.Raw) -> Any:
        """Decode a body: a small one at once, a large one by one level, a long text by its beginning.

        Raises:
            _TooMuchError: It holds too much, by what its ends look like.
        """
        view = memoryview(body).cast("B")
        size = view.nbytes
        first = chr(view[0])
        if size <= self._bytes and (first != '"' or size <= 4 * MAX_START):
            self._bytes -= size
            import json  # noqa: PLC0415 -- rarely needed

            return json.loads(str(view, "utf-8"))
        if first in "{[":
            self._skipped -= size
            if self._skipped < 0 or _count(view, first) > MAX_VALUES:
                raise _TooMuchError
            return msgspec.json.decode(body, type=dict[str, msgspec.Raw] if first == "{" else list[msgspec.Raw])
        if first != '"':
            return None  # a number beyond all bounds
        self._long_texts -= 1
        if self._long_texts < 0:
            raise _TooMuchError
        return _start_of(view)


def _count(view: memoryview, first: str) -> float:
    """Return about how many values a large object or list has."""
    mark = b'":' if first == "{" else b'",' if view[1] == ord('"') else b","
    most = max(bytes(end).count(mark) for end in (view[:SAMPLE], view[-SAMPLE:]))
    return most * view.nbytes / min(SAMPLE, view.nbytes)


def _start_of(view: memoryview) -> str:
    """Decode the beginning of a long text."""
    start = bytes(view[: 4 * MAX_START])
    while True:
        try:
            return msgspec.json.decode(start + b'"', type=str)
        except (msgspec.DecodeError, UnicodeDecodeError):
            start = start[:-1]  # it was cut within a character or an escape
