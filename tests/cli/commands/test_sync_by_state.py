"""`contacts sync` and `companies sync` with a state: rows that it has as they are are not sent, and nothing is read."""

from pathlib import Path

import pytest

from featurebase_async.sandbox import Fault, Sandbox
from support.command import Command, contacts_of, interrupt, read_csv, rows, write

STATE = ("--state", "x.fbstate")


def changed(number: int, count: int) -> str:
    return rows(number).replace("@example.com", "@example.org", count)


@pytest.mark.usefixtures("folder")
def test_what_has_not_changed_costs_nothing(command: Command, server: Sandbox) -> None:
    write("people.csv", rows(300))
    first = command("contacts", "sync", "people.csv", *STATE)
    assert (first.code, server.requests) == (0, 300)
    assert "x.fbstate is new: all rows are sent, and from the next run on only those that differ" in first.err
    assert first.out.startswith("300 rows in ")
    assert "300 created, 0 updated, 0 failed" in first.out
    again = command("contacts", "sync", "people.csv", *STATE, "--detailed-exit-code")
    assert (again.code, server.requests) == (0, 300)
    assert "compared with x.fbstate, not with the workspace: what others have changed there is not seen" in again.err
    assert "0 created, 0 updated, 300 same, 0 failed" in again.out
    assert "0 requests" in again.out
    write("people.csv", changed(300, 17))
    third = command("contacts", "sync", "people.csv", *STATE, "--detailed-exit-code", "--json")
    assert (third.code, server.requests) == (2, 317)
    assert {name: third.json[name] for name in ("rows", "created", "updated", "same", "failed", "requests")} == {
        "rows": 300, "created": 0, "updated": 17, "same": 283, "failed": 0, "requests": 17,
    }  # fmt: skip
    assert {entry.method for entry in server.log} == {"POST"}


@pytest.mark.usefixtures("folder")
def test_what_others_have_changed_is_not_seen(command: Command, server: Sandbox) -> None:
    write("people.csv", "user_id,name\nu1,One\nu2,Two\n")
    command("contacts", "sync", "people.csv", *STATE)
    contacts_of(server)["u1"].name = "Another"
    assert command("contacts", "sync", "people.csv", *STATE).code == 0
    assert contacts_of(server)["u1"].name == "Another"
    assert command("contacts", "sync", "people.csv").code == 0
    assert contacts_of(server)["u1"].name == "One"


@pytest.mark.usefixtures("folder")
def test_companies_and_what_was_not_kept(command: Command, server: Sandbox) -> None:
    server.custom_fields = "drop_unknown"
    cells = "".join(f"c{each},Company {each},{each},x\n" for each in range(3))
    write("companies.csv", f"company_id,name,custom_fields.tier,custom_fields.rank\n{cells}")
    for _ in range(2):
        shown = command("companies", "sync", "companies.csv", *STATE)
        assert shown.code == 0
        assert "not kept as sent: custom_fields.tier of 3 rows, custom_fields.rank of 3 rows" in shown.out
    assert "3 same" in shown.out
    assert command("companies", "sync", "companies.csv", *STATE, "--json").json["ignored"] == {
        "custom_fields.rank": 3, "custom_fields.tier": 3,
    }  # fmt: skip
    assert sum(entry.method == "POST" for entry in server.log) == 3


@pytest.mark.usefixtures("folder")
def test_many_fields_that_were_not_kept(command: Command, server: Sandbox) -> None:
    server.custom_fields = "drop_unknown"
    names = [f"custom_fields.f{number}" for number in range(7)]
    write("people.csv", f"user_id,{','.join(names)}\nu1,{','.join(names)}\n")
    assert "custom_fields.f4 of 1 row and 2 more\n" in command("contacts", "sync", "people.csv", *STATE).out


