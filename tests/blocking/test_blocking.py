"""The blocking client: every call of the async one, from plain functions and threads."""

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import (
    ClientClosedError,
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    Timeout,
)
from featurebase_async.blocking import Featurebase
from featurebase_async.blocking.client import __doc__ as documentation
from featurebase_async.blocking.loop_thread import LoopThread
from featurebase_async.reconcile.journal import Journal
from featurebase_async.sandbox import Fault, Sandbox
from support.blocking_stub import STUB, Stub, meaning
from support.threads import people

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.real_time


@pytest.mark.one_python
def test_the_types_are_those_of_the_async_client() -> None:
    assert documentation
    assert meaning(STUB.read_text(encoding="utf-8")) == meaning(Stub().text())


def test_a_call(fb: Featurebase) -> None:
    ada = fb.users.contacts.create_or_update(email="ada@example.com", name="Ada")
    assert fb.users.contacts.retrieve(ada.id).name == "Ada"
    assert fb.users.contacts is fb.users.contacts
    assert fb.stats().requests == 2


def test_a_list_as_ranges(fb: Featurebase, sandbox: Sandbox) -> None:
    sandbox.seed(contacts=130)
    pager = fb.users.contacts.list(ranges=4)
    assert {contact.id for contact in pager} == set(sandbox.store.contacts)
    assert pager.fallback is None
    sandbox.faults.add(Fault(path="/v2/contacts/search", status=400))
    assert len(pager.collect()) == 130
    assert str(pager.fallback).startswith("a search was refused")
    plan = fb.users.contacts.plan([], ranges=2, unmatched="report")
    assert str(plan.fallback).startswith("a search was refused")


def test_errors_are_those_of_the_async_client(fb: Featurebase) -> None:
    with pytest.raises(NotFoundError, match="contact_not_found"):
        fb.users.contacts.by_user_id.retrieve("nobody")
    with pytest.raises(InvalidRequestError, match="e-mail"):
        fb.users.contacts.create_or_update(email="not an address")


def test_a_list(fb: Featurebase, sandbox: Sandbox) -> None:
    sandbox.seed(contacts=250)
    pager = fb.users.contacts.list()
    assert len(list(pager)) == 250
    assert [len(page.data) for page in pager.pages()] == [100, 100, 50]
    first = pager.first()
    assert first is not None
    assert first.id == next(iter(pager)).id
    assert len(pager.collect(max=20)) == 20
    assert "blocking" in repr(pager)


def test_a_list_that_is_left_and_resumed(fb: Featurebase, sandbox: Sandbox) -> None:
    sandbox.seed(contacts=250)
    pager = fb.users.contacts.list()
    for number, _ in enumerate(pager):
        if number == 120:
            break
    assert pager.checkpoint is not None
    assert len(list(fb.users.contacts.list(start=pager.checkpoint))) == 150


def test_several_lists(fb: Featurebase, sandbox: Sandbox) -> None:
    sandbox.seed(contacts=120, companies=4, leads=3)
    lists = fb.users.contacts.list(), fb.users.contacts.list(contact_type="lead")
    assert len(list(fb.merge(*lists))) == 123
    assert {company.name for company, _ in fb.users.iter_company_contacts()} <= {
        company.name for company in fb.users.companies.list()
    }


def test_work_on_each_item_is_done_in_threads(fb: Featurebase, sandbox: Sandbox) -> None:
    sandbox.seed(contacts=30)
    names: list[str] = []
    threads: set[int] = set()
    together = threading.Barrier(4)
    first = {contact.id for contact in fb.users.contacts.list().collect(max=4)}

    def work(contact: Any) -> None:
        if contact.id in first:
            together.wait(10)
        names.append(contact.name)
        threads.add(threading.get_ident())

    assert fb.users.contacts.list().for_each(work, concurrency=4) == 30
    assert len(names) == 30
    assert threading.get_ident() not in threads


def test_rows_are_read_in_the_thread_of_the_caller(fb: Featurebase) -> None:
    seen: set[int] = set()
    report = fb.users.contacts.upsert_many(people(250, seen))
    assert (report.created, report.total) == (250, 250)
    with fb.users.contacts.upsert_stream(people(250, seen), concurrency=4) as results:
        assert sorted(result.index for result in results) == list(range(250))
        assert results.report.updated == 250
    assert seen == {threading.get_ident()}


