"""The API key as a value that does not show itself, and where it comes from."""

from __future__ import annotations

import hmac
from functools import partial
from hashlib import blake2b
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from featurebase_async._core.masking import hide_key
from featurebase_async._typing import override
from featurebase_async.errors import ConfigurationError

if TYPE_CHECKING:
    import asyncio

__all__ = ["ApiKey", "KeySource"]


PLAIN_FUNCTION = "must be text, or a coroutine function (`async def`) that returns it, not a plain function"


class ApiKey:
    """A key that shows itself to the network only, or the function that returns one, which may hold it too."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    @override
    def __repr__(self) -> str:
        """Show nothing of it."""
        return "<ApiKey>"

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        """Refuse to be pickled."""
        raise TypeError("an API key cannot be pickled; make a client where it is needed")

    def check(self) -> None:
        """Raise unless it can be a key, without showing it: not in a frame either, as some tools print what those hold.

        Raises:
            ConfigurationError: It is not text, is empty, or contains characters that no header can carry.
        """
        # Nor in a line of the source around this one: some tools print what the names in it stand for.
        fault = self._fault()
        if fault is not None:
            raise ConfigurationError(f"api_key {fault}")

    def _fault(self) -> str | None:
        value = self._value
        if self.is_provider:
            return None if _is_async(value) else PLAIN_FUNCTION
        if not isinstance(value, str):
            return f"must be text, not {type(value).__name__}"
        faults = {
            "is empty, or has spaces around it": not value or value != value.strip(),
            "begins with 'Bearer ': pass the key alone, the client adds the rest": value.lower().startswith("bearer "),
            "contains a space": " " in value,
            "contains characters that no header can carry": not value.isascii() or not value.isprintable(),
        }
        return next((fault for fault, found in faults.items() if found), None)

    @property
    def is_provider(self) -> bool:
        """Whether it is a function that returns keys."""
        return callable(self._value)

    async def provided(self) -> ApiKey:
        """Return the key that the function returns.

        Raises:
            ConfigurationError: It can't be one.
        """
        # The key is in no local: tracebacks show those.
        key = ApiKey(await self._value())
        if key.is_provider:
            raise ConfigurationError("api_key returned a function; it must return text")
        key.check()
        return key

    def mask(self, text: str) -> str:
        """Return the text with stars instead of the key."""
        return hide_key(text, self._value) if isinstance(self._value, str) else text

    def fingerprint(self, salt: bytes, size: int) -> bytes:
        """Return a salted hash, by which the same key is recognised."""
        return blake2b(str(self._value).encode(), digest_size=size, key=salt).digest()

    def identity(self, base_url: str) -> object:
        """Return what is the same for the same key: its scope, or the function that returns it."""
        return self._value if self.is_provider else self.scope(base_url)

    def scope(self, base_url: str) -> str:
        """Return a name for the key at this API that reveals nothing of it: it goes where processes share a limit.

        Keys that a function returns come and go; their limit is taken to be one.
        """
        secret = self._value if isinstance(self._value, str) else "provided"
        return hmac.digest(secret.encode(), f"featurebase_async.budgets {base_url}".encode(), "sha256").hex()[:32]

    def bearer(self) -> str:
        """Return the value of the Authorization header."""
        return f"Bearer {self._value}"


class KeySource:
    """Where the key of a client comes from: it is fixed, or a provider is asked for it."""

    __slots__ = ("_key", "known")

    def __init__(self, key: ApiKey) -> None:
        """Raise unless a key can come from there.

        Raises:
            ConfigurationError: The key can't be one, or the provider is not async.
        """
        key.check()
        self._key = key
        self.known: ApiKey | None = None if key.is_provider else key

    def forget(self, refused: ApiKey) -> None:
        """Ask for a new key at the next call, unless the key is fixed."""
        if not self.is_fixed and self.known is refused:
            self.known = None

    def scope(self, base_url: str) -> str:
        """Return a name for the key at this API that reveals nothing of it."""
        return self._key.scope(base_url)

    @property
    def is_fixed(self) -> bool:
        """Whether there is no other key to be had."""
        return not self._key.is_provider

    async def ask(self, refused: ApiKey | None, asking: asyncio.Lock) -> ApiKey:
        """Ask the provider, one call of a loop at a time; the others take what the first one got.

        Raises:
            ConfigurationError: The provider returned something that can't be a key.
        """
        async with asking:
            known = self.known
            if known is not refused and known is not None:
                return known
            self.known = key = await self._key.provided()
            return key


def _is_async(function: object) -> bool:
    while isinstance(function, partial):
        function = function.func
    return iscoroutinefunction(function) or iscoroutinefunction(getattr(type(function), "__call__", None))  # noqa: B004 -- an object whose call is async
