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


FOREIGN_LOOP = """
import asyncio
import gc

import pytest


@pytest.fixture(scope="session", autouse=True)
def loop_of_another_library():
    # As pytest-playwright's: its sync API keeps a loop running in the thread of the tests, until the last has ended.
    loop = asyncio.new_event_loop()
    asyncio._set_running_loop(loop)
    yield
    asyncio._set_running_loop(None)
    loop.close()


@pytest.fixture
def first(featurebase_client):
    return featurebase_client


def test_not_used(first):
    pass


def test_used_in_a_thread(first):
    from concurrent.futures import ThreadPoolExecutor

    async def count():
        return len(await first.users.contacts.list().collect())

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(asyncio.run, count()).result() == 0


def test_what_the_others_left():
    gc.collect()
"""

THREAD = """
import gc

import pytest
from anyio.from_thread import start_blocking_portal


@pytest.fixture(scope="module")
def portal():
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture(scope="module")
def app(portal, featurebase_module_client):
    # As starlette's TestClient: the loop runs in another thread, and goes on when the client is closed.
    return lambda: portal.call(featurebase_module_client.users.contacts.list().collect)


def test_one(app, featurebase_module_sandbox):
    featurebase_module_sandbox.seed(contacts=3)
    assert len(app()) == 3


def test_two(app):
    assert len(app()) == 3


def test_session(portal, featurebase_session_client, featurebase_session_sandbox):
    assert portal.call(featurebase_session_client.users.contacts.list().collect) == []
    assert featurebase_session_sandbox.requests == 1


def test_what_the_others_left():
    gc.collect()
"""

SHOP = """
from featurebase_async import AsyncFeaturebase

client = AsyncFeaturebase()
"""
ENVIRONMENT = """
import asyncio
import os
from importlib import import_module

import pytest


@pytest.fixture
def client(featurebase_environment):
    featurebase_environment.reset()
    return import_module("shop").client


@pytest.mark.parametrize("email", ["ada@example.com", "grace@example.com"])
def test_login(client, email, featurebase_environment):
    async def login():
        async with client:
            await client.users.contacts.create_or_update(email=email)

    asyncio.run(login())
    assert len(featurebase_environment.store.contacts) == 1
    assert os.environ["FEATUREBASE_BASE_URL"] == featurebase_environment.url
"""


def run_plainly(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """Run the tests without a plugin for event loops."""
    plugins = ("--disable-plugin-autoload", "-p", "featurebase_async.pytest_plugin", *options)
    return pytester.run(sys.executable, "-X", "dev", "-m", "pytest", "-W", "error", *plugins)


@pytest.mark.parametrize(("tests", "count"), [(FOREIGN_LOOP, 3), (THREAD, 4), (ENVIRONMENT, 2)])
def test_wherever_the_loop_is(pytester: pytest.Pytester, tests: str, count: int) -> None:
    pytester.makepyfile(tests)
    pytester.makepyfile(shop=SHOP)
    result = run_plainly(pytester)
    result.assert_outcomes(passed=count)
    assert result.stderr.str() == ""


IMPORTED_AT_THE_TOP = """
import asyncio

import pytest

from shop import client


@pytest.mark.parametrize("email", ["ada@example.com", "grace@example.com"])
def test_login(email, featurebase_environment, featurebase_session_sandbox):
    featurebase_environment.reset()

    async def login():
        async with client:
            await client.users.contacts.create_or_update(email=email)

    asyncio.run(login())
    assert len(featurebase_session_sandbox.store.contacts) == 1
"""


@pytest.mark.parametrize("conftest", ["", "from shop import client"])
def test_an_app_that_is_imported_at_the_top(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, conftest: str
) -> None:
    """The setting is there before `conftest.py` and tests are imported, and what is set is taken back."""
    monkeypatch.delenv("FEATUREBASE_API_KEY", raising=False)
    pytester.makepyfile(IMPORTED_AT_THE_TOP, shop=SHOP)
    pytester.makeconftest(conftest)
    pytester.makepyprojecttoml("[tool.pytest.ini_options]\nfeaturebase_environment = true\n")
    result = run_plainly(pytester)
    result.assert_outcomes(passed=2)
    assert result.stderr.str() == ""
    pytester.makepyprojecttoml("[tool.pytest.ini_options]\n")
    without = run_plainly(pytester)
    assert "api_key is missing" in without.stdout.str() + without.stderr.str()


def test_no_warning_where_the_package_was_imported_before(pytester: pytest.Pytester) -> None:
    """Before the plugin is found by its entry point, and before it is named."""
    folder = pytester.mkdir("installed")
    info = folder / "featurebase_async-0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: featurebase-async\nVersion: 0.0\n", encoding="utf-8")
    (info / "RECORD").write_text("featurebase_async/__init__.py,,\nfeaturebase_async/client.py,,\n", encoding="utf-8")
    entry = "[pytest11]\nfeaturebase_async = featurebase_async.pytest_plugin\n"
    (info / "entry_points.txt").write_text(entry, encoding="utf-8")
    pytester.makepyfile("def test_it(featurebase_client): pass")
    code = f"""
import sys
sys.path.insert(0, {str(folder)!r})
import featurebase_async.pytest_plugin, pytest
sys.exit(pytest.main(["-W", "error::pytest.PytestAssertRewriteWarning", *sys.argv[1:]]))
"""
    for options in ([], ["--disable-plugin-autoload", "-p", "featurebase_async.pytest_plugin"]):
        result = pytester.run(sys.executable, "-c", code, *options)
        result.assert_outcomes(passed=1)
