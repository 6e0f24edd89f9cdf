"""`client.users.companies`: companies, and the contacts that belong to them.

Facts: https://docs.featurebase.app/rest-api/companies
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from featurebase_async._core import tasks
from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async._core.sender import Sender
from featurebase_async._typing import override
from featurebase_async.bulk.memory import StatePath
from featurebase_async.bulk.options import Nulls
from featurebase_async.bulk.rows import Rows
from featurebase_async.bulk.upsert import Upsert
from featurebase_async.errors import NotFoundError
from featurebase_async.models._base import CustomFieldValue
from featurebase_async.models.search import SearchField, SearchFields, SearchQuery
from featurebase_async.models.users import Company, CompanyInput, Contact, DeletedCompany
from featurebase_async.paging.merge import interleave
from featurebase_async.paging.page import Page
from featurebase_async.paging.pager import Pager, iterate_pages
from featurebase_async.paging.ranges import Ranges, check_ranges, in_bulk_lane
from featurebase_async.resources._base import Resource, group
from featurebase_async.resources._bulk import BulkResource
from featurebase_async.resources._plans import ListedType, Planned, plan_module, read

__all__ = ["Companies", "CompanyContacts", "CompanySort", "iter_company_contacts"]

CompanySort = Literal[
    "createdAt:asc",
    "createdAt:desc",
    "monthlySpend:asc",
    "monthlySpend:desc",
    "lastActivity:asc",
    "lastActivity:desc",
]

_CompanyPage = tuple[Company, Page[Contact]]

_PATH = "/v2/companies"
_company = decoder_for(Company)
_deleted = decoder_for(DeletedCompany)
_contact = decoder_for(Contact)

_IS = frozenset({"=", "!=", "IN", "NIN"})
_COMPARES = frozenset({"=", "!=", ">", "<"})

# https://developers.featurebase.app/api/resources/users/subresources/companies/methods/search
_SEARCH = SearchFields(
    fields={
        "externalId": SearchField("string", _IS),
        "name": SearchField("string", _IS | {"~"}),
        "monthlySpend": SearchField("number", _COMPARES),
        "plan": SearchField("string", _IS),
        "industry": SearchField("string", _IS),
        "website": SearchField("string", _IS),
        "companySize": SearchField("number", _COMPARES),
        "linkedUsers": SearchField("number", _COMPARES),
        "lastActivity": SearchField("time", _COMPARES),
        "createdAt": SearchField("time", _COMPARES),
    },
    hints={"company_id": "a company's own id is searched as external_id", "id": "use companies.retrieve(id)"},
)


def _upsert(company: CompanyInput, lane: Literal["bulk"] | None = None) -> Request[Company]:
    return _request(company.to_json(), lane)


def _request(body: bytes, lane: Literal["bulk"] | None) -> Request[Company]:
    return Request(
        operation="users.companies.create_or_update",
        method="POST",
        path=_PATH,
        decoder=_company,
        body=body,
        lane=lane,
    )


_BULK: Upsert[CompanyInput, Company] = Upsert("companies", ("company_id",), CompanyInput.from_mapping, _upsert)


class Companies(BulkResource[CompanyInput, Company], Planned):
    """Companies. `id` is the one in Featurebase, `company_id` the one of your own system."""

    @group
    def contacts(self) -> CompanyContacts:
        """The contacts that belong to a company."""
        return CompanyContacts(self._sender)

    def list(
        self, *, page_size: int = 100, start: str | None = None, look_ahead: int = 1, ranges: int = 1
    ) -> Pager[Company]:
        """List companies.

        Args:
            page_size: Companies on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.
            ranges: How many ranges of `created_at` are read side by side; see `contacts.list`.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
        """
        check_ranges(ranges, start)
        search = Companies(in_bulk_lane(self._sender)).search
        by_range = Ranges(ranges, lambda query, size: search(query=query, sort="createdAt:asc", page_size=size))
        return self._list(
            "users.companies.list", _PATH, Company, page_size=page_size, start=start, look_ahead=look_ahead,
            ranges=None if ranges == 1 else by_range,
        )  # fmt: skip

    async def create_or_update(
        self,
        *,
        company_id: str,
        name: str,
        monthly_spend: float | UnsetType = UNSET,
        industry: str | UnsetType = UNSET,
        website: str | UnsetType = UNSET,
        plan: str | UnsetType = UNSET,
        company_size: float | UnsetType | None = UNSET,
        created_at: datetime | UnsetType | None = UNSET,
        custom_fields: Mapping[str, CustomFieldValue] | UnsetType = UNSET,
    ) -> Company:
        """Create a company, or update the one that has this company id.

        It is safe to retry, and is retried when a response is lost.

        Args:
            company_id: The id in your own system, 1 to 500 characters.
            name: 1 to 500 characters; needed for an update too.
            monthly_spend: From 0.
            industry: Up to 500 characters.
            website: Up to 500 characters.
            plan: Up to 500 characters.
            company_size: The number of people; None removes it.
            created_at: When it became a customer; aware.
            custom_fields: Values by name: text, numbers, booleans, None, or lists of these.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
        """
        return await self._sender.send(
            _upsert(
                CompanyInput(
                    company_id=company_id,
                    name=name,
                    monthly_spend=monthly_spend,
                    industry=industry,
                    website=website,
                    plan=plan,
                    company_size=company_size,
                    created_at=created_at,
                    custom_fields=custom_fields,
                )
            )
        )

    async def retrieve(self, id: str, /) -> Company:
        """Look up a company by its id in Featurebase.

        To find one by the id of your own system, search for `Filter("external_id") == ...`.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="users.companies.retrieve", method="GET", path=path, decoder=_company)
        )

    async def delete(self, id: str, /) -> DeletedCompany:
        """Delete a company by its id in Featurebase; its contacts stay.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="users.companies.delete", method="DELETE", path=path, decoder=_deleted)
        )

    async def delete_by_company_id(self, company_id: str, /) -> DeletedCompany:
        """Delete a company by the id of your own system; its contacts stay.

        Raises:
            InvalidRequestError: The id is empty, or has more than 255 characters.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/by-company-id/{path_segment('company_id', company_id, max_length=255)}"
        return await self._sender.send(
            Request(operation="users.companies.delete_by_company_id", method="DELETE", path=path, decoder=_deleted)
        )

    def search(
        self,
        *,
        query: SearchQuery | UnsetType = UNSET,
        sort: CompanySort | UnsetType = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
    ) -> Pager[Company]:
        """Search companies.

        Args:
            query: What to look for: `Filter("external_id") == "acme"`, several joined by `&` (up to 15), or the API's
                own form as a mapping. Fields: external_id, name, monthly_spend, plan, industry, website,
                company_size, linked_users, last_activity, created_at.
            sort: The order, `createdAt:desc` by default. A cursor belongs to its order. One of `createdAt:asc`,
                `createdAt:desc`, `monthlySpend:asc`, `monthlySpend:desc`, `lastActivity:asc`, `lastActivity:desc`.
            page_size: Companies on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument, a field or an operator is not accepted.
        """
        return self._search(
            "users.companies.search", f"{_PATH}/search", Company, _SEARCH, query, sort, CompanySort,
            page_size=page_size, start=start, look_ahead=look_ahead,
        )  # fmt: skip

    async def plan(
        self,
        rows: Rows[CompanyInput],
        *,
        fields: Sequence[str] | None = None,
        unmatched: Literal["count", "report"] = "count",
        nulls: Nulls = "send",
        state: StatePath | None = None,
        ranges: int = 1,
    ) -> plan_module.Plan:
        """Compare rows with the workspace, and return what must be sent, as `contacts.plan` does; send no change.

        Args:
            rows: As for `upsert_many`. Rows with the same key become one, as if they were sent one after the other.
            fields: The fields that the plan is about, such as `plan` or `custom_fields.region`; others are neither
                compared nor sent. None for all that rows give.
            unmatched: What happens to companies that no row is about: `count` counts them where all are read anyway;
                `report` reads all, and has them in `changes()`. One of `count`, `report`.
            nulls: "skip" leaves out fields that are None, NaN, NaT or pandas.NA. One of `send`, `skip`.
            state: The path of a state that was used with `check=True` or `Plan.apply`: what the server has made of a
                value before is `stuck`. Without it, that is known for as long as the client lives.
            ranges: As for `contacts.plan`.

        Raises:
            InvalidRequestError: These are no rows, or an argument can't be meant so.
            ConfigurationError: The state is for something else, or can't be read.
            FeaturebaseError: The workspace can't be read.
        """
        check_ranges(ranges)
        return await self._plan(rows, ranges=ranges, fields=fields, unmatched=unmatched, nulls=nulls, state=state)

    @override
    def _request_of(self, body: bytes) -> Request[Company]:
        return _request(body, "bulk")

    @override
    def _source(self, sender: Sender, contact_type: ListedType, ranges: int) -> read.Source:  # noqa: ARG002 -- of contacts
        there = Companies(sender)
        return read.Source(
            pages=lambda: there.list(ranges=ranges),
            ranges=ranges,
            search=lambda query, size: there.search(query=UNSET if query is None else query, page_size=size),
            searched={"company_id": "external_id"},
            wanted=lambda _: True,
        )

    @override
    def _bulk(self) -> Upsert[CompanyInput, Company]:
        return _BULK


