"""Surveys, organization, conversation attributes and the audit log: what the calls send, give and refuse."""

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async.errors import InvalidRequestError, ResponseDecodeError
from featurebase_async.models.audit_logs import AuditLog
from featurebase_async.models.conversation_attributes import ConversationAttribute
from featurebase_async.models.organization import Admin, AdminRole, Brand, Team
from featurebase_async.models.surveys import Survey, SurveyResponse
from featurebase_async.resources._base import Resource
from featurebase_async.resources.admins import Admins
from featurebase_async.resources.audit_logs import AuditLogs
from featurebase_async.resources.brands import Brands
from featurebase_async.resources.conversation_attributes import ConversationAttributes
from featurebase_async.resources.surveys import Surveys
from featurebase_async.resources.teams import Teams
from support.samples import workspace as samples
from support.transport import Sent, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS: list[tuple[Any, Any, Sent, type]] = [
    (lambda s: Surveys(s).retrieve("s1"), samples.SURVEY, Sent("surveys.retrieve", "GET", "/v2/surveys/s1"), Survey),
    (
        lambda s: Admins(s).retrieve("roles "),
        samples.ADMIN,
        Sent("organization.admins.retrieve", "GET", "/v2/admins/roles%20"),
        Admin,
    ),
    (
        lambda s: Teams(s).retrieve("t1"),
        samples.TEAM,
        Sent("organization.teams.retrieve", "GET", "/v2/teams/t1"),
        Team,
    ),
    (
        lambda s: Brands(s).retrieve("b1"),
        samples.BRAND,
        Sent("organization.brands.retrieve", "GET", "/v2/brands/b1"),
        Brand,
    ),
    (
        lambda s: ConversationAttributes(s).retrieve("attr_1"),
        samples.ATTRIBUTE,
        Sent("conversation_attributes.retrieve", "GET", "/v2/conversation_attributes/attr_1"),
        ConversationAttribute,
    ),
]

WHOLE_LISTS: list[tuple[Any, Any, Sent, type]] = [
    (lambda s: Admins(s).list(), samples.ADMIN, Sent("organization.admins.list", "GET", "/v2/admins"), Admin),
    (
        lambda s: Admins(s).list_roles(),
        samples.ADMIN_ROLE,
        Sent("organization.admins.list_roles", "GET", "/v2/admins/roles"),
        AdminRole,
    ),
    (lambda s: Teams(s).list(), samples.TEAM, Sent("organization.teams.list", "GET", "/v2/teams"), Team),
    (
        lambda s: ConversationAttributes(s).list(),
        samples.ATTRIBUTE,
        Sent("conversation_attributes.list", "GET", "/v2/conversation_attributes"),
        ConversationAttribute,
    ),
    (
        lambda s: ConversationAttributes(s).list(include_archived=True),
        samples.ATTRIBUTE,
        Sent("conversation_attributes.list", "GET", "/v2/conversation_attributes?includeArchived=true"),
        ConversationAttribute,
    ),
]

PAGED_LISTS: list[tuple[Any, Any, Sent, type]] = [
    (lambda s: Surveys(s).list(), samples.SURVEY, Sent("surveys.list", "GET", "/v2/surveys?limit=100"), Survey),
    (
        lambda s: Surveys(s).list(type="multiple-choice", is_active=False, page_size=3, start="c"),
        samples.SURVEY,
        Sent("surveys.list", "GET", "/v2/surveys?type=multiple-choice&isActive=false&limit=3&cursor=c"),
        Survey,
    ),
    (
        lambda s: Surveys(s).list(is_active=None),
        samples.SURVEY,
        Sent("surveys.list", "GET", "/v2/surveys?isActive=&limit=100"),
        Survey,
    ),
    (
        lambda s: Surveys(s).list_responses("s1", page_id="p1"),
        samples.SURVEY_RESPONSE,
        Sent("surveys.list_responses", "GET", "/v2/surveys/s1/responses?pageId=p1&limit=100"),
        SurveyResponse,
    ),
    (
        lambda s: Brands(s).list(page_size=7),
        samples.BRAND,
        Sent("organization.brands.list", "GET", "/v2/brands?limit=7"),
        Brand,
    ),
    (
        lambda s: AuditLogs(s).list(
            action="webhook.deleted",
            domain="integrations",
            start_date=datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))),
            end_date=datetime(2026, 1, 2, 0, 0, 0, 5000, tzinfo=UTC),
        ),
        samples.AUDIT_LOG,
        Sent(
            "audit_logs.list",
            "GET",
            "/v2/audit-logs?action=webhook.deleted&domain=integrations&startDate=2026-01-01T00%3A00%3A00.000Z"
            "&endDate=2026-01-02T00%3A00%3A00.005Z&limit=100",
        ),
        AuditLog,
    ),
    (
        lambda s: AuditLogs(s).list(action="moon.landed", end_date=None),
        samples.AUDIT_LOG,
        Sent("audit_logs.list", "GET", "/v2/audit-logs?action=moon.landed&endDate=&limit=100"),
        AuditLog,
    ),
]

