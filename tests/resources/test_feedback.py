"""Boards, post statuses and custom fields: lists that come in one response, and single ones."""

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from featurebase_async import InvalidRequestError, NotFoundError, ResponseDecodeError
from featurebase_async.models.shared import Board, CustomField, PostStatus
from featurebase_async.resources.boards import Boards
from featurebase_async.resources.comments import Comments
from featurebase_async.resources.custom_fields import CustomFields
from featurebase_async.resources.groups import Feedback
from featurebase_async.resources.post_statuses import PostStatuses
from featurebase_async.resources.posts import Posts
from support.samples.feedback import BOARD, FIELD, STATUS, page
from support.transport import Sent, Wire

if TYPE_CHECKING:
    from featurebase_async.models._base import Model
    from featurebase_async.resources._base import Resource

GROUPS = [
    (Boards, Board, BOARD, "boards"),
    (PostStatuses, PostStatus, STATUS, "post_statuses"),
    (CustomFields, CustomField, FIELD, "custom_fields"),
]


@pytest.mark.parametrize(("resource", "kind", "sample", "name"), GROUPS)
async def test_one_response_holds_all(resource: "Any", kind: "type[Model]", sample: Any, name: str) -> None:
    bare = name != "custom_fields"
    items = [sample, {**sample, "id": "x2"}]
    async with Wire(items if bare else page(*items), [] if bare else page()) as wire:
        found = await resource(wire.sender).list()
        assert found == [msgspec.convert(item, kind) for item in items]
        assert await resource(wire.sender).list() == []
    # No limit and no cursor: the API refuses them here.
    assert wire.sent == [Sent(f"feedback.{name}.list", "GET", f"/v2/{name}")] * 2
    assert wire.drift == 0


@pytest.mark.parametrize(("resource", "kind", "sample", "name"), GROUPS)
async def test_one_is_looked_up(resource: "Any", kind: "type[Model]", sample: Any, name: str) -> None:
    async with Wire(sample) as wire:
        assert await resource(wire.sender).retrieve("a/b") == msgspec.convert(sample, kind)
    assert wire.sent == [Sent(f"feedback.{name}.retrieve", "GET", f"/v2/{name}/a%2Fb")]


@pytest.mark.parametrize(("resource", "kind", "sample", "name"), GROUPS)
async def test_one_that_is_missing(resource: "type[Resource]", kind: "type[Model]", sample: Any, name: str) -> None:
    one: Any = resource
    async with Wire() as wire:
        with pytest.raises(InvalidRequestError, match="id must not be empty"):
            await one(wire.sender).retrieve("")
        assert wire.sent == []
        wire.respond({"error": {"type": "invalid_request_error", "code": "gone", "message": "no", "status": 404}}, 404)
        with pytest.raises(NotFoundError, match=f"feedback.{name}.retrieve"):
            await one(wire.sender).retrieve("x")


async def test_an_envelope_instead_of_a_bare_list_is_reported() -> None:
    async with Wire(page(BOARD)) as wire:
        with pytest.raises(ResponseDecodeError, match=r"feedback\.boards\.list"):
            await Boards(wire.sender).list()


async def test_one_odd_board_costs_no_other() -> None:
    async with Wire([BOARD, {**BOARD, "customFields": None}]) as wire:
        good, odd = await Boards(wire.sender).list()
    assert (good.custom_fields, odd.custom_fields, odd.id) == (["f1"], None, "b1")
    assert wire.drift == 1


async def test_the_group_shows_all_of_it() -> None:
    async with Wire() as wire:
        feedback = Feedback(wire.sender)
        shown = [type(getattr(feedback, name)) for name in ("boards", "posts", "post_statuses", "comments")]
        assert shown == [Boards, Posts, PostStatuses, Comments]
        assert isinstance(feedback.custom_fields, CustomFields)
        assert feedback.posts is feedback.posts
