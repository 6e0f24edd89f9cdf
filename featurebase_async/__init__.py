"""An async-first client of the Featurebase API: typed, paced below the rate limit, safe to retry.

    from featurebase_async import AsyncFeaturebase

    async with AsyncFeaturebase() as client:
        async for contact in client.users.contacts.list():
            print(contact.email)

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from msgspec import UNSET, UnsetType

    from featurebase_async import identity, models
    from featurebase_async._core.budget import Budget, Place, RateReport, Window
    from featurebase_async._core.decode import Drift
    from featurebase_async._core.exchange import Attempt, Exchange, RecordedExchange
    from featurebase_async._core.session import Stats
    from featurebase_async._version import __version__
    from featurebase_async.bulk import BulkStream
    from featurebase_async.client import AsyncFeaturebase
    from featurebase_async.errors import (
        APIConnectionError,
        APIStatusError,
        AuthenticationError,
        BadRequestError,
        ClientClosedError,
        ConfigurationError,
        ConflictError,
        CursorExpiredError,
        FeaturebaseError,
        GoneError,
        InternalServerError,
        InvalidRequestError,
        NotFoundError,
        OutcomeUnknownError,
        PaginationLoopError,
        PermissionDeniedError,
        RateLimitError,
        RequestTimeoutError,
        ResponseDecodeError,
        UnprocessableEntityError,
        WebhookVerificationError,
    )
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
    from featurebase_async.options import Pacing, RetryPolicy, Timeout
    from featurebase_async.paging import Page, Pager, merge
    from featurebase_async.reports import BulkProgress, BulkReport, RowResult

__all__ = [
    "UNSET",
    "APIConnectionError",
    "APIStatusError",
    "AsyncFeaturebase",
    "Attempt",
    "AuthenticationError",
    "BadRequestError",
    "BlockedContact",
    "Budget",
    "BulkProgress",
    "BulkReport",
    "BulkStream",
    "Clause",
    "ClientClosedError",
    "Company",
    "CompanyInput",
    "ConfigurationError",
    "ConflictError",
    "Contact",
    "ContactCompanyInput",
    "ContactInput",
    "CursorExpiredError",
    "DeletedCompany",
    "DeletedContact",
    "Drift",
    "EmailPreferenceState",
    "EmailPreferenceStates",
    "EmailPreferences",
    "EmailPreferencesInput",
    "Exchange",
    "FeaturebaseError",
    "Filter",
    "GoneError",
    "Group",
    "Input",
    "InternalServerError",
    "InvalidRequestError",
    "Model",
    "NotFoundError",
    "OutcomeUnknownError",
    "Pacing",
    "Page",
    "Pager",
    "PaginationLoopError",
    "PermissionDeniedError",
    "Place",
    "RateLimitError",
    "RateReport",
    "RecordedExchange",
    "RequestTimeoutError",
    "ResponseDecodeError",
    "RetryPolicy",
    "RowResult",
    "Stats",
    "Timeout",
    "UnblockedContact",
    "UnprocessableEntityError",
    "UnsetType",
    "WebhookVerificationError",
    "Window",
    "__version__",
    "identity",
    "merge",
    "models",
]

_HOMES = {
    "_core.budget": "Budget RateReport Place Window",
    "_core.decode": "Drift",
    "_core.exchange": "Attempt Exchange RecordedExchange",
    "_core.session": "Stats",
    "_version": "__version__",
    "bulk": "BulkStream",
    "client": "AsyncFeaturebase",
    "errors": (
        "APIConnectionError APIStatusError AuthenticationError BadRequestError ClientClosedError "
        "ConfigurationError ConflictError CursorExpiredError FeaturebaseError GoneError InternalServerError "
        "InvalidRequestError NotFoundError OutcomeUnknownError PaginationLoopError PermissionDeniedError "
        "RateLimitError RequestTimeoutError ResponseDecodeError UnprocessableEntityError "
        "WebhookVerificationError"
    ),
    "models._base": "Input Model",
    "models.search": "Clause Filter Group",
    "models.users": (
        "BlockedContact Company CompanyInput Contact ContactCompanyInput ContactInput DeletedCompany "
        "DeletedContact EmailPreferenceState EmailPreferenceStates EmailPreferences EmailPreferencesInput "
        "UnblockedContact"
    ),
    "options": "Pacing RetryPolicy Timeout",
    "paging": "Page Pager merge",
    "reports": "BulkProgress BulkReport RowResult",
}


def _load(name: str) -> Any:
    if name in {"UNSET", "UnsetType"}:
        return getattr(import_module("msgspec"), name)
    if name in {"identity", "models"}:
        return import_module(f"{__name__}.{name}")
    for module, names in _HOMES.items():
        if name in names.split():
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __getattr__(name: str) -> Any:
    value = globals()[name] = _load(name)
    return value


def __dir__() -> list[str]:
    return __all__
