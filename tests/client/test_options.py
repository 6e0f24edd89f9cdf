"""Everything wrong in the options is refused when the client is built, by an error that names the option."""

import math
import ssl
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from featurebase_async import AsyncFeaturebase, ConfigurationError, FeaturebaseError, Pacing, RetryPolicy, Timeout
from featurebase_async.sandbox import Sandbox


class NoHook:
    def on_requst(self, exchange: object) -> None:
        """A name with a slip in it."""


class AsyncHook:
    async def on_request(self, exchange: object) -> None:
        """Nobody would await it."""


class Bound:
    on_retry = 5


WRONG_URLS: list[object] = [
    *("", "featurebase.app", "ftp://x", "https://", "https:///x", "https://x:0", "https://x:99999", "https://x:port"),
    *("//x", "https:x", "https://x:", "https://[::1", "https://[::g]", "https://x..y", "https://-x", "https://.x"),
    *("https://x/?q", "https://x?", "https://x/a?", "https://x/#f", "https://x#", "https://x/a#", "https://x/?#"),
    *("https://u:p@x", "https://u@x", "https://@x", "https://:@x", "https://x@", "https://x,y"),
    *("https://x/a b", " https://x", "https://x ", "https://x\n/", "https://x\t", "https://x\0", "https://x\x7f"),
    *("https://x\\y", "https:\\\\x", "https://x/ü", "https://ü.example", "https://ⓔxample.com", "https://x/{a}"),
    *(
        "https://x/..",
        "https://x/../a",
        "https://x/a/..",
        "https://x/./a",
        "https://x/a/.",
        "https://x/%2e%2E/a",
        "https://x/a%00b",
    ),
    *("https://x/.%2e", "https://x/%2e", "https://x/a%2fb", "https://x/a%5cb", "https://x/a%3fb", "https://x/%23"),
    *("https://x/%252e%252e", "https://x//", "https://x//a", "https://x/a//b", "https://x/a//"),
    *("https://x/v2", "https://x/v2/", "https://x/V2", "https://x/a/v2", "https://x/%762", "https://ex%61mple.com"),
    *("http://do.featurebase.app", "http://10.0.0.1", "http://127.evil.example", "http://localhost.evil.com"),
    *("http://127.0.0.1.nip.io", "http://127.0.0.999", "http://2130706433", "http://127.1", "http://[::2]"),
    *(5, b"https://x", ["https://x"]),
]
WRONG: list[tuple[str, dict[str, Any]]] = [
    *(("api_key", {"api_key": key}) for key in (lambda: "sk_key", partial(str, "sk_key"), str)),
    *(("Bearer", {"api_key": key}) for key in ("Bearer sk_key", "bearer sk_key")),
    *(("api_key", {"api_key": key}) for key in ("", " ", " sk", "sk\n", "sk\r\nX: y", "sk\0", "schlüssel", 5, b"sk")),
    *(("base_url", {"base_url": url}) for url in WRONG_URLS),
    *(("api_version", {"api_version": version}) for version in ("", "a\nb", "ü", 5, None, " 2026-01-01.nova")),
    *(("timeout", {"timeout": value}) for value in (0, -1, math.nan, math.inf, True, False, "5", {"read": 1}, [5])),
    *(("retry", {"retry": value}) for value in (-1, 2.5, math.nan, True, False, "3", {"retries": 1})),
    *(("pacing", {"pacing": value}) for value in (True, 0, 1, "off", {"limit": 5})),
    *(("max_connections", {"max_connections": count}) for count in (0, -1, 1.5, True, "50", None)),
    *(("max_response_bytes", {"max_response_bytes": count}) for count in (0, 1e9, None)),
    *(("session", {"session": session}) for session in ("session", object())),
    *(
        ("proxy", {"proxy": proxy})
        for proxy in ("", "proxy:3128", "socks5://x", "http://[::1", "http://a..b:1", "http://h h:1", "http://1.2.3", 5)
    ),
    *(("ssl", {"ssl": value}) for value in (False, "off", 0)),
    *(("trust_env", {"trust_env": value}) for value in (None, "yes", 1)),
    *(("allow_http", {"allow_http": value}) for value in (None, "yes", 1)),
    *(
        ("headers", {"headers": headers})
        for headers in (
            *({"": "x"}, {"a b": "x"}, {"a:": "x"}, {"a\n": "x"}, {"ü": "x"}, {5: "x"}, [("a", "b")], "a: b"),
            *({"a": "b\r\nc: d"}, {"a": "b\nc"}, {"a": "b\0"}, {"a": "\x1b"}, {"a": 5}, {"a": None}, {"a": b"b"}),
            *({"authorization": "x"}, {"Content-Type": "x"}, {"HOST": "x"}, {"user-agent": "x"}, {"Accept": "x"}),
        )
    ),
    *(("hooks", {"hooks": hooks}) for hooks in (NoHook(), [NoHook()], [AsyncHook()], [Bound()], "hooks", [None], 5)),
]


