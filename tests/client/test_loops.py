"""A client and its event loops: one after the other and several at once, in as many threads, without a word.

Each script runs in a process of its own, in development mode with warnings as errors: anything left behind - a
connection, a session, a task - would be reported on its standard error.
"""

import subprocess
import sys
import textwrap

import pytest

START = """
    import asyncio, gc, logging, threading
    from featurebase_async import *
    from featurebase_async.sandbox import Sandbox

    # In development mode asyncio warns of steps that took long: a matter of the machine.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    with Sandbox() as sandbox:
        sandbox.seed(contacts=250)
        client = AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url)

        async def use(client=client):
            await asyncio.gather(*(client.request("GET", "/v2/contacts") for _ in range(10)))
            return len(await client.users.contacts.list(page_size=100).collect())
"""


STRICT = ("-X", "dev", "-W", "error")


def run(script: str, *flags: str) -> str:
    """Run a script after the common start, and give what it prints; nothing may be on its standard error."""
    source = textwrap.dedent(START) + textwrap.indent(textwrap.dedent(script), "    ")
    done = subprocess.run(
        [sys.executable, *(flags or STRICT), "-c", source],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


SCRIPTS = {
    "three loops": """
        for _ in range(3):
            print(asyncio.run(use()))
        """,
    "three loops, then closed in a fourth": """
        for _ in range(3):
            print(asyncio.run(use()))
        asyncio.run(client.aclose())
        asyncio.run(client.aclose())
        try:
            asyncio.run(use())
        except ClientClosedError as error:
            print(error)
        """,
    "with a block in each": """
        async def main():
            async with AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url) as client:
                return await use(client)
        for _ in range(3):
            print(asyncio.run(main()))
        """,
    "two loops in turn": """
        loops = [asyncio.new_event_loop() for _ in range(2)]
        for _ in range(2):
            for loop in loops:
                print(loop.run_until_complete(use()))
        loops[0].run_until_complete(client.aclose())
        for loop in loops:
            loop.run_until_complete(asyncio.sleep(0.05))  # each closes its own connections
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
        """,
    "a loop that ends with calls under way": """
        async def main():
            sandbox.latency = 5
            tasks = [asyncio.create_task(use()) for _ in range(3)]
            await asyncio.sleep(0.05)
            sandbox.latency = 0
        asyncio.run(main())
        print(asyncio.run(use()))
        """,
    "a page in the middle of a list": """
        async def main():
            async for contact in client.users.contacts.list(page_size=10):
                break
        asyncio.run(main())
        print(asyncio.run(use()))
        """,
    "a client that no one has used": """
        print(repr(client))
        """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_nothing_is_left_behind(name: str) -> None:
    assert run(SCRIPTS[name])


def test_loops_that_are_closed_without_tidying_up() -> None:
    """Python itself warns of their sockets, if it warns of them at all; the client does its part."""
    assert run(
        """
        for _ in range(3):
            loop = asyncio.new_event_loop()
            print(loop.run_until_complete(use()))
            loop.close()
        loop = asyncio.new_event_loop()
        loop.run_until_complete(client.aclose())
        loop.close()
        """,
        "-W",
        "ignore::ResourceWarning",
    )


def test_many_threads_with_a_loop_for_each_request() -> None:
    """As views of Django and Flask do, with a client at module level: nothing is left when a loop ends."""
    printed = run(
        """
        import weakref
        from concurrent.futures import ThreadPoolExecutor

        loops = weakref.WeakSet()

        async def view():
            loops.add(asyncio.get_running_loop())
            return len((await client.request("GET", "/v2/contacts", query={"limit": 5}))["data"])

        with ThreadPoolExecutor(10) as pool:
            results = [future.result() for future in [pool.submit(lambda: asyncio.run(view())) for _ in range(60)]]
        print(results == [5] * 60, client.stats().requests, sandbox.requests, sandbox.statuses)
        gc.collect()
        print(len(loops), sandbox.connections.open)
        asyncio.run(client.aclose())
        """
    )
    assert printed == "True 60 60 Counter({200: 60})\n0 0\n"


def test_one_budget_for_all_threads() -> None:
    """The loops draw on one window of the rate limit: no 429, and no window more than needed."""
    printed = run(
        """
        from concurrent.futures import ThreadPoolExecutor

        with Sandbox(key_limit=40, window=2.0) as small:
            client = AsyncFeaturebase(small.api_key, base_url=small.url)

            async def several():
                await asyncio.gather(*(client.request("GET", "/v2/contacts") for _ in range(25)))

            with ThreadPoolExecutor(4) as pool:
                for future in [pool.submit(lambda: asyncio.run(several())) for _ in range(4)]:
                    future.result()
            print(small.requests, small.statuses, client.stats().rate_limited)
            asyncio.run(client.aclose())
        """
    )
    assert printed == "100 Counter({200: 100}) 0\n"


def test_two_loops_at_once() -> None:
    """Each has a pool of its own; closing in one of them closes both."""
    printed = run(
        """
        ready = threading.Event()

        async def hold():
            print(await use())
            sandbox.latency = 60
            waiting = [asyncio.create_task(client.request("GET", "/v2/contacts")) for _ in range(3)]
            await asyncio.sleep(0.1)
            ready.set()
            for ended in await asyncio.gather(*waiting, use(), return_exceptions=True):
                print(type(ended).__name__)

        async def close():
            await client.aclose()

        holder = threading.Thread(target=asyncio.run, args=(hold(),))
        holder.start()
        ready.wait()
        asyncio.run(close())
        holder.join()
        """
    )
    assert printed == "250\n" + "ClientClosedError\n" * 4


def test_a_client_dropped_open_says_where_it_was_made() -> None:
    printed = run(
        """
        import warnings
        warnings.simplefilter("always")
        async def main():
            client = AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url)
            await use(client)
            with warnings.catch_warnings(record=True) as caught:
                del client
                gc.collect()
            for warning in caught:
                print(warning.category.__name__, warning.message)
            del caught, warning  # they hold the client as the source
            while sandbox.connections.open:  # its connections are closed all the same
                await asyncio.sleep(0.01)
            print("closed")
        asyncio.run(main())
        """
    )
    first, second = printed.splitlines()
    assert first.startswith("ResourceWarning a client was dropped without being closed; it was made at <string>:")
    assert second == "closed"
