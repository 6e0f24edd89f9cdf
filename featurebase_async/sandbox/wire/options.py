"""The settings of a sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from featurebase_async.sandbox.wire.errors import ErrorShape

ResetForm = Literal["epoch_seconds", "epoch_milliseconds", "seconds", "http_date"]
Rounding = Literal["up", "down"]
RetryAfterForm = Literal["none", "seconds", "http_date", "milliseconds"]
BadKey = Literal["unauthorized", "forbidden"]
ContactCompanies = Literal["replace", "add"]
EmailCase = Literal["keep", "lower"]
CustomFields = Literal["keep", "drop_unknown"]
ResponseFields = Literal["all", "documented"]
SecondEmail = Literal["create", "update", "refuse"]
UnpagedLimit = Literal["refuse", "ignore"]

_CHOICES: dict[str, tuple[object, ...]] = {
    "reset_form": get_args(ResetForm),
    "reset_rounding": get_args(Rounding),
    "retry_after": get_args(RetryAfterForm),
    "error_shape": get_args(ErrorShape),
    "company_created_status": (200, 201),
    "bad_key": get_args(BadKey),
    "contact_companies": get_args(ContactCompanies),
    "email_case": get_args(EmailCase),
    "custom_fields": get_args(CustomFields),
    "response_fields": get_args(ResponseFields),
    "second_email": get_args(SecondEmail),
    "unpaged_limit": get_args(UnpagedLimit),
}
_TUPLES = ("api_keys", "allowed_hosts", "known_custom_fields")

STRICT: Mapping[str, Any] = {
    "bad_key": "forbidden",
    "bad_key_delay": 10.0,
    "contact_companies": "replace",
    "email_case": "lower",
    "custom_fields": "drop_unknown",
    "response_fields": "documented",
    "second_email": "refuse",
    "hourly_limits": {"feedback.posts.create": 300, "changelogs.subscribers.add": 30},
    "reset_form": "seconds",
    "reset_rounding": "down",
    "unpaged_limit": "refuse",
}
"""The most hostile value of everything that the documentation of the API leaves open."""


@dataclass(kw_only=True, eq=False)
class SandboxOptions:
    """Everything that can be set on a sandbox."""

    api_keys: tuple[str, ...] = field(default=("sk_sandbox",), repr=False)
    key_limit: int = 2000
    workspace_limit: int = 3000
    window: float = 60.0
    window_phase: float = 0.0
    rate_headers: bool = True
    reset_form: ResetForm = "epoch_seconds"
    reset_rounding: Rounding = "up"
    retry_after: RetryAfterForm = "none"
    hourly_limits: Mapping[str, int] = field(default_factory=dict[str, int])
    date_header: bool = True
    clock_offset: float = 0.0
    epoch: float | None = None
    error_shape: ErrorShape = "envelope"
    bad_key: BadKey = "unauthorized"
    bad_key_delay: float = 0.0
    cursor_lifetime: float | None = None
    latency: float = 0.0
    company_created_status: int = 200
    contact_companies: ContactCompanies = "replace"
    email_case: EmailCase = "keep"
    second_email: SecondEmail = "create"
    custom_fields: CustomFields = "keep"
    known_custom_fields: tuple[str, ...] = ("plan", "seats", "location")
    response_fields: ResponseFields = "all"
    unpaged_limit: UnpagedLimit = "refuse"
    host: str = "127.0.0.1"
    port: int = 0
    allowed_hosts: tuple[str, ...] = ()
    log_size: int = 100_000

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {', '.join(map(str, choices))}, not {getattr(self, name)!r}")
        for name in _TUPLES:
            if not isinstance(getattr(self, name), tuple):
                raise TypeError(f"{name} must be a tuple of texts")
        if not self.api_keys:
            raise ValueError("api_keys must have one key or more")
        for name in ("key_limit", "workspace_limit", "window", "log_size"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)!r}")
        if any(limit <= 0 for limit in self.hourly_limits.values()):
            raise ValueError("hourly_limits must be above 0")
