"""Errors as the API returns them, in the three shapes seen on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

ErrorShape = Literal["envelope", "flat", "numeric"]

_TYPES = {401: "authentication_error", 403: "authorization_error", 429: "rate_limit_error"}


@dataclass(frozen=True, slots=True)
class Violation:
    """One fault found in a request: where it is (``body.name``) and what is wrong there."""

    path: str
    message: str


class ApiError(Exception):
    """A response that is an error."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        param: str | None = None,
        details: tuple[Violation, ...] = (),
        shape: ErrorShape | None = None,
        delay: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.details = details
        self.shape = shape
        self.delay = delay

    def body(self, shape: ErrorShape) -> dict[str, Any]:
        """Return the JSON body, in ``shape`` unless this error has a shape of its own."""
        shown = self.shape or shape
        if shown == "flat":
            return {"success": False, "message": self.message}
        if shown == "numeric":
            return {"code": self.status, "message": self.message}
        kind = _TYPES.get(self.status) or ("api_error" if self.status >= 500 else "invalid_request_error")
        error: dict[str, Any] = {"type": kind, "code": self.code, "message": self.message, "status": self.status}
        if self.param is not None:
            error["param"] = self.param
        if self.details:
            error["details"] = [{"path": spot.path, "message": spot.message} for spot in self.details]
        return {"error": error}


def invalid(code: str, message: str, *, param: str | None = None) -> ApiError:
    """Return a 400."""
    return ApiError(400, code, message, param=param)


def missing(what: str) -> ApiError:
    """Return the 404 of a resource (``contact``, ``company``) that is not there."""
    return ApiError(404, f"{what}_not_found", f"{what.capitalize()} not found", param=what)
