"""What goes over the wire, and over which connections."""

import asyncio
import gzip
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import aiohttp
import msgspec
import pytest

from featurebase_async import APIStatusError, AsyncFeaturebase, RetryPolicy
from featurebase_async._core.transport.aiohttp import AiohttpTransport
from featurebase_async._core.transport.aiohttp.header_sets import MAX_SETS, HeaderSet
from support.rude_server import RudeServer, Visit

if TYPE_CHECKING:
    from core.conftest import ClientOn

ONCE = RetryPolicy(retries=0)


def sets_of(client: AsyncFeaturebase) -> list[HeaderSet]:
    here = client._sender.session.current()
    assert here is not None
    transport = here.transport
    assert isinstance(transport, AiohttpTransport)
    return [*transport._headers._sets.values()]


# -- what is sent ----------------------------------------------------------------------------------------------------


async def test_a_request_on_the_wire(client_on: "ClientOn", rude: RudeServer) -> None:
    client = client_on(headers={"X-Trace": "1"})
    await client.request("GET", "/v2/items", query={"a": True, "b": ["x", "y"]})
    (request,) = rude.requests
    assert request.line == b"GET /v2/items?a=true&b=x%2Cy HTTP/1.1"
    assert request.values("Authorization") == ["Bearer sk_rude"]
    assert request.values("Featurebase-Version") == ["2026-01-01.nova"]
    assert request.values("Accept") == ["application/json"]
    assert request.values("X-Trace") == ["1"]
    (agent,) = request.values("User-Agent")
    assert agent.startswith("featurebase-async/0")
    assert request.values("Host") == [rude.url.removeprefix("http://")]
    names = [name for name, _ in request.headers]
    ours = ["Host", "Authorization", "Featurebase-Version", "Accept", "User-Agent", "X-Trace"]
    assert sorted(names) == sorted([*ours, "Accept-Encoding"])
    assert request.body == b""


async def test_no_request_changes_the_headers_of_the_next(client_on: "ClientOn", rude: RudeServer) -> None:
    client = client_on()
    for name in ("Zoë", "Ada", "Zoë"):
        await client.request("POST", "/v2/items", body={"name": name})
    first, other, last = (request.headers for request in rude.requests)
    assert first == last != other
    assert len({name for name, _ in first}) == len(first)


async def test_each_of_many_views_sends_its_own_headers(client_on: "ClientOn", rude: RudeServer) -> None:
    client = client_on()
    views = [client.with_options(headers={"X-View": str(number)}) for number in range(2 * MAX_SETS)]
    for view in (*views, *views):
        await view.request("GET", "/v2/items")
    sent = [value for request in rude.requests for value in request.values("X-View")]
    assert sent == [str(number) for number in range(len(views))] * 2
    sets = sets_of(client)
    assert len(sets) == MAX_SETS
    assert dict(sets[-1].given.items())["X-View"] == str(len(views) - 1)


async def test_headers_of_a_single_request_are_not_kept(client_on: "ClientOn", rude: RudeServer) -> None:
    """It would take the turn of those of the views, and cost more than it saves."""
    client = client_on()
    await client.request("POST", "/v2/items", body={})
    kept = sets_of(client)
    for number in range(2 * MAX_SETS):
        await client.request("POST", "/v2/items", body={}, idempotency_key=str(number))
    assert sets_of(client) == kept
    sent = [value for request in rude.requests for value in request.values("Idempotency-Key")]
    assert sent == [str(number) for number in range(2 * MAX_SETS)]


async def test_calls_on_their_way_outlive_the_turn_of_their_view(client_on: "ClientOn", rude: RudeServer) -> None:
    client = client_on(max_connections=2 * MAX_SETS)

    async def slow(visit: Visit) -> None:
        await asyncio.sleep(1)
        await visit.respond()

    rude.script = [slow] * 2 * MAX_SETS
    views = [client.with_options(headers={"X-View": str(number)}) for number in range(2 * MAX_SETS)]
    results = await asyncio.gather(*(view.request("POST", "/v2/items", body={}) for view in views))
    assert results == [{"ok": True}] * len(views)
    assert len(rude.requests) == len(views)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_content_type_comes_with_a_body_only(client_on: "ClientOn", rude: RudeServer, method: str) -> None:
    client = client_on()
    await client.request(method, "/v2/items")
    await client.request(method, "/v2/items", body={"name": "Zoë"})
    bare, full = rude.requests
    assert not bare.values("Content-Type")
    assert full.values("Content-Type") == ["application/json"]
    assert full.body == '{"name":"Zoë"}'.encode()
    assert full.values("Content-Length") == [str(len(full.body))]


