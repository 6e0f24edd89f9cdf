"""`unittest.mock.create_autospec` knows the groups of a client, and the signatures of their calls."""

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock, create_autospec

import pytest

from featurebase_async import AsyncFeaturebase
from featurebase_async.blocking import Featurebase

SPECS: list[Callable[[], Any]] = [
    lambda: create_autospec(AsyncFeaturebase),
    lambda: create_autospec(AsyncFeaturebase)("sk_key"),
    lambda: create_autospec(AsyncFeaturebase, instance=True),
    lambda: create_autospec(AsyncFeaturebase, instance=True, spec_set=True),
    lambda: create_autospec(AsyncFeaturebase("sk_key")),
]


@pytest.fixture(params=SPECS, ids=["class", "called", "instance", "spec_set", "client"])
def client(request: pytest.FixtureRequest) -> Any:
    return request.param()


async def test_a_call_is_awaited_and_gives_what_it_is_set_to(client: Any) -> None:
    client.users.contacts.create_or_update.return_value = "contact"
    assert await client.users.contacts.create_or_update(email="ada@example.com") == "contact"
    client.users.contacts.create_or_update.assert_awaited_once_with(email="ada@example.com")
    client.feedback.posts.voters.list("p1", page_size=5)
    client.feedback.posts.voters.list.assert_called_once_with("p1", page_size=5)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda client: client.users.contacts.create_or_update(emial="a@b.c"), "emial"),
        (lambda client: client.users.contacts.retrieve(), "id"),
        (lambda client: client.users.contacts.by_user_id.retrieve("a", "b"), "too many"),
        (lambda client: client.users.companies.contacts.list("c1", limit=5), "limit"),
        (lambda client: client.organization.teams.list(page_size=5), "page_size"),
    ],
)
async def test_a_wrong_call_is_refused(client: Any, call: Any, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        await call(client)


@pytest.mark.parametrize(
    "read",
    [
        lambda client: client.contacts,
        lambda client: client.users.contcts,
        lambda client: client.users.contacts.lst,
        lambda client: client.surveys.responces,
    ],
)
def test_a_name_that_does_not_exist_is_refused(client: Any, read: Any) -> None:
    with pytest.raises(AttributeError):
        read(client)


BLOCKING: list[Callable[[], Any]] = [
    lambda: create_autospec(Featurebase),
    lambda: create_autospec(Featurebase)("sk_key"),
    lambda: create_autospec(Featurebase, instance=True),
    lambda: create_autospec(Featurebase, instance=True, spec_set=True),
    lambda: create_autospec(Featurebase("sk_key")),
]


@pytest.mark.parametrize("made", BLOCKING, ids=["class", "called", "instance", "spec_set", "client"])
def test_the_blocking_client(made: Any) -> None:
    client = made()
    client.users.contacts.create_or_update.return_value = "contact"
    assert client.users.contacts.create_or_update(email="ada@example.com") == "contact"
    client.users.contacts.create_or_update.assert_called_once_with(email="ada@example.com")
    client.feedback.posts.voters.list.return_value = [1]
    assert client.feedback.posts.voters.list("p1", page_size=5) == [1]
    for call, text in (
        (lambda: client.users.contacts.create_or_update(emial="a@b.c"), "emial"),
        (client.users.contacts.retrieve, "id"),
        (lambda: client.organization.teams.list(page_size=5), "page_size"),
    ):
        with pytest.raises(TypeError, match=text):
            call()
    for read in (lambda: client.contacts, lambda: client.users.contcts, lambda: client.users.contacts.lst):
        with pytest.raises(AttributeError):
            read()


@pytest.mark.parametrize("kind", [AsyncFeaturebase, Featurebase])
def test_a_mock_knows_the_groups(kind: type) -> None:
    assert Mock(kind).users.contacts.list() is not None
    with pytest.raises(AttributeError):
        Mock(kind).usres.contacts.list()


@pytest.mark.parametrize("instance", [True, False])
def test_a_request_of_the_blocking_client(instance: bool) -> None:
    client = create_autospec(Featurebase, instance=instance)
    client = client if instance else client()
    client.request.return_value = {"ok": True}
    assert client.request("GET", "/v2/posts") == {"ok": True}
    with pytest.raises(TypeError):
        client.request("GET")
