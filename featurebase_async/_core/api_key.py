"""The API key as a value that does not show itself."""

from __future__ import annotations

from typing import Any

from featurebase_async._core.masking import hide
from featurebase_async._typing import override
from featurebase_async.errors import ConfigurationError

__all__ = ["ApiKey"]


class ApiKey:
    """A key that shows itself to the network only."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        self._value = value

    @override
    def __repr__(self) -> str:
        """Show nothing of it."""
        return "<ApiKey>"

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        """Refuse to be pickled."""
        raise TypeError("an API key is not pickled; make a client where it is needed")

    def check(self) -> None:
        """Refuse what can't be a key, without showing it: also not in a frame, as tracebacks may print what those hold.

        Raises:
            ConfigurationError: It is no text, is empty, or holds characters that no header can carry.
        """
        if not isinstance(self._value, str):
            raise ConfigurationError(f"api_key has to be text, not {type(self._value).__name__}")
        if not self._value or self._value != self._value.strip():
            raise ConfigurationError("api_key is empty, or has spaces around it")
        if not self._value.isascii() or not self._value.isprintable():
            raise ConfigurationError("api_key holds characters that no header can carry")

    def mask(self, text: str) -> str:
        """Return the text with stars in place of the key."""
        return hide(text, (self._value.lower(),)) if isinstance(self._value, str) else text

    def bearer(self) -> str:
        """Give the value of the Authorization header."""
        return f"Bearer {self._value}"
