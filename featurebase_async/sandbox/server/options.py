"""The settings of a sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from featurebase_async.sandbox.wire.errors import ErrorShape

ResetForm = Literal["epoch_seconds", "epoch_milliseconds", "seconds", "http_date"]
Rounding = Literal["up", "down"]
RetryAfterForm = Literal["none", "seconds", "http_date", "milliseconds"]

_CHOICES: dict[str, tuple[object, ...]] = {
    "reset_form": get_args(ResetForm),
    "reset_rounding": get_args(Rounding),
    "retry_after": get_args(RetryAfterForm),
    "error_shape": get_args(ErrorShape),
    "company_created_status": (200, 201),
}


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
    date_header: bool = True
    clock_offset: float = 0.0
    epoch: float | None = None
    error_shape: ErrorShape = "envelope"
    cursor_lifetime: float | None = None
    latency: float = 0.0
    company_created_status: int = 200
    host: str = "127.0.0.1"
    port: int = 0
    allowed_hosts: tuple[str, ...] = ()
    log_size: int = 100_000

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {', '.join(map(str, choices))}, not {getattr(self, name)!r}")
        if not self.api_keys or isinstance(self.api_keys, str):
            raise ValueError("api_keys must be a tuple of one key or more")
        if not isinstance(self.allowed_hosts, tuple):  # pyright: ignore[reportUnnecessaryIsInstance] - users err
            raise TypeError("allowed_hosts must be a tuple of names")
        for name in ("key_limit", "workspace_limit", "window", "log_size"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)!r}")
