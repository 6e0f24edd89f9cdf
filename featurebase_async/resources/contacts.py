"""`client.users.contacts`: people.

Facts: https://docs.featurebase.app/rest-api/contacts
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async._core.sender import Sender
from featurebase_async._typing import override
from featurebase_async.bulk.memory import StatePath
from featurebase_async.bulk.options import Nulls
from featurebase_async.bulk.rows import Rows
from featurebase_async.bulk.upsert import Upsert
from featurebase_async.models._base import CustomFieldValue
from featurebase_async.models.rows import ContactCompanyRow
from featurebase_async.models.search import Filter, SearchField, SearchFields, SearchQuery
from featurebase_async.models.users import (
    BlockedContact,
    Contact,
    ContactCompanyInput,
    ContactInput,
    DeletedContact,
    UnblockedContact,
)
from featurebase_async.paging.pager import Pager
from featurebase_async.paging.ranges import Ranges, check_ranges, in_bulk_lane
from featurebase_async.resources._base import Resource, group
from featurebase_async.resources._bulk import BulkResource
from featurebase_async.resources._checks import check_choice
from featurebase_async.resources._plans import ListedType, Planned, plan_module, read
from featurebase_async.resources.email_preferences import ByIdEmailPreferences, ByUserIdEmailPreferences

__all__ = ["ContactSort", "Contacts", "ContactsByUserId"]

ContactSort = Literal[
    "createdAt:asc",
    "createdAt:desc",
    "lastActivity:asc",
    "lastActivity:desc",
    "postsCreated:asc",
    "postsCreated:desc",
    "commentsCreated:asc",
    "commentsCreated:desc",
]

_PATH = "/v2/contacts"
_contact = decoder_for(Contact)
_deleted = decoder_for(DeletedContact)
_blocked = decoder_for(BlockedContact)
_unblocked = decoder_for(UnblockedContact)

_IS = frozenset({"=", "!=", "IN", "NIN"})
_COMPARES = frozenset({"=", "!=", ">", "<"})

# https://developers.featurebase.app/api/resources/users/subresources/contacts/methods/search
_SEARCH = SearchFields(
    fields={
        "externalId": SearchField("string", _IS),
        "email": SearchField("string", _IS),
        "name": SearchField("string", _IS | {"~"}),
        "type": SearchField("enum", _IS, ("customer", "lead")),
        "companyIds": SearchField("string", _IS),
        "postsCreated": SearchField("number", _COMPARES),
        "commentsCreated": SearchField("number", _COMPARES),
        "lastActivity": SearchField("time", _COMPARES),
        "createdAt": SearchField("time", _COMPARES),
    },
    bounded=frozenset({"type"}),
    hints={"user_id": "a contact's user id is searched as external_id", "id": "use contacts.retrieve(id)"},
)


def _upsert(contact: ContactInput, lane: Literal["bulk"] | None = None) -> Request[Contact]:
    return _request(contact.to_json(), lane)


def _request(body: bytes, lane: Literal["bulk"] | None) -> Request[Contact]:
    return Request(
        operation="users.contacts.create_or_update",
        method="POST",
        path=_PATH,
        decoder=_contact,
        body=body,
        lane=lane,
    )


_BULK: Upsert[ContactInput, Contact] = Upsert(
    "contacts",
    ("user_id", "email"),
    ContactInput.from_mapping,
    _upsert,
    related=("companies", "id"),
)


class Contacts(BulkResource[ContactInput, Contact], Planned):
    """Contacts: customers, who have signed up, and leads."""

    @group
    def by_user_id(self) -> ContactsByUserId:
        """Customers, found by the user id of your own system."""
        return ContactsByUserId(self._sender)

    @group
    def email_preferences(self) -> ByIdEmailPreferences:
        """Which mail a customer gets."""
        return ByIdEmailPreferences(self._sender)

    def list(
        self,
        *,
        contact_type: Literal["customer", "lead", "all"] | UnsetType = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
        ranges: int = 1,
    ) -> Pager[Contact]:
        """List contacts.

        Args:
            contact_type: Customers (the API's default), leads, or all. One of `customer`, `lead`, `all`.
            page_size: Contacts on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.
            ranges: How many ranges of `created_at` are read side by side, by searches in the bulk lane. Items then come
                in no order, and no cursor resumes the list. The counts of the searches must prove that nothing that a
                search can find is missing; if not, the list is read page by page, and `Pager.fallback` says why.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
        """
        check_ranges(ranges, start)
        check_choice("contact_type", contact_type, ("customer", "lead", "all"))
        query = {"contactType": contact_type}
        return self._list(
            "users.contacts.list",
            _PATH,
            Contact,
            query,
            page_size=page_size,
            start=start,
            look_ahead=look_ahead,
            ranges=None if ranges == 1 else self._ranges(ranges, contact_type),
        )

    def _ranges(self, number: int, contact_type: str | UnsetType) -> Ranges[Contact]:
        there = Contacts(in_bulk_lane(self._sender))
        kind = "customer" if contact_type is UNSET else contact_type
        return Ranges(
            number,
            lambda query, size: there.search(query=query, sort="createdAt:asc", page_size=size),
            only=() if kind == "all" else (Filter("type") == kind,),
        )

    async def create_or_update(
        self,
        *,
        email: str | UnsetType | None = UNSET,
        name: str | UnsetType | None = UNSET,
        user_id: str | UnsetType | None = UNSET,
        user_hash: str | UnsetType = UNSET,
        profile_picture: str | UnsetType | None = UNSET,
        companies: Sequence[ContactCompanyInput | ContactCompanyRow | Mapping[str, Any]] | UnsetType = UNSET,
        created_at: datetime | UnsetType | None = UNSET,
        custom_fields: Mapping[str, CustomFieldValue] | UnsetType = UNSET,
        subscribed_to_changelog: bool | UnsetType = UNSET,
        locale: str | UnsetType | None = UNSET,
        phone: str | UnsetType | None = UNSET,
        roles: Sequence[str] | UnsetType = UNSET,
    ) -> Contact:
        """Create a contact, or update the one that has this user id, else this e-mail.

        It is safe to retry, and is retried when a response is lost. What is left out keeps its value. That
        lists replace and None clears is documented for the version 2026-08-19.orbit; of the default version nothing is
        said (https://help.featurebase.app/api-reference/contacts/upsert-contact), so always send whole lists.

        Args:
            email: The address, up to 500 characters; it finds the contact where no `user_id` is given. None clears it,
                which needs `user_id`.
            name: Up to 500 characters; None resets it to what a contact without a name is called.
            user_id: The id in your own system, up to 500 characters (255 for the `by_user_id` calls). None clears it,
                which needs `email`.
            user_hash: The proof of identity, see `identity.user_hash`.
            profile_picture: The URL of a picture; None removes it.
            companies: All companies it belongs to, up to 100; it leaves the others, and `[]` leaves all. `id` is the
                one of your own system.
            created_at: When it signed up; aware.
            custom_fields: Values by name: text, numbers, booleans, or lists of these; None removes a field, and fields
                that are left out keep their value.
            subscribed_to_changelog: Whether it shall get the changelog; its own opt-out wins.
            locale: Up to 10 characters; None clears it.
            phone: A number; None removes it.
            roles: Ids of all its roles, up to 100; `[]` removes all.

        Raises:
            InvalidRequestError: Neither `email` nor `user_id` is given, or an argument is out of its bounds.
        """
        return await self._sender.send(
            _upsert(
                ContactInput(
                    email=email,
                    name=name,
                    user_id=user_id,
                    user_hash=user_hash,
                    profile_picture=profile_picture,
                    companies=companies,
                    created_at=created_at,
                    custom_fields=custom_fields,
                    subscribed_to_changelog=subscribed_to_changelog,
                    locale=locale,
                    phone=phone,
                    roles=roles,
                )
            )
        )

    async def retrieve(self, id: str, /) -> Contact:
        """Look up a contact, customer or lead, by its id in Featurebase.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="users.contacts.retrieve", method="GET", path=path, decoder=_contact)
        )

    async def delete(self, id: str, /) -> DeletedContact:
        """Delete a contact, customer or lead, for good.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="users.contacts.delete", method="DELETE", path=path, decoder=_deleted)
        )

    async def block(self, id: str, /) -> BlockedContact:
        """Block a contact: it can't send messages, nor give feedback, any more.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}/block"
        return await self._sender.send(
            Request(operation="users.contacts.block", method="POST", path=path, decoder=_blocked)
        )

    async def unblock(self, id: str, /) -> UnblockedContact:
        """Lift the block of a contact.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}/unblock"
        return await self._sender.send(
            Request(operation="users.contacts.unblock", method="POST", path=path, decoder=_unblocked)
        )

    def search(
        self,
        *,
        query: SearchQuery | UnsetType = UNSET,
        sort: ContactSort | UnsetType = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
    ) -> Pager[Contact]:
        """Search contacts, customers and leads.

        Args:
            query: What to look for: `Filter("email") == "ada@example.com"`, several joined by `&` (up to 15), or the
                API's own form as a mapping. Fields: external_id, email, name, type, company_ids, posts_created,
                comments_created, last_activity, created_at.
            sort: The order, `lastActivity:desc` by default. A cursor belongs to its order. One of `createdAt:asc`,
                `createdAt:desc`, `lastActivity:asc`, `lastActivity:desc`, `postsCreated:asc`, `postsCreated:desc`,
                `commentsCreated:asc`, `commentsCreated:desc`.
            page_size: Contacts on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument, a field or an operator is not accepted.
        """
        return self._search(
            "users.contacts.search", f"{_PATH}/search", Contact, _SEARCH, query, sort, ContactSort,
            page_size=page_size, start=start, look_ahead=look_ahead,
        )  # fmt: skip

    async def plan(
        self,
        rows: Rows[ContactInput],
        *,
        fields: Sequence[str] | None = None,
        contact_type: Literal["customer", "lead", "all"] = "all",
        unmatched: Literal["count", "report"] = "count",
        nulls: Nulls = "send",
        state: StatePath | None = None,
        ranges: int = 1,
    ) -> plan_module.Plan:
        """Compare rows with the workspace, and return what must be sent; send nothing that changes anything.

        Only fields that a row gives are compared, by value. The workspace is read by the cheaper of two routes: all its
        pages, or searches for the keys of the rows, in the bulk lane. Rows of any number are kept on disk.

        Args:
            rows: As for `upsert_many`. Rows with the same key become one, as if they were sent one after the other.
            fields: The fields that the plan is about, such as `name` or `custom_fields.tier`; others are neither
                compared nor sent. None for all that rows give.
            contact_type: Which contacts the rows are compared with. One of `customer`, `lead`, `all`.
            unmatched: What happens to contacts that no row is about: `count` counts them where all are read anyway;
                `report` reads all, and has them in `changes()`. One of `count`, `report`.
            nulls: "skip" leaves out fields that are None, NaN, NaT or pandas.NA. One of `send`, `skip`.
            state: The path of a state that was used with `check=True` or `Plan.apply`: what the server has made of a
                value before is `stuck`. Without it, that is known for as long as the client lives.
            ranges: How many ranges are read side by side where pages are read; see `list`. `Plan.fallback` says why if
                they were not.

        Raises:
            InvalidRequestError: These are no rows, or an argument can't be meant so.
            ConfigurationError: The state is for something else, or can't be read.
            FeaturebaseError: The workspace can't be read.
        """
        check_ranges(ranges)
        check_choice("contact_type", contact_type, ("customer", "lead", "all"))
        return await self._plan(
            rows, contact_type=contact_type, ranges=ranges, fields=fields, unmatched=unmatched, nulls=nulls, state=state
        )

    @override
    def _request_of(self, body: bytes) -> Request[Contact]:
        return _request(body, "bulk")

    @override
    def _source(self, sender: Sender, contact_type: ListedType, ranges: int) -> read.Source:
        there = Contacts(sender)
        return read.Source(
            pages=lambda: there.list(contact_type=contact_type, ranges=ranges),
            ranges=ranges,
            search=lambda query, size: there.search(query=UNSET if query is None else query, page_size=size),
            searched={"user_id": "external_id", "email": "email"},
            wanted=lambda contact: contact_type in ("all", getattr(contact, "type", None)),
        )

    @override
    def _bulk(self) -> Upsert[ContactInput, Contact]:
        return _BULK


class ContactsByUserId(Resource):
    """Customers, found by the user id of your own system (up to 255 characters here)."""

    @group
    def email_preferences(self) -> ByUserIdEmailPreferences:
        """Which mail a customer gets."""
        return ByUserIdEmailPreferences(self._sender)

    async def retrieve(self, user_id: str, /) -> Contact:
        """Look up a customer by the user id of your own system.

        Raises:
            InvalidRequestError: The id is empty, or has more than 255 characters.
            NotFoundError: There is none; leads have no user id.
        """
        path = f"{_PATH}/by-user-id/{path_segment('user_id', user_id, max_length=255)}"
        return await self._sender.send(
            Request(operation="users.contacts.by_user_id.retrieve", method="GET", path=path, decoder=_contact)
        )

    async def delete(self, user_id: str, /) -> DeletedContact:
        """Delete a customer for good, found by the user id of your own system.

        Raises:
            InvalidRequestError: The id is empty, or has more than 255 characters.
            BadRequestError: The contact is no customer.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/by-user-id/{path_segment('user_id', user_id, max_length=255)}"
        return await self._sender.send(
            Request(operation="users.contacts.by_user_id.delete", method="DELETE", path=path, decoder=_deleted)
        )
