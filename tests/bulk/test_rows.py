"""Where rows may come from, and what is refused with its remedy."""

import asyncio
import gc
import sys
import tracemalloc
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from featurebase_async import AsyncFeaturebase, AuthenticationError, ContactInput, InvalidRequestError
from featurebase_async.sandbox import Fault, Sandbox
from support.leaks import assert_nothing_left
from support.rows import assert_adds_up, people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.client import Unsent

COUNT = 1200  # more than are made objects at once
AT = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
COLUMNS: dict[str, Any] = {
    "user_id": [f"u{number}" for number in range(COUNT)],
    "name": [None if number % 3 == 0 else f"Person {number}" for number in range(COUNT)],
    "created_at": [AT] * COUNT,
    "custom_fields": [{"seats": number, "plan": None} for number in range(COUNT)],
}


class Stream:
    """What only exports Arrow."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._table.__arrow_c_stream__(requested_schema)


TABLES: dict[str, Any] = {
    "polars": lambda: pl.DataFrame(COLUMNS),
    "pyarrow": lambda: pa.table(COLUMNS),
    "pandas": lambda: pd.DataFrame(COLUMNS),
    "batches": lambda: pa.table(COLUMNS).to_reader(max_chunksize=700),
    "a stream": lambda: Stream(pa.table(COLUMNS)),
}


@pytest.mark.parametrize("table", TABLES)
async def test_of_arrow(client: AsyncFeaturebase, sandbox: Sandbox, table: str) -> None:
    reported: list[Any] = []
    report = await client.users.contacts.upsert_many(TABLES[table](), nulls="skip", on_progress=reported.append)
    assert report.failures == []
    assert_adds_up(report, COUNT)
    assert reported[-1].total == (None if table in ("batches", "a stream") else COUNT)
    bodies = {entry.json["userId"]: entry.json for entry in sandbox.log}
    assert len(bodies) == COUNT
    assert bodies["u3"] == {"userId": "u3", "createdAt": "2026-01-02T03:04:05.678000Z", "customFields": {"seats": 3}}
    assert bodies["u4"]["name"] == "Person 4"


async def test_of_duckdb(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    """A query is read in batches while the rows are sent; a cursor can't be, and is refused."""
    with duckdb.connect() as database:
        database.execute("create table people as select 'u' || n as id, n as seats from range(2500) t(n)")
        people = database.sql(
            "select id as user_id, if(seats % 2 = 0, null, 'Person ' || seats) as name,"
            " {'seats': seats} as custom_fields, timestamptz '2026-01-02 03:04:05+00' as created_at from people"
        )
        report = await client.users.contacts.upsert_many(people, nulls="skip")
        assert (report.created, report.failures) == (2500, [])
        with pytest.raises(InvalidRequestError, match="rows"):
            await client.users.contacts.upsert_many(database.execute("select 'u' as user_id"))
    bodies = {entry.json["userId"]: entry.json for entry in sandbox.log}
    assert bodies["u2"] == {"userId": "u2", "createdAt": "2026-01-02T03:04:05Z", "customFields": {"seats": 2}}
    assert bodies["u3"]["name"] == "Person 3"


async def test_of_arrow_without_rows(client: AsyncFeaturebase) -> None:
    assert_adds_up(await client.users.contacts.upsert_many(pa.table({"user_id": pa.array([], pa.string())})), 0)


