"""Every exception the library raises on purpose.

    FeaturebaseError
    ├── ConfigurationError            an option of the client is wrong (also a ValueError)
    ├── InvalidRequestError           an argument is wrong; nothing was sent (also a ValueError)
    ├── ClientClosedError             the client was closed before or during the call
    ├── APIStatusError                a response other than 2xx
    │   ├── BadRequestError           400
    │   ├── AuthenticationError       401, and the flat 403 of a bad key
    │   ├── PermissionDeniedError     403
    │   ├── NotFoundError             404
    │   ├── ConflictError             409
    │   ├── GoneError                 410
    │   ├── UnprocessableEntityError  422
    │   ├── RateLimitError            429
    │   └── InternalServerError       5xx
    ├── APIConnectionError            no response: never connected, or connection lost
    │   └── RequestTimeoutError       a time limit ran out; `.phase` says which
    ├── OutcomeUnknownError           no response to a call that is not repeatable: it may have been done
    ├── ResponseDecodeError           a 2xx whose body is not what it must be
    ├── PaginationLoopError           a list handed out a cursor it had handed out before
    ├── CursorExpiredError            a list refused its cursor; `.checkpoint` is the last good one
    ├── StateInUseError               another run uses the state file
    ├── StalePlanError                a plan is too old, or the workspace has changed since; `.keys` names the rows
    └── WebhookVerificationError      a webhook delivery is not genuine, or not fresh

All of them pickle, and print one line. None of them carries the API key or the body of a request; the start of a
reply's body is at hand as `.excerpt` where it helps, and is left out of text, `repr` and pickles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from featurebase_async._lazy import LazyModule
from featurebase_async._typing import override
from featurebase_async.observability import Exchange

if TYPE_CHECKING:
    from featurebase_async.bulk import report as bulk_report
else:
    bulk_report = LazyModule("featurebase_async.bulk.report")

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "AuthenticationError",
    "BadRequestError",
    "ClientClosedError",
    "ConfigurationError",
    "ConflictError",
    "CursorExpiredError",
    "FeaturebaseError",
    "GoneError",
    "InternalServerError",
    "InvalidRequestError",
    "NotFoundError",
    "OutcomeUnknownError",
    "PaginationLoopError",
    "PermissionDeniedError",
    "QuestionAlreadyUsedError",
    "RateLimitError",
    "RequestTimeoutError",
    "ResponseDecodeError",
    "RevisionConflictError",
    "StalePlanError",
    "StateInUseError",
    "TimeoutPhase",
    "TooManyFailuresError",
    "UnprocessableEntityError",
    "WebhookVerificationError",
]

TimeoutPhase = Literal["slot", "connect", "read", "total", "deadline"]


def _rebuild(kind: type[FeaturebaseError], message: str, state: dict[str, Any]) -> FeaturebaseError:
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    error.__dict__.update(state)
    return error


class FeaturebaseError(Exception):
    """The root of all errors of this library.

    Attributes:
        exchange: What happened on the call: operation, method, path and its attempts. The errors that only ever come
            of a call always have it, unless you make one yourself without; it may be None on the others, as where
            nothing was sent.
        cursor: Set on errors that come up in the middle of a list: the cursor of the page that failed.
        report: Set on errors that stop a bulk run: the report so far.
    """

    exchange: Exchange | None = None
    cursor: str | None = None
    report: bulk_report.BulkReport[Any] | None = None

    # What a pickle leaves out: it may hold data of people.
    _private: ClassVar[tuple[str, ...]] = ("report", "excerpt")

    def __init__(self, message: str, *, exchange: Exchange | None = None) -> None:
        """Make the error with its one line of text."""
        super().__init__(message)
        if exchange is not None:
            self.exchange = exchange

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by state, so that subclasses with keyword-only arguments survive; without bodies."""
        state = {name: value for name, value in self.__dict__.items() if name not in self._private}
        return _rebuild, (type(self), str(self), state)


def without_frames(error: BaseException) -> None:
    """Strip an error, and what caused it, of tracebacks: they keep the frames of its call alive, body and all.

    For errors that are kept in results. What caused it stays at hand as `__cause__`.
    """
    done: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in done:
        done.add(id(one))
        one.__traceback__ = one.__context__ = None
        one = one.__cause__


class ConfigurationError(FeaturebaseError, ValueError):
    """An option of the client is wrong; the text names it."""


class InvalidRequestError(FeaturebaseError, ValueError):
    """An argument of a call is wrong. It was noticed before anything was sent.

    Attributes:
        param: The name of the argument, such as `email` or `companies[0].name`; the first one, if several are wrong.
        problems: What is wrong with each argument.
    """

    def __init__(self, message: str, *, param: str | None = None, problems: Sequence[str] = ()) -> None:
        """Make the error; `param` names the argument."""
        super().__init__(message)
        self.param = param
        self.problems: Sequence[str] = problems or (message,)


class ClientClosedError(FeaturebaseError):
    """The client was closed before or during the call."""


