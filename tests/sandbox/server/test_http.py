"""Both ways to run it, the command, and how it stops."""

import asyncio
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from typing import Any

import aiohttp
import pytest

import featurebase_async.sandbox.__main__ as command
from featurebase_async.sandbox import Fault, Sandbox
from featurebase_async.sandbox.wire.options import SandboxOptions


def fetch(url: str, key: str = "sk_sandbox") -> Any:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310
        return json.load(reply)


async def test_stopping_is_quick_and_clean_with_connections_open() -> None:
    async with Sandbox() as sandbox, aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}
        sandbox.faults.add(Fault(delay=1000.0, nth=2))
        async with session.get(f"{sandbox.url}/v2/contacts", headers=headers) as reply:
            await reply.read()
        assert (sandbox.connections.open, sandbox.connections.ever) == (1, 1)
        waiting = asyncio.create_task(session.get(f"{sandbox.url}/v2/contacts", headers=headers))
        while sandbox.requests < 2:
            await asyncio.sleep(0.01)
        start = asyncio.get_running_loop().time()
        await sandbox.stop()
        assert asyncio.get_running_loop().time() - start < 1
        with pytest.raises(aiohttp.ClientConnectionError):
            await waiting
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(f"{sandbox.url}/v2/contacts")
    assert sandbox.connections.open == 0


async def test_connections_are_counted() -> None:
    async with Sandbox(latency=1.0) as sandbox, aiohttp.ClientSession() as session:

        async def call() -> None:
            async with session.get(f"{sandbox.url}/v2/contacts") as reply:
                await reply.read()

        await asyncio.gather(*(call() for _ in range(5)))
        await asyncio.gather(*(call() for _ in range(3)))
        assert sandbox.connections.counts() == {"open": 5, "ever": 5, "most": 5}
    assert sandbox.connections.counts() == {"open": 0, "ever": 5, "most": 5}


async def test_it_can_be_started_again_with_what_it_holds() -> None:
    sandbox = Sandbox()
    sandbox.seed(contacts=1)
    for _ in range(2):
        async with sandbox, aiohttp.ClientSession() as session:
            headers = {"Authorization": f"Bearer {sandbox.api_key}"}
            async with session.get(f"{sandbox.url}/v2/contacts", headers=headers) as reply:
                assert len((await reply.json())["data"]) == 1
    assert sandbox.requests == 2


def test_a_thread_of_its_own() -> None:
    with Sandbox(api_keys=("sk_thread",)) as sandbox:
        sandbox.seed(contacts=3)
        assert len(fetch(f"{sandbox.url}/v2/contacts", sandbox.api_key)["data"]) == 3
        assert sandbox.window_left() <= 60
        sandbox.spend(3000)
        with pytest.raises(urllib.error.HTTPError, match="429") as caught:
            fetch(f"{sandbox.url}/v2/contacts", sandbox.api_key)
        caught.value.close()
        assert [entry.status for entry in sandbox.log] == [200, 429]
    assert "featurebase-sandbox" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(urllib.error.URLError):
        fetch(f"{sandbox.url}/v2/contacts")


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=str(port)), Sandbox(port=port):
            pytest.fail("started")
        assert command.main(["--port", str(port)]) == 1
    with Sandbox(port=port) as sandbox:
        assert sandbox.url == f"http://127.0.0.1:{port}"


def test_a_thread_that_can_have_no_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each loop takes three files."""

    def fail() -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as full:
        full.setattr(asyncio, "new_event_loop", fail)
        full.setattr(asyncio.events, "new_event_loop", fail)
        with pytest.raises(OSError, match="Too many open files"), Sandbox():
            pytest.fail("started")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command(number: signal.Signals, capfd: pytest.CaptureFixture[str]) -> None:
    def use() -> None:
        while len(lines := given.getvalue().splitlines()) < 2:
            pass
        urls.extend(line.split()[1] for line in lines)
        urls.append(fetch(f"{urls[0]}/v2/contacts", urls[1]))
        os.kill(os.getpid(), number)

    import io

    urls: list[Any] = []
    given = io.StringIO()
    user = threading.Thread(target=use)
    stdout, sys.stdout = sys.stdout, given
    try:
        user.start()
        code = command.main(["--key", "sk_a", "--key", "sk_b", "--contacts", "4", "--limit", "40", "--window", "3"])
    finally:
        sys.stdout = stdout
    user.join()
    assert code == 0
    assert urls[1] == "sk_a"
    assert len(urls[2]["data"]) == 4
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "bad_key", "reset_form"),
    [
        ([], "unauthorized", "epoch_seconds"),
        (["--strict"], "forbidden", "seconds"),
        (["--strict", "--bad-key", "unauthorized", "--reset-form", "http_date"], "unauthorized", "http_date"),
        (["--email-case", "lower", "--bad-key", "forbidden"], "forbidden", "epoch_seconds"),
    ],
)
def test_the_command_has_every_switch(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], bad_key: str, reset_form: str
) -> None:
    made: list[Sandbox] = []

    async def serve(sandbox: Sandbox) -> None:
        made.append(sandbox)

    monkeypatch.setattr(command, "_serve", serve)
    monkeypatch.setattr(Sandbox, "__init__", SandboxOptions.__init__)
    assert command.main(arguments) == 0
    assert [(one.bad_key, one.reset_form) for one in made] == [(bad_key, reset_form)]
    assert made[0].email_case == ("lower" if "--strict" in arguments or "lower" in arguments else "keep")


def test_the_command_names_a_bad_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--window", "0"]) == 1
    assert "window" in capsys.readouterr().err


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "featurebase_async.sandbox", "--limit", "0"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "key_limit must be above 0, not 0\n")
