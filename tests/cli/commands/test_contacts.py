"""Single contacts: shown, deleted, blocked."""

import os
import pty
import sys
from typing import TYPE_CHECKING

import pytest

from featurebase_async.sandbox import Fault, Sandbox
from support.command import Command, interrupt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from featurebase_async.sandbox import Contact


MISSING = "1" * 24


@pytest.fixture
def ada(server: Sandbox) -> "Contact":
    server.seed(contacts=1, companies=1)
    (contact,) = server.store.contacts.values()
    contact.name = "Ada\x1b[2J"
    contact.companies = list(server.store.companies.values())
    contact.custom_fields = {"plan": "pro"}
    return contact


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> "Iterator[int]":
    """Give the end of a terminal that types into standard input."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield ours
    os.close(ours)


@pytest.mark.parametrize("by", ["id", "--user-id", "--email"])
def test_a_contact_is_shown(command: Command, ada: "Contact", by: str) -> None:
    where = {"id": (ada.id,), "--user-id": (by, str(ada.user_id)), "--email": (by, str(ada.email))}[by]
    result = command("contacts", "get", *where)
    assert (result.code, result.err) == (0, "")
    shown = dict(line.split(maxsplit=1) for line in result.out.splitlines())
    (company,) = ada.companies
    assert shown["email"].strip() == ada.email
    assert shown["name"].strip() == "Ada\N{REPLACEMENT CHARACTER}[2J"
    assert shown["companies"].strip() == f"{company.name} ({company.company_id})"
    assert shown["custom_fields"].strip() == '{"plan":"pro"}'
    assert "organization_id" not in shown
    assert "roles" not in shown
    as_json = command("contacts", "get", *where, "--json").json
    assert (as_json["user_id"], as_json["companies"][0]["company_id"]) == (ada.user_id, company.company_id)


def test_companies_that_are_no_list(command: Command, ada: "Contact", server: Sandbox) -> None:
    server.faults.add(Fault(edit=lambda payload: {**payload, "companies": "acme"}))
    assert "companies  " in command("contacts", "get", ada.id).out


def test_an_address_of_several(command: Command, server: Sandbox) -> None:
    server.seed(contacts=1, leads=1)
    for contact in server.store.contacts.values():
        server.store.set_email(contact, "ada@example.com")
    lines = command("contacts", "get", "--email", "ada@example.com", "--json").out.splitlines()
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("get", "--email", "no@example.com"), 1, "there is no contact with the address no@example.com"),
        (("get", "--user-id", "nobody"), 1, "featurebase: there is no contact with the user id nobody\n"),
        (("get", MISSING), 1, f"featurebase: there is no contact with the id {MISSING}\n"),
        (("delete", MISSING, "--yes"), 1, f"featurebase: there is no contact with the id {MISSING}\n"),
        (("delete", "--user-id", "nobody", "-y"), 1, "featurebase: there is no contact with the user id nobody\n"),
        (("block", MISSING), 1, f"featurebase: there is no contact with the id {MISSING}\n"),
        (("unblock", MISSING), 1, f"featurebase: there is no contact with the id {MISSING}\n"),
        (
            ("get", "usr_1"),
            1,
            "usr_1 is no id of Featurebase; if it is one of your own: featurebase contacts get --user-id usr_1",
        ),
        (("delete", "usr_1", "--yes"), 1, "usr_1 is no id of Featurebase"),
        (("get", "--user-id", ""), 2, "user_id"),
        (("get",), 2, "say which contact, by one of ID, --user-id, --email"),
        (("get", "x", "--email", "y"), 2, "say which contact"),
        (("delete",), 2, "say which contact, by one of ID, --user-id"),
        (("delete", "x"), 2, "there is no terminal to ask on; add --yes"),
        (("block", "x"), 1, "x is no id of Featurebase; if it is one of your own: "),
    ],
)
def test_what_goes_wrong_is_one_line(
    command: Command, arguments: "tuple[str, ...]", code: int, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open(os.devnull, encoding="utf-8") as nothing:  # noqa: PTH123 -- a device
        monkeypatch.setattr(sys, "stdin", nothing)
        result = command("contacts", *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (code, "", 1)
    assert text in result.err


def test_an_address_that_is_not_there_is_no_missing_contact(command: Command, server: Sandbox) -> None:
    server.faults.add(Fault(status=404, body=b"<html>"))
    result = command("contacts", "get", MISSING)
    assert (result.code, "there is no contact" in result.err) == (1, False)
    assert f"GET /v2/contacts/{MISSING} (users.contacts.retrieve, 1 request): 404" in result.err


@pytest.mark.parametrize("where", [(MISSING,), ("--user-id", "usr_1")])
def test_another_refusal_is_no_wrong_id(command: Command, server: Sandbox, where: "tuple[str, ...]") -> None:
    server.faults.add(Fault(status=400, body=b'{"error": {"code": "invalid_request", "message": "not today"}}'))
    result = command("contacts", "get", *where)
    assert (result.code, "is no id" in result.err) == (1, False)
    assert "400 invalid_request: not today" in result.err


def test_a_wrong_key(command: Command) -> None:
    result = command("contacts", "get", MISSING, "--api-key", "sk_wrong_secret")
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert result.err.endswith(" (check FEATUREBASE_API_KEY or --api-key)\n")


@pytest.mark.parametrize("by", ["id", "--user-id"])
def test_a_contact_is_deleted(command: Command, ada: "Contact", server: Sandbox, by: str) -> None:
    result = command("contacts", "delete", "--yes", *((ada.id,) if by == "id" else (by, str(ada.user_id))))
    assert (result.code, result.out) == (0, f"deleted {ada.id}\n")
    assert server.store.contacts == {}


@pytest.mark.parametrize("answer", [b"y\n", b" YES\n"])
def test_deleting_asks(command: Command, ada: "Contact", server: Sandbox, keyboard: int, answer: bytes) -> None:
    os.write(keyboard, answer)
    result = command("contacts", "delete", ada.id, "--json")
    assert result.err == f"Delete Ada\N{REPLACEMENT CHARACTER}[2J <{ada.email}> for good? [y/N] "
    assert result.json == {"id": ada.id, "deleted": True}
    assert server.store.contacts == {}


@pytest.mark.parametrize("answer", [b"\n", b"n\n", b"\x04"])
def test_deleting_takes_anything_else_for_a_no(
    command: Command, ada: "Contact", server: Sandbox, keyboard: int, answer: bytes
) -> None:
    ada.email = None
    os.write(keyboard, answer)
    result = command("contacts", "delete", "--user-id", str(ada.user_id))
    assert result.code == 1
    assert "<no address> for good?" in result.err
    assert result.err.endswith("featurebase: nothing was deleted\n")
    assert len(server.store.contacts) == 1


@pytest.mark.usefixtures("keyboard")
def test_ctrl_c_at_the_question(command: Command, ada: "Contact", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda: interrupt(""))
    result = command("contacts", "delete", ada.id)
    assert result.code == 130
    assert result.err.endswith("[y/N] \nfeaturebase: interrupted\n")


def test_a_contact_is_blocked_and_let_back(command: Command, ada: "Contact", server: Sandbox) -> None:
    assert command("contacts", "block", ada.id).out == f"blocked {ada.id}\n"
    assert server.store.blocked == {ada.id}
    assert command("contacts", "unblock", ada.id, "--json").json == {"id": ada.id, "blocked": False}
    assert server.store.blocked == set()
