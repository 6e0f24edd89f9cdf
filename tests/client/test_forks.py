"""A client and the processes forked from its own: the parent notices nothing, the child begins with nothing."""

import gc
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest

from featurebase_async import AsyncFeaturebase, ClientClosedError
from featurebase_async._core.processes import lineage
from featurebase_async.sandbox import Sandbox

pytestmark = pytest.mark.real_time

START = """
    import asyncio, gc, logging, multiprocessing, os, signal, sys, textwrap
    from featurebase_async import *

    # In development mode asyncio warns of steps that took long: a matter of the machine.
    logging.getLogger("asyncio").setLevel(logging.ERROR)

    signal.alarm(40)  # nothing here may hang
    client = AsyncFeaturebase(sys.argv[1], base_url=sys.argv[2], retry=RetryPolicy(retries=0), timeout=Timeout(total=5))

    async def use():
        await client.users.contacts.create_or_update(email="ada@example.com")
        await client.request("POST", "/v2/contacts/search", body={}, repeatable=False)
        return "used"

    async def wait_for(pid):
        _, status = await asyncio.to_thread(os.waitpid, pid, 0)
        return os.waitstatus_to_exitcode(status)

    def fork(child):
        pid = os.fork()
        if pid:
            return pid
        signal.alarm(40)
        code = 1
        try:
            child()
            code = 0
        finally:
            sys.stdout.flush()
            os._exit(code)
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def run(sandbox: Sandbox, script: str) -> str:
    """Run a script in a process of its own, and return what it and its children print; none may print an error."""
    source = textwrap.dedent(START) + textwrap.dedent(script)
    done = subprocess.run(
        # A fork in a process with threads is warned of since Python 3.12.
        [sys.executable, "-X", "dev", "-W", "error", "-W", "ignore::DeprecationWarning", "-c", source,
         sandbox.api_key, sandbox.url],
        capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


CHILDREN = {
    "uses it": "asyncio.run(use())",
    "closes it": "asyncio.run(client.aclose())",
    "uses and closes it": "asyncio.run(use()); asyncio.run(client.aclose())",
    "enters it": """
        async def entered():
            async with client:
                await use()
        asyncio.run(entered())""",
    "drops it": "del client; gc.collect()",
    "uses and drops it": "asyncio.run(use()); asyncio.run(use()); del client; gc.collect()",
    "forks again": "asyncio.run(use()); assert asyncio.run(wait_for(fork(lambda: asyncio.run(use())))) == 0",
}


def test_children_of_a_process_whose_loop_goes_on(sandbox: Sandbox) -> None:
    """The parent's kept connection serves its next calls, creates among them."""
    printed = run(
        sandbox,
        f"""
CHILDREN = {CHILDREN!r}

async def main():
    await use()
    for what, script in CHILDREN.items():
        for _ in range(3):
            assert await wait_for(fork(lambda: exec(textwrap.dedent(script), globals()))) == 0, what
            assert await asyncio.wait_for(use(), 3) == "used", what
        print(what)
    print(client.stats().requests)
    await client.aclose()

asyncio.run(main())
""",
    )
    parents = 2 + 2 * 3 * len(CHILDREN)
    assert printed.splitlines() == [*CHILDREN, str(parents)]
    children = sandbox.requests - parents
    # One connection of the parent, for all its calls.
    assert sandbox.connections.ever <= 1 + children


def test_a_fork_while_calls_are_in_flight(sandbox: Sandbox) -> None:
    sandbox.latency = 0.5
    printed = run(
        sandbox,
        """
def child():
    asyncio.run(use())
    gc.collect()

async def main():
    calls = [asyncio.create_task(use()) for _ in range(5)]
    await asyncio.sleep(0.2)
    assert await wait_for(fork(child)) == 0
    print(*await asyncio.wait_for(asyncio.gather(*calls), 5))
    await client.aclose()

asyncio.run(main())
""",
    )
    assert printed == "used used used used used\n"
    assert sandbox.requests == 10 + 2


def test_a_child_that_ends_as_programs_do(sandbox: Sandbox) -> None:
    """Its interpreter takes everything apart, the pool of the parent too."""
    printed = run(
        sandbox,
        """
loop = asyncio.new_event_loop()
loop.run_until_complete(use())
pid = os.fork()
if not pid:
    asyncio.run(use())
    sys.exit()
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
print(loop.run_until_complete(use()))
loop.run_until_complete(client.aclose())
loop.close()
""",
    )
    assert printed == "used\n"
    assert sandbox.connections.ever == 2


def test_workers_of_a_preloaded_application(sandbox: Sandbox) -> None:
    """As gunicorn does with `--preload`: the client was used before the workers were forked, outside of a loop."""
    printed = run(
        sandbox,
        """
loop = asyncio.new_event_loop()
loop.run_until_complete(use())
def work():
    line = f"{asyncio.run(use())} {asyncio.run(use())} {client.stats().requests}\\n"
    os.write(1, line.encode())  # at once: the workers write to one pipe

workers = [fork(work) for _ in range(3)]
for worker in workers:
    assert asyncio.run(wait_for(worker)) == 0
print(loop.run_until_complete(use()))
loop.run_until_complete(client.aclose())
loop.close()
""",
    )
    assert printed == "used used 4\n" * 3 + "used\n"


def test_multiprocessing(sandbox: Sandbox) -> None:
    printed = run(
        sandbox,
        """
def work():
    print(asyncio.run(use()))
    asyncio.run(client.aclose())

async def main():
    await use()
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:
        await asyncio.to_thread(pool.apply, work)
    process = context.Process(target=work)
    process.start()
    await asyncio.to_thread(process.join)
    print(await asyncio.wait_for(use(), 3), process.exitcode)
    await client.aclose()

asyncio.run(main())
""",
    )
    assert printed == "used\nused\nused 0\n"


def test_a_closed_client_is_closed_in_the_child(sandbox: Sandbox) -> None:
    printed = run(
        sandbox,
        """
def child():
    try:
        asyncio.run(use())
    except ClientClosedError:
        print("closed")

asyncio.run(use())
asyncio.run(client.aclose())
assert asyncio.run(wait_for(fork(child))) == 0
""",
    )
    assert printed == "closed\n"


# The same without a fork, where it is seen which lines run.


async def test_what_a_child_does(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    client = AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url)
    await client.request("GET", "/v2/contacts")
    parents = client._sender.session.current()
    assert parents is not None
    with monkeypatch.context() as child:
        child.setattr(lineage, "forks", lineage.forks + 1)
        assert client.stats().requests == 0
        await client.request("GET", "/v2/contacts")
        session = client._sender.session
        assert session._after_fork() is session._states()  # another thread was first
        await client.aclose()
        with pytest.raises(ClientClosedError):
            await client.request("GET", "/v2/contacts")
        del client, session
        gc.collect()
    transport: Any = parents.transport
    await transport._pool._abandoned.close()
    assert sandbox.connections.ever == 2


def test_a_child_of_a_process_with_a_pool_of_clients(sandbox: Sandbox) -> None:
    script = """
        async def use():
            await pool.client(sys.argv[1]).users.contacts.create_or_update(email="ada@example.com")

        async def main():
            await use()
            code = await wait_for(fork(lambda: asyncio.run(use())))
            await use()
            await pool.aclose()
            print(code)

        pool = ClientPool(base_url=sys.argv[2])
        asyncio.run(main())
    """
    assert run(sandbox, script) == "0\n"
    assert sandbox.requests == 3
