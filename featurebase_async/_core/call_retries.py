"""What happens between two attempts of a call: another key is asked for, or a wait, or the end."""

from __future__ import annotations

from random import random
from typing import TYPE_CHECKING

from msgspec import Struct

from featurebase_async._core import log
from featurebase_async._core.call_waits import by_deadline
from featurebase_async._core.error_mapping import refuses_key
from featurebase_async._core.rate_limit.headers import retry_after
from featurebase_async._core.response import Failure, Response
from featurebase_async._core.retry import RetryState, wait_before_retry
from featurebase_async.errors import ClientClosedError

if TYPE_CHECKING:
    from featurebase_async._core.api_key import ApiKey
    from featurebase_async._core.call_waits import WaitingCall
    from featurebase_async._core.loop_states import LoopState

__all__ = ["CallRetries"]


class CallRetries(Struct, eq=False):
    """How far a call has come with its retries.

    Attributes:
        count: Retries so far, those after a 429 not counted.
        backoff: Seconds waited before the next attempt.
        refused_at: When the first 429 came, by the clock of the loop.
        renewed: Whether another key was asked for, which is done once.
    """

    count: int = 0
    backoff: float = 0.0
    refused_at: float | None = None
    renewed: bool = False

    async def wait(self, call: WaitingCall, here: LoopState, outcome: Response | Failure, key: ApiKey) -> ApiKey | None:
        """Wait until the next attempt, and return the key for it; None to stop.

        Raises:
            ClientClosedError: The client was closed, and the server has not done what was asked.
        """
        session = call.sender.session
        if (
            isinstance(outcome, Failure)
            and (session.closed or outcome.kind == "closed")
            and (call.request.repeatable or not outcome.sent)
        ):
            raise ClientClosedError(
                f"{call.exchange}: the client, or the session lent to it, was closed", exchange=call.exchange
            )
        if call.request.consumed:
            return None
        if isinstance(outcome, Response) and refuses_key(outcome):
            return await self._renewed_key(call, here, key)
        wait = self._wait_before_retry(call, here, outcome)
        if wait is None:
            return None
        self.backoff = wait
        if session.hooks.active:
            session.hooks.retry(call.exchange, wait)
        log.retry(call.exchange, wait)
        began = here.time()
        try:
            await here.pacer.pause(wait)
        finally:
            here.counts.waited += here.time() - began
        return key

    async def _renewed_key(self, call: WaitingCall, here: LoopState, refused: ApiKey) -> ApiKey | None:
        """Ask the provider of the key once more, once per call."""
        keys = call.sender.session.keys
        if keys.is_fixed:
            return None
        if self.renewed or self.count >= call.sender.options.retry.retries:
            keys.forget(refused)
            return None
        renewed = await by_deadline(call, here, keys.ask(refused, here.asking))
        self.renewed = True
        self.count += 1
        self.backoff = 0.0
        return renewed

    def _wait_before_retry(self, call: WaitingCall, here: LoopState, outcome: Response | Failure) -> float | None:
        """Ask the retry rule, and the retry budget of the client."""
        now = here.time()
        refused = isinstance(outcome, Response) and outcome.status == 429
        if refused and self.refused_at is None:
            self.refused_at = now
        if isinstance(outcome, Response) and not refused:
            call.retry_after = retry_after(outcome.headers)
        state = RetryState(
            retries=self.count,
            refused_for=None if self.refused_at is None else now - self.refused_at,
            server_wait=call.retry_after,
            time_left=None if call.deadline is None else call.deadline - now,
        )
        policy = call.sender.options.retry
        wait = wait_before_retry(
            policy,
            repeatable=call.request.repeatable,
            outcome=outcome,
            tried=state,
            jitter=random(),  # noqa: S311 -- spreads load, keeps no secret
        )
        if wait is None or refused:
            return wait
        # The budget protects a server in trouble. One that nobody connects to sees nothing of the attempts, and rows of
        # an import would fail at once that may wait for it.
        unseen = isinstance(outcome, Failure) and not outcome.sent
        if not unseen and not here.limits.may_retry(now, policy.budget):
            return None
        self.count += 1
        return wait
