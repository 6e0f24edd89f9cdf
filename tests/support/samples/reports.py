"""Responses of the report calls with every field in them, as the API sends them."""

from typing import Any

DATASET: dict[str, Any] = {
    "id": "conversations",
    "name": "Conversations",
    "description": "All conversations",
    "metrics": [
        {
            "id": "new_conversations",
            "name": "New conversations",
            "description": "Started in the window",
            "type": "count",
            "unit": "duration_ms",
            "allowedAggregations": ["count", "percentile"],
            "supportedViews": ["standard", "hourly_heatmap"],
            "supportsOfficeHours": True,
            "supportsPeriodComparison": False,
        }
    ],
    "attributes": [
        {
            "id": "conversation.channel",
            "name": "Channel",
            "description": "Where it was started",
            "category": "Conversation",
            "valueType": "enum",
            "multiValue": False,
            "allowedOperators": ["in", "not_in", "exists"],
            "supportsFilter": True,
            "supportsGroupBy": True,
            "supportsValueLookup": False,
            "staticOptions": [{"label": "Email", "value": "email"}],
        }
    ],
}
OPTION: dict[str, Any] = {"label": "Urgent", "value": "64b0c0ffee00000000000004"}
_SEGMENTS: list[dict[str, Any]] = [{"segment": "t1", "segmentLabel": "Sales", "value": 1, "previousValue": 0.5}]
RESULT: dict[str, Any] = {
    "object": "report_query_result",
    "value": 3,
    "previousValue": 2,
    "deltaPercent": 50.0,
    "timeSeries": [{"date": "2026-03-02", "value": 2, "previousValue": 1, "segments": _SEGMENTS}],
    "groupedData": [{"group": "email", "groupLabel": "Email", "value": 3, "previousValue": 1.5, "segments": _SEGMENTS}],
    "segmentData": _SEGMENTS,
    "flowData": [
        {
            "metricId": "m1",
            "pathId": "p1",
            "source": "n1",
            "sourceLabel": "Opened",
            "target": "n2",
            "targetLabel": "Closed",
            "value": 3,
            "percentage": 12.5,
            "colorKey": "blue",
            "sortOrder": 1,
        }
    ],
    "meta": {
        "datasetId": "conversations",
        "metric": "new_conversations",
        "unit": "count",
        "aggregation": "count",
        "granularity": "day",
        "officeHoursOnly": False,
        "groupBy": "conversation.channel",
        "segmentBy": "conversation.team",
    },
}
DRILL_IN: dict[str, Any] = {
    "object": "report_drill_in_result",
    "rows": [
        {
            "conversation.id": "12345",
            "conversation.assignee": {
                "kind": "identity",
                "id": "507f1f77bcf86cd799439011",
                "label": "Ann",
                "avatarUrl": "https://acme.com/ann.png",
                "color": "#3B82F6",
            },
            "conversation.tags": ["a", "b"],
            "conversation.team": None,
            "conversation.open": True,
            "metric.value": 1.5,
            "metric.rank": 1,
        },
        {"conversation.assignee": {"kind": "identity", "id": "a1", "label": "Bob"}},
    ],
    "availableColumns": [
        {"id": "conversation.id", "name": "Conversation", "valueType": "string", "category": "Conversation"}
    ],
    "defaultColumnIds": ["conversation.id"],
    "page": 1,
    "pageSize": 50,
    "total": 2,
    "timezone": "UTC",
    "meta": {"datasetId": "conversations", "metricId": "new_conversations"},
}
