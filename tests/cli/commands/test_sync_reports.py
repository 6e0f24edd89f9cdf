"""What people have reported of other tools that load rows, plan changes and apply them, played on a sync."""

import json
import random
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from featurebase_async.sandbox import Fault, Sandbox
from support.command import Command, contacts_of, read_csv, rows, write

pytestmark = pytest.mark.usefixtures("folder")

STATE = ("--state", "x.fbstate")


def posts(server: Sandbox) -> int:
    return sum(entry.method == "POST" and entry.path == "/v2/contacts" for entry in server.log)


def test_columns_in_another_order_and_a_new_one_that_is_empty(command: Command, server: Sandbox) -> None:
    """dbt-core 1132, segment-docs 7015: a hash of the row as it stands in the file sends everything again."""
    write("people.csv", "user_id,email,name\nu1,u1@x.org,One\nu2,u2@x.org,\n")
    command("contacts", "sync", "people.csv", *STATE)
    write("people.csv", "name,Phone,email,user_id,custom_fields.plan\nOne,,u1@x.org,u1,\n,,u2@x.org,u2,\n")
    assert command("contacts", "sync", "people.csv", *STATE, "--json").json["same"] == 2
    assert posts(server) == 2


@pytest.mark.parametrize("route", [STATE, ()])
def test_the_ids_are_those_of_their_rows(command: Command, server: Sandbox, route: "tuple[str, ...]") -> None:
    """dataloader 428 and 984, simple-salesforce 313: ids beside the wrong rows, a bad row that fails the good ones."""
    dice = random.Random(1)  # noqa: S311 -- an order is no secret
    for nth in range(1, 61):
        server.faults.add(Fault(method="POST", path="/v2/contacts", nth=nth, delay=dice.random() / 20))
    lines = rows(60).splitlines()
    lines[7::9] = [line.replace("@", " at ") for line in lines[7::9]]
    write("people.csv", "\n".join(lines) + "\n")
    done = command("contacts", "sync", "people.csv", *route, "--successes", "done.csv")
    assert done.code == 1
    found = read_csv("done.csv")[1:]
    contacts = contacts_of(server)
    assert {key: made for _, key, made, _ in found} == {key: contact.id for key, contact in contacts.items()}
    assert all(lines[int(line) - 1].startswith(f"{key},") for line, key, _, _ in found)
    assert len(found) == 60 - len(lines[7::9])


def terminate(payload: Any) -> Any:
    """End the command as a CI does that cancels a job."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
    return payload


def test_an_apply_that_a_ci_has_cancelled(command: Command) -> None:
    """terraform 20718, carina 3498: what was done is lost, and the next plan wants all of it again."""
    with Sandbox.strict(key_limit=10_000, workspace_limit=10_000) as server:
        access = ("--base-url", server.url, "--api-key", server.api_key)
        write("people.csv", rows(30).replace("u", "U").replace("User_id", "user_id"))
        assert command("contacts", "sync", "people.csv", "--plan", "plan.jsonl", *access).code == 0
        server.faults.add(Fault(method="POST", path="/v2/contacts", nth=11, edit=terminate, delay=1000.0))
        apply = ("contacts", "sync", "--apply", "plan.jsonl", "--concurrency", "1", "--json", *access)
        assert command(*apply).code == 143
        server.faults.clear()
        again = command(*apply)
        assert again.code == 0, again.err
        counts = json_lines(again.out)[-1]
        assert (counts["created"] + counts["updated"], counts["same"]) == (20, 10)
        # terraform 24078: a plan that is applied a second time does its work a second time.
        assert json_lines(command(*apply).out)[-1]["same"] == 30
        assert (posts(server), len(server.store.contacts)) == (31, 30)


def json_lines(text: str) -> "list[Any]":
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    "arguments",
    [
        ("sync", "missing.csv", "--plan", "p", "--detailed-exit-code"),
        ("sync", "people.csv", "--detailed-exit-code", "--no-such-option"),
        ("sync", "people.csv", "--detailed-exit-code", "--state", "x.fbstate"),
    ],
)
def test_an_error_is_not_taken_for_changes(offline: Command, arguments: "tuple[str, ...]") -> None:
    """railway 980: a script that takes 2 for changes goes on after a slip in the command, or without a key."""
    write("people.csv", rows(1))
    assert offline("contacts", *arguments).code == 1
    assert offline("contacts", *(each for each in arguments if each != "--detailed-exit-code")).code == 2


def test_a_state_that_a_crash_has_left_empty(command: Command, server: Sandbox) -> None:
    """logstash 8218, overdeck 2623: a checkpoint or a lock of 0 bytes keeps every later run from starting."""
    write("people.csv", rows(3))
    for name in ("x.fbstate", "x.fbstate-lock", "x.fbstate-new"):
        Path(name).touch()
    assert command("contacts", "sync", "people.csv", *STATE).code == 0
    assert command("contacts", "sync", "people.csv", *STATE, "--json").json["same"] == 3


def test_two_contacts_that_exchange_their_addresses(command: Command, server: Sandbox) -> None:
    """addons 1780, statamic 1763: two users become one, or are stuck for ever without a word."""
    write("people.csv", "user_id,email\na,a@x.org\nb,b@x.org\n")
    command("contacts", "sync", "people.csv")
    write("people.csv", "user_id,email\na,b@x.org\nb,a@x.org\n")
    shown = command("contacts", "sync", "people.csv")
    assert (posts(server), len(server.store.contacts)) == (2, 2)
    assert "2 conflict" in shown.out
    assert "one of them must get a third one before" in " ".join(shown.out.split())
    write("people.csv", "user_id,email\na,c@x.org\nb,a@x.org\n")
    assert command("contacts", "sync", "people.csv").code == 0
    write("people.csv", "user_id,email\na,b@x.org\nb,a@x.org\n")
    assert command("contacts", "sync", "people.csv").code == 0
    assert {key: contact.email for key, contact in contacts_of(server).items()} == {"a": "b@x.org", "b": "a@x.org"}
