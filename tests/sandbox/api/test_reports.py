"""Reports over the conversations of the workspace."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from support.bare_api import Api

WINDOW = {"metric": "new_conversations", "startDate": "2024-01-01", "endDate": "2024-01-31", "granularity": "day"}


@pytest.fixture
async def filled(api: "Api") -> "Api":
    """A workspace with three conversations, on the 2nd and the 31st of January 2024 and on the 1st of February."""
    for timestamp in ("2024-01-02T10:00:00Z", "2024-01-31T23:00:00Z", "2024-02-01T00:00:00Z"):
        made = await api.conversation("Hi", createdAt=timestamp)
    tag = await api.ok("POST", "/v2/tags", {"name": "Urgent"})
    body = {"tagId": tag["id"], "actingAdminId": await api.admin()}
    await api.ok("POST", f"/v2/conversations/{made['id']}/tags", body)
    await api.ok("PATCH", "/v2/conversations/1", {"adminAssigneeId": await api.admin()})
    return api


async def query(api: "Api", **fields: Any) -> Any:
    return await api.ok("POST", "/v2/reports/query", {**WINDOW, "aggregation": "count", **fields})


async def test_a_metric_is_counted_over_a_window(filled: "Api") -> None:
    result = await query(filled)
    assert (result["object"], result["value"], result["meta"]["datasetId"]) == (
        "report_query_result",
        2,
        "conversations",
    )
    assert result["timeSeries"] == [{"date": "2024-01-02", "value": 1}, {"date": "2024-01-31", "value": 1}]
    assert (await query(filled, endDate="2024-02-01T00:00:00Z"))["value"] == 3


@pytest.mark.parametrize(
    ("granularity", "dates"),
    [
        ("hour", ["2024-01-02T10:00:00.000Z", "2024-01-31T23:00:00.000Z"]),
        ("week", ["2024-01-01", "2024-01-29"]),
        ("month", ["2024-01-01"]),
    ],
)
async def test_the_window_is_cut_by_granularity(filled: "Api", granularity: str, dates: list[str]) -> None:
    assert [one["date"] for one in (await query(filled, granularity=granularity))["timeSeries"]] == dates


async def test_groups_segments_and_comparison(filled: "Api") -> None:
    result = await query(
        filled, endDate="2024-02-29", groupBy="conversation.assignee", segmentBy="conversation.channel"
    )
    assert [(one["groupLabel"], one["value"]) for one in result["groupedData"]] == [("Ann Ruiz", 1), ("none", 2)]
    assert result["segmentData"] == [{"segment": "desktop", "segmentLabel": "Messenger", "value": 3}]
    assert result["meta"]["segmentBy"] == "conversation.channel"
    compared = await query(filled, compareStartDate="2024-02-01", compareEndDate="2024-02-29")
    assert (compared["previousValue"], compared["deltaPercent"]) == (1, 100)
    assert (await query(filled, compareStartDate="2023-01-01", compareEndDate="2023-02-01"))["deltaPercent"] == 0


def rule(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    given = {"kind": "rule", "fieldId": f"conversation.{field}", "operator": operator}
    return given if value is None else {**given, "value": value}


def group(op: str, *children: Any) -> dict[str, Any]:
    return {"kind": "group", "op": op, "children": children}


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (rule("channel", "is", "desktop"), 3),
        (rule("channel", "is_not", "desktop"), 0),
        (rule("channel", "in", ["email", "desktop"]), 3),
        (rule("channel", "not_in", ["desktop"]), 0),
        (rule("tags", "exists"), 1),
        (rule("tags", "not_exists"), 2),
        (group("or", rule("tags", "exists"), rule("assignee", "exists")), 2),
        (group("and", rule("tags", "exists"), rule("assignee", "exists")), 0),
    ],
)
async def test_filters_narrow_the_rows(filled: "Api", filters: Any, count: int) -> None:
    assert (await query(filled, endDate="2024-02-29", filters=filters))["value"] == count


def nested(levels: int) -> Any:
    return rule("tags", "exists") if levels == 0 else group("and", nested(levels - 1))


@pytest.mark.parametrize(
    "fields",
    [
        {"metric": "nonsense"},
        {"aggregation": "avg"},
        {"view": "sankey"},
        {"groupBy": "nonsense"},
        {"compareStartDate": "2024-01-01"},
        {"filters": "nonsense"},
        {"filters": rule("nonsense", "is", "x")},
        {"filters": rule("tags", "nonsense")},
        {"filters": {**group("and"), "op": "xor", "children": []}},
        {"filters": nested(7)},
    ],
)
async def test_bad_queries_are_refused(filled: "Api", fields: dict[str, Any]) -> None:
    body = {**WINDOW, "aggregation": "count", **fields}
    assert await filled.refused("POST", "/v2/reports/query", body) == (400, "invalid_parameter")


async def test_filter_values_are_looked_up(filled: "Api") -> None:
    async def labels(**body: Any) -> list[str]:
        return [one["label"] for one in (await filled.ok("POST", "/v2/reports/filter-values", body))["data"]]

    assert await labels(fieldId="conversation.tags", query="urg") == ["Urgent"]
    assert await labels(fieldId="conversation.channel", query="mess", selectedValues=["email"]) == [
        "Messenger",
        "Email",
    ]
    assert await labels(fieldId="conversation.assignee", limit=1) == ["Ann Ruiz"]


async def test_the_rows_behind_a_report_are_paged_by_number(filled: "Api") -> None:
    async def drill(**fields: Any) -> Any:
        return await filled.ok("POST", "/v2/reports/drill-in", {**WINDOW, **fields})

    result = await drill(page=2, pageSize=1)
    assert (result["total"], [row["conversation.id"] for row in result["rows"]]) == (2, ["2"])
    point = await drill(dataPointFilters={"timeBucket": "2024-01-02"})
    assert [row["conversation.id"] for row in point["rows"]] == ["1"]


async def test_a_workspace_without_reports_has_none(api: "Api") -> None:
    datasets = api.sandbox.store.collections["datasets"]
    assert [one["id"] for one in (await api.ok("GET", "/v2/reports/datasets"))["data"]] == ["conversations"]
    for dataset in list(datasets):
        datasets.remove(dataset)
    assert await api.refused("GET", "/v2/reports/datasets") == (404, "resource_not_found")
    body = {"fieldId": "conversation.tags"}
    assert await api.refused("POST", "/v2/reports/filter-values", body) == (404, "resource_not_found")