async def test_timestamps_with_nanoseconds_lose_them(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    at = pa.array([1_767_323_045_678_901_234], pa.timestamp("ns", "UTC"))
    report = await client.users.contacts.upsert_many(pa.table({"user_id": ["u"], "created_at": at}))
    assert report.failures == []
    assert sandbox.log[0].json["createdAt"] == "2026-01-02T03:04:05.678901Z"


async def test_a_value_that_python_has_no_form_for_fails_its_row_alone(
    client: AsyncFeaturebase, sandbox: Sandbox
) -> None:
    values = [0] * COUNT
    values[700] = 2**60  # in the year 38,000,000
    at = pa.array(values, pa.timestamp("us", "UTC"))
    report = await client.users.contacts.upsert_many(pa.table({"user_id": COLUMNS["user_id"], "created_at": at}))
    assert (report.created, report.failed) == (COUNT - 1, 1)
    assert report.failures[0].index == 700
    assert str(report.failures[0].error).startswith("the row can't be read: it raised ")


BATCHES = 30


def batches(read: list[int]) -> "Iterator[pa.RecordBatch]":
    for number in range(BATCHES):
        read.append(number)
        keys = [f"u{number}-{at}" + "x" * 400 for at in range(1000)]
        yield pa.record_batch({"user_id": keys})


async def test_arrow_is_read_as_fast_as_it_is_used(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    """30 batches of 400 KB are 12 MB."""
    read: list[int] = []
    reader = pa.RecordBatchReader.from_batches(pa.schema({"user_id": pa.string()}), batches(read))
    sandbox.faults.add(Fault(nth=range(20, 10**6), status=401))
    with pytest.raises(AuthenticationError):
        await client.users.contacts.upsert_many(reader, concurrency=8)
    assert len(read) <= 2
    read = []
    reader = pa.RecordBatchReader.from_batches(pa.schema({"user_id": pa.string()}), batches(read))
    gc.collect()
    before = pa.total_allocated_bytes()
    tracemalloc.start()
    try:
        most = 0

        def look(_: Any) -> None:
            nonlocal most
            most = max(most, pa.total_allocated_bytes() - before)

        report = await client.users.contacts.check_many(reader, on_progress=look)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (report.skipped, len(read)) == (BATCHES * 1000, BATCHES)
    assert peak + most < 8 * 2**20


async def test_a_column_that_comes_twice_is_refused(client: AsyncFeaturebase, unsent: "Unsent") -> None:
    table = pa.table([["u"], ["v"]], names=["user_id", "user_id"])
    async with unsent("rows", "the column 'user_id' twice; rename one"):
        await client.users.contacts.upsert_many(table)


@pytest.mark.parametrize("series", [lambda: pl.Series("user_id", ["u"]), lambda: pa.chunked_array([["u"]])])
async def test_a_single_column_is_no_table(client: AsyncFeaturebase, unsent: "Unsent", series: Any) -> None:
    async with unsent("rows", "rows must be a table, but the Arrow stream of the .* has no columns"):
        await client.users.contacts.upsert_many(series())


@pytest.mark.parametrize(
    ("table", "remedy"),
    [
        ("polars", r"install featurebase-async\[arrow\], or pass the rows as dicts: df\.iter_rows\(named=True\)$"),
        ("pandas", r'install featurebase-async\[arrow\], or pass the rows as dicts: df\.to_dict\("records"\)$'),
        ("a stream", r"install featurebase-async\[arrow\]$"),
    ],
)
async def test_without_pyarrow_the_remedy_is_named(
    client: AsyncFeaturebase, unsent: "Unsent", monkeypatch: pytest.MonkeyPatch, table: str, remedy: str
) -> None:
    rows = TABLES[table]()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    async with unsent("rows", f"which needs pyarrow: {remedy}"):
        await client.users.contacts.upsert_many(rows)
    if table == "pandas":
        report = await client.users.contacts.check_many(pd.DataFrame({"user_id": ["u"]}).to_dict("records"))
        assert report.skipped == 1


class OldFrame:
    """A data frame without Arrow, such as those of pandas before 2.2: it iterates the names of its columns."""

    columns = ("user_id", "email")

    def __iter__(self) -> "Iterator[str]":
        return iter(self.columns)

    def to_dict(self, orient: str) -> Any:
        raise AssertionError("the error names it, and does not call it")


async def later() -> list[Any]:
    return []


def rows_of() -> "Iterator[Any]":
    yield {}


REFUSED: list[tuple[Any, str]] = [
    (lambda: {"email": "ada@example.com"}, r"not a dict; pass a single row in a list: \[row\]"),
    (lambda: ContactInput(email="ada@example.com"), r"not a ContactInput; pass a single row in a list: \[row\]"),
    (lambda: "people.csv", "not a str; read a file with the csv or json module"),
    (lambda: b"rows", "not a bytes; read a file"),
    (lambda: bytearray(b"rows"), "not a bytearray; read a file"),
    (OldFrame, r'not a OldFrame; pass df\.to_dict\("records"\)'),
    (later, "not a coroutine; await it first"),
    (lambda: rows_of, "not a function; call it first"),
    (lambda: None, "a list or an iterator of rows, not a NoneType$"),
    (lambda: 5, "a list or an iterator of rows, not a int$"),
]


@pytest.mark.parametrize(("make", "text"), REFUSED)
async def test_what_is_no_rows_is_refused_with_the_remedy(
    client: AsyncFeaturebase, unsent: "Unsent", make: Any, text: str
) -> None:
    async with unsent("rows", text):
        await client.users.contacts.upsert_many(make())
    async with unsent("rows", text), client.users.companies.upsert_stream(make()):
        pass
    async with unsent("rows", text):
        await client.users.contacts.check_many(make())


class LazyLength(list[Any]):
    """A sequence that can't count itself yet."""

    def __len__(self) -> int:
        raise TypeError("the rows are not fetched yet")


async def test_a_length_that_is_not_known_is_none(client: AsyncFeaturebase) -> None:
    reported: list[Any] = []
    await client.users.contacts.check_many(LazyLength(people(3)), on_progress=reported.append)
    assert (reported[-1].done, reported[-1].total) == (3, None)


async def test_a_list_of_the_api_may_be_the_rows_and_is_closed_when_the_run_stops(
    client: AsyncFeaturebase, sandbox: Sandbox
) -> None:
    sandbox.seed(contacts=500)
    sandbox.latency = 1.0
    sandbox.faults.add(Fault(method="POST", status=401))

    class Rows:
        async def __aiter__(self) -> Any:
            async for contact in client.users.contacts.list(page_size=10):
                yield {"user_id": contact.user_id}

    with pytest.raises(AuthenticationError):
        await client.users.contacts.upsert_many(Rows())
    await assert_nothing_left(client)


async def test_an_iterator_of_the_callers_is_left_open(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(nth=range(5, 1000), status=401))
    rows = people(100)
    with pytest.raises(AuthenticationError) as caught:
        await client.users.contacts.upsert_many(rows, concurrency=1)
    assert caught.value.report is not None
    assert next(rows)["user_id"] == f"u{caught.value.report.total}"


async def test_rows_that_wait_do_not_hold_up_those_that_are_there(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    arrived = asyncio.Event()

    async def rows() -> Any:
        yield {"user_id": "first"}
        await arrived.wait()
        yield {"user_id": "second"}

    run = asyncio.create_task(client.users.contacts.upsert_many(rows()))
    while sandbox.requests == 0:
        await asyncio.sleep(0.01)
    await asyncio.sleep(5)
    assert len(sandbox.store.contacts) == 1
    arrived.set()
    assert (await run).created == 2


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        ("total", -1, "at least 0"),
        ("total", 1.5, "the number of rows"),
        ("total", True, "the number of rows"),
        ("nulls", "drop", "nulls must be 'send' or 'skip'"),
        ("nulls", None, "nulls must be"),
        *(
            ("max_failures", value, "a share of the rows between 0 and 1, such as 0.05")
            for value in (-1, 1.5, 0.0, 1.0, True, "5", float("nan"))
        ),
    ],
)
async def test_options_that_cannot_be_meant_are_refused(
    client: AsyncFeaturebase, unsent: "Unsent", option: str, value: Any, text: str
) -> None:
    options: Any = {option: value}
    async with unsent(option, text):
        await client.users.contacts.upsert_many(people(3), **options)
    async with unsent(option, text):
        await client.users.contacts.check_many(people(3), **options)
    with pytest.raises(InvalidRequestError, match=text):
        client.users.companies.upsert_stream(people(3), **options)
