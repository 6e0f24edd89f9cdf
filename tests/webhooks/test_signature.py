"""Which deliveries are taken for genuine and fresh, and which are not."""

import hmac
import http.client
import json
import wsgiref.headers
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import UNSET, InvalidRequestError, WebhookVerificationError, webhooks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Made with `printf '%s' '1770000000.{"id": "notif_1"}' | openssl dgst -sha256 -hmac whsec_test`.
BODY = b'{"id": "notif_1"}'
SECRET = "whsec_test"
TIME = 1_770_000_000
SIGNATURE = "a214f5f31b5573b7d5f80db4544427af748ef07bd39e262d1edf4b5f385eb64c"
HEADERS = {"X-Webhook-Signature": SIGNATURE, "X-Webhook-Timestamp": str(TIME)}


def verify(body: Any = BODY, headers: Any = None, secret: Any = SECRET, *, now: float = TIME, **options: Any) -> None:
    webhooks.verify(body, HEADERS if headers is None else headers, secret, clock=lambda: now, **options)


class Items:
    """Headers that are no mapping."""

    def items(self) -> "Iterator[tuple[str, str]]":
        return iter(HEADERS.items())


def message(headers: dict[str, str]) -> http.client.HTTPMessage:
    """Make what a handler of `http.server` has as its headers."""
    made = http.client.HTTPMessage()
    for name, value in headers.items():
        made[name] = value
    return made


HEADER_FORMS: list[Any] = [
    HEADERS,
    {name.lower(): value for name, value in HEADERS.items()},
    {name.upper(): f" {value.upper()} " for name, value in HEADERS.items()},
    list(HEADERS.items()),
    iter(HEADERS.items()),
    [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()],
    [*HEADERS.items(), *HEADERS.items()],
    {name: [value] for name, value in HEADERS.items()},
    wsgiref.headers.Headers(list(HEADERS.items())),
    message(HEADERS),
    Items(),
]


WITHOUT: list[Any] = [None, 5, "X-Webhook-Timestamp: 1", [1, 2], ["X-Webhook-Timestamp"], object(), [("a", "b", "c")]]


@pytest.mark.parametrize("headers", WITHOUT)
def test_what_are_no_headers(headers: Any) -> None:
    with pytest.raises(InvalidRequestError, match="headers must be") as caught:
        webhooks.verify(BODY, headers, SECRET)
    assert caught.value.param == "headers"


def test_an_environ_of_wsgi_gets_the_remedy() -> None:
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in HEADERS.items()}
    with pytest.raises(WebhookVerificationError, match=r"pass request\.headers"):
        verify(headers={"REQUEST_METHOD": "POST", "wsgi.version": "1.0", **environ})


@pytest.mark.parametrize("headers", HEADER_FORMS)
def test_a_good_delivery_in_every_form_of_headers(headers: Any) -> None:
    verify(headers=headers)


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview])
def test_a_good_delivery_in_every_form_of_bytes(form: "Callable[[bytes], Any]") -> None:
    verify(form(BODY))


@pytest.mark.parametrize("secret", [[SECRET], ["whsec_new", SECRET], (SECRET, "whsec_new"), {SECRET}])
def test_while_secrets_are_changed_over_any_of_them_fits(secret: Any) -> None:
    verify(secret=secret)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"body": BODY.replace(b"1", b"2")}, "signature does not fit"),
    ({"body": b""}, "signature does not fit"),
    ({"body": json.dumps(json.loads(BODY), separators=(",", ":")).encode()}, "signature does not fit"),
    ({"secret": "whsec_other"}, "signature does not fit"),
    ({"secret": ["whsec_other", "test"]}, "signature does not fit"),
    ({"headers": {**HEADERS, "X-Webhook-Timestamp": str(TIME + 1)}}, "signature does not fit"),
    ({"headers": {**HEADERS, "X-Webhook-Signature": "0" * 64}}, "signature does not fit"),
    ({"headers": {}}, "X-Webhook-Timestamp is missing"),
    ({"headers": {"X-Webhook-Timestamp": str(TIME)}}, "X-Webhook-Signature is missing"),
    ({"headers": {**HEADERS, "X-Webhook-Signature": "ü" * 64}}, "X-Webhook-Signature is malformed"),
    ({"headers": {**HEADERS, "X-Webhook-Signature": SIGNATURE[:-1]}}, "X-Webhook-Signature is malformed"),
    ({"headers": {**HEADERS, "X-Webhook-Timestamp": "٣"}}, "X-Webhook-Timestamp is malformed"),
    ({"headers": {**HEADERS, "X-Webhook-Timestamp": "-1"}}, "X-Webhook-Timestamp is malformed"),
    ({"headers": {**HEADERS, "X-Webhook-Timestamp": None}}, "X-Webhook-Timestamp is malformed"),
    ({"headers": [*HEADERS.items(), ("x-webhook-timestamp", "1")]}, "X-Webhook-Timestamp is malformed"),
    ({"now": TIME + 301}, "301 s old; 300 s are allowed"),
    ({"now": TIME - 301}, "301 s ahead of our clock; 300 s are allowed"),
    ({"now": TIME + 11, "tolerance": 10}, "11 s old; 10 s are allowed"),
    ({"tolerance": float("nan")}, "allowed"),
]


@pytest.mark.parametrize(("changes", "text"), BAD)
def test_a_bad_delivery_is_refused_and_the_text_gives_nothing_away(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(WebhookVerificationError, match=text) as caught:
        verify(**changes)
    assert "whsec" not in str(caught.value)
    assert "notif" not in str(caught.value)
    assert SIGNATURE not in str(caught.value)


@pytest.mark.parametrize("away", [-300, 300])
def test_the_clocks_may_differ_by_five_minutes(away: int) -> None:
    verify(now=TIME + away)


def test_the_time_now_is_the_default() -> None:
    webhooks.verify(*webhooks.sample("post.created", secret=SECRET), SECRET)


@pytest.mark.parametrize("secret", [UNSET, [SECRET, UNSET]])
def test_a_secret_that_a_response_left_out_is_refused_with_the_remedy(secret: Any) -> None:
    with pytest.raises(InvalidRequestError, match=r"secret is UNSET: .* webhooks.refresh_secret\(id\)"):
        verify(secret=secret)


@pytest.mark.parametrize("secret", ["", None, [], [SECRET, ""], [SECRET, None], b"whsec_test"])
def test_a_secret_that_is_none_never_fits(secret: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        verify(secret=secret)
    assert caught.value.param == "secret"


@pytest.mark.parametrize("body", [BODY.decode(), json.loads(BODY), None])
def test_a_body_that_was_decoded_is_refused(body: Any) -> None:
    with pytest.raises(InvalidRequestError, match="body must be the bytes") as caught:
        verify(body)
    assert caught.value.param == "body"


@pytest.mark.parametrize("secrets", [[SECRET, "b", "c"], ["a", SECRET, "c"], ["a", "b", SECRET], ["a", "b", "c"]])
def test_every_secret_is_compared_in_constant_time(secrets: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bool] = []
    genuine = hmac.compare_digest

    def compare(first: str, second: str) -> bool:
        compared.append(genuine(first, second))
        return compared[-1]

    monkeypatch.setattr(hmac, "compare_digest", compare)
    if SECRET in secrets:
        verify(secret=secrets)
    else:
        with pytest.raises(WebhookVerificationError):
            verify(secret=secrets)
    assert compared == [secret == SECRET for secret in secrets]
