"""Secrets of webhooks and of identity verification, as values that do not show themselves.

Tools that report errors print what frames hold. A public function that takes a secret puts it into `Secrets` first, and
deletes its own name for it; from there on no frame holds the secret itself, whatever is raised.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from typing import Any

from msgspec import UNSET

from featurebase_async._typing import is_items, override
from featurebase_async.errors import InvalidRequestError

__all__ = ["Secrets"]

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


class Secrets:
    """One secret or several, any of which may fit."""

    __slots__ = ("_texts",)

    def __init__(self, given: object) -> None:
        self._texts: tuple[Any, ...] = tuple(given) if is_items(given) else (given,)

    @override
    def __repr__(self) -> str:
        """Show nothing of them."""
        return "<Secrets>"

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        """Raise TypeError: secrets are not pickled."""
        raise TypeError("secrets are not pickled; read them where they are needed")

    def check(self, *, several: bool = False) -> Secrets:
        """Return the secrets, if each is text that can be a secret.

        Args:
            several: Whether there may be more than one.

        Raises:
            InvalidRequestError: There is none, or one is not text, empty, or `UNSET`.
        """
        # Not in a line of the source around the raise: some tools print what the names in it stand for.
        fault = self._fault(several=several)
        if fault is not None:
            raise InvalidRequestError(f"secret {fault}", param="secret")
        return self

    def _fault(self, *, several: bool) -> str | None:
        if UNSET in self._texts:
            return "is UNSET: the response did not contain it; webhooks.refresh_secret(id) returns a new one"
        fine = all(isinstance(text, str) and text for text in self._texts)
        if not fine or not self._texts or (len(self._texts) > 1 and not several):
            return "must be text that is not empty" + (", or a list of such" if several else "")
        if any(_HALF_CHARACTER.search(text) for text in self._texts):
            return "contains characters that are no valid Unicode"
        return None

    def sign(self, *parts: bytes) -> list[str]:
        """Return the HMAC-SHA256 of a message by each secret, in hex."""
        return [hmac.digest(text.encode(), b"".join(parts), "sha256").hex() for text in self._texts]

    def jwt(self, encode: Callable[..., str], claims: object) -> str:
        """Return a token with these claims, signed by the one secret; `encode` is that of PyJWT."""
        return encode(claims, self._texts[0], algorithm="HS256")
