"""Errors in the middle of a list: they carry the cursor, and the same pager goes on; nothing lost, nothing twice."""

import asyncio
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import (
    APIConnectionError,
    AsyncFeaturebase,
    AuthenticationError,
    BadRequestError,
    CursorExpiredError,
    FeaturebaseError,
    InternalServerError,
    NotFoundError,
    ResponseDecodeError,
    RetryPolicy,
)
from featurebase_async.sandbox import Fault, Sandbox
from support.client import WIDE, opened
from support.leaks import assert_nothing_left

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from featurebase_async import Pager


@pytest.fixture
async def hasty(sandbox: Sandbox) -> "AsyncIterator[AsyncFeaturebase]":
    """Give a client that repeats nothing."""
    async with opened(sandbox, retry=RetryPolicy(retries=0)) as client:
        yield client


async def iterate(pager: "Pager[Any]", seen: list[str], kind: type[FeaturebaseError]) -> Any:
    """Iterate until the error comes."""
    with pytest.raises(kind) as caught:  # noqa: PT012 -- the whole iteration may raise
        async for contact in pager:
            seen.append(contact.id)  # noqa: PERF401 -- kept when the iteration fails
    return caught.value


FAULTS: dict[str, tuple[dict[str, Any], type[FeaturebaseError]]] = {
    "a failure": ({"status": 500}, InternalServerError),
    "a lost response": ({"cut": "after"}, APIConnectionError),
    "half a response": ({"cut": "mid"}, APIConnectionError),
    "broken JSON": ({"broken_json": True}, ResponseDecodeError),
    "no page": ({"status": 200, "body": {"object": "list"}}, ResponseDecodeError),
    "a revoked key": ({"status": 401}, AuthenticationError),
    "another 400": ({"status": 400, "body": {"message": "no"}}, BadRequestError),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("page", [1, 2, 3, 4])
@pytest.mark.parametrize("look_ahead", [0, 1])
async def test_the_same_pager_goes_on(
    hasty: AsyncFeaturebase, sandbox: Sandbox, fault: str, page: int, look_ahead: int
) -> None:
    sandbox.seed(contacts=35)
    how, kind = FAULTS[fault]
    sandbox.faults.add(Fault(nth=(page, page + 1), **how))
    pager = hasty.users.contacts.list(page_size=10, look_ahead=look_ahead)
    seen: list[str] = []
    failed_at = None
    for _ in range(2):  # it fails once more where it goes on
        error = await iterate(pager, seen, kind)
        assert len(seen) == 10 * (page - 1)
        assert error.exchange is not None
        assert error.cursor == sandbox.log[-1].params.get("cursor")
        failed_at = error.cursor
        await assert_nothing_left(hasty)
    assert (failed_at is None) == (page == 1)
    assert pickle.loads(pickle.dumps(error)).cursor == failed_at  # noqa: S301 -- its own
    seen += [contact.id async for contact in pager]
    assert seen == list(sandbox.store.contacts)
    assert sandbox.requests == 4 + 2
    # And after the end from the start again.
    assert [contact.id async for contact in pager] == seen


async def test_an_error_before_a_start_of_ones_own(hasty: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.seed(contacts=35)
    start = (await anext(hasty.users.contacts.list(page_size=10, look_ahead=0).pages())).next_cursor
    sandbox.faults.add(Fault(nth=1, status=500))
    pager = hasty.users.contacts.list(page_size=10, start=start)
    error = await iterate(pager, [], InternalServerError)
    assert error.cursor == start == pager.checkpoint
    assert len(await pager.collect()) == 25


async def test_an_error_of_the_callers_own_making(sandbox: Sandbox) -> None:
    """The provider of the key is the caller's: what it raises comes as it is, and the pager goes on after it."""
    sandbox.seed(contacts=35)
    troubles = [None, LookupError("no key"), None]
    first = True

    async def provider() -> str:
        nonlocal first
        key = "sk_stale" if first else sandbox.api_key
        first = False
        if (trouble := troubles.pop(0)) is not None:
            raise trouble
        return key

    async with AsyncFeaturebase(provider, base_url=sandbox.url) as client:
        pager = client.users.contacts.list(page_size=10)
        with pytest.raises(LookupError):
            await pager.collect()
        assert len(await pager.collect()) == 35


@pytest.mark.parametrize("look_ahead", [0, 1])
@pytest.mark.parametrize("shape", ["envelope", "flat", "numeric"])
@pytest.mark.parametrize("search", [False, True])
async def test_an_expired_cursor(look_ahead: int, shape: Any, search: bool) -> None:
    async with Sandbox(**WIDE, error_shape=shape, cursor_lifetime=60) as sandbox, opened(sandbox) as client:
        sandbox.seed(contacts=35)
        contacts = client.users.contacts
        options: Any = {"page_size": 10, "look_ahead": look_ahead}
        pager = contacts.search(sort="createdAt:asc", **options) if search else contacts.list(**options)
        cursors: list[str | None] = []
        with pytest.raises(CursorExpiredError) as caught:  # noqa: PT012 -- the whole iteration may raise
            async for page in pager.pages():
                cursors.append(page.cursor)
                if len(cursors) == 2:
                    await asyncio.sleep(61)
        error = caught.value
        # With look-ahead the third page was there before its cursor expired.
        assert len(cursors) == 2 + look_ahead
        good = cursors[-1]
        assert isinstance(error.__cause__, BadRequestError)
        assert error.checkpoint == good == pager.checkpoint
        assert error.cursor not in (None, good)
        assert "go on from .checkpoint" in str(error)
        copy = pickle.loads(pickle.dumps(error))  # noqa: S301 -- its own
        assert (copy.checkpoint, copy.cursor) == (error.checkpoint, error.cursor)
        # The page of the checkpoint comes once more, and then the rest, if its own cursor still holds.
        if error.checkpoint is not None:
            with pytest.raises(CursorExpiredError):
                await pager.collect()
        rest = await pager.collect()
        assert len(rest) == 35


async def test_a_start_that_has_expired_leaves_the_beginning(sandbox: Sandbox) -> None:
    sandbox.seed(contacts=35)
    async with opened(sandbox) as client:
        pager = client.users.contacts.list(page_size=10, start="made up")
        error = await iterate(pager, [], CursorExpiredError)
        assert (error.cursor, error.checkpoint) == ("made up", None)
        assert len(await pager.collect()) == 35


@pytest.mark.parametrize(
    ("status", "body", "expired"),
    [
        (400, {"error": {"code": "invalid_cursor", "message": "x"}}, True),
        (400, {"error": {"code": "invalid_parameter", "param": "cursor", "message": "x"}}, True),
        (400, {"error": {"code": "invalid_request", "message": "This Cursor is gone"}}, True),
        (410, {"error": {"message": "cursor expired"}}, True),
        (410, {"code": 410, "message": "cursor expired"}, True),
        (400, {"success": False, "message": "Malformed cursor"}, True),
        (400, {"error": {"code": "invalid_id", "message": "cursor?"}}, False),
        (400, {"success": False, "message": "no"}, False),
        (400, b"<html>cursor</html>", False),
        (404, {"error": {"code": "invalid_cursor", "message": "cursor"}}, False),
        (500, {"error": {"code": "invalid_cursor", "message": "cursor"}}, False),
    ],
)
async def test_what_is_about_a_cursor(
    hasty: AsyncFeaturebase, sandbox: Sandbox, status: int, body: Any, expired: bool
) -> None:
    sandbox.faults.add(Fault(status=status, body=body))
    # On the first page there is no cursor that could be at fault.
    error = await iterate(hasty.users.contacts.list(), [], FeaturebaseError)
    assert not isinstance(error, CursorExpiredError)
    error = await iterate(hasty.users.contacts.list(start="c"), [], FeaturebaseError)
    assert isinstance(error, CursorExpiredError) == expired
    assert error.cursor == "c"


async def test_a_company_that_is_not_there(hasty: AsyncFeaturebase) -> None:
    with pytest.raises(NotFoundError) as caught:
        await hasty.users.companies.contacts.list("676f0f670000000000000001").collect()
    assert (caught.value.cursor, caught.value.code) == (None, "company_not_found")