class CompanyContacts(Resource):
    """The contacts that belong to a company. All ids here are those in Featurebase."""

    def list(
        self, company_id: str, /, *, page_size: int = 100, start: str | None = None, look_ahead: int = 1
    ) -> Pager[Contact]:
        """List the customers that belong to a company; leads are never among them.

        Args:
            company_id: The company's id in Featurebase.
            page_size: Contacts on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
        """
        path = f"{_PATH}/{path_segment('company_id', company_id)}/contacts"
        return self._list(
            "users.companies.contacts.list", path, Contact, page_size=page_size, start=start, look_ahead=look_ahead
        )

    async def attach(self, company_id: str, /, *, contact_id: str) -> Contact:
        """Make a customer belong to a company, in addition to those it belongs to.

        What a retry does is not documented, so it is not retried when its response is lost.

        Raises:
            InvalidRequestError: An id is empty.
            NotFoundError: There is no such company or contact.
            OutcomeUnknownError: The response was lost.
        """
        path = f"{_PATH}/{path_segment('company_id', company_id)}/contacts"
        path_segment("contact_id", contact_id)
        return await self._sender.send(
            Request(
                operation="users.companies.contacts.attach",
                method="POST",
                path=path,
                decoder=_contact,
                body=msgspec.json.encode({"contactId": contact_id}),
                repeatable=False,
            )
        )

    async def remove(self, company_id: str, contact_id: str, /) -> Contact:
        """End that a customer belongs to a company.

        Raises:
            InvalidRequestError: An id is empty.
            BadRequestError: It does not belong to it (`contact_not_attached`).
            NotFoundError: There is no such company or contact.
        """
        path = f"{_PATH}/{path_segment('company_id', company_id)}/contacts/{path_segment('contact_id', contact_id)}"
        return await self._sender.send(
            Request(operation="users.companies.contacts.remove", method="DELETE", path=path, decoder=_contact)
        )


