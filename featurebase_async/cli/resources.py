"""The two kinds of resources that are imported, and what is particular to each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from featurebase_async import CompanyInput, ContactInput, Input

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from featurebase_async import AsyncFeaturebase, BulkProgress, BulkStream, Company, Contact

    Progress = Callable[[BulkProgress], None]

__all__ = ["COMPANIES", "CONTACTS", "ResourceKind"]


class ResourceKind(Struct, frozen=True, kw_only=True):
    """A kind of resource.

    Attributes:
        name: What many of them are called.
        input: What a row becomes.
        needs: The fields a row needs: one of each group.
        reports_created: Whether the API says if one was created or updated.
        upsert: Sends rows; takes the client, the rows, the concurrency, what progress is reported to, and the path of a
            state.
    """

    name: str
    input: type[Input]
    needs: tuple[tuple[str, ...], ...]
    reports_created: bool
    upsert: Callable[[AsyncFeaturebase, Any, int, Progress | None, Path | None], BulkStream[Any]]


def _upsert_contacts(
    client: AsyncFeaturebase, rows: Any, concurrency: int, progress: Progress | None, state: Path | None
) -> BulkStream[Contact]:
    return client.users.contacts.upsert_stream(rows, concurrency=concurrency, on_progress=progress, state=state)


def _upsert_companies(
    client: AsyncFeaturebase, rows: Any, concurrency: int, progress: Progress | None, state: Path | None
) -> BulkStream[Company]:
    return client.users.companies.upsert_stream(rows, concurrency=concurrency, on_progress=progress, state=state)


CONTACTS = ResourceKind(
    name="contacts",
    input=ContactInput,
    needs=(("email", "user_id"),),
    reports_created=True,
    upsert=_upsert_contacts,
)

COMPANIES = ResourceKind(
    name="companies",
    input=CompanyInput,
    needs=(("company_id",), ("name",)),
    reports_created=False,
    upsert=_upsert_companies,
)
