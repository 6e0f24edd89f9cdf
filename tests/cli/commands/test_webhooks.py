"""Signed deliveries to an application, by command."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from featurebase_async import webhooks
from support.command import Command

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "whsec_x"
Deliveries = "list[tuple[bytes, dict[str, str], str]]"


@contextmanager
def application(status: int = 200, text: str = "ok") -> "Iterator[tuple[str, Deliveries]]":
    """Run an application that receives webhooks."""
    received: list[tuple[bytes, dict[str, str], str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((body, dict(self.headers.items()), self.path))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None: ...  # type: ignore[override]

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", received
        finally:
            server.shutdown()
            thread.join()


def test_a_delivery_can_be_verified(offline: Command) -> None:
    with application() as (url, received):
        result = offline("webhooks", "send", f"{url}/hooks?a=1", "--topic", "post.created", "--secret", SECRET)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("post.created: 200 OK in ")
    assert result.out.endswith(" ms\nok\n")
    ((body, headers, path),) = received
    assert path == "/hooks?a=1"
    assert webhooks.parse(body, headers, SECRET).topic == "post.created"


def test_an_application_that_refuses(offline: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEATUREBASE_WEBHOOK_SECRET", SECRET)
    with application(500, "x" * 300) as (url, _):
        result = offline("webhooks", "send", url, "--topic", "post.voted", "--json")
        quiet = offline("webhooks", "send", url, "--topic", "post.voted", "--quiet")
        plain = offline("webhooks", "send", url, "--topic", "post.voted")
    assert (result.code, result.json["status"], len(result.json["response"])) == (1, 500, 300)
    assert (quiet.code, quiet.out, quiet.err) == (1, "", "post.voted: 500 Internal Server Error\n")
    assert plain.out.splitlines()[1] == "x" * 200 + "…"


@pytest.mark.parametrize(
    ("topic", "hint"), [("post.create", "did you mean post.created?"), ("§", "there are post.created, post.updated")]
)
def test_a_topic_that_is_not_known_is_sent_all_the_same(offline: Command, topic: str, hint: str) -> None:
    with application(204, "") as (url, received):
        result = offline("webhooks", "send", url, "--topic", topic, "--secret", SECRET)
    assert (result.code, len(received)) == (0, 1)
    assert result.err.startswith(f"{topic} is no topic that is known; {hint}")


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("http://127.0.0.1:1", "--secret", SECRET), 1, "http://127.0.0.1:1: no response: Connection refused\n"),
        (("https://127.0.0.1:1", "--secret", SECRET), 1, "https://127.0.0.1:1: no response: "),
        (("ftp://a.example", "--secret", SECRET), 2, "ftp://a.example: this is no URL such as"),
        (("file:///etc/passwd", "--secret", SECRET), 2, "this is no URL such as"),
        (("http://127.0.0.1:1",), 2, "--secret is missing: pass it, or set FEATUREBASE_WEBHOOK_SECRET"),
    ],
)
def test_what_can_not_be_sent(
    offline: Command, monkeypatch: pytest.MonkeyPatch, arguments: "tuple[str, ...]", code: int, text: str
) -> None:
    monkeypatch.delenv("FEATUREBASE_WEBHOOK_SECRET", raising=False)
    result = offline("webhooks", "send", *arguments, "--topic", "post.created")
    assert (result.code, result.out) == (code, "")
    assert text in result.err
    assert SECRET not in result.err
