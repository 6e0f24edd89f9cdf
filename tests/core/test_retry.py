"""The retry rule row by row, what it never does, and the budget of retries."""

from collections import deque
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featurebase_async import RetryPolicy
from featurebase_async._core.response import Failure, Response
from featurebase_async._core.retry import RetryBudget, RetryState, wait_before_retry

DRAWN = "drawn"

NEVER_CONNECTED = [
    Failure(kind="connect", sent=False, text="refused"),
    Failure(kind="host", sent=False, text="no such host"),
    Failure(kind="timeout", sent=False, text="no connection in time", phase="connect"),
    Failure(kind="timeout", sent=False, text="too long", phase="total"),
]
LOST = [
    Failure(kind="lost", sent=True, text="lost"),
    Failure(kind="timeout", sent=True, text="silent", phase="read"),
    Failure(kind="timeout", sent=True, text="too long", phase="total"),
]
OTHERS = [
    Response(status, {}, b"") for status in (300, 302, 304, 400, 401, 403, 404, 405, 409, 410, 418, 422, 501, 505)
]

# What came back, what the server asks to wait, what becomes of a call that may be repeated, and of one that may not.
TABLE: list[tuple[Any, float | None, Any, Any]] = [
    *((failure, None, DRAWN, DRAWN) for failure in NEVER_CONNECTED),
    *((Response(429, {}, b""), server_wait, server_wait, server_wait) for server_wait in (0.0, 0.25, 3.0, 90.0)),
    *((Response(503, {}, b""), server_wait, server_wait, server_wait) for server_wait in (0.0, 7.0)),
    *((Response(status, {}, b""), None, DRAWN, None) for status in (408, 500, 502, 503, 504, 520, 599)),
    *((Response(status, {}, b""), 7.0, 7.0, None) for status in (408, 500, 502, 504)),
    *((failure, None, DRAWN, None) for failure in LOST),
    *((reply, None, None, None) for reply in OTHERS),
    (Failure(kind="oversize", sent=True, text="too large", status=200), None, None, None),
]


def tried(**state: Any) -> RetryState:
    return RetryState(**{"retries": 0, "refused_for": None, "server_wait": None, "time_left": None, **state})


@pytest.mark.parametrize(("outcome", "server_wait", "repeatable", "other"), TABLE)
def test_the_table(outcome: Response | Failure, server_wait: float | None, repeatable: Any, other: Any) -> None:
    for may, expected in ((True, repeatable), (False, other)):
        waits = [
            wait_before_retry(
                RetryPolicy(), repeatable=may, outcome=outcome, tried=tried(server_wait=server_wait), jitter=jitter
            )
            for jitter in (0.0, 0.5, 1.0)
        ]
        assert waits == ([0.0, 0.25, 0.5] if expected == DRAWN else [expected] * 3)
        none = wait_before_retry(
            RetryPolicy(retries=0), repeatable=may, outcome=outcome, tried=tried(server_wait=server_wait), jitter=0.0
        )
        assert none is None


def test_the_wait_doubles_up_to_the_cap() -> None:
    policy = RetryPolicy(retries=5000)
    lost = LOST[0]
    waits = [
        wait_before_retry(policy, repeatable=True, outcome=lost, tried=tried(retries=count), jitter=1.0)
        for count in (0, 1, 2, 3, 4, 5, 4999, 5000)
    ]
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, None]


def test_a_429_without_a_deadline_is_waited_out_for_three_windows() -> None:
    def wait(refused_for: float, server_wait: float | None, time_left: float | None = None) -> float | None:
        state = tried(retries=4, refused_for=refused_for, server_wait=server_wait, time_left=time_left)
        return wait_before_retry(
            RetryPolicy(), repeatable=False, outcome=Response(429, {}, b""), tried=state, jitter=0.5
        )

    assert wait(120.0, 60.0) == 60.0
    assert wait(120.1, 60.0) is None
    assert wait(500.0, 60.0, time_left=60.1) == 60.0
    assert wait(0.0, None) == 0.0
    assert wait(0.0, 90.1) is None


OUTCOMES = st.sampled_from(
    [*NEVER_CONNECTED, *LOST, *OTHERS, *(Response(s, {}, b"") for s in (408, 429, 500, 502, 503))]
)
SECONDS = st.floats(0, 1e9)
MAYBE = st.none() | SECONDS
POLICIES = st.builds(
    RetryPolicy,
    retries=st.integers(0, 2000),
    wait_initial=st.floats(0, 100),
    wait_max=st.floats(0, 100),
    max_retry_after=SECONDS,
)


@given(
    policy=POLICIES,
    outcome=OUTCOMES,
    repeatable=st.booleans(),
    state=st.builds(RetryState, retries=st.integers(0, 3000), refused_for=MAYBE, server_wait=MAYBE, time_left=MAYBE),
    jitter=st.floats(0, 1),
)
def test_what_the_rule_never_does(
    policy: RetryPolicy, outcome: Response | Failure, repeatable: bool, state: RetryState, jitter: float
) -> None:
    wait = wait_before_retry(policy, repeatable=repeatable, outcome=outcome, tried=state, jitter=jitter)
    if wait is None:
        return
    assert policy.retries > 0
    assert 0 <= wait <= policy.max_retry_after
    assert state.server_wait is None or wait >= state.server_wait
    assert state.time_left is None or wait < state.time_left
    refused = isinstance(outcome, Response) and outcome.status == 429
    assert refused or state.retries < policy.retries
    if state.server_wait is None:
        assert wait <= min(policy.wait_max, policy.wait_initial * 2.0 ** min(state.retries, 1000))
    if isinstance(outcome, Failure) and outcome.sent:
        assert repeatable


@given(steps=st.lists(st.tuples(st.floats(0, 30), st.booleans()), max_size=200), share=st.floats(0, 1), start=SECONDS)
def test_the_budget_of_retries(steps: list[tuple[float, bool]], share: float, start: float) -> None:
    """Whatever the order, what is granted stays inside the share of the last minute, seconds taken whole."""
    budget = RetryBudget()
    firsts: deque[int] = deque()
    retries: deque[int] = deque()
    now = start
    for step, is_retry in steps:
        now += step
        for times in (firsts, retries):
            while times and times[0] <= int(now) - 60:
                times.popleft()
        if is_retry:
            allowed = len(retries) < share * len(firsts) + 10
            assert budget.take(now, share) is allowed
            if allowed:
                retries.append(int(now))
        else:
            budget.first(now)
            firsts.append(int(now))


def test_the_budget_forgets_after_a_minute() -> None:
    budget = RetryBudget()
    assert [budget.take(5.9, 0.2) for _ in range(11)] == [True] * 10 + [False]
    assert not budget.take(64.9, 0.2)
    assert budget.take(65.0, 0.2)
    for _ in range(100):
        budget.first(66.0)
    assert [budget.take(67.0, 0.2) for _ in range(30)] == [True] * 29 + [False]
