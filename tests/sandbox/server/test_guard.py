"""The sandbox serves no name that somebody else has pointed at it, and no page of another site."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async.sandbox import Sandbox

if TYPE_CHECKING:
    from support.bare_api import Api, OpenApi


def port_of(api: "Api") -> str:
    return api.sandbox.url.rpartition(":")[2]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "LocalHost", "localhost.", "127.0.0.9", "[::1]", "2130706433"]
)
async def test_loopback_hosts_are_served(api: "Api", host: str) -> None:
    for path in ("/v2/contacts", "/_sandbox/log"):
        assert (await api("GET", path, Host=f"{host}:{port_of(api)}")).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:{port}",
        "127.0.0.1.nip.io:{port}",
        "localhost.evil:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.1:{port}x",
        "127.0.0.1:{port}/",
        "user@127.0.0.1:{port}",
        "[::1:{port}",
        "",
        "evil.example",
    ],
)
async def test_other_hosts_are_refused(api: "Api", host: str) -> None:
    await api.contact(userId="u1")
    for method, path in (("GET", "/v2/contacts"), ("GET", "/_sandbox/log"), ("POST", "/_sandbox/reset")):
        reply = await api(method, path, Host=host.format(port=port_of(api)))
        assert (reply.status, reply.error["code"]) == (403, "host_not_allowed")
        assert "u1" not in reply.text
    assert len(api.sandbox.store.contacts) == 1
    assert [entry.status for entry in api.sandbox.log] == [201, 403]


async def test_a_request_has_one_host(api: "Api") -> None:
    for hosts in ("", "Host: 127.0.0.1:{port}\r\nHost: 127.0.0.1:{port}\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port_of(api)))
        writer.write(f"GET /_sandbox/log HTTP/1.0\r\n{hosts.format(port=port_of(api))}\r\n".encode())
        assert b" 403 " in await reader.readline() or hosts
        writer.close()
        await writer.wait_closed()


async def test_hosts_can_be_allowed(open_api: "OpenApi") -> None:
    api = await open_api(allowed_hosts=("Sandbox.test", "box.test:9000", "[fd00::1]"))
    port = port_of(api)
    for host in (f"sandbox.test:{port}", "BOX.test:9000", f"[fd00::1]:{port}"):
        assert (await api("GET", "/v2/contacts", Host=host)).status == 200
    for host in ("sandbox.test", f"box.test:{port}", "box.test", "[fd00::1]"):
        assert (await api("GET", "/v2/contacts", Host=host)).status == 403


async def test_the_address_it_listens_on_is_allowed(open_api: "OpenApi") -> None:
    api = await open_api(host="0.0.0.0")  # noqa: S104 - no server of a test outlives it
    assert api.sandbox.url.startswith("http://0.0.0.0:")
    assert (await api("GET", "/v2/contacts", Host=f"0.0.0.0:{port_of(api)}")).status == 200
    assert (await api("GET", "/v2/contacts", Host=f"192.0.2.7:{port_of(api)}")).status == 403


def test_allowed_hosts_are_a_tuple() -> None:
    with pytest.raises(TypeError, match="allowed_hosts must be a tuple"):
        Sandbox(allowed_hosts="sandbox.test")  # type: ignore[arg-type]


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Content_Type": FORM},
        {"Content_Type": "text/plain; charset=utf-8"},
        {"Content_Type": "multipart/form-data; boundary=x"},
    ],
)
async def test_control_routes_refuse_other_sites(api: "Api", headers: dict[str, Any]) -> None:
    await api.contact(userId="u1")
    for body in (None, b"{}"):
        for what in ("reset", "faults", "seed"):
            reply = await api("POST", f"/_sandbox/{what}", body, **headers)
            assert (reply.status, reply.error["code"]) == (403, "cross_site")
    assert (await api("DELETE", "/_sandbox/faults", **headers)).status == 403
    if "Content_Type" not in headers:
        reply = await api("GET", "/_sandbox/log", **headers)
        assert reply.status == 403
        assert "u1" not in reply.text
    assert len(api.sandbox.store.contacts) == 1
    assert not api.sandbox.faults.scripted


async def test_control_routes_take_pages_of_their_own(api: "Api") -> None:
    for headers in ({"Origin": api.sandbox.url}, {"Sec_Fetch_Site": "same-origin"}, {"Sec_Fetch_Site": "none"}, {}):
        assert (await api("GET", "/_sandbox/log", **headers)).status == 200
        assert (await api("POST", "/_sandbox/reset", **headers)).status == 200
        assert (await api("POST", "/_sandbox/seed", {"contacts": 1}, **headers)).status == 200
