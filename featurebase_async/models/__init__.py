"""The shapes of the API: what calls return and take.

Models (what is read) ignore fields they don't know; a field that an answer leaves out is `UNSET`, one that is null is
`None`. Inputs (what is written) send only what is given: left out is not sent, `None` is sent as null.

Each group of the API has a module of its own, loaded when one of its names is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from featurebase_async.models._base import Input, Model
    from featurebase_async.models.search import Clause, Filter, Group
    from featurebase_async.models.users import (
        BlockedContact,
        Company,
        CompanyInput,
        Contact,
        ContactCompanyInput,
        ContactInput,
        DeletedCompany,
        DeletedContact,
        EmailPreferences,
        EmailPreferencesInput,
        EmailPreferenceState,
        EmailPreferenceStates,
        UnblockedContact,
    )

__all__ = [
    "BlockedContact",
    "Clause",
    "Company",
    "CompanyInput",
    "Contact",
    "ContactCompanyInput",
    "ContactInput",
    "DeletedCompany",
    "DeletedContact",
    "EmailPreferenceState",
    "EmailPreferenceStates",
    "EmailPreferences",
    "EmailPreferencesInput",
    "Filter",
    "Group",
    "Input",
    "Model",
    "UnblockedContact",
]

_MODULES = {"Input": "_base", "Model": "_base", "Clause": "search", "Filter": "search", "Group": "search"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES.get(name, 'users')}"), name)


def __dir__() -> list[str]:
    return __all__
