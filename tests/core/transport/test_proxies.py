"""Proxies: which one the environment names, and what becomes of a call when one misbehaves."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import APIConnectionError, AsyncFeaturebase, ConfigurationError, RetryPolicy, Timeout
from featurebase_async._core.transport.proxies import environment_proxy
from support.rude_server import RudeServer, Visit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

API = "https://do.featurebase.app"
PROXY = "http://proxy.example:3128"
ONCE = RetryPolicy(retries=0)
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUEST_METHOD")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({}, API, None),
        ({"HTTPS_PROXY": PROXY}, API, PROXY),
        ({"https_proxy": PROXY}, API, PROXY),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other:1"}, API, PROXY),
        ({"http_proxy": PROXY}, API, None),
        ({"http_proxy": PROXY}, "http://api.example", PROXY),
        ({"all_proxy": PROXY}, API, PROXY),
        ({"ALL_PROXY": "http://other:1", "https_proxy": PROXY}, API, PROXY),
        ({"https_proxy": ""}, API, None),
        ({"https_proxy": "proxy.example:3128"}, API, PROXY),
        ({"https_proxy": "127.0.0.1:3128"}, API, "http://127.0.0.1:3128"),
        ({"https_proxy": "[::1]:3128"}, API, "http://[::1]:3128"),
        ({"https_proxy": "proxy.example"}, API, "http://proxy.example"),
        ({"https_proxy": "https://u:p@proxy.example"}, API, "https://u:p@proxy.example"),
        ({"https_proxy": f" {PROXY}\n"}, API, PROXY),
        ({"https_proxy": "HTTP://proxy.example:3128"}, API, "HTTP://proxy.example:3128"),
        ({"https_proxy": "http://pröxy_1.example."}, API, "http://pröxy_1.example."),
        # What is on this machine needs no TLS: the key must not leave it.
        ({"http_proxy": PROXY}, "http://localhost:8000", None),
        ({"http_proxy": PROXY}, "http://127.0.0.1:8000", None),
        ({"http_proxy": "127.0.0.1:3128"}, "http://127.0.0.1:8000", "http://127.0.0.1:3128"),
    ],
)
def test_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str, proxy: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert environment_proxy(url) == proxy


HOST = "https://api.featurebase.app"


@pytest.mark.parametrize(
    ("no_proxy", "url", "direct"),
    [
        ("*", HOST, True),
        ("a, *", HOST, True),
        ("localhost featurebase.app", HOST, True),
        ("localhost,\n  featurebase.app\n", HOST, True),
        ("*:443", HOST, True),
        ("*:80", HOST, False),
        ("api.featurebase.app", HOST, True),
        ("API.Featurebase.App", HOST, True),
        ("featurebase.app", HOST, True),
        (".featurebase.app", HOST, True),
        ("*.featurebase.app", HOST, True),
        (" x.example , .featurebase.app ", HOST, True),
        ("featurebase.app.", HOST, True),
        ("featurebase.app", "https://api.featurebase.app.", True),
        ("base.app", HOST, False),
        ("featurebase", HOST, False),
        ("app.featurebase", HOST, False),
        ("", HOST, False),
        (",", HOST, False),
        (".", HOST, False),
        ("*.", HOST, False),
        ("api.featurebase.app:443", HOST, True),
        ("featurebase.app:443", HOST, True),
        ("api.featurebase.app:8443", HOST, False),
        ("api.featurebase.app:8443", f"{HOST}:8443", True),
        ("api.featurebase.app:", HOST, True),
        ("10.0.0.0/8", "https://10.1.2.3", True),
        ("10.0.0.0/8", "https://11.1.2.3", False),
        ("10.1.2.3/8", "https://10.9.9.9", True),
        ("10.1.2.3", "https://10.1.2.3", True),
        ("10.1.2.3:443", "https://10.1.2.3", True),
        ("10.1.2.3:80", "https://10.1.2.3", False),
        ("10.0.0.0/8", HOST, False),
        ("10.0.0.0/99", "https://10.1.2.3", False),
        ("featurebase.app", "https://10.1.2.3", False),
        ("fd00::/8", "https://[fd00::1]", True),
        ("fd00::1", "https://[fd00::1]", True),
        ("[fd00::1]", "https://[fd00::1]", True),
        ("[fd00::1]:443", "https://[fd00::1]", True),
        ("[fd00::1]:80", "https://[fd00::1]", False),
        ("fe00::/8", "https://[fd00::1]", False),
    ],
)
def test_no_proxy(monkeypatch: pytest.MonkeyPatch, no_proxy: str, url: str, direct: bool) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert environment_proxy(url) == (None if direct else PROXY)


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("https_proxy", "socks5://127.0.0.1:1080", "names a socks5 proxy"),
        ("HTTPS_PROXY", "socks5h://user:secret@127.0.0.1:1080", "names a socks5h proxy"),
        ("ALL_PROXY", "ftp://proxy.example", "names a ftp proxy"),
        ("HTTPS_PROXY", "http://", "is not a URL"),
        ("HTTPS_PROXY", "http://proxy.example:port", "is not a URL"),
        ("HTTPS_PROXY", "http://user:secret@proxy.example:99999", "is not a URL"),
        ("HTTPS_PROXY", "http://[::1", "is not a URL"),
        ("HTTPS_PROXY", "SOCKS5://127.0.0.1:1080", "names a socks5 proxy"),
        ("HTTPS_PROXY", '"http://proxy.example"', "is not a URL"),
        ("HTTPS_PROXY", "http://secret proxy:3128", "is not a URL"),
        ("HTTPS_PROXY", "http://proxy..example", "is not a URL"),
        ("HTTPS_PROXY", "http://256.1.1.1:3128", "is not a URL"),
        ("HTTPS_PROXY", f"http://{'a' * 64}:3128", "is not a URL"),
        ("HTTPS_PROXY", "http:/secret", "is not a URL"),
    ],
)
async def test_a_proxy_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, name: str, value: str, wrong: str) -> None:
    monkeypatch.setenv(name, value)
    client = AsyncFeaturebase("sk_key", base_url=API, trust_env=True)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=f"{name} {wrong}: only HTTP proxies") as raised:
            await client.request("GET", "/v2/items")
        assert "secret" not in str(raised.value)
    monkeypatch.setenv("NO_PROXY", "featurebase.app")
    assert environment_proxy(API) is None
    await client.aclose()


def test_a_proxy_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no variable names one, Windows and macOS have settings of their own."""
    monkeypatch.setattr("urllib.request.getproxies", lambda: {"https": "socks5://127.0.0.1:1080"})
    with pytest.raises(ConfigurationError, match="the proxy setting of the system names a socks5 proxy"):
        environment_proxy(API)