@pytest.mark.usefixtures("folder")
def test_a_sync_that_goes_on(command: Command, server: Sandbox) -> None:
    """Stopped in the middle, it is the same command once more; it shares its state with an import that goes on."""
    write("people.csv", rows(30))
    server.faults.add(Fault(nth=20, edit=interrupt, delay=1000.0))
    state = ("--state", "people.contacts.fbstate")
    stopped = command("contacts", "sync", "people.csv", *state, "--concurrency", "1", "--successes", "done.csv")
    assert (stopped.code, len(read_csv("done.csv"))) == (130, 20)
    assert "10 rows not tried: run the same command again" in stopped.out
    assert "--from-line" not in stopped.out
    server.faults.clear()
    again = command("contacts", "import", "people.csv", "--resume", "--json", "--successes", "done.csv")
    assert (again.code, again.json["same"], again.json["requests"]) == (0, 19, 11)
    assert {key: found for _, key, found, _ in read_csv("done.csv")[1:]} == {
        user_id: contact.id for user_id, contact in contacts_of(server).items()
    }
    assert command("contacts", "sync", "people.csv", *state, "--json").json["requests"] == 0


@pytest.mark.usefixtures("folder")
def test_failures_come_again(command: Command, server: Sandbox) -> None:
    write("people.csv", "user_id,email\nu1,u1@x.org\nu2,bad\nu3,u3@x.org\n")
    failed = command("contacts", "sync", "people.csv", *STATE)
    assert failed.code == 1
    assert "2 created, 0 updated, 1 failed" in failed.out
    assert [path.name for path in sorted(Path().iterdir())] == ["people.csv", "x.fbstate"]
    quiet = command("contacts", "sync", "people.csv", *STATE, "--quiet", "--detailed-exit-code")
    assert (quiet.code, quiet.out, quiet.err) == (1, "", "1 of 3 rows not synced\n")
    write("people.csv", "user_id,email\nu1,u1@x.org\nu2,u2@x.org\nu3,u3@x.org\n")
    fixed = command("contacts", "sync", "people.csv", *STATE, "--detailed-exit-code")
    assert (fixed.code, sum(entry.method == "POST" for entry in server.log)) == (2, 3)


@pytest.mark.usefixtures("folder")
def test_so_many_failures(command: Command, server: Sandbox) -> None:
    write("people.csv", rows(100))
    server.faults.add(Fault(method="POST", path="/v2/contacts", status=400))
    arguments = ("contacts", "sync", "people.csv", *STATE, "--max-failures", "3", "--concurrency", "1")
    stopped = command(*arguments)
    assert (stopped.code, server.requests) == (1, 4)
    assert "max_failures allows 3" in stopped.err
    assert "nothing was synced: people.csv is still to be synced" in stopped.err
    server.faults.clear()
    assert command(*arguments).code == 0
    assert len(server.store.contacts) == 100


@pytest.mark.usefixtures("folder")
def test_a_state_that_can_not_be_used(command: Command, server: Sandbox) -> None:
    write("x.fbstate", "This is no state.")
    write("people.csv", rows(2))
    refused = command("contacts", "sync", "people.csv", *STATE)
    assert (refused.code, server.requests) == (2, 0)
    assert "is another kind of file" in refused.err
    assert "nothing was synced" in refused.err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("kind", ["contacts", "companies"])
def test_ranges_of_the_workspace(command: Command, server: Sandbox, kind: str) -> None:
    server.seed(contacts=250, companies=250)
    key, objects = {
        "contacts": ("user_id", server.store.contacts),
        "companies": ("company_id", server.store.companies),
    }[kind]  # fmt: skip
    found = [each for each in objects.values() if getattr(each, key)]
    write("rows.csv", f"{key},name\n" + "".join(f"{getattr(each, key)},{each.name}\n" for each in found))
    plain = ("sync", "rows.csv", "--plan", "plan.jsonl", "--json")
    expected = command(kind, *plain).json["plan"]
    pages = len([entry for entry in server.log if entry.method == "GET"])
    ranged = command(kind, *plain, "--ranges", "4")
    assert (ranged.json["plan"], "page by page" in ranged.err) == (expected, False)
    # Searches for the ranges, and no page of the list.
    assert len([entry for entry in server.log if entry.method == "GET"]) < 2 * pages
    found[0].created_at = None
    asked = command(kind, *plain, "--ranges", "4")
    reason = "1 items have no created_at, so no range finds them"
    assert f"--ranges was not used, the workspace was read page by page: {reason}" in asked.err
