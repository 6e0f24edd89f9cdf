"""`featurebase doctor` as it is called: the table, the report, and how it ends."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from featurebase_async.cli.commands.doctor import STYLES
from featurebase_async.cli.lists import LISTS
from featurebase_async.sandbox import Fault, Sandbox
from support.command import Command, interrupt
from support.doctor import EPOCH, SEEDS, examine, state_of
from support.doctor_switches import READING, WRITING

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "doctor.md"


def test_the_table(command: Command, server: Sandbox) -> None:
    server.seed(**SEEDS)
    result = command("doctor")
    assert (result.code, result.err) == (0, "up to 61 requests; none of them writes anything\n")
    rows = [row.split() for row in result.out.splitlines()]
    assert ["ok", "key", "works"] in rows
    assert ["note", "Reset,", "form"] in [row[:3] for row in rows]
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


def test_ctrl_c_twice(command: Command, server: Sandbox) -> None:
    before = state_of(server)
    server.faults.add(Fault(method="POST", path="/v2/posts", edit=interrupt))
    server.faults.add(Fault(method="DELETE", edit=interrupt))
    result = command("doctor", "--write")
    assert result.code == 130
    assert state_of(server) == before


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
