"""Which mail a customer gets, by both kinds of id, against the sandbox."""

from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import BadRequestError, EmailPreferences, NotFoundError

if TYPE_CHECKING:
    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox
    from support.client import Unsent

KINDS = ("all", "post_updates", "post_comments", "comment_replies", "changelog")


@pytest.fixture(params=["id", "user_id"])
async def calls(request: pytest.FixtureRequest, client: "AsyncFeaturebase") -> Any:
    """Return the calls by one kind of id, that id, and the path it makes."""
    ada = await client.users.contacts.create_or_update(user_id="u/1", email="ada@example.com")
    if request.param == "id":
        return client.users.contacts.email_preferences, ada.id, f"/v2/contacts/{ada.id}/email-preferences"
    by_user_id = client.users.contacts.by_user_id.email_preferences
    return by_user_id, "u/1", "/v2/contacts/by-user-id/u%2F1/email-preferences"


async def test_retrieve(calls: Any, sandbox: "Sandbox") -> None:
    preferences, id_, path = calls
    found = await preferences.retrieve(id_)
    assert isinstance(found, EmailPreferences)
    assert (found.object, found.email) == ("contact_email_preferences", "ada@example.com")
    states = [getattr(found.preferences, kind) for kind in KINDS]
    assert {(state.status, state.effective_status) for state in states} == {("subscribed", "subscribed")}
    assert (sandbox.log[-1].method, sandbox.log[-1].path) == ("GET", path)


async def test_update_sends_every_kind_in_one_object(calls: Any, sandbox: "Sandbox") -> None:
    preferences, id_, path = calls
    changed = await preferences.update(
        id_,
        all="unsubscribed",
        post_updates="subscribed",
        post_comments="unsubscribed",
        comment_replies="subscribed",
        changelog="unsubscribed",
    )
    entry = sandbox.log[-1]
    assert (entry.method, entry.path) == ("PATCH", path)
    assert entry.json == {
        "preferences": {
            "all": "unsubscribed",
            "postUpdates": "subscribed",
            "postComments": "unsubscribed",
            "commentReplies": "subscribed",
            "changelog": "unsubscribed",
        }
    }
    states = changed.preferences
    assert (states.post_updates.status, states.post_updates.effective_status) == ("subscribed", "unsubscribed")


async def test_kinds_left_out_are_not_sent(calls: Any, sandbox: "Sandbox") -> None:
    preferences, id_, _ = calls
    await preferences.update(id_, changelog="unsubscribed")
    assert sandbox.log[-1].json == {"preferences": {"changelog": "unsubscribed"}}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("sometimes", "one of subscribed, unsubscribed"),
        ("", "one of subscribed, unsubscribed"),
        (True, "one of subscribed, unsubscribed"),
        (None, "must not be None"),
        (["subscribed"], "must be one of"),
    ],
)
async def test_other_words_are_refused(calls: Any, unsent: "Unsent", kind: str, value: Any, why: str) -> None:
    preferences, id_, _ = calls
    async with unsent(kind, why):
        await preferences.update(id_, **{kind: value})


async def test_an_empty_change_is_refused(calls: Any, unsent: "Unsent") -> None:
    preferences, id_, _ = calls
    async with unsent("all", "one of all, post_updates"):
        await preferences.update(id_)


async def test_leads_have_none(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(leads=1)
    (lead,) = sandbox.store.contacts.values()
    with pytest.raises(BadRequestError):
        await client.users.contacts.email_preferences.retrieve(lead.id)
    with pytest.raises(NotFoundError):
        await client.users.contacts.by_user_id.email_preferences.update("lead_00001", all="subscribed")
