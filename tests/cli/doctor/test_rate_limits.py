"""What the doctor makes of headers and bodies, and that it leaves a window alone that is nearly used up."""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

from featurebase_async.cli.doctor.asking import Reply
from featurebase_async.cli.doctor.findings import Findings
from featurebase_async.cli.doctor.rate_limits import check_headers, reset_form
from featurebase_async.sandbox import Fault, Sandbox
from support.doctor import EPOCH, SEEDS, examine, line, state_of


@pytest.mark.parametrize("spent", [1_830, 1_870, 1_899, 1_950, 1_999])
async def test_a_window_that_is_nearly_used_up_is_left_alone(spent: int) -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.seed(**SEEDS)
        sandbox.spend(spent, key=sandbox.api_key)
        before = state_of(sandbox)
        findings = await examine(sandbox, write=True)
        assert sandbox.statuses[429] == 0
        assert sandbox.key_limit - spent - sandbox.requests + 2 >= min(100, 2000 - spent - 1)  # 2 had a bad key
        assert {entry.method for entry in sandbox.log} == {"GET"}
        skipped = [each for each in findings.lines if each.text.startswith("not tried: ") and "again in " in each.text]
        assert "writing" in [each.name for each in skipped]
        assert state_of(sandbox) == before
        assert not findings.failed


async def test_others_use_the_window_too() -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:

        def spend(payload: Any) -> Any:
            sandbox.spend(7, key=sandbox.api_key)
            return payload

        sandbox.faults.add(Fault(path="/v2/surveys", edit=spend))
        findings = await examine(sandbox)
    assert line(findings, "rate limit").text.endswith("others have used 7 meanwhile")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("12", "seconds to go"),
        ("1700000000", "epoch seconds"),
        ("1700000000000", "epoch milliseconds"),
        (format_datetime(datetime(2026, 1, 1, tzinfo=UTC), usegmt=True), "HTTP date"),
        ("soon", "unknown form"),
        ("-3", "unknown form"),
        ("nan", "unknown form"),
    ],
)
def test_forms_of_reset(text: str, form: str) -> None:
    assert reset_form(text) == form


def headers_of(*replies: Reply) -> Findings:
    findings = Findings()
    check_headers(replies, findings)
    return findings


def test_headers_that_change_their_form() -> None:
    replies = [
        Reply(call="GET /", status=200, headers={"x-ratelimit-remaining": "9", "x-ratelimit-reset": text})
        for text in ("soon", "1700000000", "1700000000")
    ]
    findings = headers_of(*replies)
    assert line(findings, "Reset, form").text == "unknown form (1 times), epoch seconds (2 times)"
    assert line(findings, "Reset, form").verdict == "warn"
    assert line(findings, "rate limit").text == "no in a window, 9 left after the first request"


def test_headers_that_say_little() -> None:
    bare = Reply(call="GET /", status=429, headers={"x-ratelimit-remaining": "0", "x-request-id": "a"})
    findings = headers_of(bare)
    assert line(findings, "Reset, form").text == "there is no X-RateLimit-Reset"
    assert line(findings, "endpoint limits").text == "none: the window was used up"
    assert line(findings, "other headers").text == "x-request-id"
    seconds = Reply(call="GET /", status=200, headers={"x-ratelimit-remaining": "?", "x-ratelimit-reset": "5"})
    assert line(headers_of(seconds), "Reset, rounding").text == "not known: no Date to compare it with"
    assert [each.name for each in headers_of().lines if each.name == "latency"] == []


def test_bodies_of_errors() -> None:
    def shape(body: Any) -> str:
        return Reply(call="", status=400, body=body).shape

    assert [shape(each) for each in ({"error": {}}, {"success": False, "message": ""}, {"code": 400})] == [
        "envelope",
        "flat",
        "numeric",
    ]
    assert [shape(each) for each in ([], "x", {}, {"data": []}, {"results": []})] == [
        "array",
        "other",
        "object",
        "list",
        "results",
    ]
    said = Reply(call="", status=400, body={"error": {"code": "ada@example.com is not known"}})
    assert said.words == "400"


async def test_a_window_that_does_not_end() -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        headers = {"X-RateLimit-Remaining": "1500"}
        sandbox.faults.add(Fault(path="/v2/boards", headers=headers, nth=9))
        sandbox.faults.add(Fault(path="/v2/boards", headers={"X-RateLimit-Remaining": "9"}, nth=range(10, 99)))
        findings = await examine(sandbox, window=True)
    assert line(findings, "Reset, watched").text == "no new window within 1.5 s of what it says"
