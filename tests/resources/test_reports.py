"""The calls of reports: typed queries, filters up to their bounds, and pages by number."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async.errors import InvalidRequestError, NotFoundError
from featurebase_async.models.report_queries import (
    ReportDataPointFiltersInput,
    ReportDrillInSortInput,
    ReportFilterGroupInput,
    ReportFilterInput,
    ReportFilterRuleInput,
)
from featurebase_async.models.reports import ReportDrillInResult, ReportQueryResult
from featurebase_async.resources.reports import Reports
from support.samples import reports as samples
from support.transport import Sent, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

SPAN: dict[str, Any] = {"start_date": "2026-03-02", "end_date": date(2026, 3, 3), "granularity": "day"}
QUERY: dict[str, Any] = {"metric": "new_conversations", "aggregation": "count", **SPAN}
ROWS: dict[str, Any] = {"metric": "new_conversations", **SPAN}
SENT = {
    "metric": "new_conversations",
    "startDate": "2026-03-02",
    "endDate": "2026-03-03",
    "granularity": "day",
}
EXISTS = ReportFilterRuleInput(field_id="conversation.tags", operator="exists")
EXISTS_SENT = {"kind": "rule", "fieldId": "conversation.tags", "operator": "exists"}


def nested(levels: int) -> dict[str, Any]:
    """Make groups inside of groups."""
    group: dict[str, Any] = {"kind": "group", "op": "or", "children": [EXISTS]}
    for _ in range(levels - 1):
        group = {"kind": "group", "op": "and", "children": [group]}
    return group


async def filtered(filters: Any) -> Any:
    """Return what is sent for a filter."""
    async with Wire(samples.RESULT) as wire:
        await Reports(wire.sender).query(**QUERY, filters=filters)
        return wire.sent[0].body["filters"]


async def test_datasets_come_in_one_response() -> None:
    async with Wire({"object": "list", "data": [samples.DATASET]}) as wire:
        (dataset,) = await Reports(wire.sender).list_datasets()
        assert dataset.metrics[0].allowed_aggregations == ["count", "percentile"]
        assert wire.sent == [Sent("reports.list_datasets", "GET", "/v2/reports/datasets")]


async def test_a_query_sends_what_is_given() -> None:
    async with Wire(samples.RESULT) as wire:
        result = await Reports(wire.sender).query(**QUERY)
        assert type(result) is ReportQueryResult
        assert wire.sent == [Sent("reports.query", "POST", "/v2/reports/query", {**SENT, "aggregation": "count"})]


async def test_a_query_takes_all_there_is() -> None:
    async with Wire(samples.RESULT) as wire:
        await Reports(wire.sender).query(
            metric="first_response",
            aggregation="percentile",
            percentile=99.5,
            start_date=datetime(2026, 3, 2, 12, tzinfo=UTC),
            end_date="2026-03-03",
            granularity="hour",
            timezone="Europe/Tallinn",
            compare_start_date=date(2026, 2, 2),
            compare_end_date=date(2026, 2, 3),
            filters=EXISTS,
            group_by="conversation.channel",
            segment_by="conversation.team",
            office_hours_only=True,
            view="hourly_heatmap",
        )
        assert wire.sent[0].body == {
            "metric": "first_response",
            "aggregation": "percentile",
            "percentile": 99.5,
            "startDate": "2026-03-02T12:00:00Z",
            "endDate": "2026-03-03",
            "granularity": "hour",
            "timezone": "Europe/Tallinn",
            "compareStartDate": "2026-02-02",
            "compareEndDate": "2026-02-03",
            "filters": EXISTS_SENT,
            "groupBy": "conversation.channel",
            "segmentBy": "conversation.team",
            "officeHoursOnly": True,
            "view": "hourly_heatmap",
        }


async def test_filter_values_come_in_one_response() -> None:
    async with Wire({"object": "list", "data": [samples.OPTION]}, {"object": "list", "data": []}) as wire:
        reports = Reports(wire.sender)
        found = await reports.lookup_filter_values(
            field_id="conversation.tags", query="urg", selected_values=["t1"], limit=50
        )
        assert [option.label for option in found] == ["Urgent"]
        assert await reports.lookup_filter_values(field_id="conversation.tags") == []
        path = "/v2/reports/filter-values"
        first = {"fieldId": "conversation.tags", "query": "urg", "selectedValues": ["t1"], "limit": 50}
        assert wire.sent == [
            Sent("reports.lookup_filter_values", "POST", path, first),
            Sent("reports.lookup_filter_values", "POST", path, {"fieldId": "conversation.tags"}),
        ]


async def test_rows_are_paged_by_number() -> None:
    async with Wire(samples.DRILL_IN) as wire:
        result = await Reports(wire.sender).drill_in(**ROWS, page=2, page_size=200)
        assert type(result) is ReportDrillInResult
        assert (result.page, result.page_size, result.total) == (1, 50, 2)
        body = {**SENT, "page": 2, "pageSize": 200}
        assert wire.sent == [Sent("reports.drill_in", "POST", "/v2/reports/drill-in", body)]


async def test_rows_take_all_there_is() -> None:
    async with Wire(samples.DRILL_IN) as wire:
        await Reports(wire.sender).drill_in(
            **ROWS,
            selected_metric_id="m2",
            timezone="UTC",
            filters={"op": "and", "children": []},
            group_by="conversation.channel",
            segment_by="conversation.team",
            office_hours_only=False,
            view="sankey",
            data_point_filters=ReportDataPointFiltersInput(
                time_bucket=date(2026, 3, 2),
                group_value="email",
                segment_value="t1",
                day_of_week=7,
                hour_of_day=0,
                flow_path_id="p1",
                source_node_id="n1",
                target_node_id="n2",
            ),
            sort=[
                ReportDrillInSortInput(field_id="metric.value", direction="desc"),
                {"field_id": "conversation.id", "direction": "asc"},
            ],
        )
        assert wire.sent[0].body == {
            **SENT,
            "selectedMetricId": "m2",
            "timezone": "UTC",
            "filters": {"kind": "group", "op": "and", "children": []},
            "groupBy": "conversation.channel",
            "segmentBy": "conversation.team",
            "officeHoursOnly": False,
            "view": "sankey",
            "dataPointFilters": {
                "timeBucket": "2026-03-02",
                "groupValue": "email",
                "segmentValue": "t1",
                "dayOfWeek": 7,
                "hourOfDay": 0,
                "flowPathId": "p1",
                "sourceNodeId": "n1",
                "targetNodeId": "n2",
            },
            "sort": [
                {"fieldId": "metric.value", "direction": "desc"},
                {"fieldId": "conversation.id", "direction": "asc"},
            ],
        }


async def test_all_rows_are_asked_for_by_an_empty_data_point() -> None:
    async with Wire(samples.DRILL_IN) as wire:
        await Reports(wire.sender).drill_in(**ROWS, data_point_filters={})
        assert wire.sent[0].body["dataPointFilters"] == {}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (EXISTS, EXISTS_SENT),
        ({"field_id": "conversation.tags", "operator": "exists"}, EXISTS_SENT),
        ({"kind": "rule", "field_id": "conversation.tags", "operator": "exists"}, EXISTS_SENT),
        (
            ReportFilterGroupInput(
                op="or",
                children=[
                    EXISTS,
                    {
                        "field_id": "x",
                        "operator": "between",
                        "value": [date(2026, 1, 1), datetime(2026, 1, 2, tzinfo=UTC)],
                    },
                    {"op": "and", "children": [ReportFilterRuleInput(field_id="y", operator="is", value=False)]},
                ],
            ),
            {
                "kind": "group",
                "op": "or",
                "children": [
                    EXISTS_SENT,
                    {
                        "kind": "rule",
                        "fieldId": "x",
                        "operator": "between",
                        "value": ["2026-01-01", "2026-01-02T00:00:00Z"],
                    },
                    {
                        "kind": "group",
                        "op": "and",
                        "children": [{"kind": "rule", "fieldId": "y", "operator": "is", "value": False}],
                    },
                ],
            },
        ),
        (
            {"field_id": "x", "operator": "in", "value": ("a", 1, 1.5, True)},
            {"kind": "rule", "fieldId": "x", "operator": "in", "value": ["a", 1, 1.5, True]},
        ),
        (
            {"field_id": "x", "operator": "sounds_like", "value": "y"},
            {"kind": "rule", "fieldId": "x", "operator": "sounds_like", "value": "y"},
        ),
    ],
    ids=["rule", "mapping", "mapping with kind", "groups", "list", "operator to come"],
)
async def test_filters_are_rules_and_groups(given: Any, sent: Any) -> None:
    assert await filtered(given) == sent


async def test_groups_go_six_levels_deep() -> None:
    sent = await filtered(nested(6))
    for _ in range(5):
        (sent,) = sent["children"]
    assert sent == {"kind": "group", "op": "or", "children": [EXISTS_SENT]}
    with pytest.raises(InvalidRequestError, match="filters may have at most 6 levels of groups"):
        await filtered(nested(7))


async def test_filters_have_up_to_100_rules() -> None:
    halves = [{"op": "or", "children": [EXISTS] * 50}, {"op": "or", "children": [EXISTS] * 50}]
    assert len((await filtered({"op": "and", "children": halves}))["children"]) == 2
    with pytest.raises(InvalidRequestError, match="filters may have at most 100 rules, not 101"):
        await filtered({"op": "and", "children": [*halves, EXISTS]})


@pytest.mark.parametrize(
    ("operator", "value", "words"),
    [
        ("exists", "x", "takes no value"),
        ("not_exists", False, "takes no value"),
        ("between", [1], "takes a list of two values"),
        ("between", 1, "takes a list of two values"),
        ("in", [], "takes a list that is not empty"),
        ("not_in", "x", "takes a list that is not empty"),
        ("is_member_of", "x", "takes a list that is not empty"),
        ("is_not_member_of", [], "takes a list that is not empty"),
        ("is", ["x"], "takes one value"),
        ("contains", [], "takes one value"),
        ("gte", None, "takes one value"),
    ],
)
async def test_values_go_with_their_operator(operator: str, value: Any, words: str) -> None:
    rule = {"field_id": "x", "operator": operator, **({} if value is None else {"value": value})}
    with pytest.raises(InvalidRequestError, match=f"the operator {operator} {words}") as caught:
        await filtered({"op": "and", "children": [EXISTS, rule]})
    assert caught.value.param == "filters.children[1]"


@pytest.mark.parametrize(
    ("operator", "value"),
    [("is_not", 0), ("not_contains", "x"), ("lte", 1.5), ("between", [1, 2]), ("is_not_member_of", ["x"])],
)
async def test_values_that_go_with_their_operator_are_sent(operator: str, value: Any) -> None:
    sent = await filtered({"field_id": "x", "operator": operator, "value": value})
    assert sent == {"kind": "rule", "fieldId": "x", "operator": operator, "value": value}


REFUSED: list[tuple[Any, str]] = [
    (lambda r: r.query(**{**QUERY, "aggregation": "percentile"}), "percentile"),
    (lambda r: r.query(**QUERY, percentile=0.5), "percentile"),
    (lambda r: r.query(**QUERY, percentile=101), "percentile"),
    (lambda r: r.query(**QUERY, compare_start_date="2026-02-02"), "compare_end_date"),
    (lambda r: r.query(**QUERY, compare_end_date="2026-02-02"), "compare_start_date"),
    (lambda r: r.query(**{**QUERY, "granularity": "year"}), "granularity"),
    (lambda r: r.query(**{**QUERY, "start_date": datetime(2026, 1, 1)}), "start_date"),  # noqa: DTZ001 -- naive
    (lambda r: r.query(**{**QUERY, "start_date": 20260101}), "start_date"),
    (lambda r: r.query(**QUERY, filters={"op": "xor", "children": []}), "filters.op"),
    (lambda r: r.query(**QUERY, filters={"op": "and", "children": [{}]}), "filters.children[0].field_id"),
    (lambda r: r.query(**QUERY, filters={"op": "and", "children": ["x"]}), "filters.children[0]"),
    (lambda r: r.query(**QUERY, filters={"fieldId": "x", "operator": "exists"}), "filters.fieldId"),
    (lambda r: r.query(**QUERY, filters="x"), "filters"),
    (lambda r: r.query(**QUERY, filters=ReportFilterInput()), "filters"),
    (lambda r: r.lookup_filter_values(field_id="x", limit=0), "limit"),
    (lambda r: r.lookup_filter_values(field_id="x", limit=51), "limit"),
    (lambda r: r.lookup_filter_values(field_id="x", selected_values="t1"), "selected_values"),
    (lambda r: r.drill_in(**ROWS, page=0), "page"),
    (lambda r: r.drill_in(**ROWS, page_size=201), "page_size"),
    (lambda r: r.drill_in(**ROWS, page_size=0), "page_size"),
    (lambda r: r.drill_in(**ROWS, filters=nested(7)), "filters"),
    (lambda r: r.drill_in(**ROWS, data_point_filters={"day_of_week": 0}), "data_point_filters.day_of_week"),
    (lambda r: r.drill_in(**ROWS, data_point_filters={"day_of_week": 8}), "data_point_filters.day_of_week"),
    (lambda r: r.drill_in(**ROWS, data_point_filters={"hour_of_day": 24}), "data_point_filters.hour_of_day"),
    (lambda r: r.drill_in(**ROWS, data_point_filters={"hour_of_day": -1}), "data_point_filters.hour_of_day"),
    (lambda r: r.drill_in(**ROWS, sort=[{"field_id": "x", "direction": "up"}]), "sort[0].direction"),
    (lambda r: r.drill_in(**ROWS, sort=[{"field": "x"}]), "sort[0].field"),
]


@pytest.mark.parametrize(("call", "param"), REFUSED)
async def test_what_can_not_be_right_is_refused_before_sending(call: "Callable[[Any], Any]", param: str) -> None:
    async with Wire() as wire:
        with pytest.raises(InvalidRequestError) as caught:
            await call(Reports(wire.sender))
        assert caught.value.param == param


@pytest.mark.parametrize(
    "call",
    [
        lambda r: r.list_datasets(),
        lambda r: r.query(**QUERY),
        lambda r: r.lookup_filter_values(field_id="x"),
        lambda r: r.drill_in(**ROWS),
    ],
)
async def test_a_workspace_without_reports_says_so(call: "Callable[[Any], Any]") -> None:
    async with Wire() as wire:
        wire.respond({"error": {"type": "invalid_request_error", "code": "resource_not_found", "message": "no"}}, 404)
        with pytest.raises(NotFoundError):
            await call(Reports(wire.sender))