@pytest.mark.parametrize(("name", "options"), WRONG, ids=[f"{name}-{number}" for number, (name, _) in enumerate(WRONG)])
def test_a_wrong_option_is_named(name: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match=name) as raised:
        AsyncFeaturebase(**{"api_key": "sk_key", **options})
    assert isinstance(raised.value, ValueError)
    assert isinstance(raised.value, FeaturebaseError)
    assert "sk_key" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        *(
            (f"timeout.{phase}", lambda phase=phase, value=value: Timeout(**{phase: value}))
            for phase in ("slot", "connect", "read", "total", "deadline")
            for value in (0, -1, math.inf, math.nan, "5", True)
        ),
        *(("retry.retries", lambda value=value: RetryPolicy(retries=value)) for value in (-1, 1.0, "3", True)),
        *(
            (f"retry.{name}", lambda name=name, value=value: RetryPolicy(**{name: value}))
            for name in ("wait_initial", "wait_max", "max_retry_after", "budget")
            for value in (-1, math.inf, math.nan, None)
        ),
        ("pacing.mode", lambda: Pacing(mode="fast")),  # type: ignore[arg-type]
        *(("pacing.limit", lambda value=value: Pacing(limit=value)) for value in (0, 2.5, "5", True)),
        *(("pacing.enabled", lambda value=value: Pacing(enabled=value)) for value in (None, 1, "off")),
        *(("pacing.reserve", lambda value=value: Pacing(reserve=value)) for value in (-0.1, 0.95, math.nan, None)),
    ],
)
def test_a_wrong_number_is_named(name: str, make: Any) -> None:
    with pytest.raises(ConfigurationError, match=name):
        make()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("lane", {"lane": "fast"}),
        ("timeout", {"timeout": -5}),
        ("timeout", {"timeout": True}),
        ("retry", {"retry": 0.5}),
        ("api_version", {"api_version": ""}),
        ("headers", {"headers": {"Host": "x"}}),
    ],
)
def test_a_wrong_option_of_a_view_is_named(name: str, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=name):
        AsyncFeaturebase("sk_key").with_options(**options)


def test_what_is_right() -> None:
    AsyncFeaturebase(
        "sk_key",
        base_url="http://[::1]:8080/api/",
        timeout=Timeout(slot=None, connect=None, read=None, total=None, deadline=1),
        retry=RetryPolicy(retries=0, wait_initial=0, wait_max=0, max_retry_after=0, budget=0),
        pacing=Pacing(mode="spread", limit=1, reserve=0),
        proxy="http://proxy.example:3128",
        ssl=ssl.create_default_context(),
        trust_env=True,
        headers={"X-Name": "Zoë\tx", "x-name": ""},
    )
    for url in (
        *("https://x", "HTTPS://X.example.", "https://x:65535/a/b-c_d.e~f/", "https://xn--bcher-kva.example"),
        *("https://x/a%20b", "https://1.2.3.4", "https://[2001:db8::1]:8443", "https://a_b.x", "https://x/v2x"),
        *("http://localhost:1", "http://LOCALHOST", "http://127.8.9.1", "http://[::1]/"),
    ):
        AsyncFeaturebase("sk_key", base_url=url, ssl=True)
    AsyncFeaturebase("sk_key", base_url="http://x", allow_http=True)