def test_rows_of_a_list(fb: Featurebase) -> None:
    rows = [{"email": f"u{number}@example.com"} for number in range(5)]
    assert fb.users.contacts.upsert_many(rows).created == 5
    assert fb.users.contacts.upsert_many(rows=tuple(rows), keep_results=True).updated == 5
    assert fb.users.contacts.upsert_many(iter(rows)).updated == 5
    with fb.users.contacts.upsert_stream(rows) as results:
        assert len(list(results)) == 5
    with pytest.raises(InvalidRequestError):
        fb.users.contacts.upsert_many({"email": "a@example.com"})


def test_rows_that_raise(fb: Featurebase) -> None:
    def rows() -> "Iterator[dict[str, str]]":
        yield {"email": "a@example.com"}
        raise LookupError("the table is gone")

    with pytest.raises(LookupError, match="gone"):
        fb.users.contacts.upsert_many(rows())
    with pytest.raises(LookupError, match="gone"), fb.users.contacts.upsert_stream(rows()) as results:
        list(results)


def test_a_stream_that_is_left(fb: Featurebase) -> None:
    with fb.users.contacts.upsert_stream(people(5000, set())) as results:
        next(results)
    assert results.report.total < 5000


def test_an_interrupt_while_rows_are_read_ends_the_run(fb: Featurebase, sandbox: Sandbox) -> None:
    def rows() -> "Iterator[dict[str, str]]":
        yield {"email": "a@example.com"}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fb.users.contacts.upsert_many(rows())
    with pytest.raises(KeyboardInterrupt), fb.users.contacts.upsert_stream(rows()) as results:
        list(results)
    assert fb.users.contacts.create_or_update(email="b@example.com").email == "b@example.com"


def test_ctrl_c_ends_a_call_at_once(fb: Featurebase, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(delay=60))
    main = threading.main_thread().ident
    threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT)).start()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            fb.users.companies.list().first()
    finally:
        signal.signal(signal.SIGINT, before)
    sandbox.faults.clear()
    assert fb.users.companies.list().first() is None


def test_the_same_call_again_after_ctrl_c(
    fb: Featurebase, sandbox: Sandbox, tmp_path: "Path", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that was acknowledged is sent again, and the state is free, however slow the disk is."""
    close = Journal._close

    async def slowly(journal: Journal) -> None:
        await asyncio.sleep(0.3)
        await close(journal)

    monkeypatch.setattr(Journal, "_close", slowly)
    rows = [{"user_id": f"u{number}"} for number in range(300)]
    sandbox.faults.add(Fault(nth=range(201, 400), delay=60))
    main = threading.main_thread().ident

    def interrupt() -> None:
        while sandbox.requests < 201:
            time.sleep(0.01)
        signal.pthread_kill(main or 0, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            fb.users.contacts.upsert_many(rows, state=tmp_path / "s.fbstate")
    finally:
        signal.signal(signal.SIGINT, before)
    sandbox.faults.clear()
    report = fb.users.contacts.upsert_many(rows, state=tmp_path / "s.fbstate")
    assert report.same >= 200 - 32
    assert report.same + report.created + report.updated == 300


@pytest.mark.parametrize("kind", [LookupError, SystemExit, KeyboardInterrupt, GeneratorExit])
def test_work_that_ends_the_program(fb: Featurebase, sandbox: Sandbox, kind: type[BaseException]) -> None:
    """The event loop stays: it would end with what is raised in one of its tasks."""
    sandbox.seed(contacts=30)

    def work(contact: Any) -> None:
        raise kind

    with pytest.raises(kind):
        fb.users.contacts.list().for_each(work)
    assert len(fb.users.contacts.list().collect()) == 30


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
def test_a_hook_that_ends_the_program(sandbox: Sandbox, kind: type[BaseException]) -> None:
    """It ends the event loop, so the next call has another one."""

    class Hook:
        raises = True

        def on_request(self, exchange: object) -> None:
            if self.raises:
                raise kind

    hook = Hook()
    with Featurebase(sandbox.api_key, base_url=sandbox.url, hooks=[hook]) as fb:
        with pytest.raises(kind):
            fb.users.companies.list().collect()
        hook.raises = False
        assert fb.users.companies.list().collect() == []


def test_a_loop_that_has_ended_is_let_go_of_once() -> None:
    thread = LoopThread()
    thread._running().ended()
    assert thread._running().portal is None


def test_ctrl_c_where_a_waiting_thread_must_look_for_it(
    fb: Featurebase, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where an interrupt does not wake a thread that waits."""
    monkeypatch.setattr("featurebase_async.blocking.loop_thread.LOOK", 0.01)
    sandbox.faults.add(Fault(delay=0.1))
    assert fb.users.companies.list().collect() == []


def test_any_number_of_threads(fb: Featurebase, sandbox: Sandbox) -> None:
    sandbox.seed(contacts=10)
    contact = fb.users.contacts.list().first()
    assert contact is not None
    with ThreadPoolExecutor(10) as threads:
        found = list(threads.map(lambda _: fb.users.contacts.retrieve(contact.id).id, range(60)))
    assert found == [contact.id] * 60


def test_recordings_and_views(fb: Featurebase) -> None:
    with fb.record() as exchanges:
        fb.users.companies.list().collect()
    assert [exchange.operation for exchange in exchanges] == ["users.companies.list"]
    view = fb.with_options(timeout=Timeout(total=5), lane="bulk")
    assert view.users.companies.list().collect() == []
    assert fb.stats().requests == view.stats().requests == 2
    assert fb.request("GET", "/v2/contacts")["data"] == []


def test_closing(sandbox: Sandbox) -> None:
    fb = Featurebase(sandbox.api_key, base_url=sandbox.url)
    assert fb.users.companies.list().collect() == []
    fb.close()
    fb.close()
    with pytest.raises(ClientClosedError):
        fb.users.companies.list().collect()
    with fb:
        assert fb.users.companies.list().collect() == []
    assert not [thread for thread in threading.enumerate() if thread.name == "featurebase"]


def test_a_call_from_a_hook_is_refused(sandbox: Sandbox) -> None:
    refused: list[ConfigurationError] = []

    class Hook:
        def on_response(self, exchange: object) -> None:
            try:
                fb.users.companies.list().first()
            except ConfigurationError as error:
                refused.append(error)

    with Featurebase(sandbox.api_key, base_url=sandbox.url, hooks=[Hook()]) as fb:
        fb.users.companies.list().first()
    assert "AsyncFeaturebase" in str(refused[0])


def test_the_key_is_in_no_frame_of_a_refused_option() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Featurebase("sk_live_secret", max_connections=0)
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)][1:]
    assert frames
    for frame in frames[:1]:
        assert "sk_live_secret" not in repr(frame.f_locals)