def iter_company_contacts(companies: Companies, concurrency: int) -> AsyncGenerator[tuple[Company, Contact]]:
    """Iterate every company with its contacts, several companies at the same time.

    Raises:
        InvalidRequestError: The concurrency is below 1.
    """
    tasks.check_concurrency(concurrency)
    return interleave(_Companies(companies), concurrency, _pairs)


def _pairs(page: _CompanyPage) -> Iterable[tuple[Company, Contact]]:
    company, contacts = page
    return ((company, contact) for contact in contacts.data)


class _ContactsOf:
    """The pages of one company's contacts."""

    def __init__(self, companies: Companies, company: Company) -> None:
        self._company = company
        self._pages = iterate_pages(companies.contacts.list(company.id))

    async def next(self) -> _CompanyPage | None:
        try:
            page = await self._pages.next()
        except NotFoundError:
            return None  # deleted since it was listed
        return None if page is None else (self._company, page)

    async def close(self) -> None:
        await self._pages.close()


class _Companies:
    """The companies, each as the pages of its contacts."""

    def __init__(self, companies: Companies) -> None:
        self._companies = companies
        self._pages = iterate_pages(companies.list())
        self._page: Iterator[Company] = iter(())

    async def next(self) -> _ContactsOf | None:
        while True:
            for company in self._page:
                # An odd response is kept as it is: what stands in a company's position may have no id to ask by.
                if isinstance(getattr(company, "id", None), str):
                    return _ContactsOf(self._companies, company)
            page = await self._pages.next()
            if page is None:
                return None
            self._page = iter(page.data)

    async def close(self) -> None:
        await self._pages.close()
