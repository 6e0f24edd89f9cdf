"""Plans, for the resources whose objects can be compared with rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from featurebase_async._core.request import Request
from featurebase_async._core.sender import Sender
from featurebase_async._lazy import LazyModule
from featurebase_async.bulk.upsert import Upsert
from featurebase_async.paging.ranges import in_bulk_lane

if TYPE_CHECKING:
    from featurebase_async.reconcile import plan as plan_module
    from featurebase_async.reconcile import planning, read
else:
    # Most programs make no plans, and they load SQLite.
    plan_module = LazyModule("featurebase_async.reconcile.plan")
    planning = LazyModule("featurebase_async.reconcile.planning")
    read = LazyModule("featurebase_async.reconcile.read")

__all__ = ["ListedType", "Planned", "plan_module", "read"]

ListedType: TypeAlias = Literal["customer", "lead", "all"]


class Planned(ABC):
    """A resource whose objects can be compared with rows."""

    _sender: Sender

    @abstractmethod
    def _bulk(self) -> Upsert[Any, Any]:
        """Return how rows become calls."""
        ...

    @abstractmethod
    def _request_of(self, body: bytes) -> Request[Any]:
        """Return the call for a body, in the bulk lane."""
        ...

    @abstractmethod
    def _source(self, sender: Sender, contact_type: ListedType, ranges: int) -> read.Source:
        """Return where its objects come from."""
        ...

    def _planner(self, contact_type: ListedType = "all", ranges: int = 1) -> planning.Planner:
        """Return what makes plans."""
        sender = in_bulk_lane(self._sender)
        return planning.Planner(
            sender=sender,
            upsert=self._bulk(),
            request_of=self._request_of,
            source=self._source(sender, contact_type, ranges),
        )

    async def _plan(
        self, rows: Any, *, contact_type: ListedType = "all", ranges: int, **arguments: Any
    ) -> plan_module.Plan:
        return plan_module.Plan(*await self._planner(contact_type, ranges).plan(rows, **arguments))
