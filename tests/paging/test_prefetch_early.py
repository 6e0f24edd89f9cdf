"""A consumer that waits for a page: the page after it is asked for before this one is read."""

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featurebase_async import AsyncFeaturebase, Drift, ResponseDecodeError
from featurebase_async._core.request import Request
from featurebase_async._core.response import Response
from featurebase_async.observability import Exchange
from featurebase_async.paging.prefetch import FetchedPage
from support.leaks import assert_nothing_left, turns
from support.rude_server import RudeServer, Visit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Bodies = dict[str | None, str]

CONTACT = '{"object":"contact","id":"%s","name":"x"}'
GOOD: Bodies = {
    None: f'{{"object":"list","data":[{CONTACT % "1"}],"nextCursor":"b"}}',
    "b": f'{{"object":"list","data":[{CONTACT % "2"}],"nextCursor":"c"}}',
    "c": f'{{"object":"list","data":[{CONTACT % "3"}],"nextCursor":"d"}}',
    "d": f'{{"object":"list","data":[{CONTACT % "4"}],"nextCursor":null}}',
}


@pytest.fixture
async def rude() -> "AsyncIterator[RudeServer]":
    async with RudeServer() as server:
        yield server


def cursors(rude: RudeServer) -> list[str | None]:
    """Give what was asked for so far."""
    return [request.target.partition("cursor=")[2] or None for request in rude.requests]


def serve(rude: RudeServer, bodies: Bodies) -> None:
    """Answer the requests to come with the page they ask for."""

    async def page(visit: Visit) -> None:
        await visit.answer(bodies[cursors(rude)[-1]].encode())

    rude.script = [page] * 20


async def walked(rude: RudeServer, bodies: Bodies, **options: Any) -> list[str]:
    serve(rude, bodies)
    async with AsyncFeaturebase("sk_rude", base_url=rude.url) as client:
        return [contact.id async for contact in client.users.contacts.list(**options)]


@pytest.mark.parametrize(("look_ahead", "asked"), [(1, [None, "b", "c"]), (0, [None, "b"])])
async def test_the_next_page_is_on_its_way_when_this_one_is_read(
    rude: RudeServer, look_ahead: int, asked: list[str | None]
) -> None:
    """It shows where this page can't be read; the walk then leaves nothing behind, and the pager goes on from there."""
    serve(rude, GOOD | {"b": '{"object":"list","data":[oops],"nextCursor":"c"}'})
    async with AsyncFeaturebase("sk_rude", base_url=rude.url) as client:
        pager = client.users.contacts.list(look_ahead=look_ahead)
        seen: list[str] = []
        with pytest.raises(ResponseDecodeError) as caught:  # noqa: PT012 -- the whole walk may raise
            async for contact in pager:
                seen.append(contact.id)  # noqa: PERF401 -- kept when the walk breaks off
        await assert_nothing_left(client)
        assert (seen, caught.value.cursor, cursors(rude)) == (["1"], "b", asked)
        serve(rude, GOOD)
        assert [contact.id async for contact in pager] == ["2", "3", "4"]


async def test_a_page_is_read_while_the_consumer_works(rude: RudeServer) -> None:
    """It shows where a page is not as the models say: the consumer has been told before it asks for that page."""

    told: set[str] = set()

    class Hook:
        def on_drift(self, drift: Drift) -> None:
            told.add(drift.path)

    serve(rude, GOOD | {"c": GOOD["c"].replace('"name":"x"', '"name":7')})
    async with AsyncFeaturebase("sk_rude", base_url=rude.url, hooks=[Hook()]) as client:
        async for page in client.users.contacts.list().pages():
            await turns(100)
            assert ("data[0].name" in told) == (page.cursor is not None)


@pytest.mark.parametrize("most", [1, 2, 3, 4])
async def test_nothing_is_asked_for_that_is_not_wanted(rude: RudeServer, most: int) -> None:
    serve(rude, GOOD)
    async with AsyncFeaturebase("sk_rude", base_url=rude.url) as client:
        assert len(await client.users.contacts.list().collect(max=most)) == most
        await assert_nothing_left(client)
    assert cursors(rude) == [None, "b", "c", "d"][:most]


@pytest.mark.parametrize(
    "form",
    [
        '{"object":"list","data":%s,"nextCursor":%s}',
        '{"object": "list", "data": %s, "nextCursor": %s}\n',
        '{"object":"list","data":%s,\r\n\t"nextCursor" : %s\r\n}',
        '{"data":%s,"nextCursor":%s,"object":"list"}',
    ],
)
async def test_each_page_is_asked_for_once_whatever_the_form_of_the_body(rude: RudeServer, form: str) -> None:
    following = {None: "b", "b": "c", "c": "d", "d": None}
    bodies = {
        cursor: form % (json.dumps([{"id": str(number)}]), json.dumps(after))
        for number, (cursor, after) in enumerate(following.items())
    }
    assert await walked(rude, bodies) == ["0", "1", "2", "3"]
    assert cursors(rude) == [*following]


def seen_at_the_end(body: str) -> str | None:
    request = Request(operation="x", method="GET", path="/", decoder=msgspec.json.Decoder(Any))
    return FetchedPage(None, request, Exchange.of(request), Response(200, {}, body.encode())).next_cursor()


@pytest.mark.parametrize("cursor", ["b", "eyJpZCI6MX0=", "~!#[]{}:,'", "x" * 512])
def test_a_cursor_is_seen_at_the_end(cursor: str) -> None:
    assert seen_at_the_end(f'{{"data":[],"nextCursor":"{cursor}"}}') == cursor


# What is made of these looks like a cursor, and like the end of the text that it stands in.
LIKE_THE_END = st.lists(st.sampled_from([',"nextCursor":', '"', "\\", "}", "]", "b", "é", ","])).map("".join)
VALUES = st.recursive(
    LIKE_THE_END | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(LIKE_THE_END | st.just("nextCursor"), inner, max_size=3)
    ),
    max_leaves=6,
)
PAGES = st.lists(
    st.tuples(st.sampled_from(["data", "nextCursor", "note"]), VALUES), max_size=4, unique_by=lambda i: i[0]
)


@given(PAGES.map(dict), st.sampled_from([(",", ":"), (", ", ": ")]), st.booleans())
def test_what_is_seen_at_the_end_is_the_cursor(
    page: dict[str, Any], separators: tuple[str, str], ascii_only: bool
) -> None:
    seen = seen_at_the_end(json.dumps(page, separators=separators, ensure_ascii=ascii_only))
    assert seen is None or seen == page["nextCursor"]
