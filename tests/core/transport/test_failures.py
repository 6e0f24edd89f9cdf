"""What an error of the stack below means, and the words it is reported in."""

import asyncio
import socket
import ssl
from math import inf
from typing import Any
from unittest.mock import Mock

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from featurebase_async import APIConnectionError, AsyncFeaturebase, RetryPolicy
from featurebase_async._core.transport.aiohttp.failures import Peer, failure_of
from featurebase_async._core.transport.timeouts import AttemptTimeout
from featurebase_async.sandbox import Sandbox

HERE = "api.example:443"
PROXY = Peer(HERE, "proxy.example:3128")


def key(host: str, port: int) -> ConnectionKey:
    return ConnectionKey(host, port, True, True, None, None, None)


def attempt(**values: Any) -> AttemptTimeout:
    return AttemptTimeout(Mock(), 0, inf, inf, **values)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), "host"),
        (socket.gaierror(socket.EAI_NODATA, "no address"), "host"),
        (socket.gaierror(socket.EAI_AGAIN, "try again"), "connect"),
        (socket.gaierror(socket.EAI_FAIL, "server failure"), "connect"),
        (OSError(None, "Domain name not found"), "connect"),  # a resolver of the caller's, which does not know
    ],
)
def test_only_a_name_that_does_not_exist_is_final(error: OSError, kind: str) -> None:
    failure = failure_of(aiohttp.ClientConnectorDNSError(key("api.example", 443), error), attempt(), Peer(HERE), 10)
    assert (failure.kind, failure.sent) == (kind, False)
    assert isinstance(failure.cause, OSError)
    assert (failure.cause.errno, failure.cause.strerror) == (error.errno, error.strerror)
    assert isinstance(failure.cause, socket.gaierror) == (kind == "host")
    assert failure.text.startswith("no connection to api.example:443: ")
    assert ("no such host" in failure.text) == (kind == "host")


def test_the_name_of_a_proxy() -> None:
    error = aiohttp.ClientConnectorDNSError(key("proxy.example", 3128), socket.gaierror(socket.EAI_NONAME, "unknown"))
    failure = failure_of(error, attempt(), PROXY, 10)
    assert failure.text == "no connection to the proxy proxy.example:3128: no such host"


def tls_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] ...")
    error.reason = reason
    return error


REFUSED = OSError(111, "Connect call failed ('10.0.0.1', 443)")
LATE = ConnectionAbortedError("SSL handshake is taking longer than 60.0 seconds: aborting the connection")


@pytest.mark.parametrize(
    ("error", "peer", "text"),
    [
        (aiohttp.ClientConnectorError(key("api.example", 443), REFUSED), Peer(HERE), f"to {HERE} (connection refused)"),
        (
            aiohttp.ClientConnectorError(key("api.example", 443), OSError("Multiple exceptions: ...")),
            Peer(HERE),
            f"to {HERE} (os error)",
        ),
        (
            aiohttp.ClientConnectorError(key("api.example", 443), LATE),
            Peer(HERE),
            f"to {HERE} (connection aborted error)",
        ),
        (
            aiohttp.ClientProxyConnectionError(key("proxy.example", 3128), REFUSED),
            PROXY,
            "to the proxy proxy.example:3128 (connection refused)",
        ),
        (
            aiohttp.ClientConnectorError(key("::1", 443), REFUSED),
            Peer("[::1]:443"),
            "to [::1]:443 (connection refused)",
        ),
        (
            aiohttp.ClientConnectorError(key("fe80::1%eth9", 443), socket.gaierror(socket.EAI_NONAME, "Name unknown")),
            Peer("[fe80::1%eth9]:443"),
            "to [fe80::1%eth9]:443 (name unknown)",
        ),
        (aiohttp.ConnectionTimeoutError("..."), PROXY, f"to {HERE} via the proxy proxy.example:3128 within 2.5 s"),
        (
            aiohttp.ClientConnectorSSLError(key("api.example", 443), tls_error("WRONG_VERSION_NUMBER")),
            Peer(HERE),
            f"to {HERE}: the TLS handshake failed (wrong version number)",
        ),
        (RuntimeError("Session is closed"), Peer(HERE), f"to {HERE}: runtime error"),
        (
            aiohttp.ClientConnectorCertificateError(key("api.example", 443), ssl.CertificateError("?")),
            Peer(HERE),
            f"to {HERE}: the server's certificate is not valid (unknown reason)",
        ),
    ],
)
def test_never_connected(error: Exception, peer: Peer, text: str) -> None:
    failure = failure_of(error, attempt(), peer, 2.5)
    assert not failure.sent
    assert failure.text == f"no connection {text}"


