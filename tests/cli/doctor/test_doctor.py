"""`featurebase doctor` as it is called: the table, the report, how it ends, and what it says when little is known."""

import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from featurebase_async.cli.commands.doctor import STYLES
from featurebase_async.cli.doctor.asking import Asker, Reply
from featurebase_async.cli.doctor.findings import Findings
from featurebase_async.cli.doctor.key_checks import BAD_KEY, check_key
from featurebase_async.cli.doctor.rate_limits import check_headers, reset_form
from featurebase_async.cli.lists import LISTS
from featurebase_async.sandbox import Fault, Sandbox
from support.command import Command, interrupt
from support.doctor import EPOCH, SEEDS, examine, line, state_of
from support.doctor_switches import READING, WRITING

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "doctor.md"


def test_the_table(command: Command, server: Sandbox) -> None:
    server.seed(**SEEDS)
    result = command("doctor")
    assert (result.code, result.err) == (0, "up to 61 requests; none of them writes anything\n")
    rows = [row.split() for row in result.out.splitlines()]
    assert ["ok", "key", "works"] in rows
    assert ["note", "Reset,", "form", "epoch", "seconds"] in rows
    assert ["Lists,", "one", "page", "of", "each"] in rows
    assert result.out.splitlines()[-1].startswith("61 GET, ")
    assert not any(contact.email in result.out for contact in server.store.contacts.values() if contact.email)


def test_the_report_has_nothing_of_people(command: Command, server: Sandbox, folder: Path) -> None:
    server.seed(**SEEDS)
    result = command("doctor", "--write", "--report", "r.json", "--quiet")
    assert (result.code, result.out, result.err) == (0, "", "")
    text = (folder / "r.json").read_text(encoding="utf-8")
    report = msgspec.json.decode(text)
    assert (report["report"], report["format"], report["wrote"]) == ("featurebase doctor", 1, True)
    assert (report["host"], report["version"]) == ("another one", "2026-01-01.nova")
    assert set(report["requests"]) == {"GET", "POST", "DELETE"}
    assert {each["verdict"] for each in report["findings"]} <= set(STYLES)
    private = [server.api_key, server.url, "127.0.0.1", "Example.com"]
    for contact in server.store.contacts.values():
        private += [contact.id, contact.email or contact.id, contact.name, contact.organization_id]
    for collection in server.store.collections.values():
        private += [item.id for item in collection if len(item.id) == 24]
    assert not [each for each in private if each in text]


def test_as_json(command: Command) -> None:
    report = command("doctor", "--json").json
    assert {each["name"]: each["verdict"] for each in report["findings"]}["key"] == "ok"
    assert report["wrote"] is False


def test_a_folder_that_does_not_exist(command: Command, server: Sandbox) -> None:
    result = command("doctor", "--report", "no/r.json")
    assert (result.code, result.err) == (2, "featurebase: --report no/r.json: there is no such folder\n")
    assert server.requests == 0


@pytest.mark.parametrize(("bad_key", "status"), [("unauthorized", 401), ("forbidden", 403)])
def test_a_key_that_does_not_work(command: Command, server: Sandbox, folder: Path, bad_key: Any, status: int) -> None:
    server.bad_key = bad_key
    server.bad_key_delay = 0.0
    result = command("doctor", "--write", "--api-key", "sk_secret", "--report", "r.json")
    assert result.code == 1
    assert f"refused: {status}, flat body, after 0." in result.out
    assert server.requests == 1
    assert "sk_secret" not in result.out + result.err + (folder / "r.json").read_text(encoding="utf-8")


def test_no_server(offline: Command) -> None:
    result = offline("doctor", "--api-key", "sk_x")
    assert result.code == 1
    assert "fail  key" in result.out
    assert "not known: no response (APIConnectionError) from the server" in result.out
    assert "no requests" not in result.out


class Silent:
    """Asks a server that says nothing."""

    async def ask(self, *_: object) -> Reply:
        return Reply(call="GET /v2/boards", error="RequestTimeoutError")


async def test_a_server_that_says_nothing() -> None:
    findings, silent = Findings(), Silent()
    assert not await check_key(cast("Asker", silent), findings)
    assert line(findings, "key").text == "not known: no response (RequestTimeoutError) from the server"


async def test_a_server_that_drops_the_first_request() -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.faults.add(Fault(cut="before"))
        findings = await examine(sandbox)
        assert sandbox.requests == 1
    assert line(findings, "key").text == "not known: no response (APIConnectionError) from the server"
    assert findings.failed


