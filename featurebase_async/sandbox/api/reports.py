"""Reports, counted over the conversations of the workspace."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from featurebase_async.sandbox.state.collection import values_at
from featurebase_async.sandbox.wire.clock import normal_iso
from featurebase_async.sandbox.wire.errors import ApiError, invalid
from featurebase_async.sandbox.wire.routing import CheckedCall, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from featurebase_async.sandbox.api.crud import Rules, Workspace
    from featurebase_async.sandbox.state.collection import Item

_PATHS = {
    "conversation.channel": "source.channel",
    "conversation.assignee": "adminAssigneeId",
    "conversation.tags": "tags.id",
}
_MOST_LEVELS = 6
_FOUND, _PAGE = 20, 25


class Reports:
    """The report operations."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store

    def handlers(self) -> Mapping[str, Callable[[CheckedCall], Response]]:
        """Return the handlers of the calls that plain CRUD does not cover."""
        return {
            "reports.list_datasets": self._datasets,
            "reports.query": self._query,
            "reports.lookup_filter_values": self._values,
            "reports.drill_in": self._drill,
        }

    def rules(self) -> Mapping[str, Rules]:
        """Return no rules: reports have no collection of their own."""
        return {}

    def _catalog(self) -> Item:
        """Return the data set, or raise a 404 as a workspace without the Reports product does."""
        for dataset in self._store.collections["datasets"]:
            return dataset
        raise ApiError(404, "resource_not_found", "The workspace does not have Reports")

    def _datasets(self, _: CheckedCall) -> Response:
        return Response({"object": "list", "data": [self._catalog()]})

    def _metric(self, body: Mapping[str, Any]) -> dict[str, Any]:
        metrics: list[dict[str, Any]] = self._catalog()["metrics"]
        metric = next((one for one in metrics if one["id"] == body["metric"]), None)
        if metric is None:
            raise _bad("metric", f"Unknown metric {body['metric']!r}")
        if body.get("aggregation", "count") not in metric["allowedAggregations"]:
            raise _bad("aggregation", "The metric does not allow this aggregation")
        if body.get("view", "standard") not in metric["supportedViews"]:
            raise _bad("view", "The metric does not have this view")
        for name in ("groupBy", "segmentBy"):
            if name in body:
                _path(body[name], name)
        return metric

    def _rows(self, body: Mapping[str, Any], start: str = "startDate", end: str = "endDate") -> list[Item]:
        since, until = normal_iso(body[start]), _last(body[end])
        rows = [one for one in self._store.collections["conversations"] if since <= one["createdAt"] <= until]
        given = body.get("filters")
        return rows if given is None else [one for one in rows if _matches(one, given, 1)]

    def _query(self, call: CheckedCall) -> Response:
        body = call.body
        metric = self._metric(body)
        rows = self._rows(body)
        result: dict[str, Any] = {"object": "report_query_result", "value": len(rows)}
        if "compareStartDate" in body or "compareEndDate" in body:
            if not {"compareStartDate", "compareEndDate"} <= set(body):
                raise _bad("compareStartDate", "compareStartDate and compareEndDate go together")
            previous = len(self._rows(body, "compareStartDate", "compareEndDate"))
            result["previousValue"] = previous
            result["deltaPercent"] = (len(rows) - previous) / previous * 100 if previous else 0
        buckets: dict[str, list[Item]] = {}
        for one in rows:
            buckets.setdefault(_bucket(one["createdAt"], body["granularity"]), []).append(one)
        result["timeSeries"] = [{"date": day, "value": len(part)} for day, part in sorted(buckets.items())]
        if "groupBy" in body:
            result["groupedData"] = self._groups(rows, body["groupBy"], "group")
        if "segmentBy" in body:
            result["segmentData"] = self._groups(rows, body["segmentBy"], "segment")
        meta: dict[str, Any] = {
            "datasetId": "conversations",
            "metric": metric["id"],
            "unit": metric["unit"],
            "aggregation": body["aggregation"],
            "granularity": body["granularity"],
            "officeHoursOnly": body.get("officeHoursOnly", False),
        }
        named = {name: body[name] for name in ("groupBy", "segmentBy") if name in body}
        return Response({**result, "meta": {**meta, **named}})

    def _groups(self, rows: list[Item], attribute: str, word: str) -> list[dict[str, Any]]:
        counts: dict[str, int] = {}
        for one in rows:
            for value in values_at(one, _PATHS[attribute]):
                counts[str(value or "none")] = counts.get(str(value or "none"), 0) + 1
        labels = {option["value"]: option["label"] for option in self._options(attribute)}
        return [
            {word: value, f"{word}Label": labels.get(value, value), "value": count} for value, count in counts.items()
        ]

    def _options(self, attribute: str) -> list[dict[str, str]]:
        attributes: list[dict[str, Any]] = self._catalog()["attributes"]
        kind = {"conversation.assignee": "admins", "conversation.tags": "tags"}.get(attribute)
        if kind is None:
            return [option for one in attributes if one["id"] == attribute for option in one["staticOptions"]]
        return [{"label": one["name"], "value": one.id} for one in self._store.collections[kind]]

    def _values(self, call: CheckedCall) -> Response:
        body = call.body
        self._catalog()
        _path(body["fieldId"], "fieldId")
        options = self._options(body["fieldId"])
        words, selected = body.get("query", "").casefold(), body.get("selectedValues", [])
        found = [one for one in options if words in one["label"].casefold()][: body.get("limit", _FOUND)]
        found += [one for one in options if one["value"] in selected and one not in found]
        return Response({"object": "list", "data": found})

    def _drill(self, call: CheckedCall) -> Response:
        body = call.body
        metric = self._metric(body)
        bucket = body.get("dataPointFilters", {}).get("timeBucket")
        rows = [
            one
            for one in self._rows(body)
            if bucket is None or _bucket(one["createdAt"], body["granularity"]) == bucket
        ]
        page, size = body.get("page", 1), body.get("pageSize", _PAGE)
        columns = (("conversation.id", "Conversation"), ("conversation.channel", "Channel"), ("metric.value", "Value"))
        payload = {
            "object": "report_drill_in_result",
            "rows": [
                {"conversation.id": one.id, "conversation.channel": one["source"]["channel"], "metric.value": 1}
                for one in rows[(page - 1) * size : page * size]
            ],
            "availableColumns": [{"id": one, "name": name, "valueType": "string"} for one, name in columns],
            "defaultColumnIds": [one for one, _ in columns],
            "page": page,
            "pageSize": size,
            "total": len(rows),
            "timezone": body.get("timezone", "UTC"),
            "meta": {"datasetId": "conversations", "metricId": body.get("selectedMetricId", metric["id"])},
        }
        return Response(payload)


