"""Types that callers bring along: `into=` of `client.request`."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import Any, TypeVar, get_args

import msgspec

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.learning import NotLearnableError, zoned_decoder
from featurebase_async._core.shapes import plain_times
from featurebase_async.errors import InvalidRequestError

__all__ = ["own_decoder"]

T = TypeVar("T")


def own_decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    """Return the one decoder of somebody's own type, which reads it as the models are read.

    Raises:
        InvalidRequestError: msgspec does not decode it.
    """
    try:
        return _made(kind)  # type: ignore[arg-type]  # what isn't hashable is refused below
    except TypeError:
        raise InvalidRequestError(
            "into must be a type that msgspec decodes: a Struct, dataclass, TypedDict, NamedTuple, attrs class, or a "
            "type of JSON; a pydantic model is made of what is returned without it",
            param="into",
        ) from None


@lru_cache(maxsize=512)
def _made(kind: Any) -> msgspec.json.Decoder[Any]:
    """Make the decoder of a type.

    Raises:
        TypeError: msgspec does not decode it.
    """
    from msgspec import inspect  # noqa: PLC0415 -- rarely needed

    decoder = decoder_for(kind)
    # msgspec takes any class, and decodes none.
    if any(isinstance(part, type) and isinstance(inspect.type_info(part), inspect.CustomType) for part in _parts(kind)):
        raise TypeError
    if plain_times(kind):
        with suppress(NotLearnableError, TypeError):
            return zoned_decoder(kind)
    return decoder


def _parts(kind: Any) -> tuple[Any, ...]:
    return (kind, *(inner for part in get_args(kind) for inner in _parts(part)))
