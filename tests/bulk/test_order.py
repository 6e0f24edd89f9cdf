"""Results belong to their rows, whatever order the responses come in, and whatever goes wrong."""

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from featurebase_async import AsyncFeaturebase, RetryPolicy
from featurebase_async._core.response import Failure, Response
from support import virtual_time
from support.rows import assert_adds_up, assert_one_each
from support.transport import Double, client_on

if TYPE_CHECKING:
    from featurebase_async._core.request import Request

LOST = Failure(kind="lost", sent=True, text="connection lost", cause=ConnectionResetError())
REFUSED = Failure(kind="connect", sent=False, text="no connection", cause=ConnectionRefusedError())

FATES: Any = st.sampled_from(["created", "updated", "refused", "lost", "broken", "retried", "bad row", "unconnected"])
DELAYS = st.sampled_from([0.0, 0.0, 0.1, 0.5, 2.0])
ROWS = st.lists(st.tuples(st.integers(0, 9), FATES, DELAYS), min_size=1, max_size=40)
OUTCOMES = {
    "created": "created",
    "updated": "updated",
    "refused": "failed",
    "lost": "unknown",
    "broken": "unknown",
    "retried": "created",
    "bad row": "failed",
    "unconnected": "failed",
}


class Server(Double):
    """Responds to each row as the row says, and as late; notes what is in flight."""

    def __init__(self) -> None:
        super().__init__(self.respond)
        self.tries: dict[str, int] = {}
        self.in_flight: set[str] = set()
        self.order: list[tuple[str, int]] = []

    async def exchange(self, request: Any) -> Any:
        body = msgspec.json.decode(request.body or b"")
        key = body["userId"]
        assert key not in self.in_flight
        self.in_flight.add(key)
        try:
            await asyncio.sleep(body["customFields"]["delay"])
            return await super().exchange(request)
        finally:
            self.in_flight.remove(key)

    def respond(self, request: "Request[Any]") -> Response | Failure:
        body = msgspec.json.decode(request.body or b"")
        name, fate = body["name"], body["customFields"]["fate"]
        self.tries[name] = self.tries.get(name, 0) + 1
        if self.tries[name] == 1:
            self.order.append((body["userId"], int(name)))
        contact = msgspec.json.encode({"object": "contact", "id": f"id-{name}", "name": name})
        match fate:
            case "refused":
                return Response(400, {}, msgspec.json.encode({"message": f"no {name}"}))
            case "lost":
                return LOST
            case "unconnected":
                return REFUSED
            case "broken":
                return Response(201, {}, b"<html>")
            case "retried" if self.tries[name] == 1:
                return Response(500, {}, b"{}")
            case _:
                return Response(200 if fate == "updated" else 201, {}, contact)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.integers(1, 32), st.booleans(), st.booleans())
def test_each_row_has_its_own_result(
    drawn: "list[tuple[int, str, float]]", concurrency: int, stream: bool, generator: bool
) -> None:
    # The first one gets a response, so that nobody takes the server for one that was never there.
    drawn = [(10, "created", 0.0), *drawn]
    rows: list[dict[str, Any]] = [
        {
            "user_id": f"u{key}",
            "name": "x" * 501 if fate == "bad row" else str(number),
            "custom_fields": {"fate": fate, "delay": delay},
            "_ref": number,
        }
        for number, (key, fate, delay) in enumerate(drawn)
    ]
    server = Server()

    async def run(client: AsyncFeaturebase) -> list[Any]:
        source: Any = iter(rows) if generator else rows
        if not stream:
            report = await client.users.contacts.upsert_many(source, concurrency=concurrency, keep_results=True)
            assert report.results is not None
            results = report.results
        else:
            async with client.users.contacts.upsert_stream(source, concurrency=concurrency) as stream_of_results:
                results = [result async for result in stream_of_results]
            report = stream_of_results.report
        assert_adds_up(report, len(drawn))
        failures = {result.index: result for result in report.failures}
        assert failures == {each.index: each for each in results if each.outcome not in ("created", "updated")}
        return results

    async def main() -> list[Any]:
        async with client_on(server, retry=RetryPolicy(retries=1, budget=10)) as client:
            return await run(client)

    results = virtual_time.run(main())
    assert_one_each(results, len(drawn))
    for result in results:
        key, fate, _ = drawn[result.index]
        assert (result.key, result.ref) == (f"u{key}", result.index)
        assert result.outcome == OUTCOMES[fate]
        if result.outcome in ("created", "updated"):
            assert (result.value.name, result.id) == (str(result.index), f"id-{result.index}")
            assert result.error is None
        else:
            assert (result.value, result.id) == (None, None)
        if fate == "refused":
            assert result.error.message == f"no {result.index}"
        assert result.attempts == {"bad row": 0, "retried": 2, "lost": 2, "unconnected": 2}.get(fate, 1)
    # Of each key in the order of the rows.
    for key in range(11):
        numbers = [number for user_id, number in server.order if user_id == f"u{key}"]
        assert numbers == sorted(numbers)
