"""A sandbox by command: what to paste, a line for each request, and problems in words."""

import errno
import os
import re
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest

from featurebase_async.cli import main
from featurebase_async.cli.commands import sandbox as sandboxes
from featurebase_async.sandbox import Sandbox
from support.command import Command

if TYPE_CHECKING:
    from pathlib import Path


def fetch(url: str, key: str) -> bytes:
    with urlopen(Request(url, headers={"Authorization": f"Bearer {key}"})) as response:  # noqa: S310 -- loopback
        body: bytes = response.read()
        return body


@pytest.mark.parametrize("log", [False, True])
def test_it_serves_until_it_is_stopped(tmp_path: "Path", monkeypatch: pytest.MonkeyPatch, *, log: bool) -> None:
    shown, said = tmp_path / "out", tmp_path / "err"
    bodies: list[bytes] = []

    def use() -> None:
        while len(found := re.findall(r"export (\w+)=(\S+)\n", shown.read_text(encoding="utf-8"))) < 2:
            pass
        values = dict(found)
        url, key = values["FEATUREBASE_BASE_URL"], values["FEATUREBASE_API_KEY"]
        bodies.append(fetch(f"{url}/v2/contacts?limit=2", key))
        while log and "GET" not in said.read_text(encoding="utf-8"):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    shown.touch()
    said.touch()
    user = threading.Thread(target=use)
    with shown.open("w", encoding="utf-8") as out, said.open("w", encoding="utf-8", buffering=1) as err:
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        user.start()
        arguments = ["sandbox", "serve", "--contacts", "4", "--key", "sk_mine", *(["--log"] if log else [])]
        code = main(arguments)
    user.join()
    assert code == 0
    assert bodies[0].count(b'"object":"contact"') == 2
    lines = said.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "a sandbox is running; stop it with Ctrl-C. In another terminal:"
    assert [re.sub(r"^\d\d:\d\d:\d\d", "TIME", line) for line in lines[1:]] == (
        ["TIME  200  GET /v2/contacts?limit=2"] if log else []
    )


def test_a_port_that_is_in_use(offline: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = offline("sandbox", "serve", "--port", str(port))
    assert (result.code, result.out) == (1, "")
    assert result.err == (
        f"featurebase: port {port} is in use, perhaps by another sandbox; choose one with --port, or --port 0\n"
    )


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (OSError(errno.EACCES, "Permission denied"), "port 80 may not be used; choose one above 1023 with --port"),
        (OSError(errno.EADDRNOTAVAIL, "Cannot assign"), "127.0.0.1:80 can't be listened on: Cannot assign"),
        (OSError("odd"), "127.0.0.1:80 can't be listened on: odd"),
    ],
)
def test_an_address_that_can_not_be_used(
    offline: Command, monkeypatch: pytest.MonkeyPatch, error: OSError, text: str
) -> None:
    async def start(_: Sandbox) -> None:
        raise error

    monkeypatch.setattr(Sandbox, "start", start)
    assert offline("sandbox", "serve", "--port", "80").err == f"featurebase: {text}\n"


def test_what_was_asked_for_wrongly(offline: Command) -> None:
    result = offline("sandbox", "serve", "--limit", "0")
    assert (result.code, result.err) == (2, "featurebase: --limit must be above 0, not 0\n")


def test_a_request_without_a_response_is_printed_after_a_while(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox() as server:
        for path in ("contacts", "boards"):
            fetch(f"{server.url}/v2/{path}", server.api_key)
        server.log[-1].status = None
        output = sandboxes.Output()
        assert sandboxes._print_log(server, output, 0) == 1
        assert sandboxes._print_log(server, output, 1) == 1
        monkeypatch.setattr(sandboxes, "NO_RESPONSE", -1.0)
        assert sandboxes._print_log(server, output, 1) == 2
    assert [line[10:] for line in capsys.readouterr().err.splitlines()] == [
        "200  GET /v2/contacts", "---  GET /v2/boards",
    ]  # fmt: skip
