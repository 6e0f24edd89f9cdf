"""The tree of calls: `client.x.y` on one page. Each group loads its models when it is first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from featurebase_async._core.sender import Sender
    from featurebase_async.models.users import Company, Contact
    from featurebase_async.resources.companies import Companies
    from featurebase_async.resources.contacts import Contacts

__all__ = ["Tree", "Users"]


class Tree:
    """The groups of calls."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    @cached_property
    def users(self) -> Users:
        """Contacts and companies."""
        return Users(self._sender)


class Users:
    """Contacts and companies."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    @cached_property
    def contacts(self) -> Contacts:
        """People: customers and leads."""
        from featurebase_async.resources.contacts import Contacts  # noqa: PLC0415 -- see the top

        return Contacts(self._sender)

    @cached_property
    def companies(self) -> Companies:
        """Companies, and the contacts that belong to them."""
        from featurebase_async.resources.companies import Companies  # noqa: PLC0415 -- see the top

        return Companies(self._sender)

    def walk_company_contacts(self, *, concurrency: int = 8) -> AsyncGenerator[tuple[Company, Contact]]:
        """Walk every company with its contacts (customers), a number of companies side by side.

        Pairs come as they arrive: those of one company in order, those of different companies mixed. A company
        without contacts gives no pair; one that is deleted on the way ends where it was. Companies and contacts are
        read in pages of 100, so it takes about one request for each company.

        Args:
            concurrency: Companies read side by side.

        Raises:
            InvalidRequestError: The concurrency is below 1.
            FeaturebaseError: A page could not be had.
        """
        from featurebase_async.resources.companies import walk_contacts  # noqa: PLC0415 -- see the top

        return walk_contacts(self.companies, concurrency)
