"""Failures are kept packed: a list to look at, a fraction of one in memory."""

import gc
import pickle
import traceback
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featurebase_async import BadRequestError, BulkFailures, BulkReport, InvalidRequestError, RetryPolicy, RowResult
from featurebase_async._core.response import Failure, Response
from featurebase_async.bulk.recorder import MAX_POOLED, ErrorPool
from paging.test_memory import Forgetting
from support.rows import assert_adds_up
from support.transport import Double, client_on

if TYPE_CHECKING:
    from featurebase_async import AsyncFeaturebase

ERRORS = [None, InvalidRequestError("one", param="one"), InvalidRequestError("two")]
RESULTS: "st.SearchStrategy[RowResult[Any]]" = st.builds(
    RowResult,
    index=st.integers(0, 2**40),
    key=st.none() | st.text() | st.just("\ud800"),
    outcome=st.sampled_from(["failed", "unknown", "skipped"]),
    error=st.sampled_from(ERRORS),
    attempts=st.integers(0, 100_000),
    ref=st.none() | st.integers() | st.text(),
)


@given(st.lists(RESULTS))
def test_they_are_what_was_put_in(results: "list[RowResult[Any]]") -> None:
    failures: BulkFailures[Any] = BulkFailures()
    for result in results:
        failures.append(result)
    assert failures == results
    assert list(failures) == results
    assert len(failures) == len(results)
    assert failures[1:-1] == results[1:-1]
    assert [failures[at] for at in range(-len(results), len(results))] == results + results
    assert all(one.error is two.error for one, two in zip(failures, results, strict=True))
    assert list(reversed(failures)) == results[::-1]
    copy = pickle.loads(pickle.dumps(failures))  # noqa: S301 -- its own
    assert [result.index for result in copy] == [result.index for result in results]
    failures.clear()
    assert failures == []


def test_they_compare_with_lists_and_tuples() -> None:
    failures: BulkFailures[Any] = BulkFailures()
    assert failures == []
    assert failures == ()
    assert failures == BulkFailures()
    assert failures not in (None, "", 0, [1])
    with pytest.raises(IndexError):
        failures[0]
    assert not failures


def test_their_repr_shows_the_first_ones() -> None:
    report: BulkReport[Any] = BulkReport()
    assert repr(report.failures) == "[]"
    for index in range(7):
        report.add(RowResult(index=index, key="ada@example.com", outcome="failed", error=ERRORS[1]))
    shown = repr(report.failures)
    assert shown.startswith("[<RowResult 0: failed, one>, <RowResult 1: failed, one>, ")
    assert shown.endswith("<RowResult 4: failed, one>, and 2 more]")


NO = Response(400, {}, b'{"error":{"code":"invalid_email","message":"No such domain","type":"invalid_request_error"}}')
NOT_JSON = Response(201, {}, b"<html>" + b"x" * 5000)
LOST = Failure(kind="lost", sent=True, text="connection lost", cause=ConnectionResetError())
BAD: list[Any] = [
    lambda number: {"user_id": f"user-{number}", "locale": "far too long a locale", "name": "x" * 1000},
    lambda number: {"emial": f"user{number}@example.com"},
    lambda number: {"user_id": f"user-{number}", "custom_fields": {"x": float("nan")}},
]


async def failing(count: int, response: Any, row: Any) -> "BulkReport[Any]":
    double = Double(lambda _: response)
    double.requests = Forgetting()
    async with client_on(double, retry=RetryPolicy(retries=0)) as client:
        return await client.users.contacts.upsert_many(map(row, range(count)))


@pytest.mark.thorough
@pytest.mark.parametrize("response", [NO, NOT_JSON, LOST, None], ids=["refused", "not JSON", "lost", "bad rows"])
async def test_a_million_failures_take_less_than_100_mb(response: Any) -> None:
    count = 10_000
    row = BAD[0] if response is None else (lambda number: {"user_id": f"user-{number:020}", "name": "x" * 1000})
    await failing(100, response, row)
    gc.collect()
    tracemalloc.start()
    try:
        report = await failing(count, response, row)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert_adds_up(report, count)
    assert report.failed + report.unknown == len(report.failures) == count
    assert kept / count < 95


@pytest.mark.parametrize("response", [NO, NOT_JSON, LOST])
async def test_errors_hold_no_frames(response: Any) -> None:
    report = await failing(3, response, lambda number: {"user_id": f"u{number}"})
    report_of_bad = await failing(3, NO, BAD[0])
    for result in [*report.failures, *report_of_bad.failures]:
        error: BaseException | None = result.error
        assert error is not None
        while error is not None:
            assert error.__traceback__ is None
            assert error.__context__ is None
            error = error.__cause__
        assert len(traceback.format_exception(result.error)) <= 4


async def test_rows_that_fail_for_the_same_reason_share_an_error() -> None:
    bodies = iter([b'{"message":"one"}', b'{"message":"two"}', b'{"message":"one"}'])
    double = Double(lambda _: Response(400, {}, next(bodies)))
    async with client_on(double) as client:
        rows = [{"user_id": f"u{number}"} for number in range(3)]
        report = await client.users.contacts.upsert_many([*rows, *({"name": "x"} for _ in range(3))], concurrency=1)
    by_index = {result.index: result.error for result in report.failures}
    assert by_index[0] is by_index[2]
    assert by_index[0] is not by_index[1]
    assert by_index[3] is by_index[4] is by_index[5]
    assert isinstance(by_index[0], BadRequestError)
    assert by_index[0].exchange.operation == "users.contacts.create_or_update"


def test_so_many_different_errors_are_compared_and_no_more() -> None:
    pool = ErrorPool()
    first = pool.shared(InvalidRequestError("0"))
    for number in range(1, MAX_POOLED):
        pool.shared(InvalidRequestError(str(number)))
    assert pool.shared(InvalidRequestError("0")) is first
    another = InvalidRequestError("another")
    assert pool.shared(another) is another
    assert pool.shared(InvalidRequestError("another")) is not another


async def test_refs_and_ids_come_back(client: "AsyncFeaturebase", sandbox: Any) -> None:
    ref = object()
    rows: list[Any] = [
        {"user_id": "u1", "_ref": ref},
        {"user_id": "u2"},
        {"user_id": "u1", "_ref": 7, "locale": "far too long a locale"},
        {"_ref": "line 4"},
        {"user_id": "u3", "_ref": None},
    ]
    report = await client.users.contacts.upsert_many(rows, keep_results=True)
    assert report.results is not None
    results = {result.index: result for result in report.results}
    assert [results[index].ref for index in range(5)] == [ref, None, 7, "line 4", None]
    assert [result.ref for result in sorted(report.failures, key=lambda result: result.index)] == [7, "line 4"]
    ids = {contact.user_id: id_ for id_, contact in sandbox.store.contacts.items()}
    assert [results[index].id for index in range(5)] == [ids["u1"], ids["u2"], None, None, ids["u3"]]
    assert all(b"_ref" not in entry.body for entry in sandbox.log)
    checked = await client.users.contacts.check_many(rows, keep_results=True)
    assert checked.results is not None
    assert {result.index: result.ref for result in checked.results} == dict(enumerate([ref, None, 7, "line 4", None]))


async def test_an_id_that_is_no_text_is_none() -> None:
    double = Double(lambda _: Response(200, {}, b'{"object":"contact","id":5}'))
    async with client_on(double) as client:
        report = await client.users.contacts.upsert_many([{"user_id": "u"}], keep_results=True)
    assert report.results is not None
    assert [result.id for result in report.results] == [None]
