"""What errors must not repeat: the key, and what a request has sent.

Servers like to echo, and logs like to keep. A text of the server is cleaned and cut first; what is left of it is short,
so that looking for thousands of values in it costs little. Nothing that was sent ever becomes part of a pattern.

A value is looked for where a word begins, and counts where it ends with a word too: `item` is not a part of `50 items`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Protocol
from unicodedata import category
from urllib.parse import unquote

from featurebase_async._core.sent_values import MAX_START, SentValues

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from featurebase_async._core.request import Request

__all__ = ["MAX_TEXT", "KeyMask", "Mask", "clean", "hide_key"]

MAX_TEXT = 500
"""Characters that an error keeps of a text."""

STARS = "***"

WINDOW = MAX_START
"""Characters that are looked at: a value that begins before the cut is recognized behind it."""

NEEDLE = 8
"""Characters by which the beginning of a value is recognized, as servers shorten what they quote."""

# The look-behind keeps it linear: a run without an @ is tried at its first character alone.
_MAIL = re.compile(r"""(?<![^\s@"'<>(),;:])[^\s@"'<>(),;:]+(?:@[^\s@"'<>(),;:]+)+""")
_PLAIN_WORD = re.compile(r"[a-z_]{1,30}")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3}(?!\d))?", re.ASCII)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_BLANK = frozenset({"Cc", "Zs", "Zl", "Zp"})


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


def _fold(text: str) -> str:
    """Return a text in lower case that has the same length."""
    folded = text.lower()
    return folded if len(folded) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def hide_key(text: str, key: str) -> str:
    """Return a text with stars instead of a key, wherever it stands, found by its beginning too."""
    folded, key = _fold(text), key.lower()
    needle = key[:NEEDLE]
    spans: list[tuple[int, int]] = []
    at = folded.find(needle)
    while at >= 0:
        spans.append((at, at + _common(folded[at : at + len(key)], key)))
        at = folded.find(needle, at + 1)
    return _starred(text, spans)


def _starred(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Return a text with stars instead of each span; spans that meet become one."""
    shown: list[str] = []
    end = -1
    for start, stop in sorted(spans):
        if start > end:
            shown += (text[max(end, 0) : start], STARS)
        end = max(end, stop)
    return "".join(shown) + text[max(end, 0) :]


def _common(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _unescaped(text: str) -> str:
    """Return a text without the escapes of JSON, HTML and URLs."""
    if "\\" in text:
        text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else match[2], text)
    if "&" in text:
        from html import unescape  # noqa: PLC0415 -- rarely needed

        text = unescape(text)
    return unquote(text) if "%" in text else text


def _is_of_word(character: str) -> bool:
    # Scripts without capital letters, such as Chinese, may write words without spaces: a word begins anywhere.
    return character.isdecimal() or character.lower() != character.upper()


class _Values:
    """Values that are looked for, in lower case."""

    __slots__ = ("_longest", "_parts", "_short", "_whole")

    def __init__(self, folded: frozenset[str]) -> None:
        self._short = {value for value in folded if len(value) < NEEDLE}
        self._parts = sorted(folded - self._short)
        self._whole = {value for value in self._parts if not _PLAIN_WORD.fullmatch(value)}
        self._longest = max(map(len, self._short), default=0)

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the spans of a text that repeat a value."""
        if not self._short and not self._parts:
            return
        text = _fold(text)
        within = [_is_of_word(character) for character in text]
        borders = [at for at in range(len(text) + 1) if not (0 < at < len(text) and within[at - 1] and within[at])]
        for index, start in enumerate(borders):
            yield from (
                (start, end)
                for end in borders[index + 1 : index + 1 + self._longest]
                if end - start <= self._longest and text[start:end] in self._short
            )
            end = self._end_of_long(text, start, borders)
            if end:
                yield start, end

    def _end_of_long(self, text: str, start: int, borders: Sequence[int]) -> int:
        """Return where a value ends that begins here, at least its first characters; 0 if none does."""
        rest = text[start : start + WINDOW]
        index = bisect_right(self._parts, rest)
        # What begins most alike stands beside it.
        length = max((_common(rest, value) for value in self._parts[max(index - 1, 0) : index + 1]), default=0)
        if length < NEEDLE:
            return 0
        if rest[:length] in self._whole:
            return start + length
        # Something else goes on within a word: what is alike ends with the word before.
        length = len(text[start : borders[bisect_right(borders, start + length) - 1]].rstrip())
        return start + length if length >= NEEDLE else 0


class Mask:
    """Takes the key, and the values that one request has sent, out of the texts of its response.

    Attributes:
        complete: Whether all values are known; if not, no text of the server can be shown.
    """

    __slots__ = ("_key", "_names", "_numbers", "_phones", "_values", "complete")

    def __init__(self, request: Request[Any], key: KeyMask | None) -> None:
        sent = SentValues(request)
        self._key = key
        self.complete = sent.complete
        self._numbers = sent.numbers
        self._phones = sent.phones
        texts = [text if text.isprintable() and "  " not in text else clean(text) for text in sent.texts]
        texts = [text for text in texts if len(text) > 2 or (len(text) > 1 and not text.isascii())]
        names = frozenset(_fold(text) for text in texts if not _PLAIN_WORD.fullmatch(text))
        self._values = _Values(names.union(text for text in texts if _PLAIN_WORD.fullmatch(text)))
        self._names = _Values(names)

    def text(self, text: str) -> str:
        """Return a text without the key, what was sent, and e-mail addresses."""
        return self._masked(text, self._values)

    def name(self, text: str) -> str:
        """Return a name (a code, a path) likewise, but leave plain words: they are what names are made of."""
        return self._masked(text, self._names)

    def number(self, value: float) -> float | str:
        """Return a number, or stars if it was sent."""
        sent = abs(value) in self._numbers or (bool(self._phones) and f"{abs(value):.0f}" in self._phones)
        return STARS if sent else value

    def _masked(self, text: str, values: _Values) -> str:
        """Mask a text; one that repeats something in escaped form is shown without the escapes."""
        masked, plain = self._starred(text, values), _unescaped(text)
        if plain != text:
            without = self._starred(clean(plain), values)
            if without.count(STARS) > masked.count(STARS):
                return without
        return masked

    def _starred(self, text: str, values: _Values) -> str:
        text = text if self._key is None else self._key.mask(text)
        spans = [*values.spans(text), *self._number_spans(text)]
        text = _starred(text, spans) if spans else text
        return _MAIL.sub(STARS, text) if "@" in text else text

    def _number_spans(self, text: str) -> Iterator[tuple[int, int]]:
        if not self._numbers and not self._phones:
            return
        for match in _NUMBER.finditer(text):
            shown = match[0]
            if shown in self._phones or _number(shown) in self._numbers:
                yield match.span()


def _number(text: str) -> float:
    return int(text) if text.isdecimal() else float(text)