def test_what_is_shown(fb: Featurebase) -> None:
    assert "sk_" not in repr(fb)
    assert repr(fb.users.contacts) == "<blocking Contacts>"
    assert {"contacts", "companies"} <= set(dir(fb.users))
    assert fb.users.contacts.retrieve.__doc__
    with pytest.raises(AttributeError):
        fb.users.contacts._sender  # noqa: B018
    with pytest.raises(AttributeError):
        fb.users.nothing  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(TypeError, match="each process"):
        pickle.dumps(fb)


def test_after_a_fork_the_child_has_a_loop_of_its_own(fb: Featurebase) -> None:
    ada = fb.users.contacts.create_or_update(email="ada@example.com")
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.write(write, fb.users.contacts.retrieve(ada.id).id.encode())
            fb.close()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(read, 100).decode() == ada.id
    assert fb.users.contacts.retrieve(ada.id).id == ada.id


def test_two_threads_that_start_it_at_once_share_a_loop() -> None:
    thread = LoopThread()
    running = thread._running()
    assert running.start(thread) is running.start(thread)
    thread.stop()
    thread.stop()


def test_a_client_that_is_collected_on_its_own_loop() -> None:
    thread = LoopThread()

    async def stop() -> None:
        thread.stop()

    thread.run(stop)
    assert thread._running().portal is None


def test_a_list_that_is_left_behind_by_a_closed_client(sandbox: Sandbox) -> None:
    sandbox.seed(contacts=150)
    fb = Featurebase(sandbox.api_key, base_url=sandbox.url)
    contacts = iter(fb.users.contacts.list())
    next(contacts)
    fb.close()
    contacts.close()  # type: ignore[attr-defined]


SCRIPT = """
    import sys
    from featurebase_async.blocking import Featurebase
    fb = Featurebase("sk_sandbox", base_url=sys.argv[1])
    fb.users.companies.list().collect()
    if "iterate" in sys.argv:
        kept = iter(fb.users.contacts.list())
        next(kept)
    if "drop" in sys.argv:
        del fb
    print("end")
"""


@pytest.mark.parametrize("how", ["", "iterate", "drop"])
def test_a_script_that_closes_nothing_ends(sandbox: Sandbox, how: str) -> None:
    sandbox.seed(contacts=150)
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), sandbox.url, how]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")
