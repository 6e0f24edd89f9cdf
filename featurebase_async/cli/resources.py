"""The two kinds of resources that are imported, and what is particular to each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from msgspec import Struct

from featurebase_async import CompanyInput, ContactInput, Input

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from featurebase_async import AsyncFeaturebase, BulkProgress, BulkStream

__all__ = ["COMPANIES", "CONTACTS", "ResourceKind", "SendOptions"]


class SendOptions(TypedDict, total=False):
    """The options of `upsert_stream` that commands use."""

    concurrency: int
    on_progress: Callable[[BulkProgress], None]
    state: Path | None
    max_failures: int | None
    check: bool


class ResourceKind(Struct, frozen=True, kw_only=True):
    """A kind of resource.

    Attributes:
        name: What many of them are called.
        input: What a row becomes.
        needs: The fields a row needs: one of each group.
        reports_created: Whether the API says if one was created or updated.
    """

    name: str
    input: type[Input]
    needs: tuple[tuple[str, ...], ...]
    reports_created: bool

    def upsert(self, client: AsyncFeaturebase, rows: Any, options: SendOptions) -> BulkStream[Any]:
        """Send rows."""
        stream: BulkStream[Any] = getattr(client.users, self.name).upsert_stream(rows, **options)
        return stream


CONTACTS = ResourceKind(
    name="contacts",
    input=ContactInput,
    needs=(("email", "user_id"),),
    reports_created=True,
)

COMPANIES = ResourceKind(
    name="companies",
    input=CompanyInput,
    needs=(("company_id",), ("name",)),
    reports_created=False,
)
