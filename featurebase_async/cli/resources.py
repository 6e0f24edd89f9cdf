"""The two kinds of things that are imported and exported, and what is particular to each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from featurebase_async import Company, CompanyInput, Contact, ContactInput, Input, Model
from featurebase_async._typing import is_array, is_object
from featurebase_async.cli.values import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from featurebase_async import AsyncFeaturebase, BulkProgress, BulkStream

    Progress = Callable[[BulkProgress], None]

__all__ = ["COMPANIES", "CONTACTS", "ResourceKind"]


class ResourceKind(Struct, frozen=True, kw_only=True):
    """A kind of things.

    Attributes:
        name: What many of them are called.
        input: What a row becomes.
        needs: The fields a row needs: one of each group.
        model: What the API gives.
        hidden: The fields of the model that an export has only when asked for.
        reports_created: Whether the API tells if one was created or updated.
        upsert: Sends rows; takes the client, the rows, the concurrency, and what is told of the progress.
        row: Makes the row of an export.
    """

    name: str
    input: type[Input]
    needs: tuple[tuple[str, ...], ...]
    model: type[Model]
    hidden: tuple[str, ...]
    reports_created: bool
    upsert: Callable[[AsyncFeaturebase, Any, int, Progress | None], BulkStream[Any]]
    row: Callable[[Model], dict[str, Any]]

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of an exported one."""
        return self.model.__struct_fields__


def _contact_row(contact: Model) -> dict[str, Any]:
    """Give a contact with its companies as an import takes them: by the id of one's own system."""
    row: dict[str, Any] = plain(contact)
    # What the API sends is taken as it comes, and may be anything.
    companies: object = row.get("companies")
    if is_array(companies):
        row["companies"] = [_reference(each) for each in companies if is_object(each)]
    return row


def _reference(company: dict[str, Any]) -> dict[str, Any]:
    return {"id": company.get("company_id"), "name": company.get("name")}


def _upsert_contacts(
    client: AsyncFeaturebase, rows: Any, concurrency: int, progress: Progress | None
) -> BulkStream[Contact]:
    return client.users.contacts.upsert_stream(rows, concurrency=concurrency, on_progress=progress)


def _upsert_companies(
    client: AsyncFeaturebase, rows: Any, concurrency: int, progress: Progress | None
) -> BulkStream[Company]:
    return client.users.companies.upsert_stream(rows, concurrency=concurrency, on_progress=progress)


CONTACTS = ResourceKind(
    name="contacts",
    input=ContactInput,
    needs=(("email", "user_id"),),
    model=Contact,
    hidden=("object", "organization_id"),
    reports_created=True,
    upsert=_upsert_contacts,
    row=_contact_row,
)

COMPANIES = ResourceKind(
    name="companies",
    input=CompanyInput,
    needs=(("company_id",), ("name",)),
    model=Company,
    hidden=("object",),
    reports_created=False,
    upsert=_upsert_companies,
    row=plain,
)
