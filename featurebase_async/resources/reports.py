"""`client.reports`: figures, and the rows behind them.

Facts: https://developers.featurebase.app/api/resources/reports
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request
from featurebase_async.models.report_queries import (
    ReportDataPointFiltersInput,
    ReportDrillInInput,
    ReportDrillInSortInput,
    ReportFilterInput,
    ReportFilterValuesInput,
    ReportGranularity,
    ReportQueryInput,
)
from featurebase_async.models.reports import (
    ReportAggregation,
    ReportAttributeOption,
    ReportDataset,
    ReportDrillInResult,
    ReportQueryResult,
    ReportView,
)
from featurebase_async.paging.page import Envelope, envelope_of
from featurebase_async.resources._base import Resource

__all__ = ["Reports"]

_PATH = "/v2/reports"
_result = decoder_for(ReportQueryResult)
_drill_in = decoder_for(ReportDrillInResult)
_options: msgspec.json.Decoder[Envelope[ReportAttributeOption]] = decoder_for(envelope_of(ReportAttributeOption))


class Reports(Resource):
    """Reports. All calls raise `NotFoundError` in a workspace without the Reports product."""

    async def list_datasets(self) -> list[ReportDataset]:
        """List what there is to report on: metrics, and attributes to filter and group by. It comes in one response.

        The custom attributes of conversations and tickets are among it, so it differs by workspace.

        Raises:
            NotFoundError: The workspace does not have Reports.
        """
        return await self._all("reports.list_datasets", f"{_PATH}/datasets", ReportDataset)

    async def query(
        self,
        *,
        metric: str,
        aggregation: ReportAggregation,
        percentile: float | UnsetType = UNSET,
        start_date: date | str,
        end_date: date | str,
        granularity: ReportGranularity,
        timezone: str | UnsetType = UNSET,
        compare_start_date: date | str | UnsetType = UNSET,
        compare_end_date: date | str | UnsetType = UNSET,
        filters: ReportFilterInput | Mapping[str, Any] | UnsetType = UNSET,
        group_by: str | UnsetType = UNSET,
        segment_by: str | UnsetType = UNSET,
        office_hours_only: bool | UnsetType = UNSET,
        view: ReportView | UnsetType = UNSET,
    ) -> ReportQueryResult:
        """Report one metric over a span of time. It only reads, and is retried when a response is lost.

        Args:
            metric: The id of a metric of the catalog.
            aggregation: One that the metric allows: counts take `count`, rates `value`, durations `avg`, `median`,
                `min`, `max` and `percentile`. One of `count`, `sum`, `avg`, `median`, `min`, `max`, `percentile`,
                `value`.
            percentile: 1 to 100; needed with the aggregation `percentile`.
            start_date: The first day, or an aware datetime; included.
            end_date: The last day, or an aware datetime; included.
            granularity: The width of a time bucket. One of `hour`, `day`, `week`, `month`.
            timezone: An IANA name such as `Europe/Tallinn`; UTC when left out.
            compare_start_date: The first day of a span to compare with.
            compare_end_date: The last day of it; the two go together.
            filters: A rule or a group of them, up to 6 levels and 100 rules.
            group_by: The id of an attribute that can be grouped by.
            segment_by: The id of another one, to split each group or time bucket by.
            office_hours_only: Count office hours only, where the metric can.
            view: `standard` gives a time series, `hourly_heatmap` figures by day of the week and hour, `sankey` flows;
                the metric says which it has.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            NotFoundError: The workspace does not have Reports.
        """
        question = ReportQueryInput(
            metric=metric,
            aggregation=aggregation,
            percentile=percentile,
            start_date=start_date,
            end_date=end_date,
            granularity=granularity,
            timezone=timezone,
            compare_start_date=compare_start_date,
            compare_end_date=compare_end_date,
            filters=filters,
            group_by=group_by,
            segment_by=segment_by,
            office_hours_only=office_hours_only,
            view=view,
        )
        return await self._sender.send(
            Request(
                operation="reports.query",
                method="POST",
                path=f"{_PATH}/query",
                decoder=_result,
                body=question.to_json(),
            )
        )

    async def lookup_filter_values(
        self,
        *,
        field_id: str,
        query: str | UnsetType = UNSET,
        selected_values: Sequence[str] | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
    ) -> list[ReportAttributeOption]:
        """Look up values that a filter can take, for attributes whose values live in the workspace, such as tags.

        There is one response and no second page: narrow it by `query`. It only reads, and is retried when a
        response is lost.

        Args:
            field_id: The id of an attribute with `supports_value_lookup`.
            query: A part of the label.
            selected_values: Values whose labels are wanted in addition.
            limit: Values to find, 1 to 50; 20 when left out.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            NotFoundError: The workspace does not have Reports.
        """
        question = ReportFilterValuesInput(field_id=field_id, query=query, selected_values=selected_values, limit=limit)
        envelope = await self._sender.send(
            Request(
                operation="reports.lookup_filter_values",
                method="POST",
                path=f"{_PATH}/filter-values",
                decoder=_options,
                body=question.to_json(),
            )
        )
        return envelope.data

    async def drill_in(
        self,
        *,
        metric: str,
        selected_metric_id: str | UnsetType = UNSET,
        start_date: date | str,
        end_date: date | str,
        granularity: ReportGranularity,
        timezone: str | UnsetType = UNSET,
        filters: ReportFilterInput | Mapping[str, Any] | UnsetType = UNSET,
        group_by: str | UnsetType = UNSET,
        segment_by: str | UnsetType = UNSET,
        office_hours_only: bool | UnsetType = UNSET,
        view: ReportView | UnsetType = UNSET,
        data_point_filters: ReportDataPointFiltersInput | Mapping[str, Any] | UnsetType = UNSET,
        sort: Sequence[ReportDrillInSortInput | Mapping[str, Any]] | UnsetType = UNSET,
        page: int | UnsetType = UNSET,
        page_size: int | UnsetType = UNSET,
    ) -> ReportDrillInResult:
        """Get a page of the rows behind a report, or behind one of its data points.

        Give what the query had, and ask for the next page until `page * page_size` has reached `total`. It only
        reads, and is retried when a response is lost.

        Args:
            metric: The id of a metric of the catalog.
            selected_metric_id: The metric to follow where a chart adds up several; `metric` when left out.
            start_date: The first day, or an aware datetime; included.
            end_date: The last day, or an aware datetime; included.
            granularity: The width of a time bucket. One of `hour`, `day`, `week`, `month`.
            timezone: An IANA name such as `Europe/Tallinn`.
            filters: A rule or a group of them, up to 6 levels and 100 rules.
            group_by: The id of an attribute that can be grouped by.
            segment_by: The id of another one.
            office_hours_only: Count office hours only, where the metric can.
            view: The view of the query. One of `standard`, `hourly_heatmap`, `sankey`.
            data_point_filters: The data point, such as `{"time_bucket": "2026-03-02"}`; left out, all rows come.
            sort: Orders by column, the first one first.
            page: The number of the page, from 1.
            page_size: Rows on a page, 1 to 200; 25 when left out.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            NotFoundError: The workspace does not have Reports.
        """
        question = ReportDrillInInput(
            metric=metric,
            selected_metric_id=selected_metric_id,
            start_date=start_date,
            end_date=end_date,
            granularity=granularity,
            timezone=timezone,
            filters=filters,
            group_by=group_by,
            segment_by=segment_by,
            office_hours_only=office_hours_only,
            view=view,
            data_point_filters=data_point_filters,
            sort=sort,
            page=page,
            page_size=page_size,
        )
        return await self._sender.send(
            Request(
                operation="reports.drill_in",
                method="POST",
                path=f"{_PATH}/drill-in",
                decoder=_drill_in,
                body=question.to_json(),
            )
        )