def test_no_timeout_of_ours() -> None:
    failure = failure_of(aiohttp.ConnectionTimeoutError("..."), attempt(), Peer(HERE), None)
    assert failure.text == f"no connection to {HERE} in time"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ConnectionResetError(104, "..."), "lost before a response came (connection reset by peer)"),
        (
            aiohttp.ClientConnectionResetError("Cannot write to closing transport"),
            "lost before a response came (client connection reset error)",
        ),
        (ZeroDivisionError("of a middleware"), "lost before a response came (zero division error)"),
    ],
)
def test_lost(error: Exception, text: str) -> None:
    failure = failure_of(error, attempt(connection=Mock()), Peer(HERE), 10)
    assert (failure.kind, failure.sent) == ("lost", True)
    assert failure.text == f"connection to {HERE} {text}"


def test_lost_by_tls() -> None:
    """aiohttp makes its error of the number of the original, which is one of OpenSSL's."""
    error = aiohttp.ClientOSError(1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] ...")
    error.__cause__ = cause = tls_error("TLSV13_ALERT_CERTIFICATE_REQUIRED")
    failure = failure_of(error, attempt(connection=Mock()), Peer(HERE), 10)
    assert failure.text.endswith("lost before a response came (tlsv13 alert certificate required)")
    cause.reason = ""
    assert failure_of(error, attempt(connection=Mock()), Peer(HERE), 10).text.endswith("(tls error)")


def test_a_response_that_says_no_more() -> None:
    error = aiohttp.ClientResponseError(Mock(), ())
    failure = failure_of(error, attempt(connection=Mock()), Peer(HERE), 10)
    assert failure.text == f"the response from {HERE} cannot be read"


@pytest.mark.parametrize(("errno", "created"), [(socket.EAI_AGAIN, 10), (socket.EAI_NONAME, 0)])
async def test_an_import_while_names_are_not_resolved(
    monkeypatch: pytest.MonkeyPatch, errno: int, created: int
) -> None:
    """A resolver that is out of reach for some seconds stops nothing; a name that does not exist does."""
    async with Sandbox(key_limit=10**6, workspace_limit=10**6) as sandbox:
        loop = asyncio.get_running_loop()
        url = sandbox.url.replace("127.0.0.1", "localhost")
        began = loop.time()

        async def resolve(_: Any, host: str, port: int, *__: Any, **___: Any) -> Any:
            if loop.time() - began < 3 or errno == socket.EAI_NONAME:
                raise socket.gaierror(errno, "no")
            return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": 2, "proto": 6, "flags": 0}]

        monkeypatch.setattr(aiohttp.TCPConnector, "_resolve_host", resolve)
        retry = RetryPolicy(retries=9)
        async with AsyncFeaturebase(sandbox.api_key, base_url=url, retry=retry) as client:
            run = client.users.contacts.upsert_many(
                [{"email": f"{number}@x.io"} for number in range(10)], concurrency=2
            )
            if created:
                assert (await run).created == created
            else:
                with pytest.raises(APIConnectionError, match=r"no connection to localhost:\d+: no such host"):
                    await run


@pytest.mark.parametrize("fault", [socket.gaierror(socket.EAI_AGAIN, "try again"), ConnectionRefusedError(111, "no")])
async def test_the_retry_budget_is_not_used_up_while_nothing_connects(
    monkeypatch: pytest.MonkeyPatch, fault: OSError
) -> None:
    """It protects the server, which sees none of these attempts: each row has all of its retries."""
    async with Sandbox(key_limit=10**6, workspace_limit=10**6) as sandbox:
        loop = asyncio.get_running_loop()
        began = loop.time()
        resolved = aiohttp.TCPConnector._resolve_host

        async def resolve(*args: Any, **options: Any) -> Any:
            if loop.time() - began < 20:
                raise fault
            return await resolved(*args, **options)

        monkeypatch.setattr(aiohttp.TCPConnector, "_resolve_host", resolve)
        async with AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url, retry=RetryPolicy(retries=20)) as client:
            report = await client.users.contacts.upsert_many([{"email": f"{number}@x.io"} for number in range(200)])
            assert report.created == 200
            assert client.stats().retries > 0.2 * 200 + 10
