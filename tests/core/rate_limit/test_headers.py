"""What is read out of X-RateLimit-*, Date and Retry-After, in every form and broken."""

import time
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featurebase_async._core.rate_limit.budget import RateReport
from featurebase_async._core.rate_limit.headers import LimitReader, retry_after
from featurebase_async._core.response import Response

# The server's clock when the loop's stands at nought: nothing of the true time.
EPOCH = 1_900_000_000


def headers(remaining: str = "7", reset: str = "30", **more: str) -> dict[str, str]:
    given = {"X-RateLimit-Limit": "40", "X-RateLimit-Remaining": remaining, "X-RateLimit-Reset": reset}
    return given | {name.replace("_", "-"): value for name, value in more.items()}


def read(said: dict[str, str], *, status: int = 200, began: float = 100.0, now: float = 100.5) -> Any:
    return LimitReader().read(Response(status, said, b""), began, now)


def dated(timestamp: float) -> str:
    return formatdate(int(timestamp), usegmt=True)


@pytest.mark.parametrize(
    ("reset", "earliest", "latest"),
    [
        ("30", 130.0, 130.5),
        ("29.5", 129.5, 130.0),
        ("0", 100.0, 100.5),
        (str(EPOCH + 130), 130.5, 130.5),
        (f"{EPOCH + 130}.25", 130.75, 130.75),
        (str((EPOCH + 130) * 1000), 130.5, 130.5),
        (dated(EPOCH + 130), 130.5, 130.5),
        (datetime.fromtimestamp(EPOCH + 130, UTC).isoformat(), 130.5, 130.5),
        (datetime.fromtimestamp(EPOCH + 130, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), 130.5, 130.5),
        (datetime.fromtimestamp(EPOCH + 130, UTC).strftime("%Y-%m-%d %H:%M:%S"), 130.5, 130.5),
        # Gone by: the response took its time.
        (str(EPOCH + 99), 100.5, 100.5),
    ],
)
def test_forms_of_reset(reset: str, earliest: float, latest: float) -> None:
    """The response's Date is 100 and was cut, so that the server's clock may be half a second ahead of what it says."""
    report = read(headers(reset=reset, Date=dated(EPOCH + 100)))
    assert (report.limit, report.remaining, report.refused, report.retry_after) == (40, 7, False, None)
    assert (report.resets_from, report.resets_at) == (earliest, latest)


@pytest.mark.parametrize(
    "reset", ["", "soon", "-5", "nan", "inf", "-inf", "1e300", "Sat, 99 Foo 2026", str(EPOCH + 9999), str(EPOCH - 9999)]
)
def test_a_reset_that_cannot_be_read_is_somewhere_in_the_next_minute(reset: str) -> None:
    report = read(headers(reset=reset, Date=dated(EPOCH + 100)))
    assert (report.remaining, report.resets_from, report.resets_at) == (7, 100.0, 160.5)


def test_seconds_to_go_are_a_minute_at_most() -> None:
    assert read(headers(reset="99999")).resets_at == 161.5


def test_no_reset_at_all() -> None:
    said = headers()
    del said["X-RateLimit-Reset"]
    assert read(said).resets_at == 160.5


@pytest.mark.parametrize("limit", ["40", " 40 ", "40, 40;w=60", "40;w=60, 100;w=3600"])
def test_forms_of_the_limit(limit: str) -> None:
    assert read(headers() | {"X-RateLimit-Limit": limit}).limit == 40


@pytest.mark.parametrize(
    ("remaining", "count"),
    [("7", 7), ("0", 0), (" 7 ", 7), ("7.9", 7), ("-3", 0), ("9" * 300, int(float("9" * 300)))],
)
def test_forms_of_remaining(remaining: str, count: int) -> None:
    assert read(headers(remaining=remaining)).remaining == count


@pytest.mark.parametrize("remaining", ["", "many", "nan", "inf", "9" * 5000])
def test_a_remaining_that_cannot_be_read_is_none(remaining: str) -> None:
    assert read(headers(remaining=remaining)) == RateReport()


