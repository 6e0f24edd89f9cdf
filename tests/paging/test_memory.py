"""Memory stays flat, however long the list is."""

import tracemalloc
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from featurebase_async import merge
from featurebase_async._core.response import Response
from featurebase_async.sandbox import Sandbox
from support.transport import Double, client_on

if TYPE_CHECKING:
    from featurebase_async import AsyncFeaturebase, Pager
    from featurebase_async._core.request import Request

# Kept as a whole, so many contacts would take some twenty megabytes.
PAGES = 100
MEGABYTE = 2**20


class Endless:
    """Responds with a list of a hundred pages of 100 contacts."""

    def __init__(self) -> None:
        sandbox = Sandbox()
        sandbox.seed(contacts=100, companies=20)
        contacts = list(sandbox.store.contacts.values())
        page = msgspec.json.encode({"object": "list", "data": contacts, "nextCursor": "CURSOR"})
        self._before, self._after = page.split(b'"CURSOR"')

    def __call__(self, request: "Request[Any]") -> Response:
        sent = msgspec.json.decode(request.body)["cursor"] if request.body and b"cursor" in request.body else None
        number = int(sent or dict(part.split("=") for part in request.query.split("&") if part).get("cursor", "0")) + 1
        following = b'"%d"' % number if number < PAGES else b"null"
        return Response(200, {}, self._before + following + self._after)


def pager(client: "AsyncFeaturebase", how: str) -> "Pager[Any]":
    contacts = client.users.contacts
    return contacts.search() if how == "search" else contacts.list(look_ahead=0 if how == "one by one" else 1)


@pytest.mark.thorough
@pytest.mark.parametrize("how", ["list", "one by one", "search", "merge", "for_each"])
async def test_of_a_long_iteration(how: str) -> None:
    double = Double(Endless())
    double.requests = Forgetting()
    count = 0

    async def work(_: object) -> None:
        nonlocal count
        count += 1

    async with client_on(double) as client:
        await client.users.contacts.list().first()  # what is made once is made
        tracemalloc.start()
        try:
            if how == "for_each":
                await pager(client, how).for_each(work)
            else:
                async for _ in merge(pager(client, how)) if how == "merge" else pager(client, how):
                    count += 1
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert count == 100 * PAGES
    # Two pages or three, and one number for each cursor that has come.
    assert peak < 3 * MEGABYTE


class Forgetting(list[Any]):
    """A list that keeps nothing."""

    def append(self, _: object) -> None:
        pass
