"""What servers and callers can do at worst: `python odd_input.py` prints a line of JSON.

`error` is the most milliseconds that it takes to make an error, whatever was sent or came back; `stall` the most
milliseconds of its own that the event loop waits while a hostile page of 1 MiB is read.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time

import msgspec
from contenders import KEY

from featurebase_async import AsyncFeaturebase
from featurebase_async._core.decode import ResponseReader, decoder_for
from featurebase_async._core.error_mapping import error_from_response
from featurebase_async._core.request import Request
from featurebase_async._core.response import Response
from featurebase_async.models import Contact
from featurebase_async.paging.page import envelope_of

__all__: list[str] = []

HTML = '<p class="x">Hello & welcome to all of it — "now"\n</p>' * 60_000
WORDS = [f"word {number} of many" for number in range(5_000)]
ECHO = {"error": {"code": "invalid", "message": "word 17 of many is taken, ada@example.com", "details": [{"a": "b"}]}}
CASES = (
    ({"title": "Ada", "html": HTML}, ECHO),
    ({"tags": WORDS}, ECHO),
    ({"tags": WORDS * 20}, ECHO),
    ({"numbers": list(range(300_000))}, ECHO),
    ({"title": "Ada"}, {"message": "a@" * 20_000}),
    ({"title": "Ada"}, {"message": "x" * 40_000}),
    ({"tags": WORDS[:4_000]}, {"message": "x", "details": [{"a": ["word 5 of many"] * 100}] * 20}),
    ({"title": "Ada"}, {"details": [{"a": 1}] * 10_000}),
    ({"title": "Ada"}, {"message": "x" * 2**22}),
)
PAGES = (b'{"data":[' + b"0," * 2**19 + b"0]}", b'{"data":[' + b"{}," * 2**18 + b"{}]}")


def error_ms() -> float:
    """Make an error in each case, and find the slowest; each is as fast as the best of some tries."""
    sender = AsyncFeaturebase(KEY)._sender  # noqa: SLF001 -- what makes errors
    worst = 0.0
    for sent, said in CASES:
        body = msgspec.json.encode(sent)
        call = sender.prepare(Request(operation="x", method="POST", path="/x", decoder=decoder_for(dict), body=body))
        response = Response(400, {}, msgspec.json.encode(said))
        times: list[float] = []
        for _ in range(5):
            began = time.perf_counter()
            error_from_response(call, response)
            times.append(time.perf_counter() - began)
        worst = max(worst, min(times))
    return worst * 1e3


async def stall_ms() -> float:
    """Find how long another task waits for its turn while a hostile page is read."""
    request = Request(operation="x", method="GET", path="/x", decoder=decoder_for(envelope_of(Contact)))
    worst = 0.0
    async with AsyncFeaturebase(KEY) as client:
        for page in PAGES:
            call = client._sender.prepare(request)  # noqa: SLF001 -- what reads pages
            reading = asyncio.create_task(ResponseReader().decode_with_drift(call, Response(200, {}, page)))
            while not reading.done():
                began = time.perf_counter()
                await asyncio.sleep(0)
                worst = max(worst, time.perf_counter() - began)
            await reading
    return worst * 1e3


if __name__ == "__main__":
    # Else a full collection may pass over all that was imported, at whatever time, and be taken for a stall.
    gc.collect()
    gc.freeze()
    json.dump({"error": error_ms(), "stall": asyncio.run(stall_ms())}, sys.stdout)
