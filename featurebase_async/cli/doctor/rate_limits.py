"""What the headers of all that came back say: the rate limit, the clock, and how long it took."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from email.utils import parsedate_to_datetime
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from featurebase_async.cli.doctor.asking import Asker, Reply
    from featurebase_async.cli.doctor.findings import Findings

__all__ = ["WATCH_REQUESTS", "check_headers", "reset_form", "watch_window"]

LIMIT, REMAINING, RESET = "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"
ResetForm = Literal["epoch seconds", "epoch milliseconds", "seconds to go", "HTTP date", "unknown form"]

WINDOW = 60
"""Seconds of a window."""

REPORTED_ELSEWHERE = frozenset({LIMIT, REMAINING, RESET, "retry-after", "retry-after-ms"})
OF_INTEREST = re.compile(r"request-id|trace|ratelimit|rate-limit|deprecat|sunset|idempot|featurebase|cf-ray|retry")
"""Names of headers that are worth knowing of."""

PATIENCE = 1.5
"""Seconds for which a window is watched beyond the end that was reported."""

STEP = 0.15

SAME = 1.0
"""Seconds by which clocks may differ without harm."""

WATCH_REQUESTS = 2 + round(PATIENCE / STEP)
"""Requests with which the end of a window is watched, at most."""


def check_headers(replies: Sequence[Reply], findings: Findings) -> None:
    """Report what the headers of all responses say."""
    limited = [each for each in replies if REMAINING in each.headers]
    _check_limit(limited, findings)
    _check_reset(limited, findings)
    _check_refusals(replies, findings)
    _check_clock(replies, findings)
    _check_latency(replies, findings)
    names = sorted({name for each in replies for name in each.headers if OF_INTEREST.search(name)} - REPORTED_ELSEWHERE)
    findings.add("other headers", "note", ", ".join(names) or "none of interest", names)


def _check_limit(limited: Sequence[Reply], findings: Findings) -> None:
    if not limited:
        findings.add("rate limit", "warn", "no X-RateLimit headers: the client cannot pace itself by them", None)
        return
    first = limited[0].headers
    numbers = [int(each.headers[REMAINING]) for each in limited if each.headers[REMAINING].isdecimal()]
    falls = [before - after for before, after in pairwise(numbers) if after < before]
    fell, requests = sum(falls), len(falls)
    others = max(0, fell - requests)
    text = f"{first.get(LIMIT, 'no')} in a window, {first[REMAINING]} left after the first request"
    if others:
        text += f"; others have used {others} meanwhile"
    value = {"limit": first.get(LIMIT), "remaining": first[REMAINING], "fell": fell, "by": requests}
    findings.add("rate limit", "ok" if LIMIT in first else "warn", text, value)


def _check_reset(limited: Sequence[Reply], findings: Findings) -> None:
    shown = [each for each in limited if RESET in each.headers]
    if not shown:
        findings.add("Reset, form", "warn", "there is no X-RateLimit-Reset", None)
        return
    forms: Counter[ResetForm] = Counter(reset_form(each.headers[RESET]) for each in shown)
    form, _ = forms.most_common(1)[0]
    text: str = form if len(forms) == 1 else ", ".join(f"{name} ({count} times)" for name, count in forms.items())
    known = form != "unknown form" and len(forms) == 1
    findings.add("Reset, form", "note" if known else "warn", text, dict(forms))
    ends = Counter(int(end) for each in shown if (end := _end_of_window(each, form)) is not None)
    if not ends:
        findings.add("Reset, rounding", "skip", "not known: no Date to compare it with", None)
        return
    past = ends.most_common(1)[0][0] % WINDOW
    words = {
        0: "up, if it is rounded at all: windows end with the minute",
        WINDOW - 1: "down: it ends 1 s before the minute, too early",
    }
    text = words.get(past, f"not known: windows end {past} s past the minute; --window finds out")
    findings.add("Reset, rounding", "note", text, {"past_the_minute": past})


def reset_form(text: str) -> ResetForm:
    """Return what form a text of `X-RateLimit-Reset` is in."""
    try:
        number = float(text)
    except ValueError:
        return "unknown form" if epoch_of_date(text) is None else "HTTP date"
    if not 0 <= number < 1e14:
        return "unknown form"
    return "epoch milliseconds" if number > 1e11 else "epoch seconds" if number > 1e8 else "seconds to go"


def _end_of_window(reply: Reply, form: ResetForm) -> float | None:
    """Return when the window ends as it was reported, in epoch seconds of the server."""
    text = reply.headers.get(RESET, "")
    if reset_form(text) != form or form == "unknown form":
        return None
    if form == "HTTP date":
        return epoch_of_date(text)
    number = float(text)
    if form != "seconds to go":
        return number / 1000 if form == "epoch milliseconds" else number
    date = epoch_of_date(reply.headers.get("date", ""))
    return None if date is None else date + number


def epoch_of_date(text: str) -> float | None:
    """Return the epoch seconds of an HTTP date; None for anything else."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _check_refusals(replies: Sequence[Reply], findings: Findings) -> None:
    refused = [each for each in replies if each.status == 429]
    waits = {
        name: each.headers[name]
        for each in refused
        for name in ("retry-after", "retry-after-ms")
        if name in each.headers
    }
    if not refused:
        findings.add("Retry-After", "skip", "not seen, as nothing was refused (429)", None)
    elif not waits:
        findings.add("Retry-After", "warn", "missing from a 429", {})
    else:
        name, text = next(iter(waits.items()))
        form = "milliseconds" if name.endswith("-ms") else "HTTP date" if epoch_of_date(text) is not None else "seconds"
        findings.add("Retry-After", "note", f"{form}: {name.title()}: {text}", waits)
    own = [each for each in refused if each.headers.get(REMAINING, "0") != "0"]
    if not own:
        text = "none was met" if not refused else "none: the window was used up"
        findings.add("endpoint limits", "note", text, [])
        return
    text = "; ".join(f"{each.call}: {each.words} with {each.headers[REMAINING]} left in the window" for each in own)
    findings.add("endpoint limits", "warn", text, [{"call": each.call, "code": each.code} for each in own])


