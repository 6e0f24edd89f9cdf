"""`client.audit_logs`: who did what.

Facts: https://developers.featurebase.app/api/resources/audit_logs
"""

from __future__ import annotations

from datetime import datetime

from msgspec import UNSET, UnsetType

from featurebase_async.models.audit_logs import AuditLog, AuditLogAction, AuditLogDomain
from featurebase_async.paging.pager import Pager
from featurebase_async.resources._base import Resource
from featurebase_async.resources._checks import check_datetime, check_text

__all__ = ["AuditLogs"]


class AuditLogs(Resource):
    """The audit log."""

    def list(
        self,
        *,
        action: AuditLogAction | str | UnsetType = UNSET,
        domain: AuditLogDomain | str | UnsetType = UNSET,
        start_date: datetime | UnsetType | None = UNSET,
        end_date: datetime | UnsetType | None = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
    ) -> Pager[AuditLog]:
        """List the events of the audit log, newest first.

        Args:
            action: Events of this kind, such as `webhook.deleted`. Kinds that are new to this version can be asked for
                too. See `AuditLogAction` for the values.
            domain: Events of this category; it does not follow from the part of an action before the dot. One of
                `authentication`, `team_management`, `permissions`, `articles`, `changelog`, `workspace_settings`,
                `security`, `integrations`, `data_management`, `billing`, `workflows`, `messenger`, `brands`,
                `ai_agent`, `email_config`.
            start_date: The earliest datetime, included; it needs a time zone.
            end_date: The latest datetime, included; it needs a time zone.
            page_size: Events on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
        """
        check_text("action", action)
        check_text("domain", domain)
        check_datetime("start_date", start_date)
        check_datetime("end_date", end_date)
        return self._list(
            "audit_logs.list", "/v2/audit-logs", AuditLog,
            {"action": action, "domain": domain, "startDate": start_date, "endDate": end_date},
            page_size=page_size, start=start, look_ahead=look_ahead,
        )  # fmt: skip