@pytest.mark.parametrize(
    ("id", "target"),
    [
        ("a/b", "a%2Fb"),
        ("a?b#c", "a%3Fb%23c"),
        ("100%", "100%25"),
        ("%2e%2e", "%252e%252e"),
        ("a b+c", "a%20b%2Bc"),
        ("zoë", "zo%C3%AB"),
        ("...", "..."),
        ("a\r\nX: y", "a%0D%0AX%3A%20y"),
        ("~;=&@:", "~%3B%3D%26%40%3A"),
    ],
)
async def test_path_values_are_encoded_whole(client_on: "ClientOn", rude: RudeServer, id: str, target: str) -> None:
    client = client_on(retry=ONCE)
    rude.script.append(lambda visit: visit.respond(b"{}", status="404 Not Found"))
    with pytest.raises(APIStatusError):
        await client.users.contacts.by_user_id.retrieve(id)
    (request,) = rude.requests
    assert request.target.rpartition("/")[2] == target
    assert request.target.count("/") == 4


async def test_a_base_url_may_have_a_path(client_on: "ClientOn", rude: RudeServer) -> None:
    await client_on(base_url=f"{rude.url}/proxy%20one/").request("GET", "/v2/items")
    assert rude.requests[0].target == "/proxy%20one/v2/items"


async def test_query_values(client_on: "ClientOn", rude: RudeServer) -> None:
    timestamp = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    query = {"t": timestamp, "n": None, "none": [], "u": msgspec.UNSET, "s": "a&b=c d", "f": 1.5, "no": False}
    await client_on().request("GET", "/v2/items", query=query)
    assert rude.requests[0].target == "/v2/items?t=2026-01-02T03%3A04%3A05.000Z&n=&s=a%26b%3Dc%20d&f=1.5&no=false"


# -- connections -----------------------------------------------------------------------------------------------------


async def test_bodies_are_read_whole_and_connections_used_again(client_on: "ClientOn", rude: RudeServer) -> None:
    client = client_on(retry=ONCE)
    for status in ("200 OK", "404 Not Found", "301 Moved", "500 Oops"):
        rude.script.append(
            lambda visit, status=status: visit.respond(b'{"n":"' + b"x" * 300_000 + b'"}', status=status)
        )
    assert len((await client.request("GET", "/v2/items"))["n"]) == 300_000
    for _ in range(3):
        with pytest.raises(APIStatusError):
            await client.request("GET", "/v2/items")
    assert (len(rude.requests), rude.connections) == (4, 1)


async def test_never_more_connections_than_allowed(client_on: "ClientOn", rude: RudeServer) -> None:
    async def slow(visit: Visit) -> None:
        await asyncio.sleep(0.1)
        await visit.respond()

    rude.script = [slow] * 40
    client = client_on(max_connections=3)
    await asyncio.gather(*(client.request("GET", f"/v2/{n}") for n in range(40)))
    assert (len(rude.requests), rude.connections, rude.most_open) == (40, 3, 3)


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
async def test_redirects_are_not_followed(client_on: "ClientOn", rude: RudeServer, status: str) -> None:
    rude.script.append(lambda visit: visit.respond(b"", status=status, Location=f"{rude.url}/elsewhere"))
    with pytest.raises(APIStatusError) as raised:
        await client_on().request("GET", "/v2/items")
    assert raised.value.status == int(status[:3])
    assert len(rude.requests) == 1


async def test_a_lent_session_may_name_another_host(rude: RudeServer) -> None:
    async with (
        aiohttp.ClientSession(headers={"Host": "api.internal"}) as session,
        AsyncFeaturebase("sk_rude", base_url=rude.url, session=session) as client,
    ):
        await client.request("GET", "/v2/items")
    assert rude.requests[0].values("Host") == ["api.internal"]


async def test_a_lent_session_is_bent_to_our_needs_for_our_requests_only(rude: RudeServer) -> None:
    """It may raise for every status, not decompress, and have middlewares: they see each request once."""
    seen: list[str] = []

    async def watch(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        seen.append(request.method)
        return await handler(request)

    async def zipped(visit: Visit) -> None:
        await visit.respond(gzip.compress(b'{"zipped":1}'), Content_Encoding="gzip")

    rude.script = [lambda visit: visit.respond(b"{}", status="404 Not Found"), zipped]
    async with aiohttp.ClientSession(raise_for_status=True, auto_decompress=False, middlewares=(watch,)) as session:
        client = AsyncFeaturebase("sk_rude", base_url=rude.url, session=session)
        with pytest.raises(APIStatusError) as raised:
            await client.request("GET", "/v2/items")
        assert raised.value.status == 404
        assert await client.request("POST", "/v2/items") == {"zipped": 1}
        await client.aclose()
        assert seen == ["GET", "POST"]
        assert await (await session.get(rude.url)).json() == {"ok": True}
