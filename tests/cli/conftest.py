"""A sandbox in a thread, a folder to work in, and the command run in process."""

import signal
from typing import TYPE_CHECKING

import pytest

from featurebase_async._core import call_retries
from featurebase_async.cli import main
from featurebase_async.sandbox import Sandbox
from support.command import Command, Result

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server() -> "Iterator[Sandbox]":
    with Sandbox(key_limit=100_000, workspace_limit=100_000) as sandbox:
        yield sandbox


@pytest.fixture
def folder(tmp_path: "Path", monkeypatch: pytest.MonkeyPatch) -> "Path":
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def offline(folder: "Path", monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Command:
    """Run the command without a key, with nobody to talk to, and with no time lost before repeats."""
    monkeypatch.setattr(call_retries, "random", lambda: 0.0)
    monkeypatch.delenv("FEATUREBASE_API_KEY", raising=False)
    monkeypatch.setenv("FEATUREBASE_BASE_URL", "http://127.0.0.1:1")

    def run(*arguments: "str | Path") -> Result:
        code = main([str(argument) for argument in arguments])
        out, err = capfdbinary.readouterr()
        assert b"Traceback" not in err
        return Result(code, out.decode(), err.decode())

    return run


@pytest.fixture
def command(offline: Command, server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command against the sandbox."""
    monkeypatch.setenv("FEATUREBASE_API_KEY", server.api_key)
    monkeypatch.setenv("FEATUREBASE_BASE_URL", server.url)
    return offline


@pytest.fixture(autouse=True)
def ordinary_signals() -> "Iterator[None]":
    """Have signals do what they do, also where some are ignored at the start (in the background, by nohup)."""
    ordinary = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_DFL,
    }
    before = [(number, signal.signal(number, handler)) for number, handler in ordinary.items()]
    yield
    for number, handler in before:
        signal.signal(number, handler)