def test_ctrl_c_while_it_reads(command: Command, server: Sandbox, folder: Path) -> None:
    server.faults.add(Fault(nth=20, edit=interrupt))
    result = command("doctor", "--report", "r.json")
    assert result.code == 130
    assert result.err.endswith("the report is in r.json\nfeaturebase: interrupted\n")
    assert "key" in result.out
    assert (folder / "r.json").exists()


def test_ctrl_c_while_it_writes(command: Command, server: Sandbox) -> None:
    before = state_of(server)
    server.faults.add(Fault(method="POST", path="/v2/posts", edit=interrupt))
    result = command("doctor", "--write")
    assert result.code == 130
    assert "left behind                nothing" in result.out
    assert state_of(server) == before


@pytest.mark.real_time
def test_sigterm_while_it_writes(server: Sandbox) -> None:
    before = state_of(server)
    process: list[subprocess.Popen[bytes]] = []

    def stop(payload: Any) -> Any:
        process[0].send_signal(signal.SIGTERM)
        time.sleep(0.05)
        return payload

    server.faults.add(Fault(method="POST", path="/v2/posts", edit=stop))
    command = [sys.executable, "-m", "featurebase_async.cli", "doctor", "--write"]
    env = {**os.environ, "FEATUREBASE_API_KEY": server.api_key, "FEATUREBASE_BASE_URL": server.url}
    process.append(subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    out, err = process[0].communicate(timeout=60)
    assert (process[0].returncode, err.splitlines()[-1]) == (143, b"featurebase: terminated")
    assert b"left behind" in out
    assert state_of(server) == before


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


async def test_a_key_that_may_not_do_everything() -> None:
    body = {"error": {"type": "authorization_error", "code": "forbidden", "message": "ada@example.com may not"}}
    async with Sandbox(epoch=EPOCH) as sandbox:
        for path in ("/v2/boards", "/v2/teams", "/v2/audit-logs"):
            sandbox.faults.add(Fault(path=path, status=403, body=body))
        findings = await examine(sandbox)
        assert line(findings, "key").text == "not refused, but GET /v2/boards gave 403 forbidden"
        permissions = line(findings, "permissions")
        assert "feedback: boards 403 forbidden; organization: teams 403 forbidden" in permissions.text
        assert (permissions.verdict, permissions.value["users"]) == ("warn", "yes")
        assert line(findings, "teams").text == "403 forbidden"
        assert line(findings, "company contacts").text == "not tried: there are no companies"
        assert "ada@example.com" not in str(findings.report(host="", version="", wrote=False))


async def test_lists_that_are_not_as_expected() -> None:
    def drift(payload: Any) -> Any:
        payload["data"][0] |= {"name": 7, "type": "robot", "brandNew": 1, "ada@example.com": 2}
        return payload

    def longer(payload: Any) -> Any:
        return {**payload, "data": payload["data"] * 2}

    def shorter(payload: Any) -> Any:
        return {**payload, "data": payload["data"][:10]}

    def clover(payload: Any) -> Any:
        return {"results": payload["data"]}

    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.seed(**SEEDS, brands=30, changelogs=3)
        faults = {"contacts": drift, "posts": longer, "brands": shorter, "changelogs": clover}
        for name, edit in faults.items():
            # Three wrong requests come before that for contacts.
            sandbox.faults.add(Fault(path=f"/v2/{name}", edit=edit, nth=4 if name == "contacts" else 1))
        sandbox.faults.add(Fault(path="/v2/teams", edit=lambda payload: payload["data"]))
        sandbox.faults.add(Fault(path="/v2/post_statuses", edit=lambda payload: {"data": payload}))
        sandbox.faults.add(Fault(path="/v2/comments", broken_json=True))
        sandbox.faults.add(Fault(path="/v2/surveys", status=500))
        sandbox.faults.add(Fault(path="/v2/tickets", body=[]))
        findings = await examine(sandbox)
    contacts = line(findings, "contacts")
    assert contacts.verdict == "warn"
    assert "drift: data[].name number, data[].type robot; new: brandNew, createdAt" in contacts.text
    assert contacts.value["new_fields"] == ["brandNew", "createdAt"]
    assert line(findings, "limit, paged lists").text == "ignored by posts, brands"
    assert line(findings, "changelogs").text == "200, results, ResponseDecodeError"
    assert line(findings, "comments").text == "200, other, ResponseDecodeError"
    assert line(findings, "teams").text == "200, array, ResponseDecodeError"
    assert line(findings, "post statuses").text == "200, list, ResponseDecodeError"
    assert (line(findings, "surveys").verdict, line(findings, "surveys").text) == ("fail", "500 internal_error")
    assert findings.failed


async def test_no_list_is_long_enough_to_tell() -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        findings = await examine(sandbox)
    assert line(findings, "limit, paged lists").text == "not known: no list is long"
    assert line(findings, "cursors").text == "not tried: no list has a second page"


async def test_others_use_the_window_too() -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:

        def spend(payload: Any) -> Any:
            sandbox.spend(7, key=sandbox.api_key)
            return payload

        sandbox.faults.add(Fault(path="/v2/surveys", edit=spend))
        findings = await examine(sandbox)
    assert line(findings, "rate limit").text.endswith("others have used 7 meanwhile")


async def test_requests_that_are_wrong_and_are_taken() -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        body: dict[str, Any] = {"object": "list", "data": [], "nextCursor": None}
        sandbox.faults.add(Fault(path="/v2/contacts", nth=1, status=200, body=body))
        sandbox.faults.add(Fault(path="/v2/contacts", nth=2, status=200, body={"object": "list"}))
        sandbox.faults.add(Fault(path="/v2/contacts", nth=3, cut="before"))
        findings = await examine(sandbox)
    assert line(findings, "limit of 101").text == "taken: 200 with 0 items"
    assert line(findings, "unknown parameter").text == "taken: 200 with 0 items"
    assert line(findings, "malformed cursor").text == "no response (APIConnectionError)"


async def test_versions() -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        findings = await examine(sandbox)
        assert line(findings, "versions").text.startswith("nova, orbit, pulsar")
        assert line(findings, "unknown version").text == "refused: 404 version_not_supported"
        sandbox.faults.add(Fault(path="/v2/boards", status=200, body=[]))
        findings = await examine(sandbox)
        assert line(findings, "versions").text == "nova, orbit, pulsar, clover"
        assert line(findings, "unknown version").text == "taken as if it were known"
        sandbox.faults.clear()
        sandbox.faults.add(Fault(path="/v2/boards", nth=(2, 3, 4, 5, 6), status=404))
        findings = await examine(sandbox)
        assert line(findings, "versions").text.startswith("none; refused: nova 404")


async def test_a_bad_key_that_two_endpoints_refuse_differently() -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.api_keys = (sandbox.api_key, BAD_KEY)
        sandbox.faults.add(Fault(path="/v2/boards", nth=2, status=401, body={"success": False, "message": "No"}))
        sandbox.faults.add(Fault(path="/v2/admins", nth=1, cut="before"))
        findings = await examine(sandbox)
    found = line(findings, "bad key")
    assert found.text == "401, flat body (/v2/boards); no response (APIConnectionError) (/v2/admins)"
    assert found.verdict == "warn"


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


async def test_a_server_that_ignores_what_an_upsert_says() -> None:
    def edit(payload: Any) -> Any:
        return {**payload, "companies": [], "email": "other@example.com"}

    async with Sandbox(epoch=EPOCH) as sandbox:
        before = state_of(sandbox)
        sandbox.faults.add(Fault(method="POST", path="/v2/contacts", edit=edit))
        findings = await examine(sandbox, write=True)
        assert state_of(sandbox) == before
    assert line(findings, "contact, companies").text == "an upsert with a company did not attach it"
    assert line(findings, "contact, e-mail").text == "another address than was sent"


async def test_an_empty_list_of_companies_that_changes_nothing() -> None:
    kept: list[Any] = []

    def edit(payload: Any) -> Any:
        (kept.append if payload["companies"] else kept.extend)(payload["companies"])
        return payload if payload["companies"] else {**payload, "companies": kept[0]}

    async with Sandbox(epoch=EPOCH) as sandbox:
        before = state_of(sandbox)
        sandbox.faults.add(Fault(method="POST", path="/v2/contacts", edit=edit))
        findings = await examine(sandbox, write=True)
        assert state_of(sandbox) == before
    assert line(findings, "contact, companies").text == "replace, but [] changes nothing"


@pytest.mark.parametrize("decides", ["user id", "e-mail"])
async def test_the_ids_of_two_people(decides: str) -> None:
    async with Sandbox(epoch=EPOCH, second_email="refuse") as sandbox:
        made: list[str] = []

        def allow(payload: Any) -> Any:
            sandbox.second_email = "create"
            made.append(payload["id"])
            return payload

        def edit(payload: Any) -> Any:
            return payload if decides == "user id" else {**payload, "id": made[0]}

        # The sixth upsert makes the second person, the seventh has the ids of both.
        sandbox.faults.add(Fault(method="POST", path="/v2/contacts", nth=6, edit=allow))
        sandbox.faults.add(Fault(method="POST", path="/v2/contacts", nth=7, edit=edit))
        before = state_of(sandbox)
        findings = await examine(sandbox, write=True)
        assert line(findings, "contact, ids of two").text == f"the {decides} decides"
        assert state_of(sandbox) == before


@pytest.mark.parametrize(
    ("path", "fault", "problem"),
    [
        ("/v2/companies/*", {"status": 200, "body": {"deleted": True}}, "it is still there"),
        ("/v2/companies/*", {"status": 403}, "403 internal_error"),
        ("/v2/contacts/*", {"delay": 300.0}, "not tried, 60 s were over"),
    ],
)
async def test_what_stays_is_named(path: str, fault: dict[str, Any], problem: str) -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.faults.add(Fault(method="DELETE", path=path, **fault))
        findings = await examine(sandbox, write=True)
        (company,) = sandbox.store.companies.values()
    left = line(findings, "left behind")
    assert left.verdict == "fail"
    assert f"company {company.id} ({company.company_id}): {problem}" in left.text


async def test_an_id_that_no_path_can_have() -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.faults.add(Fault(method="POST", path="/v2/posts", edit=lambda post: {**post, "id": "a b"}))
        findings = await examine(sandbox, write=True)
    assert line(findings, "left behind").text.startswith("could not be removed: post a b (featurebase-doctor-")


@pytest.mark.parametrize("fault", [{"cut": "before"}, {"cut": "after"}, {"broken_json": True}], ids=str)
async def test_a_post_whose_response_is_lost(fault: dict[str, Any]) -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.seed(posts=2)
        before = state_of(sandbox)
        sandbox.faults.add(Fault(method="POST", path="/v2/posts", **fault))
        findings = await examine(sandbox, write=True)
        assert state_of(sandbox) == before
    left = line(findings, "left behind")
    if fault != {"cut": "before"}:
        assert left.text == "nothing"
    else:
        assert left.verdict == "warn"
        assert left.text.startswith("nothing that is known of, but look for post (id not known) (featurebase-doctor-")


async def test_a_post_that_nobody_can_look_for() -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.faults.add(Fault(method="POST", path="/v2/posts", broken_json=True))
        odd: list[Any] = [{"data": ["x", {"title": "other"}]}, {"data": {}}, []]
        for number, body in enumerate(odd, 3):  # two lists have posts looked at before that
            sandbox.faults.add(Fault(path="/v2/posts", method="GET", nth=number - 1, status=200, body=body))
        findings = await examine(sandbox, write=True)
        assert line(findings, "left behind").verdict == "warn"
        # Nothing at all was made, or could be.
        sandbox.reset()
        sandbox.faults.add(Fault(method="POST", status=403))
        findings = await examine(sandbox, write=True)
        assert line(findings, "left behind").text == "nothing"
        assert not [each for each in findings.lines if each.name == "deleting"]


async def test_companies_that_can_not_be_changed() -> None:
    async with Sandbox(epoch=EPOCH, contact_companies="add") as sandbox:
        sandbox.faults.add(Fault(method="POST", path="/v2/contacts", nth=(4,), status=403))
        findings = await examine(sandbox, write=True)
        assert line(findings, "contact, companies").text == "403 internal_error"
        assert line(findings, "left behind").text == "nothing"


async def test_a_window_that_does_not_end() -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        headers = {"X-RateLimit-Remaining": "1500"}
        sandbox.faults.add(Fault(path="/v2/boards", headers=headers, nth=9))
        sandbox.faults.add(Fault(path="/v2/boards", headers={"X-RateLimit-Remaining": "9"}, nth=range(10, 99)))
        findings = await examine(sandbox, window=True)
    assert line(findings, "Reset, watched").text == "no new window within 1.5 s of what it says"


async def test_the_page_says_what_each_line_decides() -> None:
    page = PAGE.read_text(encoding="utf-8")
    names = set[str]()
    for second_email in ("create", "refuse"):
        async with Sandbox(epoch=EPOCH, second_email=second_email) as sandbox:
            findings = await examine(sandbox, write=True, window=True)
        names |= {each.name for each in findings.lines if each.name not in {kind.words for kind in LISTS.values()}}
    assert names == set(re.findall(r"^\| ([^|]+) \|[^|]*\|[^|]*\|$", page, re.MULTILINE)) - {"line", "---"}
    switches = set(re.findall(r"`(\w+)`", page))
    assert {name for row in (*READING, *WRITING) for name in row[0]} <= switches