@pytest.mark.parametrize("limit", ["0", "", "lots", "-1"])
def test_a_limit_that_cannot_be_is_not_known(limit: str) -> None:
    assert read({**headers(), "X-RateLimit-Limit": limit}).limit is None


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ({"Retry-After": "3"}, 3.0),
        ({"Retry-After": "0.25"}, 0.25),
        ({"retry-after-ms": "1500", "Retry-After": "9"}, 1.5),
        ({"Retry-After": dated(EPOCH + 7), "Date": dated(EPOCH)}, 7.0),
        ({"Retry-After": "later"}, None),
        ({}, None),
    ],
)
def test_a_refusal(said: dict[str, str], wait: float | None) -> None:
    assert read(said, status=429) == RateReport(refused=True, retry_after=wait)
    report = read({**headers(remaining="0"), **said}, status=429)
    assert (report.refused, report.retry_after, report.remaining) == (True, wait, 0)
    assert read({**headers(), **said}).retry_after is None


@pytest.mark.parametrize(("status", "says"), [(200, True), (404, True), (401, False), (500, False), (502, False)])
def test_a_response_without_headers_means_there_are_none_but_for_a_proxys(status: int, says: bool) -> None:
    assert read({}, status=status) == (RateReport() if says else None)
    assert read(headers(), status=status).remaining == 7


def test_without_date_the_clock_here_has_to_do() -> None:
    report = read(headers(reset=str(int(time.time() + 30))), began=100.0, now=100.0)
    assert 128.0 <= report.resets_at <= 131.0
    assert read(headers(reset=str(int(time.time() + 30)), Date="whenever")).resets_at <= 131.5
    # An hour wrong either way, and it says nothing.
    for wrong in (3600, -3600):
        assert read(headers(reset=str(int(time.time() + wrong)))).resets_at == 160.5


@given(
    steps=st.lists(st.tuples(st.floats(0, 10), st.floats(0, 5), st.floats(0, 1)), min_size=1, max_size=30),
    fraction=st.floats(0, 1, exclude_max=True),
)
def test_a_reset_is_never_taken_too_early(steps: list[tuple[float, float, float]], fraction: float) -> None:
    """However long responses take and wherever on the way Date was written, no reset comes out before its time."""
    reader = LimitReader()
    now = 50.0
    best = float("inf")
    for pause, seconds, share in steps:
        began = now + pause
        now = began + seconds
        written = began + seconds * share + fraction
        said = headers(reset=str(EPOCH + int(now) + 20), Date=dated(EPOCH + written))
        report = reader.read(Response(200, said, b""), began, now)
        assert report is not None
        assert report.resets_at is not None
        truth = int(now) + 20 - fraction
        best = min(best, report.resets_at - truth)
        assert truth - 1e-6 <= report.resets_at <= truth + 1 + seconds + 1e-6
        # A slow response does not spoil what quick ones have taught.
        assert report.resets_at - truth <= best + 1e-6


@pytest.mark.parametrize("jump", [3600, -3600, 5, -5])
def test_a_clock_that_is_set_is_followed(jump: int) -> None:
    reader = LimitReader()
    for now in (100.0, 101.0, 102.0):
        reader.read(Response(200, headers(reset=str(EPOCH + 130), Date=dated(EPOCH + now)), b""), now, now)
    said = headers(reset=str(EPOCH + jump + 130), Date=dated(EPOCH + jump + 103))
    report = reader.read(Response(200, said, b""), 103.0, 103.0)
    assert report is not None
    assert report.resets_at == 130.0


