"""What errors must not repeat: the key, and what a request has sent.

Servers like to echo, and logs like to keep. A text of the server is cleaned and cut first; what is left of it is short,
so that looking for thousands of values in it costs little. Nothing that was sent ever becomes part of a pattern.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol
from unicodedata import category
from urllib.parse import unquote_plus

import msgspec

from featurebase_async._typing import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable

    from featurebase_async._core.request import Request

__all__ = ["MAX_TEXT", "KeyMask", "Mask", "clean", "hide"]

MAX_TEXT = 500
"""Characters that an error keeps of a text."""

STARS = "***"

WINDOW = MAX_TEXT + 100
"""Characters that are looked at: a value that begins before the cut is recognized behind it."""

NEEDLE = 8
"""Characters by which the beginning of a value is recognized, as servers shorten what they quote."""

MAX_VALUES = 5_000
"""Values of a request that are looked for; an error takes 5 ms at most."""

MAX_BYTES = 256 * 1024
"""Bytes of a body that are read as they are; of a larger one, each long text is read by its beginning."""

SAMPLE = 64 * 1024
"""Bytes at both ends of a large body by which its values are counted."""

# The look-behind keeps it linear: a run without an @ is tried at its first character alone.
_MAIL = re.compile(r"""(?<![^\s@"'<>(),;:])[^\s@"'<>(),;:]+(?:@[^\s@"'<>(),;:]+)+""")
_PLAIN_WORD = re.compile(r"[a-z_]+")
_PHONE = str.maketrans("", "", " +-().")


class KeyMask(Protocol):
    """What knows the key, and takes it out of texts."""

    def mask(self, text: str) -> str:
        """Return the text without the key."""
        ...


def clean(text: str, length: int = WINDOW) -> str:
    """Return the start of a text in printable characters: white space is one space, invisible characters are gone."""
    text = text[:length]
    if not text.isprintable():
        # Format characters (bidi overrides, zero-width ones) and halves of characters do not belong in a log.
        text = "".join(c if c.isprintable() else " " if category(c) in _BLANK else "" for c in text)
    return " ".join(text.split())


_BLANK = frozenset({"Cc", "Zs", "Zl", "Zp"})


def _fold(text: str) -> str:
    """Return a text in lower case that has the same length."""
    folded = text.lower()
    return folded if len(folded) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def hide(text: str, values: Iterable[str], numbers: Iterable[str] = ()) -> str:
    """Return a text with stars instead of values, found by their beginnings too, in upper or lower case.

    Args:
        text: The text.
        values: Values, folded.
        numbers: Runs of digits, which count only where no other digit is beside them.
    """
    folded = _fold(text)
    marks = bytearray(len(text))
    for value in values:
        needle = value[:NEEDLE]
        at = folded.find(needle)
        while at >= 0:
            end = at + len(needle)
            while end < len(folded) and end - at < len(value) and folded[end] == value[end - at]:
                end += 1
            marks[at:end] = b"\1" * (end - at)
            at = folded.find(needle, at + 1)
    for number in numbers:
        at = folded.find(number)
        while at >= 0:
            end = at + len(number)
            if not folded[at - 1 : at].isdigit() and not folded[end : end + 1].isdigit():
                marks[at:end] = b"\1" * (end - at)
            at = folded.find(number, at + 1)
    if not any(marks):
        return text
    return "".join(STARS if mark else text[start:end] for mark, start, end in _runs(marks))


def _runs(marks: bytearray) -> Iterable[tuple[int, int, int]]:
    """Yield each run of equal marks, with its start and end."""
    start = 0
    while start < len(marks):
        end = marks.find(1 - marks[start], start)
        end = len(marks) if end < 0 else end
        yield marks[start], start, end
        start = end


class _Sent:
    """The values that a request has sent."""

    __slots__ = ("complete", "numbers", "texts")

    def __init__(self, request: Request[Any]) -> None:
        self.texts: list[str] = []
        self.numbers: set[str] = set()
        self.complete = True
        if request.body:
            try:
                self._read(request.body)
            except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
                self.complete = False
        for pair in request.query[:MAX_BYTES].split("&") if request.query else ():
            name, _, value = pair.partition("=")
            if name != "limit":
                self._add(unquote_plus(value))

    def _read(self, body: bytes) -> None:
        # A stack instead of recursion: what nests too deep for it was refused by the decoder before.
        todo: list[Any] = [_opened(body)]
        count = 0
        while todo and count < MAX_VALUES:
            value = todo.pop()
            count += 1
            if isinstance(value, msgspec.Raw):
                value = _opened(value)
            if is_object(value):
                todo.extend(value.values())
            elif is_array(value):
                todo.extend(value)
            else:
                self._add(value)
        self.complete = not todo

    def _add(self, value: object) -> None:
        if isinstance(value, str):
            self.texts.append(value)
            digits = value.translate(_PHONE) if 7 <= len(value) < 30 and value[0] in "+(0123456789" else ""
            if len(digits) >= 7 and digits.isdecimal():
                self.numbers.add(digits)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            self.numbers.update({str(value), f"{value:.0f}"} if isinstance(value, float) else {str(value)})


class _TooManyError(ValueError):
    """A request holds more values than can be looked for."""


def _opened(body: bytes | msgspec.Raw) -> Any:
    """Decode a body: a small one at once, a large one by one level, a long text by its beginning.

    Raises:
        _TooManyError: It holds too many values, by what its ends look like.
    """
    view = memoryview(body).cast("B")
    if view.nbytes <= MAX_BYTES:
        return msgspec.json.decode(body)
    first = chr(view[0])
    if first in "{[":
        mark = b'":' if first == "{" else b'",' if view[1] == ord('"') else b","
        ends = (bytes(view[:SAMPLE]), bytes(view[-SAMPLE:]))
        if max(end.count(mark) for end in ends) * view.nbytes > MAX_VALUES * SAMPLE:
            raise _TooManyError
        return msgspec.json.decode(body, type=dict[str, msgspec.Raw] if first == "{" else list[msgspec.Raw])
    # What is cut may end within a character or an escape: a shorter one does not.
    start = bytes(view[: 4 * WINDOW])
    for less in range(12):
        try:
            return msgspec.json.decode(start[: len(start) - less] + b'"')
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    return ""  # a number beyond all bounds


class _Within:
    """A text in which many values are looked for: by sets of its parts, as one search for each would take too long."""

    __slots__ = ("_parts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._parts: dict[int, frozenset[str]] = {}

    def begins(self, needle: str) -> bool:
        """Return whether the text holds the beginning of a value."""
        size = len(needle)
        parts = self._parts.get(size)
        if parts is None:
            text = self.text
            parts = self._parts[size] = frozenset(text[at : at + size] for at in range(len(text) - size + 1))
        return needle in parts


class Mask:
    """Takes the key, and the values that one request has sent, out of the texts of its response.

    All texts are given at once, cleaned and cut: each value is looked for in all of them together, and only the few
    that are there are looked for in each.
    """

    __slots__ = ("_key", "_names", "_numbers", "_values", "complete")

    def __init__(self, request: Request[Any], key: KeyMask | None, texts: Iterable[str]) -> None:
        sent = _Sent(request)
        within = _Within(_fold("\n".join(texts)))
        self._key = key
        self._values: list[str] = []
        self._names: list[str] = []
        self._numbers = [number for number in sent.numbers if len(number) >= 3 and number in within.text]
        # Whether all values are known; if not, no text of the server can be shown.
        self.complete = sent.complete
        for value in sent.texts:
            given = value if value.isprintable() else clean(value)
            if len(given) >= 3 and within.begins(_fold(given[:NEEDLE])):
                given = given[:WINDOW]
                self._values.append(_fold(given))
                if not _PLAIN_WORD.fullmatch(given):
                    self._names.append(_fold(given))

    def text(self, text: str) -> str:
        """Return a text without the key, what was sent, and e-mail addresses."""
        text = text if self._key is None else self._key.mask(text)
        text = hide(text, self._values, self._numbers)
        return _MAIL.sub(STARS, text) if "@" in text else text

    def name(self, text: str) -> str:
        """Return a name (a code, a path) likewise, but leave plain words: they are what names are made of."""
        text = text if self._key is None else self._key.mask(text)
        text = hide(text, self._names, self._numbers)
        return _MAIL.sub(STARS, text) if "@" in text else text

    def number(self, value: float) -> float | str:
        """Return a number, or stars if it was sent."""
        return STARS if str(value) in self._numbers else value