REFUSED: list[tuple[Any, str]] = [
    (lambda s: Surveys(s).list(type="nps"), "type"),
    (lambda s: Surveys(s).list(page_size=101), "page_size"),
    (lambda s: Surveys(s).retrieve(""), "id"),
    (lambda s: Surveys(s).list_responses(".."), "id"),
    (lambda s: Admins(s).retrieve(""), "id"),
    (lambda s: Teams(s).retrieve(""), "id"),
    (lambda s: Brands(s).retrieve("."), "id"),
    (lambda s: ConversationAttributes(s).retrieve(""), "id"),
    (lambda s: AuditLogs(s).list(start_date=datetime(2026, 1, 1)).first(), "start_date"),  # noqa: DTZ001 -- naive
]


@pytest.mark.parametrize(("call", "response", "sent", "kind"), CALLS)
async def test_calls(call: "Callable[[Any], Any]", response: Any, sent: Sent, kind: type) -> None:
    async with Wire(response) as wire:
        assert type(await call(wire.sender)) is kind
        assert wire.sent == [sent]


@pytest.mark.parametrize(("call", "item", "sent", "kind"), WHOLE_LISTS)
@pytest.mark.parametrize("more", [{"nextCursor": None}, {}], ids=["nextCursor", "no nextCursor"])
async def test_lists_in_one_response(
    call: "Callable[[Any], Any]", item: Any, sent: Sent, kind: type, more: dict[str, Any]
) -> None:
    async with Wire({"object": "list", "data": [item, item], **more}, {"object": "list", "data": [], **more}) as wire:
        assert [type(found) for found in await call(wire.sender)] == [kind, kind]
        assert await call(wire.sender) == []
        assert wire.sent == [sent, sent]
        assert wire.drift == 0


@pytest.mark.parametrize(("call", "item", "sent", "kind"), PAGED_LISTS)
async def test_lists_by_page(call: "Callable[[Any], Any]", item: Any, sent: Sent, kind: type) -> None:
    async with Wire({"object": "list", "data": [item, item], "nextCursor": None}) as wire:
        assert [type(found) for found in await call(wire.sender).collect()] == [kind, kind]
        assert wire.sent == [sent]


@pytest.mark.parametrize(("call", "param"), REFUSED)
async def test_what_can_not_be_right_is_refused_before_sending(call: "Callable[[Any], Any]", param: str) -> None:
    async with Wire() as wire:
        with pytest.raises(InvalidRequestError) as caught:
            await call(wire.sender)
        assert caught.value.param == param


async def test_bare_arrays_are_lists_too() -> None:
    async with Wire([samples.TEAM], [{**samples.TEAM, "color": 7}], {"object": "list", "data": []}) as wire:
        resource = Resource(wire.sender)
        assert [team.name for team in await resource._all("x.list", "/v2/x", Team, bare=True)] == ["Support Team"]
        assert [team.color for team in await resource._all("x.list", "/v2/x", Team, {"a": 1}, bare=True)] == [7]
        assert wire.drift == 1
        assert [sent.target for sent in wire.sent] == ["/v2/x", "/v2/x?a=1"]
        with pytest.raises(ResponseDecodeError):
            await resource._all("x.list", "/v2/x", Team, bare=True)


async def test_answers_to_surveys_may_be_anonymous() -> None:
    response = {**samples.SURVEY_RESPONSE, "user": None}
    async with Wire({"object": "list", "data": [response, samples.SURVEY_RESPONSE], "nextCursor": None}) as wire:
        users = [response.user async for response in Surveys(wire.sender).list_responses("s1")]
        assert users[0] is None
        assert users[1] is not None
        assert users[1].name == "Ada"


async def test_one_odd_role_costs_no_other() -> None:
    odd = {**samples.ADMIN_ROLE, "permissions": {"manage_api": "yes", "view_users": True}}
    async with Wire({"object": "list", "data": [odd, samples.ADMIN_ROLE], "nextCursor": None}) as wire:
        roles = await Admins(wire.sender).list_roles()
        assert [role.permissions.view_users for role in roles] == [
            True,
            samples.ADMIN_ROLE["permissions"]["view_users"],
        ]
        assert str(roles[0].permissions.manage_api) == "yes"
