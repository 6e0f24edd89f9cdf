"""Fixtures for testing code that uses the client: a sandbox, and a client on it.

pytest finds them by itself wherever the library is installed. They work alike in plain tests, with pytest-asyncio and
with anyio's plugin (on asyncio):

    async def test_invites_ada(featurebase_client, featurebase_sandbox):
        await invite(featurebase_client, "ada@example.com")
        assert featurebase_sandbox.store.contact_by_email("ada@example.com") is not None

For a sandbox with other settings, define a fixture of the same name in your `conftest.py`:

    @pytest.fixture
    def featurebase_sandbox():
        with Sandbox(key_limit=40, window=3.0) as sandbox:
            yield sandbox

`featurebase_module_sandbox`, `featurebase_module_client`, `featurebase_session_sandbox` and
`featurebase_session_client` are the same for a module of tests, or for all of them. For an app that makes its client
when it is imported there is `featurebase_environment`.

PYTEST_DONT_REWRITE: there is nothing to assert in here, and so pytest does not warn if it was imported before.
"""

# Every pytest run of whoever has the library installed imports this file, so all else is imported inside.
from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox

__all__ = [
    "featurebase_client",
    "featurebase_environment",
    "featurebase_module_client",
    "featurebase_module_sandbox",
    "featurebase_sandbox",
    "featurebase_session_client",
    "featurebase_session_sandbox",
]


_SETTING = "featurebase_environment"
_EARLY = pytest.StashKey["Sandbox"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the setting."""
    text = "Set FEATUREBASE_API_KEY and FEATUREBASE_BASE_URL to a sandbox before tests and conftest.py are imported."
    parser.addini(_SETTING, text, type="bool", default=False)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Run a sandbox for all tests of the process, if the setting asks for it."""
    if early_config.getini(_SETTING):
        stack = ExitStack()
        early_config.add_cleanup(stack.close)
        early_config.stash[_EARLY] = sandbox = stack.enter_context(_sandbox())
        stack.enter_context(_environment(sandbox))


@pytest.fixture
def featurebase_sandbox() -> Generator[Sandbox]:
    """Run an in-memory fake Featurebase server for one test, on loopback, in a thread."""
    with _sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def featurebase_module_sandbox() -> Generator[Sandbox]:
    """Run an in-memory fake Featurebase server for all tests of a module; `reset()` clears it."""
    with _sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def featurebase_session_sandbox(pytestconfig: pytest.Config) -> Generator[Sandbox]:
    """Run an in-memory fake Featurebase server for all tests of a process; `reset()` clears it."""
    if early := pytestconfig.stash.get(_EARLY, None):
        yield early
        return
    with _sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def featurebase_client(featurebase_sandbox: Sandbox) -> Generator[AsyncFeaturebase]:
    """Return a client on `featurebase_sandbox`. Its first call opens it, and it is closed after the test."""
    with _client(featurebase_sandbox) as client:
        yield client


@pytest.fixture(scope="module")
def featurebase_module_client(featurebase_module_sandbox: Sandbox) -> Generator[AsyncFeaturebase]:
    """Return a client on `featurebase_module_sandbox`, closed after the last test of the module."""
    with _client(featurebase_module_sandbox) as client:
        yield client


@pytest.fixture(scope="session")
def featurebase_session_client(featurebase_session_sandbox: Sandbox) -> Generator[AsyncFeaturebase]:
    """Return a client on `featurebase_session_sandbox`, closed after the last test."""
    with _client(featurebase_session_sandbox) as client:
        yield client


@pytest.fixture(scope="session")
def featurebase_environment(featurebase_session_sandbox: Sandbox) -> Generator[Sandbox]:
    """Set `FEATUREBASE_API_KEY` and `FEATUREBASE_BASE_URL` to `featurebase_session_sandbox`, and return the sandbox.

    For an app with a client at module level: import the app inside of the test or fixture that uses this one, as the
    client takes its key and address when it is made. With `featurebase_environment = true` in the settings of pytest it
    may be imported anywhere. Call `reset()` of the sandbox before each test.
    """
    with _environment(featurebase_session_sandbox):
        yield featurebase_session_sandbox


@contextmanager
def _environment(sandbox: Sandbox) -> Generator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FEATUREBASE_API_KEY", sandbox.api_key)
        patch.setenv("FEATUREBASE_BASE_URL", sandbox.url)
        yield


@contextmanager
def _sandbox() -> Generator[Sandbox]:
    from featurebase_async.sandbox import Sandbox  # noqa: PLC0415 -- see the top

    with Sandbox() as sandbox:
        yield sandbox


@contextmanager
def _client(sandbox: Sandbox) -> Generator[AsyncFeaturebase]:
    import asyncio  # noqa: PLC0415 -- see the top
    from threading import Thread  # noqa: PLC0415 -- see the top

    from featurebase_async import AsyncFeaturebase  # noqa: PLC0415 -- see the top

    client = AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url)
    yield client
    # The loop of the test stands still by now, is gone, or is that of another library which still runs in this thread
    # (pytest-playwright's). So it is closed from a loop of its own, in a thread of its own.
    closing = Thread(target=asyncio.run, args=(client.aclose(),), name="featurebase_client")
    closing.start()
    closing.join()