# -- proxies that misbehave ------------------------------------------------------------------------------------------


async def hang_up(visit: Visit) -> None:
    visit.close()


async def reset(visit: Visit) -> None:
    visit.reset()


async def half(visit: Visit) -> None:
    await visit.send(b"HTTP/1.1 200 Conn")
    visit.close()


async def nonsense(visit: Visit) -> None:
    await visit.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    visit.close()


async def silence(visit: Visit) -> None:
    await visit.silence()


async def forbid(visit: Visit) -> None:
    await visit.respond(b"", status="403 Forbidden")


async def accept_and_close(visit: Visit) -> None:
    await visit.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
    visit.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("lent", [False, True])
@pytest.mark.parametrize("fault", [hang_up, reset, half, nonsense, silence, forbid, accept_and_close])
async def test_nothing_was_sent(fault: "Callable[[Visit], Awaitable[None]]", method: str, lent: bool) -> None:
    """Until the tunnel stands, the server has seen nothing: even what may not be repeated is tried again."""
    import aiohttp

    session = aiohttp.ClientSession() if lent else None
    async with RudeServer(script=[fault] * 3) as proxy:
        options: dict[str, Any] = {"retry": RetryPolicy(retries=2), "timeout": Timeout(connect=3), "session": session}
        async with AsyncFeaturebase("sk_key", base_url="https://x.invalid", proxy=proxy.url, **options) as client:
            with pytest.raises(APIConnectionError, match=r"no connection to x\.invalid:443 via the proxy") as raised:
                await client.request(method, "/v2/items", repeatable=False)
        assert not raised.value.sent
        assert f"{method} /v2/items (request, 3 attempts): " in str(raised.value)
        assert proxy.url.removeprefix("http://") in str(raised.value)
        assert [request.line for request in proxy.requests] == [b"CONNECT x.invalid:443 HTTP/1.1"] * 3
        assert "sk_key" not in str(proxy.requests)
    if session is not None:
        await session.close()


async def test_a_kept_connection_to_a_proxy() -> None:
    """It is examined like one to the server."""

    async def push(visit: Visit) -> None:
        await visit.respond()
        await asyncio.sleep(0.1)
        await visit.respond(b'{"wrong":true}')

    async with RudeServer(script=[push]) as proxy:
        options: dict[str, Any] = {"proxy": proxy.url, "retry": ONCE, "allow_http": True}
        async with AsyncFeaturebase("sk_key", base_url="http://x.invalid", **options) as client:
            await client.request("GET", "/v2/items")
            await asyncio.sleep(1)
            assert await client.request("POST", "/v2/items") == {"ok": True}
        assert proxy.connections == 2
