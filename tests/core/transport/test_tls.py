"""TLS is verified, and proxies that refuse."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from featurebase_async import APIConnectionError, AsyncFeaturebase, RetryPolicy
from support.rude_server import RudeServer, Visit

# A key and a certificate that nobody trusts, valid for localhost and a hundred years.
PEM = Path(__file__).parents[2] / "support" / "localhost.pem"
ONCE = RetryPolicy(retries=0)


@pytest.fixture
async def secure() -> AsyncIterator[str]:
    """Serve over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    yield f"https://localhost:{server.sockets[0].getsockname()[1]}"
    server.close()


async def test_a_certificate_that_is_not_trusted(secure: str) -> None:
    async with AsyncFeaturebase("sk_key", base_url=secure, retry=ONCE) as client:
        with pytest.raises(APIConnectionError, match="certificate is not valid") as raised:
            await client.request("POST", "/v2/items")
    assert not raised.value.sent
    assert isinstance(raised.value.__cause__, ssl.SSLCertVerificationError)


async def test_a_context_of_ones_own(secure: str) -> None:
    context = ssl.create_default_context(cafile=str(PEM))
    async with AsyncFeaturebase("sk_key", base_url=secure, ssl=context) as client:
        assert await client.request("POST", "/v2/items") == {}


async def test_a_proxy_that_refuses() -> None:
    """Nothing was sent to the server itself."""

    async def refuse(visit: Visit) -> None:
        await visit.respond(b"", status="407 Proxy Authentication Required")

    async with RudeServer(script=[refuse] * 2) as proxy:
        retry = RetryPolicy(retries=1)
        async with AsyncFeaturebase("sk_key", base_url="https://x.invalid", proxy=proxy.url, retry=retry) as client:
            with pytest.raises(
                APIConnectionError,
                match=r"no connection to x\.invalid:443 via the proxy 127\.0\.0\.1:\d+: the proxy responded 407",
            ) as raised:
                await client.request("POST", "/v2/items")
    assert not raised.value.sent
    assert [request.line for request in proxy.requests] == [b"CONNECT x.invalid:443 HTTP/1.1"] * 2
    sent = {name: value for request in proxy.requests for name, value in request.headers}
    assert sent.keys() == {"Host", "Accept", "Accept-Encoding", "User-Agent"}
    assert "sk_key" not in str(sent)