class APIStatusError(FeaturebaseError):
    """The server responded with something other than a 2xx.

    Attributes:
        status: The HTTP status.
        code: The code of the API, such as `contact_not_found`, where it gave one.
        type: The class of error the API names, such as `invalid_request_error`.
        message: What the API said: up to 500 printable characters, with stars for what the request has sent.
        param: The parameter the API complains about.
        details: Each complaint of a validation: mappings with `path` and `message`.
        excerpt: The first 500 characters of a body that is not JSON.
        retry_at: When the server is ready for the next try, where it said so.
    """

    exchange: Exchange  # pyright: ignore[reportIncompatibleVariableOverride] -- every call gives its own
    status: int = 0
    excerpt: str | None = None

    def __init__(
        self,
        text: str,
        *,
        status: int | None = None,
        code: str | None = None,
        type: str | None = None,
        message: str | None = None,
        param: str | None = None,
        details: Sequence[Mapping[str, Any]] = (),
        excerpt: str | None = None,
        retry_at: datetime | None = None,
        exchange: Exchange | None = None,
    ) -> None:
        """Make the error from what the server said; of the text alone, as task queues do, with the class's status."""
        super().__init__(text, exchange=exchange)
        if status is not None:
            self.status = status
        self.code = code
        self.type = type
        self.message = message
        self.param = param
        self.details = details
        self.excerpt = excerpt
        self.retry_at = retry_at


class BadRequestError(APIStatusError):
    """400: the API refused the request as invalid."""

    status: int = 400


class AuthenticationError(APIStatusError):
    """The API key is missing, wrong or revoked: a 401, or a 403 whose body is `{"success": false, "message": ...}`."""

    status: int = 401


class PermissionDeniedError(APIStatusError):
    """403: the key may not do this."""

    status: int = 403


class NotFoundError(APIStatusError):
    """404: there is no such object, or no such version of the API."""

    status: int = 404


class ConflictError(APIStatusError):
    """409: the state of the resource does not allow it."""

    status: int = 409


class RevisionConflictError(ConflictError):
    """409: somebody has changed it since the revision that you named; look it up again."""


class QuestionAlreadyUsedError(ConflictError):
    """409: a question belongs to another Q&A entry."""


class GoneError(APIStatusError):
    """410: it was there once."""

    status: int = 410


class UnprocessableEntityError(APIStatusError):
    """422: well-formed, but the API can't act on it."""

    status: int = 422


class RateLimitError(APIStatusError):
    """429: too many requests, after all the waiting that the call's limits allow.

    `retry_at` is the time (aware, UTC) from which another try makes sense.
    """

    status: int = 429


class InternalServerError(APIStatusError):
    """5xx: the server failed."""

    status: int = 500


class APIConnectionError(FeaturebaseError):
    """There was no response.

    Attributes:
        sent: Whether sending had begun, so that the server may have done the work.
    """

    exchange: Exchange  # pyright: ignore[reportIncompatibleVariableOverride] -- every call gives its own

    def __init__(self, message: str, *, sent: bool = False, exchange: Exchange | None = None) -> None:
        """Make the error; `sent` says whether sending had begun."""
        super().__init__(message, exchange=exchange)
        self.sent = sent


class RequestTimeoutError(APIConnectionError):
    """A time limit ran out.

    Attributes:
        phase: Which one: `slot`, `connect`, `read`, `total` or `deadline` (see `Timeout`).
    """

    def __init__(
        self, message: str, *, phase: TimeoutPhase = "total", sent: bool = False, exchange: Exchange | None = None
    ) -> None:
        """Make the error; `phase` names the limit."""
        super().__init__(message, sent=sent, exchange=exchange)
        self.phase: TimeoutPhase = phase


class OutcomeUnknownError(FeaturebaseError):
    """The response to a call that is not repeatable was lost after sending began.

    The server may have done it or not: look before trying again. `__cause__` is the failure itself.
    """

    exchange: Exchange  # pyright: ignore[reportIncompatibleVariableOverride] -- every call gives its own


class ResponseDecodeError(FeaturebaseError):
    """A 2xx whose body is not JSON, or not the object or list that belongs there, or too large.

    Attributes:
        status: The HTTP status.
        excerpt: The first 500 characters of the body.
    """

    exchange: Exchange  # pyright: ignore[reportIncompatibleVariableOverride] -- every call gives its own
    excerpt: str = ""

    def __init__(self, message: str, *, status: int = 200, excerpt: str = "", exchange: Exchange | None = None) -> None:
        """Make the error; the excerpt is not part of the text."""
        super().__init__(message, exchange=exchange)
        self.status = status
        self.excerpt = excerpt


class PaginationLoopError(FeaturebaseError):
    """A list handed out a cursor that it had handed out before; going on would never end."""


class CursorExpiredError(FeaturebaseError):
    """A list refused its cursor as malformed or expired. `__cause__` is the API's error.

    Attributes:
        checkpoint: The cursor of the last page that was given out. None: that was the first page, or none was.
    """

    exchange: Exchange  # pyright: ignore[reportIncompatibleVariableOverride] -- every call gives its own

    def __init__(self, message: str, *, checkpoint: str | None = None, exchange: Exchange | None = None) -> None:
        """Make the error with the last good cursor."""
        super().__init__(message, exchange=exchange)
        self.checkpoint = checkpoint


class TooManyFailuresError(FeaturebaseError):
    """A bulk run was stopped: more rows failed than its `max_failures` allows. `.report` is the report so far.

    `__cause__` is the error of the row that was one too many.
    """


class StateInUseError(FeaturebaseError):
    """Another run uses the state file, in this process or in another."""


class StalePlanError(FeaturebaseError):
    """A plan is too old, or rows have changed in the workspace since it was made. Nothing was sent.

    Attributes:
        keys: The keys of the rows that have changed, up to 1,000; they are data of persons, and not in the text.
    """

    keys: tuple[str, ...] = ()


class WebhookVerificationError(FeaturebaseError):
    """A webhook delivery is not genuine, or not fresh."""
