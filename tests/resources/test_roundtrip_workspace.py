"""Webhooks, surveys, admins, teams, brands, attributes, audit logs and reports: between client and sandbox."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import BadRequestError, DeletedWebhook, NotFoundError
from support.workspace_fixture import furnish

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox

URL = "https://acme.example/hook"
NOBODY = "0" * 24
YEAR: dict[str, Any] = {"metric": "new_conversations", "start_date": "2024-01-01", "end_date": "2024-12-31",
                        "granularity": "month"}  # fmt: skip


@pytest.fixture(autouse=True)
async def no_drift(client: "AsyncFeaturebase") -> "AsyncIterator[None]":
    """Compare every response of these tests with the models."""
    yield
    assert client.stats().drift == 0


async def test_a_webhook(client: "AsyncFeaturebase") -> None:
    webhooks = client.webhooks
    made = await webhooks.create(
        name="Hook", url=URL, topics=["post.created"], description="All", request_config={"headers": {"X-Team": "core"}}
    )
    assert (made.name, made.url, made.topics, made.description) == ("Hook", URL, ["post.created"], "All")
    assert (made.request_config.headers, made.status, made.last_status) == ({"X-Team": "core"}, "active", None)
    assert await webhooks.retrieve(made.id) == made
    changed = await webhooks.update(
        made.id, name="Other", url=f"{URL}/2", topics=["post.updated", "audit_log.created"], description=None,
        status="paused",
    )  # fmt: skip
    assert (changed.name, changed.url, changed.description) == ("Other", f"{URL}/2", None)
    assert (changed.topics, changed.status) == (["post.updated", "audit_log.created"], "paused")
    assert await webhooks.list(status="paused").collect() == [changed]
    assert await webhooks.list(status="active").collect() == []
    renewed = await webhooks.refresh_secret(made.id)
    assert isinstance(renewed.secret, str)
    assert renewed.secret.startswith("whsec_")
    assert renewed.secret != made.secret
    assert (await webhooks.retrieve(made.id)).secret == renewed.secret
    assert await webhooks.delete(made.id) == DeletedWebhook(id=made.id, object="webhook", deleted=True)
    with pytest.raises(NotFoundError) as caught:
        await webhooks.refresh_secret(made.id)
    assert caught.value.code == "webhook_not_found"


async def test_a_webhook_is_ensured_up_to_the_cap_of_ten(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    webhooks = client.webhooks
    outcomes = [
        await webhooks.ensure(URL, ["post.created"]),
        await webhooks.ensure(URL, ["post.created"]),
        await webhooks.ensure(URL, ["post.created", "post.updated"]),
    ]
    assert [outcome for _, outcome in outcomes] == ["created", "unchanged", "updated"]
    assert len({webhook.id for webhook, _ in outcomes}) == 1
    await webhooks.update(outcomes[0].webhook.id, status="paused")
    woken = await webhooks.ensure(URL, ["post.created", "post.updated"])
    assert (woken.outcome, woken.webhook.status) == ("updated", "active")
    for number in range(9):
        await webhooks.ensure(f"{URL}/{number}", ["post.created"])
    with pytest.raises(BadRequestError):
        await webhooks.ensure(f"{URL}/more", ["post.created"])
    assert len(sandbox.store.collections["webhooks"]) == 10
    assert (await webhooks.ensure(f"{URL}/3", ["post.deleted"])).outcome == "updated"


async def test_surveys_and_their_answers(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=3, surveys=4, survey_responses=30)
    surveys = client.surveys
    found = await surveys.list(page_size=2).collect()
    assert len(found) == 4
    for survey in found:
        assert await surveys.retrieve(survey.id) == survey
        answers = await surveys.list_responses(survey.id, page_size=5).collect()
        assert len(answers) == survey.response_count
        of_page = await surveys.list_responses(survey.id, page_id=survey.pages[0].id).collect()
        assert len(of_page) == len(answers)
        assert {type(answer.responses[0].value) for answer in answers} <= {int}
    assert {survey.is_active for survey in await surveys.list(is_active=True).collect()} == {True}
    assert await surveys.list(type="link").collect() == []
    everyone = [answer async for survey in surveys.list() async for answer in surveys.list_responses(survey.id)]
    assert {answer.user is None for answer in everyone} == {True, False}
    with pytest.raises(NotFoundError) as caught:
        await surveys.list_responses(NOBODY).collect()
    assert caught.value.code == "survey_not_found"


async def test_admins_teams_and_brands(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    organization = client.organization
    sandbox.seed(admins=3, teams=2, brands=4)
    admins, roles = await organization.admins.list(), await organization.admins.list_roles()
    assert len(admins) == 5
    assert {admin.role_id for admin in admins} <= {role.id for role in roles}
    assert roles[0].permissions.manage_api is True
    assert await organization.admins.retrieve(admins[0].id) == admins[0]
    teams = await organization.teams.list()
    assert set(teams[0].members) <= {admin.id for admin in admins}
    assert await organization.teams.retrieve(teams[0].id) == teams[0]
    brands = await organization.brands.list(page_size=2).collect()
    assert [brand.is_default for brand in brands].count(True) == 1
    assert await organization.brands.retrieve(brands[0].id) == brands[0]
    missing: list[tuple[Any, str]] = [
        (organization.admins, "admin_not_found"),
        (organization.teams, "team_not_found"),
        (organization.brands, "brand_not_found"),
    ]
    for group, code in missing:
        with pytest.raises(NotFoundError) as caught:
            await group.retrieve(NOBODY)
        assert caught.value.code == code
        with pytest.raises(BadRequestError) as malformed:
            await group.retrieve("x")
        assert malformed.value.code == "invalid_id"


async def test_attributes_of_conversations(client: "AsyncFeaturebase") -> None:
    attributes = client.conversation_attributes
    (region,) = await attributes.list()
    assert [one.identifier for one in await attributes.list(include_archived=True)] == ["region", "old_plan"]
    assert await attributes.retrieve(region.id) == region
    assert isinstance(region.options, list)
    assert [option.label for option in region.options] == ["EU", "US"]


async def test_the_audit_log(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(audit_logs=3)
    at = await furnish(client)
    await client.webhooks.delete(at.webhook)
    logs = client.audit_logs
    everything = await logs.list(page_size=2).collect()
    assert [log.created_at for log in everything] == sorted((log.created_at for log in everything), reverse=True)
    (deleted,) = await logs.list(action="webhook.deleted").collect()
    assert (deleted.domain, deleted.resource.id, deleted.actor.type) == ("integrations", at.webhook, "api_key")
    logins = await logs.list(domain="authentication", end_date=datetime(2024, 12, 31, tzinfo=UTC)).collect()
    assert {log.action for log in logins} == {"auth.login"}
    assert len(logins) == 3
    assert await logs.list(start_date=datetime(2099, 1, 1, tzinfo=UTC)).collect() == []


async def test_reports(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=3, conversations=30, tags=2)
    reports = client.reports
    (dataset,) = await reports.list_datasets()
    metric = dataset.metrics[0]
    assert (metric.id, metric.allowed_aggregations) == ("new_conversations", ["count"])
    result = await reports.query(aggregation="count", group_by="conversation.channel", **YEAR)
    assert result.value == 30
    assert isinstance(result.time_series, list)
    assert sum(point.value for point in result.time_series) == 30
    assert isinstance(result.grouped_data, list)
    assert [(group.group, group.value) for group in result.grouped_data] == [("desktop", 30)]
    none = {"field_id": "conversation.channel", "operator": "is", "value": "email"}
    assert (await reports.query(aggregation="count", filters=none, **YEAR)).value == 0
    first = await reports.drill_in(page=1, page_size=20, **YEAR)
    second = await reports.drill_in(page=2, page_size=20, **YEAR)
    assert (first.total, len(first.rows), len(second.rows)) == (30, 20, 10)
    tags = await reports.lookup_filter_values(field_id="conversation.tags", limit=1)
    assert len(tags) == 1
    labels = [tag.label for tag in await reports.lookup_filter_values(field_id="conversation.tags")]
    assert labels == [tag.name for tag in await client.support.conversation_tags.list()]
    with pytest.raises(BadRequestError):
        await reports.query(aggregation="avg", **YEAR)
