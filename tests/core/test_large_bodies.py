"""Large bodies that the tolerant decoder reads: piece by piece, beside other tasks, and cancelled."""

import asyncio
from typing import Any

import msgspec
import pytest

from featurebase_async import Contact
from featurebase_async._core import decode
from featurebase_async._core.decode import ResponseReader, decode_tolerantly
from featurebase_async.paging.page import envelope_of
from support.trees import read, request


@pytest.mark.parametrize(
    "body",
    [
        b'{"data":[' + b"0," * 200_000 + b"0]}",
        b'{"data":[' + b"{}," * 20_000 + b"{}]}",
        b'{"data":[' + b'"",null,[],' * 20_000 + b"{}]}",
        b'{"data":[{"object":"contact","id":"1","name":"n","type":"lead","companies":[' + b"{}," * 20_000 + b"0]}]}",
    ],
    ids=["numbers", "objects", "mixed", "nested"],
)
@pytest.mark.real_time
async def test_other_tasks_go_on_while_a_hostile_page_is_read(body: bytes) -> None:
    reader, call = ResponseReader(), request(envelope_of(Contact))
    reading = asyncio.create_task(read(reader, call, body))
    turns = 0
    while not reading.done():
        turns += 1
        await asyncio.sleep(0)
    value, new = await reading
    assert turns > 2
    assert len(new) < 50
    assert len(value.data) == len(msgspec.json.decode(body)["data"])
    assert repr(value) == repr((await read(reader, call, body))[0])


LONG = [{"a": [1, "b,c", {"d": 'e],"'}]}, 0, "x, y", [2, 3], {"f": ","}] * 150
LARGE = {"a": 1, "items": LONG, "text": "," * 5_000, "one": [["," * 5_000], 1]}


@pytest.mark.parametrize("value", [LARGE, LONG, "," * 5_000, {"deep": [LONG]}, [LONG], ["x" * 5_000], {}])
def test_large_bodies_are_decoded_in_pieces(value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "PIECE", 2**12)
    for body in (msgspec.json.encode(value), msgspec.json.format(msgspec.json.encode(value))):
        assert decode_tolerantly(b"  " + body + b" ", Any, "x") == (value, [])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"item 7 ", b"item 7 \xff "),
        (b"item 7 ", b"item 7 \\ud83d "),
        (b'"id":7,', b'"id":1e999,'),
        (b'"id":7,', b'"id":NaN,'),
        (b'"name"', b'"\\udc00"'),
    ],
)
def test_large_bodies_with_odd_bytes(old: bytes, new: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read piece by piece, they are what they are when read at once."""
    items = [{"id": number, "name": f"item {number} {'é' * 50}"} for number in range(200)]
    body = msgspec.json.encode({"data": items, "next": "x"}).replace(old, new, 1)
    if b"NaN" in new:
        with pytest.raises(msgspec.DecodeError):
            decode_tolerantly(body, dict[str, Any], "x")
    else:
        whole = decode_tolerantly(body, dict[str, Any], "x")
        monkeypatch.setattr(decode, "PIECE", 2**12)
        assert decode_tolerantly(body, dict[str, Any], "x") == whole
        assert len(whole[0]["data"]) == 200
        assert len(whole[1]) == 1


@pytest.mark.parametrize("end", [b"", b"]", b",]}", b"0 0]}", b"\xff]}", b'"\xff"]}', b"NaN]}"])
def test_large_bodies_that_are_broken(end: bytes) -> None:
    body = b'{"a":[' + b"0," * 300_000 + end
    if end == b'"\xff"]}':
        value, drifts = decode_tolerantly(body, dict[str, Any], "x")
        assert (value["a"][-1], len(drifts)) == ("\ufffd", 1)
        return
    with pytest.raises(msgspec.DecodeError):
        decode_tolerantly(body, dict[str, Any], "x")


@pytest.mark.real_time
async def test_a_call_that_is_cancelled_leaves_no_thread_at_work() -> None:
    reader, call = ResponseReader(), request(envelope_of(Contact))
    reading = asyncio.create_task(read(reader, call, b'{"data":[' + b"{}," * 300_000 + b"{}]}"))
    await asyncio.sleep(0.05)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await asyncio.wait_for(asyncio.get_running_loop().shutdown_default_executor(), 10)
