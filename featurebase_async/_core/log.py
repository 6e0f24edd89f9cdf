"""What is logged, to the logger `featurebase_async`: names of operations and templates of paths, no data of people.

Nothing is made or formatted unless somebody listens at that level.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio

    from featurebase_async.observability import Attempt, Drift, Exchange

__all__ = ["DEBUG", "attempt", "budget_away", "budget_back", "drift", "logger", "retry", "warn_of_wait"]

DEBUG: int = logging.DEBUG

logger: logging.Logger = logging.getLogger("featurebase_async")
logger.addHandler(logging.NullHandler())

LONG_WAIT = 5.0
"""Seconds of a wait after which it is worth a warning: it looks as if nothing happened."""

_WORDS = re.compile(
    r"v2|admins|api_specs|articles|audit-logs|block|boards|brands|by-company-id|by-url|by-user-id|categories|"
    r"changelogs|collections|comment|comments|companies|contacts|conversation_attributes|conversations|"
    r"convert-to-issue|custom_fields|datasets|discard_draft|draft|drill-in|email-preferences|files|"
    r"filter-values|help_center|help_centers|import|insights|link-insight|merge|oracle|outbound|participants|"
    r"post_statuses|posts|publish|qna|query|redact|redirect_rules|reply|reports|responses|revisions|roles|"
    r"rollback|search|secret|statuses|subscribers|surveys|sync|syncs|tags|teams|tickets|training_data|unblock|"
    r"unlink-insight|unmerge|unpublish|validate|voters|webhooks"
)
"""The fixed segments of the paths of the API; whatever else stands in a path may be of a person."""


class Waiting(Protocol):
    """What calls wait in: an event loop, and when a warning was last logged there."""

    loop: asyncio.AbstractEventLoop
    warned_of_wait_at: float


def path_template(path: str) -> str:
    """Return a path with `{id}` for each segment that is a value."""
    return "/".join(part if not part or _WORDS.fullmatch(part) else "{id}" for part in path.split("/"))


def attempt(exchange: Exchange, attempt: Attempt) -> None:
    """Log an attempt that has ended: for debugging, or as a warning if it was refused."""
    refused = attempt.status == 429
    level = logging.WARNING if refused else logging.DEBUG
    if not logger.isEnabledFor(level):
        return
    logger.log(
        level,
        "%s %s (%s): %s%s in %.0f ms",
        exchange.method,
        path_template(exchange.path),
        exchange.operation,
        attempt.status if attempt.error is None else attempt.error,
        ", refused by the rate limit," if refused else "",
        attempt.wire * 1000,
    )


def retry(exchange: Exchange, wait: float) -> None:
    """Log a retry that is waited for: a warning if that takes long."""
    level = logging.WARNING if wait > LONG_WAIT else logging.INFO
    if logger.isEnabledFor(level):
        last = exchange.attempts[-1]
        logger.log(
            level,
            "%s %s (%s): retry in %.3g s, after %s",
            exchange.method,
            path_template(exchange.path),
            exchange.operation,
            wait,
            last.status if last.error is None else last.error,
        )


def warn_of_wait(here: Waiting, exchange: Exchange) -> asyncio.TimerHandle | None:
    """Log a warning once a call has waited long for a slot; return the timer to cancel, None if nobody listens."""
    if not logger.isEnabledFor(logging.WARNING):
        return None
    return here.loop.call_later(LONG_WAIT, _warn_of_wait, here, exchange)


def _warn_of_wait(here: Waiting, exchange: Exchange) -> None:
    # Many calls wait for the same: one warning speaks for all of them.
    now = here.loop.time()
    if now < here.warned_of_wait_at + LONG_WAIT:
        return
    here.warned_of_wait_at = now
    logger.warning(
        "%s %s (%s): waiting for more than %g s for the rate limit or a free connection",
        exchange.method,
        path_template(exchange.path),
        exchange.operation,
        LONG_WAIT,
    )


def drift(drift: Drift) -> None:
    """Log a kind of drift that is new."""
    if logger.isEnabledFor(logging.WARNING):
        logger.warning(
            "drift in %s at %s: found %s, expected %s", drift.operation, drift.path, drift.found, drift.expected
        )


def budget_away(reason: str) -> None:
    """Log that a budget can't be used for now."""
    logger.warning("the shared budget is away (%s): this client goes on by a part of the rate limit", reason)


def budget_back() -> None:
    """Log that a budget can be used again."""
    logger.info("the shared budget is back")
