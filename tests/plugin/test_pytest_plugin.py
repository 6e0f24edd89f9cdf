"""The fixtures in users' own tests: in each kind of test, and with nothing left behind."""

import gc
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox

USERS_TESTS = """
import asyncio
import gc

import pytest

MARKS

@pytest.fixture
async def ada(featurebase_client):
    return await featurebase_client.users.contacts.create_or_update(email="ada@example.com")


async def test_a_call(featurebase_client, featurebase_sandbox):
    contact = await featurebase_client.users.contacts.create_or_update(email="bob@example.com")
    assert featurebase_sandbox.store.contact_by_email("bob@example.com").id == contact.id


async def test_a_fixture_that_calls(ada, featurebase_client):
    assert (await featurebase_client.users.contacts.retrieve(ada.id)).email == "ada@example.com"


async def test_a_sandbox_for_each_test(featurebase_client, featurebase_sandbox):
    assert await featurebase_client.users.contacts.list().collect() == []
    assert featurebase_sandbox.requests == 1


async def test_an_end_in_the_middle(featurebase_client, featurebase_sandbox):
    featurebase_sandbox.seed(contacts=250)
    async for contact in featurebase_client.users.contacts.list():
        if contact.email == "user150@example.com":
            break


async def test_a_client_that_is_not_used(featurebase_client):
    pass


def test_a_plain_test(featurebase_client):
    async def count():
        return len(await featurebase_client.users.contacts.list().collect())

    assert asyncio.run(count()) == asyncio.run(count()) == 0


def test_what_the_others_left():
    gc.collect()
"""
COUNT = 7


@pytest.mark.parametrize("scope", ["function", "session"])
def test_with_pytest_asyncio(pytester: pytest.Pytester, scope: str) -> None:
    pytester.makeini(f"""
        [pytest]
        asyncio_mode = auto
        asyncio_default_fixture_loop_scope = {scope}
        asyncio_default_test_loop_scope = {scope}
    """)
    run_users_tests(pytester, "", "pytest_asyncio.plugin")


def test_with_the_plugin_of_anyio(pytester: pytest.Pytester) -> None:
    marks = """
pytestmark = pytest.mark.anyio

@pytest.fixture
def anyio_backend():
    return "asyncio"
"""
    run_users_tests(pytester, marks, "anyio.pytest_plugin")


def run_users_tests(pytester: pytest.Pytester, marks: str, loop_plugin: str) -> None:
    """Run the tests in a process of their own, with warnings as errors, those of the interpreter's end too."""
    pytester.makepyfile(USERS_TESTS.replace("MARKS", marks))
    # Named one by one, as this suite runs with and without an installed entry point.
    plugins = ("--disable-plugin-autoload", "-p", loop_plugin, "-p", "featurebase_async.pytest_plugin")
    result = pytester.run(sys.executable, "-X", "dev", "-m", "pytest", "-W", "error", *plugins)
    result.assert_outcomes(passed=COUNT)
    assert result.stderr.str() == ""


def test_importing_the_plugin_is_cheap() -> None:
    code = "import sys, featurebase_async.pytest_plugin; print({'aiohttp', 'msgspec', 'anyio'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.real_time
async def test_the_fixtures_here(featurebase_client: "AsyncFeaturebase", featurebase_sandbox: "Sandbox") -> None:
    featurebase_sandbox.seed(contacts=3)
    assert len(await featurebase_client.users.contacts.list().collect()) == 3
    assert featurebase_sandbox.requests == 1
    gc.collect()