def _check_clock(replies: Sequence[Reply], findings: Findings) -> None:
    clock = _clock(replies)
    if clock is None:
        findings.add("clock", "warn", "not known: there is no Date", None)
        return
    ahead, within = clock
    fine = abs(ahead) <= max(SAME, within)
    direction = "ahead" if ahead > 0 else "behind"
    text = "the same as here" if fine else f"the server is {abs(ahead):,.1f} s {direction} (within {within:.1f} s)"
    findings.add("clock", "ok" if fine else "warn", text, {"ahead": round(ahead, 1), "within": round(within, 1)})


def _clock(replies: Sequence[Reply]) -> tuple[float, float] | None:
    """Return the seconds by which the server's clock is ahead of this machine's, and how exactly that is known."""
    bounds = list(_bounds(replies))
    if not bounds:
        return None
    least, most = max(low for low, _ in bounds), min(high for _, high in bounds)
    return (least + most) / 2, max(abs(most - least) / 2, 0.1)


def _bounds(replies: Sequence[Reply]) -> Iterator[tuple[float, float]]:
    """Return between what the server's clock can be ahead, by each reply: `Date` is cut to whole seconds."""
    for each in replies:
        date = epoch_of_date(each.headers.get("date", ""))
        if date is not None:
            yield date - each.ended, date + 1 - each.began


def _check_latency(replies: Sequence[Reply], findings: Findings) -> None:
    timed = [each for each in replies if each.status is not None and not each.bad_key]
    if not timed:
        return
    usual, slowest = median(each.seconds for each in timed), max(timed, key=lambda each: each.seconds)
    text = f"{usual:.2f} s usually, {slowest.seconds:.2f} s at most ({slowest.call})"
    value = {"median": round(usual, 2), "most": round(slowest.seconds, 2), "slowest": slowest.call}
    findings.add("latency", "note", text, value)


async def watch_window(asker: Asker, findings: Findings) -> None:
    """Wait for the end of the window, and say whether the new one begins when `Reset` says so."""
    name = "Reset, watched"
    reply = await asker.ask("GET", "/v2/boards")
    end, before = _reported_end(reply, asker.replies), reply.headers.get(REMAINING, "")
    if end is None or not before.isdecimal():
        findings.add(name, "skip", "not tried: the server does not say when the window ends", None)
        return
    at, within = end
    await asyncio.sleep(max(0.0, at - asker.now()))
    while asker.now() < at + PATIENCE:
        late = max(0.0, asker.now() - at)
        reply = await asker.ask("GET", "/v2/boards", free=True)
        left = reply.headers.get(REMAINING, "")
        if left.isdecimal() and int(left) >= int(before):
            then = late < STEP + within + reply.seconds
            text = "a new window begins " + ("then" if then else f"{late:.1f} s later than it says")
            findings.add(name, "ok" if then else "warn", text, {"late": round(late, 1)})
            return
        await asyncio.sleep(STEP)
    findings.add(name, "warn", f"no new window within {PATIENCE:.1f} s of what it says", {"late": None})


def _reported_end(reply: Reply, replies: Sequence[Reply]) -> tuple[float, float] | None:
    """Return when the window ends by a reply, in epoch seconds of this machine, and how exactly that is known."""
    text = reply.headers.get(RESET, "")
    form = reset_form(text)
    if form == "seconds to go":
        return (reply.began + reply.ended) / 2 + float(text), reply.seconds / 2
    end, clock = _end_of_window(reply, form), _clock(replies)
    return None if end is None or clock is None else (end - clock[0], clock[1])