def test_a_session_with_an_auth_of_its_own_is_refused() -> None:
    session: Any = SimpleNamespace(request=print, auth="Basic")
    with pytest.raises(ConfigurationError, match="session has an auth of its own"):
        AsyncFeaturebase("sk_key", session=session)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ({"timeout": 10}, {"timeout": Timeout(total=10)}),
        ({"timeout": 0.5}, {"timeout": Timeout(total=0.5)}),
        ({"timeout": None}, {"timeout": Timeout()}),
        ({"retry": 3}, {"retry": RetryPolicy(retries=3)}),
        ({"retry": 0}, {"retry": RetryPolicy(retries=0)}),
        ({"retry": None}, {"retry": RetryPolicy()}),
    ],
)
def test_a_number_stands_for_an_option(short: dict[str, Any], long: dict[str, Any]) -> None:
    client = AsyncFeaturebase("sk_key")
    assert AsyncFeaturebase("sk_key", **short)._sender.options == AsyncFeaturebase("sk_key", **long)._sender.options
    assert client.with_options(**short)._sender.options == client.with_options(**long)._sender.options


def test_false_stands_for_no_pacing() -> None:
    assert Pacing.of(False) == Pacing.off()
    assert Pacing.of(None) == Pacing()
    AsyncFeaturebase("sk_key", pacing=False)


class AsyncCall:
    async def __call__(self, exchange: object) -> None:
        """Nobody would await it either."""


async def wait(exchange: object) -> None:
    """Nobody would await it."""


async def steps(exchange: object) -> Any:
    yield exchange


@pytest.mark.parametrize("hook", [wait, steps, partial(wait), partial(partial(wait)), AsyncCall()])
@pytest.mark.parametrize("name", ["on_request", "on_retry", "on_response", "on_drift"])
def test_a_hook_that_would_have_to_be_awaited_is_refused(name: str, hook: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"hooks: SimpleNamespace.{name} is never awaited"):
        AsyncFeaturebase("sk_key", hooks=[SimpleNamespace(**{name: hook})])


@pytest.mark.parametrize("variable", ["FEATUREBASE_API_KEY", "FEATUREBASE_BASE_URL"])
@pytest.mark.parametrize("value", ["Bearer sk_env", "sk\nenv", "sk env", "bearer  x", "https:// x", "sk_\u200benv"])
def test_a_wrong_variable_of_the_environment_is_named(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEATUREBASE_API_KEY", "sk_env")
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=variable) as raised:
        AsyncFeaturebase()
    assert value not in str(raised.value)


async def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FEATUREBASE_API_KEY", raising=False)
    with pytest.raises(ConfigurationError, match="api_key is missing"):
        AsyncFeaturebase()
    async with Sandbox(api_keys=("sk_env", "sk_given")) as sandbox:
        monkeypatch.setenv("FEATUREBASE_API_KEY", " sk_env\n")
        monkeypatch.setenv("FEATUREBASE_BASE_URL", f" {sandbox.url}/ ")
        for key in (None, "sk_given"):
            async with AsyncFeaturebase(key) as client:
                await client.request("GET", "/v2/contacts")
        assert [entry.key for entry in sandbox.log] == [0, 1]
        monkeypatch.setenv("FEATUREBASE_BASE_URL", "nonsense")
        with pytest.raises(ConfigurationError, match="FEATUREBASE_BASE_URL"):
            AsyncFeaturebase()
        monkeypatch.setenv("FEATUREBASE_BASE_URL", "")
        AsyncFeaturebase()
