"""The errors by themselves: one tree, one line, and pickles without what is private."""

import copy
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

import featurebase_async
from featurebase_async import errors
from featurebase_async.bulk.report import BulkReport
from featurebase_async.observability import Attempt, Exchange

EXCHANGE = Exchange("users.contacts.list", "GET", "/v2/contacts", [Attempt(status=500), Attempt(error="lost")])
MADE: list[errors.FeaturebaseError] = [
    errors.FeaturebaseError("words", exchange=EXCHANGE),
    errors.ConfigurationError("words"),
    errors.InvalidRequestError("words", param="email"),
    errors.ClientClosedError("words"),
    errors.APIConnectionError("words", sent=True, exchange=EXCHANGE),
    errors.RequestTimeoutError("words", phase="read", exchange=EXCHANGE),
    errors.OutcomeUnknownError("words", exchange=EXCHANGE),
    errors.ResponseDecodeError("words", status=200, excerpt="secret", exchange=EXCHANGE),
    errors.PaginationLoopError("words"),
    errors.StateInUseError("words"),
    errors.StalePlanError("words"),
    errors.TooManyFailuresError("words"),
    errors.CursorExpiredError("words", checkpoint="c1", exchange=EXCHANGE),
    errors.TooManyFailuresError("words"),
    errors.WebhookVerificationError("words"),
    *(
        kind("words", status=418, code="c", message="m", details=({"path": "p"},), excerpt="secret", exchange=EXCHANGE)
        for kind in (
            errors.APIStatusError,
            *errors.APIStatusError.__subclasses__(),
            *errors.ConflictError.__subclasses__(),
        )
    ),
]


def tree(kind: type) -> set[type]:
    return {kind}.union(*map(tree, kind.__subclasses__()))


def test_every_kind_is_here_and_public() -> None:
    names = {kind.__name__ for kind in tree(errors.FeaturebaseError)}
    assert names == {type(error).__name__ for error in MADE}
    assert names == set(errors.__all__) - {"TimeoutPhase"}
    assert names <= set(featurebase_async.__all__)


@pytest.mark.parametrize("error", MADE, ids=lambda error: type(error).__name__)
def test_they_pickle_without_what_is_private(error: Any) -> None:
    error.cursor = "c2"
    error.report = BulkReport(created=1)
    for remade in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 -- its own
        assert type(remade) is type(error)
        assert str(remade) == "words"
        assert remade.report is None
        assert not getattr(remade, "excerpt", None)
        state = {name: value for name, value in vars(error).items() if name not in ("report", "excerpt")}
        assert vars(remade) == state
    assert "secret" not in repr(pickle.dumps(error)) + repr(error)


@pytest.mark.parametrize("error", MADE, ids=lambda error: type(error).__name__)
def test_they_are_made_of_their_text_alone(error: Any) -> None:
    """As Celery does with what a task has raised, of `args`: a caller in another process catches the same kind."""
    remade = type(error)(*error.args)
    assert str(remade) == "words"
    assert remade.exchange is None


def test_a_status_that_is_not_given_is_that_of_the_class() -> None:
    assert errors.NotFoundError("words").status == 404
    assert errors.RevisionConflictError("words").status == 409
    assert errors.RateLimitError("words").status == 429
    assert errors.APIStatusError("words").status == 0


@pytest.mark.parametrize("kind", [errors.ConfigurationError, errors.InvalidRequestError])
def test_wrong_arguments_are_value_errors_too(kind: type) -> None:
    assert issubclass(kind, ValueError)


def test_retry_at_is_kept() -> None:
    retry_at = datetime(2026, 1, 1, tzinfo=UTC)
    error = errors.RateLimitError("words", status=429, retry_at=retry_at)
    assert pickle.loads(pickle.dumps(error)).retry_at == retry_at  # noqa: S301 -- its own
    assert (errors.FeaturebaseError("words").exchange, error.cursor, error.report) == (None, None, None)


def test_an_error_that_is_kept_holds_no_frames() -> None:
    def fail() -> None:
        try:
            int("first")
        except ValueError:
            int("second")

    with pytest.raises(errors.OutcomeUnknownError) as caught:  # noqa: PT012 -- all of it makes the error
        try:
            fail()
        except ValueError as cause:
            raise errors.OutcomeUnknownError("words", exchange=EXCHANGE) from cause
    error = caught.value
    cause = error.__cause__
    assert isinstance(cause, ValueError)
    assert cause.__context__
    cause.__cause__ = error  # a circle ends, too
    errors.without_frames(error)
    assert (error.__cause__, error.__context__, error.__traceback__) == (cause, None, None)
    assert (cause.__context__, cause.__traceback__) == (None, None)
