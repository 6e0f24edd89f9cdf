"""Types that callers bring along are read as the models are: a time without a zone is UTC, with a drift."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta, Struct

from featurebase_async._core.decode import ResponseReader, decoder_for
from featurebase_async._core.own_types import own_decoder
from featurebase_async._core.request import Request
from featurebase_async.models import Contact
from support.trees import read

NAIVE = "2026-01-01T10:00:00"
ZONED = "2026-01-01T10:00:00Z"
TEN = datetime(2026, 1, 1, 10, tzinfo=UTC)
WITHOUT_ZONE = "datetime without a time zone"


class Event(Struct):
    at: datetime
    until: datetime | None = None


class Frozen(Struct, frozen=True, rename="camel"):
    starts_at: datetime


class Call(Struct, tag="call"):
    at: datetime


class Mail(Struct, tag="mail"):
    at: str


class Unknown(Struct):
    raw: dict[str, Any]


class Diary(Struct):
    events: list[Event]
    by_name: dict[str, Frozen] = {}
    kinds: list[Annotated[Call | Mail, Meta(extra={"unknown": Unknown})]] = []
    inner: "Diary | None" = None


class Positional(Struct):
    """Its second field can't have a default without the first one."""

    at: datetime
    size: int


@dataclass
class Data:
    at: datetime


def request(kind: Any) -> Request[Any]:
    return Request(operation="request", method="GET", path="/x", decoder=own_decoder(kind))


KINDS: list[tuple[Any, Any, Any, str]] = [
    (Event, {"at": NAIVE}, Event(TEN), "at"),
    (Event, {"at": ZONED, "until": NAIVE}, Event(TEN, TEN), "until"),
    (Frozen, {"startsAt": NAIVE}, Frozen(TEN), "startsAt"),
    (list[Event], [{"at": ZONED}, {"at": NAIVE}], [Event(TEN), Event(TEN)], "[].at"),
    (dict[str, Event], {"a": {"at": NAIVE}}, {"a": Event(TEN)}, "a.at"),
    (Event | None, {"at": NAIVE}, Event(TEN), "at"),
    (datetime, NAIVE, TEN, ""),
    (list[datetime], [ZONED, NAIVE], [TEN, TEN], "[]"),
    (Diary, {"events": [{"at": NAIVE}]}, Diary([Event(TEN)]), "events[].at"),
    (Diary, {"events": [], "by_name": {"x": {"startsAt": NAIVE}}}, Diary([], {"x": Frozen(TEN)}), "by_name.x.startsAt"),
    (Diary, {"events": [], "kinds": [{"type": "call", "at": NAIVE}]}, Diary([], {}, [Call(TEN)]), "kinds[].at"),
    (Positional, {"at": NAIVE, "size": 1}, Positional(TEN, 1), "at"),
]


@pytest.mark.parametrize(("kind", "raw", "value", "path"), KINDS)
async def test_a_time_without_a_zone_is_utc(kind: Any, raw: Any, value: Any, path: str) -> None:
    reader, call, body = ResponseReader(), request(kind), msgspec.json.encode(raw)
    for drifts in ([(path, WITHOUT_ZONE)], []):
        assert await read(reader, call, body) == (value, drifts)
    assert type(reader.decode(call, body)) is type(value)  # what it has learned
    zoned = body.replace(NAIVE.encode() + b'"', ZONED.encode() + b'"')
    assert await read(ResponseReader(), call, zoned) == (value, [])


async def test_another_drift_is_learned_beside_it() -> None:
    reader, call = ResponseReader(), request(list[Event])
    assert (await read(reader, call, b'[{"at":null}]'))[1] == [("[].at", "null")]
    body = msgspec.json.encode([{"at": None}, {"at": ZONED, "until": NAIVE}])
    assert await read(reader, call, body) == ([Event(None), Event(TEN, TEN)], [("[].until", WITHOUT_ZONE)])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_types_without_plain_times_have_the_usual_decoder() -> None:
    for kind in (Contact, list[Contact], dict[str, Any], Data, Any, list[int]):
        assert own_decoder(kind) is decoder_for(kind)
