"""Reports: the catalog of what can be asked, the figures, and the rows behind them.

Facts: https://developers.featurebase.app/api/resources/reports
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from msgspec import UNSET, UnsetType

from featurebase_async.models._base import Model, Number, open_set

__all__ = [
    "ReportAggregation",
    "ReportAttribute",
    "ReportAttributeOption",
    "ReportDataset",
    "ReportDrillInColumn",
    "ReportDrillInIdentityCell",
    "ReportDrillInMeta",
    "ReportDrillInResult",
    "ReportFlowDatum",
    "ReportGroupedDatum",
    "ReportMetric",
    "ReportMetricType",
    "ReportOperator",
    "ReportQueryMeta",
    "ReportQueryResult",
    "ReportSegmentDatum",
    "ReportTimeSeriesDatum",
    "ReportUnit",
    "ReportValueType",
    "ReportView",
]

_Operator = Literal[
    "is",
    "is_not",
    "in",
    "not_in",
    "contains",
    "not_contains",
    "gte",
    "lte",
    "between",
    "exists",
    "not_exists",
    "is_member_of",
    "is_not_member_of",
]

if TYPE_CHECKING:
    ReportAggregation = Literal["count", "sum", "avg", "median", "min", "max", "percentile", "value"]
    ReportMetricType = Literal["count", "percentage", "duration", "number"]
    ReportOperator = _Operator
    ReportUnit = Literal["count", "percentage", "duration_ms", "number"]
    ReportValueType = Literal["string", "number", "boolean", "date", "enum", "id"]
    ReportView = Literal["standard", "hourly_heatmap", "sankey"]
else:
    ReportAggregation = open_set("count", "sum", "avg", "median", "min", "max", "percentile", "value")
    ReportMetricType = open_set("count", "percentage", "duration", "number")
    ReportOperator = open_set(*get_args(_Operator))
    ReportUnit = open_set("count", "percentage", "duration_ms", "number")
    ReportValueType = open_set("string", "number", "boolean", "date", "enum", "id")
    ReportView = open_set("standard", "hourly_heatmap", "sankey")


class ReportAttributeOption(Model, kw_only=True):
    """A value that a filter can take: `value` is what is sent, `label` the text for people."""

    label: str
    value: str


class ReportMetric(Model, kw_only=True):
    """A metric of the catalog; its `id` is the `metric` of a query."""

    id: str
    name: str
    description: str
    type: ReportMetricType
    unit: ReportUnit
    allowed_aggregations: list[ReportAggregation]
    supported_views: list[ReportView]
    supports_office_hours: bool
    supports_period_comparison: bool


class ReportAttribute(Model, kw_only=True):
    """An attribute of the catalog; its `id` is the `field_id` of a rule, and what queries are grouped by.

    Attributes:
        static_options: All its values; without them `lookup_filter_values` finds some, if `supports_value_lookup`.
    """

    id: str
    name: str
    description: str
    category: str
    value_type: ReportValueType
    multi_value: bool | UnsetType = UNSET
    allowed_operators: list[ReportOperator]
    supports_filter: bool
    supports_group_by: bool
    supports_value_lookup: bool
    static_options: list[ReportAttributeOption] | UnsetType = UNSET


class ReportDataset(Model, kw_only=True):
    """A part of the catalog: what can be measured, and by what it can be filtered and grouped."""

    id: str
    name: str
    description: str
    metrics: list[ReportMetric]
    attributes: list[ReportAttribute]


class ReportSegmentDatum(Model, kw_only=True):
    """A segment of a group or of a time bucket; `segment` is the raw value, `segment_label` the text for people."""

    segment: str
    segment_label: str | UnsetType = UNSET
    value: Number
    previous_value: Number | UnsetType = UNSET


class ReportTimeSeriesDatum(Model, kw_only=True):
    """A time bucket; `date` can be given as `time_bucket` to drill in."""

    date: str
    value: Number
    previous_value: Number | UnsetType = UNSET
    segments: list[ReportSegmentDatum] | UnsetType = UNSET


class ReportGroupedDatum(Model, kw_only=True):
    """A group; `group` is the raw value, often an id, `group_label` the text for people."""

    group: str
    group_label: str | UnsetType = UNSET
    value: Number
    previous_value: Number | UnsetType = UNSET
    segments: list[ReportSegmentDatum] | UnsetType = UNSET


class ReportFlowDatum(Model, kw_only=True):
    """An edge of a sankey view."""

    metric_id: str
    path_id: str
    source: str
    source_label: str
    target: str
    target_label: str
    value: Number
    percentage: Number | UnsetType = UNSET
    color_key: str | UnsetType = UNSET
    sort_order: Number | UnsetType = UNSET


class ReportQueryMeta(Model, kw_only=True):
    """The query as the server understood it."""

    dataset_id: str
    metric: str
    unit: ReportUnit
    aggregation: ReportAggregation
    granularity: str
    office_hours_only: bool
    group_by: str | UnsetType = UNSET
    segment_by: str | UnsetType = UNSET


class ReportQueryResult(Model, kw_only=True):
    """The figures of a report. Durations are milliseconds.

    Attributes:
        value: The figure for the whole window.
        previous_value: The same for the window that is compared with.
        delta_percent: How far `value` is from it, in percent.
        time_series: The figures by time bucket.
        grouped_data: The figures by group, with `group_by`.
        segment_data: The figures by segment, with `segment_by`.
        flow_data: The edges, with the view `sankey`.
    """

    object: str
    value: Number
    previous_value: Number | UnsetType = UNSET
    delta_percent: Number | UnsetType = UNSET
    time_series: list[ReportTimeSeriesDatum] | UnsetType = UNSET
    grouped_data: list[ReportGroupedDatum] | UnsetType = UNSET
    segment_data: list[ReportSegmentDatum] | UnsetType = UNSET
    flow_data: list[ReportFlowDatum] | UnsetType = UNSET
    meta: ReportQueryMeta


class ReportDrillInIdentityCell(Model, kw_only=True):
    """A cell that names a person, such as an admin or a contact."""

    kind: str
    id: str
    label: str
    avatar_url: str | UnsetType = UNSET
    color: str | UnsetType = UNSET


class ReportDrillInColumn(Model, kw_only=True):
    """A column; its `id` is that of an attribute, or `metric.value`."""

    id: str
    name: str
    value_type: str
    category: str | UnsetType = UNSET


class ReportDrillInMeta(Model, kw_only=True):
    """The metric whose rows these are."""

    dataset_id: str
    metric_id: str


class ReportDrillInResult(Model, kw_only=True):
    """A page of the rows behind a report.

    Attributes:
        rows: Cells by the id of their column.
        available_columns: Every column there is.
        default_column_ids: The columns worth showing.
        page: The number of this page, from 1.
        total: How many rows there are on all pages.
    """

    object: str
    rows: list[dict[str, str | Number | bool | list[str] | ReportDrillInIdentityCell | None]]
    available_columns: list[ReportDrillInColumn]
    default_column_ids: list[str]
    page: int
    page_size: int
    total: int
    timezone: str
    meta: ReportDrillInMeta
