"""Queries for reports.

A query may be narrowed by rules, and by groups of them:

    ReportFilterGroupInput(
        op="and",
        children=[
            ReportFilterRuleInput(field_id="conversation.tags", operator="exists"),
            ReportFilterRuleInput(field_id="conversation.channel", operator="in", value=["email", "desktop"]),
        ],
    )

Facts: https://developers.featurebase.app/api/resources/reports
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from msgspec import UNSET, Meta, UnsetType

from featurebase_async._typing import is_items, is_mapping, override
from featurebase_async.errors import InvalidRequestError
from featurebase_async.models._base import Number, open_set
from featurebase_async.models._input import Input

__all__ = [
    "ReportDataPointFiltersInput",
    "ReportDrillInInput",
    "ReportDrillInSortInput",
    "ReportFilterGroupInput",
    "ReportFilterInput",
    "ReportFilterRuleInput",
    "ReportFilterValuesInput",
    "ReportGranularity",
    "ReportQueryInput",
]

if TYPE_CHECKING:
    from datetime import date

    from featurebase_async.models.reports import ReportAggregation, ReportOperator, ReportView

    ReportGranularity = Literal["hour", "day", "week", "month"]
    _Direction = Literal["asc", "desc"]
    _Join = Literal["and", "or"]
    # What they are encoded to is what the run-time types check.
    _Day = date | str
    _Scalar = str | Number | bool | date
    _Value = _Scalar | Sequence[_Scalar]
else:
    # The catalog of the server says what there is; today's sets are for type checkers.
    ReportAggregation = ReportOperator = ReportView = str
    ReportGranularity = open_set("hour", "day", "week", "month")
    _Direction = open_set("asc", "desc")
    _Join = open_set("and", "or")
    _Day = str
    _Value = str | Number | bool | list[str | Number | bool]

MOST_LEVELS = 6
"""Levels of groups in a filter."""

MOST_RULES = 100
"""Rules in a filter."""

_NO_VALUE = frozenset({"exists", "not_exists"})
_ONE_VALUE = frozenset({"is", "is_not", "contains", "not_contains", "gte", "lte"})
_SOME_VALUES = frozenset({"in", "not_in", "is_member_of", "is_not_member_of"})


class ReportFilterInput(Input, kw_only=True, frozen=True):
    """What narrows a report: a rule or a group of them."""

    @override
    @classmethod
    def from_mapping(cls, value: Any, where: str = "") -> Self:
        """Return the filter itself, or make it from a mapping: with `children` it is a group, else a rule.

        Raises:
            InvalidRequestError: It is neither, a name is missing, or does not exist; the text names the nearest one
                that does.
        """
        if cls is not ReportFilterInput or not is_mapping(value):
            return super().from_mapping(value, where)
        kind: type[Any] = ReportFilterGroupInput if "children" in value else ReportFilterRuleInput
        made: Self = kind.from_mapping({name: item for name, item in value.items() if name != "kind"}, where)
        return made


class ReportFilterRuleInput(ReportFilterInput, kw_only=True, frozen=True, tag_field="kind", tag="rule"):
    """A rule on an attribute.

    `exists` and `not_exists` take no value, `between` takes two, `in`, `not_in`, `is_member_of` and
    `is_not_member_of` a list that is not empty, and all others one. Times are dates, aware datetimes or ISO text.
    """

    field_id: str
    operator: ReportOperator
    value: _Value | UnsetType = UNSET

    def faults(self) -> str | None:
        """Return what is wrong with the value, if anything; the server judges operators that are new."""
        count = len(self.value) if is_items(self.value) else None
        if self.operator in _NO_VALUE:
            return None if self.value is UNSET else "takes no value"
        if self.operator == "between":
            return None if count == 2 else "takes a list of two values"
        if self.operator in _SOME_VALUES:
            return None if count else "takes a list that is not empty"
        if self.operator in _ONE_VALUE and (count is not None or self.value is UNSET):
            return "takes one value"
        return None


class ReportFilterGroupInput(ReportFilterInput, kw_only=True, frozen=True, tag_field="kind", tag="group"):
    """Rules and groups of which all (`and`) or any (`or`) must hold: up to 6 levels and 100 rules in the whole."""

    op: _Join
    children: _Filters


class ReportDataPointFiltersInput(Input, kw_only=True, frozen=True):
    """Picks one data point of a query.

    Attributes:
        time_bucket: The `date` of a time bucket.
        group_value: The raw `group` of a group.
        segment_value: The raw `segment` of a segment.
        day_of_week: The day of a cell of the heatmap, from 1 for Monday to 7.
        hour_of_day: The hour of a cell of the heatmap, 0 to 23.
        flow_path_id: An edge of a sankey view; or name it by its nodes.
        source_node_id: Where an edge starts.
        target_node_id: Where an edge ends.
    """

    time_bucket: _Day | UnsetType = UNSET
    group_value: str | UnsetType = UNSET
    segment_value: str | UnsetType = UNSET
    day_of_week: Annotated[int, Meta(ge=1, le=7)] | UnsetType = UNSET
    hour_of_day: Annotated[int, Meta(ge=0, le=23)] | UnsetType = UNSET
    flow_path_id: str | UnsetType = UNSET
    source_node_id: str | UnsetType = UNSET
    target_node_id: str | UnsetType = UNSET


class ReportDrillInSortInput(Input, kw_only=True, frozen=True):
    """An order of rows; `field_id` is the id of a column."""

    field_id: str
    direction: _Direction


if TYPE_CHECKING:
    # Mappings are made inputs before anything is encoded, so they never meet the run-time types.
    _Filter = ReportFilterInput | Mapping[str, Any]
    _Filters = Sequence[_Filter]
    _DataPointFilters = ReportDataPointFiltersInput | Mapping[str, Any]
    _Sort = Sequence[ReportDrillInSortInput | Mapping[str, Any]]
else:
    _Filter = ReportFilterRuleInput | ReportFilterGroupInput
    _Filters = list[_Filter]
    _DataPointFilters = ReportDataPointFiltersInput
    _Sort = list[ReportDrillInSortInput]


class ReportQueryInput(Input, kw_only=True, frozen=True):
    """A query for the figures of one metric."""

    metric: str
    aggregation: ReportAggregation
    percentile: Annotated[float, Meta(ge=1, le=100)] | UnsetType = UNSET
    start_date: _Day
    end_date: _Day
    granularity: ReportGranularity
    timezone: str | UnsetType = UNSET
    compare_start_date: _Day | UnsetType = UNSET
    compare_end_date: _Day | UnsetType = UNSET
    filters: _Filter | UnsetType = UNSET
    group_by: str | UnsetType = UNSET
    segment_by: str | UnsetType = UNSET
    office_hours_only: bool | UnsetType = UNSET
    view: ReportView | UnsetType = UNSET

    @override
    def _check(self) -> None:
        """Check that comparisons are whole, a percentile has its number, and filters are within bounds.

        Raises:
            InvalidRequestError: It is one of these.
        """
        if self.aggregation == "percentile" and self.percentile is UNSET:
            raise InvalidRequestError("percentile is required with the aggregation percentile", param="percentile")
        if (self.compare_start_date is UNSET) != (self.compare_end_date is UNSET):
            missing = "compare_start_date" if self.compare_start_date is UNSET else "compare_end_date"
            raise InvalidRequestError(f"{missing} is missing: a comparison needs both dates", param=missing)
        _check_filters(self.filters)


class ReportDrillInInput(Input, kw_only=True, frozen=True):
    """A query for the rows behind a report."""

    metric: str
    selected_metric_id: str | UnsetType = UNSET
    start_date: _Day
    end_date: _Day
    granularity: ReportGranularity
    timezone: str | UnsetType = UNSET
    filters: _Filter | UnsetType = UNSET
    group_by: str | UnsetType = UNSET
    segment_by: str | UnsetType = UNSET
    office_hours_only: bool | UnsetType = UNSET
    view: ReportView | UnsetType = UNSET
    data_point_filters: _DataPointFilters | UnsetType = UNSET
    sort: _Sort | UnsetType = UNSET
    page: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    page_size: Annotated[int, Meta(ge=1, le=200)] | UnsetType = UNSET

    @override
    def _check(self) -> None:
        """Check that filters are within bounds.

        Raises:
            InvalidRequestError: They are.
        """
        _check_filters(self.filters)


class ReportFilterValuesInput(Input, kw_only=True, frozen=True):
    """A question for the values that a filter can take."""

    field_id: str
    query: str | UnsetType = UNSET
    selected_values: Sequence[str] | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=50)] | UnsetType = UNSET


def _check_filters(filters: object) -> None:
    """Check that a filter has few enough levels and rules, and that values fit their operators.

    Raises:
        InvalidRequestError: It is one of these.
    """
    rules = 0
    to_look_at = [(filters, "filters", 1)]
    while to_look_at:
        item, spot, level = to_look_at.pop()
        if isinstance(item, ReportFilterGroupInput):
            if level > MOST_LEVELS:
                raise InvalidRequestError(f"filters may have at most {MOST_LEVELS} levels of groups", param="filters")
            to_look_at += [(child, f"{spot}.children[{at}]", level + 1) for at, child in enumerate(item.children)]
        elif isinstance(item, ReportFilterRuleInput):
            rules += 1
            fault = item.faults()
            if fault:
                raise InvalidRequestError(f"{spot}: the operator {item.operator} {fault}", param=spot)
    if rules > MOST_RULES:
        raise InvalidRequestError(f"filters may have at most {MOST_RULES} rules, not {rules}", param="filters")