class _Rule(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    kind: Literal["rule"]
    field_id: str
    operator: Literal["is", "is_not", "in", "not_in", "exists", "not_exists"]
    value: list[Any] | str | float | bool | None = None


class _Group(msgspec.Struct, forbid_unknown_fields=True):
    kind: Literal["group"]
    op: Literal["and", "or"]
    children: list[Any]


def _path(attribute: str, param: str) -> str:
    if attribute not in _PATHS:
        raise _bad(param, f"Unknown attribute {attribute!r}")
    return _PATHS[attribute]


def _last(given: str) -> str:
    """Return the last timestamp of a window: a bare date stands for its whole day."""
    timestamp = datetime.fromisoformat(given)
    return normal_iso((timestamp + timedelta(days=1, milliseconds=-1)).isoformat() if len(given) == 10 else given)


def _bucket(timestamp: str, granularity: str) -> str:
    if granularity == "hour":
        return timestamp[:13] + ":00:00.000Z"
    day = date.fromisoformat(timestamp[:10])
    if granularity == "week":
        day -= timedelta(days=day.weekday())
    return timestamp[:7] + "-01" if granularity == "month" else day.isoformat()


def _matches(row: Item, given: object, level: int) -> bool:
    """Return whether a row fulfils a filter: one rule, or a group of them."""
    if level > _MOST_LEVELS or not isinstance(given, dict):
        raise _bad("filters", f"A filter is a rule or a group, up to {_MOST_LEVELS} levels deep")
    try:
        if "children" in given:
            group = msgspec.convert(given, _Group)
            met = [_matches(row, child, level + 1) for child in group.children]
            return all(met) if group.op == "and" else any(met)
        rule = msgspec.convert(given, _Rule)
    except msgspec.ValidationError as error:
        raise _bad("filters", str(error)) from None
    held = [value for value in values_at(row, _path(rule.field_id, "filters")) if value is not None]
    return _OPERATORS[rule.operator](held, rule.value if isinstance(rule.value, list) else [rule.value])


_OPERATORS: dict[str, Callable[[list[Any], list[Any]], bool]] = {
    "is": lambda held, given: held == given,
    "is_not": lambda held, given: held != given,
    "in": lambda held, given: any(one in given for one in held),
    "not_in": lambda held, given: all(one not in given for one in held),
    "exists": lambda held, _: bool(held),
    "not_exists": lambda held, _: not held,
}


def _bad(param: str, message: str) -> ApiError:
    return invalid("invalid_parameter", message, param=param)