HUGE = "Wed, 21 Oct 99999999999999999999 07:28:00 GMT"
ODD = [
    HUGE,
    "Wed, 21 Oct 2015 99:99:99 GMT",
    "Wed, 21 Oct 2015 07:28:00 +99999999999999999999",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "-1",
    "1e-999",
    "٣٠",
    "0x10",
    "1_0",
    "9" * 5000,
    "\x00",
    ",",
    "Thu, 01 Jan 0001 00:00:00 +2359",
    "Fri, 31 Dec 9999 23:59:59 -2359",
]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("name", ["Retry-After", "retry-after-ms", "Date", "X-RateLimit-Reset", "X-RateLimit-Limit"])
@pytest.mark.parametrize("status", [200, 429])
def test_no_text_of_a_header_raises(name: str, text: str, status: int) -> None:
    known = {"X-RateLimit-Remaining": "3", "X-RateLimit-Reset": "30", "Retry-After": HUGE}
    report = LimitReader().read(Response(status, {**known, name: text}, b""), 100.0, 100.5)
    assert report is not None
    assert report.remaining == 3
    assert report.resets_at is not None
    assert 100.0 <= report.resets_at <= 100.5 + 61.0
    assert report.retry_after is None or 0.0 <= report.retry_after < 1e12


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1800000045", 45.0), ("1800000045000", 45.0), ("1800000045.5", 45.5), ("1799999990", None), ("90000000", 9e7)],
)
def test_an_epoch_in_retry_after_is_a_timestamp(text: str, seconds: float | None) -> None:
    headers = {"Retry-After": text, "Date": "Fri, 15 Jan 2027 08:00:00 GMT"}
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1800000045000", 45.0), ("1799999990000", None), ("3600000", 3600.0), ("9" * 400, 7.0), ("-5", 7.0)],
)
def test_an_epoch_in_milliseconds_to_wait_is_a_timestamp(text: str, seconds: float | None) -> None:
    headers = {"retry-after-ms": text, "Retry-After": "7", "Date": "Fri, 15 Jan 2027 08:00:00 GMT"}
    assert retry_after(headers) == seconds


@pytest.mark.parametrize("text", ["3600, 3600", "3600,5", "3600, Fri, 15 Jan 2027 09:00:00 GMT"])
def test_a_wait_that_a_proxy_has_joined_from_two(text: str) -> None:
    assert retry_after({"Retry-After": text}) == 3600.0


RESETS = {
    "seconds": "{left}",
    "epoch": "{at}",
    "milliseconds": "{at}000",
    "date": "{date}",
}


@pytest.mark.parametrize("form", RESETS)
@pytest.mark.parametrize("date", [dated(EPOCH), ""])
def test_a_429_whose_reset_is_far_away_asks_to_wait_until_then(
    monkeypatch: pytest.MonkeyPatch, form: str, date: str
) -> None:
    """Its headers speak of the limit of its endpoint, if those of other responses end with a window."""
    monkeypatch.setattr(time, "time", lambda: float(EPOCH))

    def said(left: int, remaining: str) -> dict[str, str]:
        reset = RESETS[form].format(left=left, at=EPOCH + left, date=dated(EPOCH + left))
        return headers(remaining=remaining, reset=reset, Date=date)

    reader = LimitReader()
    accepted, of_endpoint = Response(200, said(30, "7"), b""), Response(429, said(3000, "0"), b"")
    far = Response(200, said(3000, "7"), b"")
    window = Response(429, said(25, "0"), b"")
    waits: list[float | None] = []
    for response in (of_endpoint, accepted, of_endpoint, of_endpoint, window, far, of_endpoint, accepted, of_endpoint):
        report = reader.read(response, 100.0, 100.0)
        assert report is not None
        waits.append(report.retry_after)
    # A server whose resets are always far away has a clock, or a unit, of its own.
    assert waits == [None, None, 3000.0, 3000.0, None, None, None, None, 3000.0]


def test_milliseconds_that_cannot_be_read_leave_seconds() -> None:
    assert retry_after({"retry-after-ms": "soon", "Retry-After": "7"}) == 7.0
    assert retry_after({"retry-after-ms": "250", "Retry-After": "7"}) == 0.25
