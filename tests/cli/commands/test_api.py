"""Any call of the API by command."""

import io
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from featurebase_async.sandbox import Fault, Sandbox
from support.command import Command, contacts_of, write


def test_a_get_with_fields_in_its_query(command: Command, server: Sandbox) -> None:
    server.seed(contacts=5)
    result = command("api", "GET", "/v2/contacts?limit=2", "-f", "contactType=all")
    assert (result.code, result.err, len(result.json["data"])) == (0, "", 2)
    assert server.log[-1].params == {"limit": "2", "contactType": "all"}


def test_get_is_the_default(command: Command) -> None:
    assert command("api", "/v2/contacts").json["data"] == []


def test_a_post_with_fields_in_its_body(command: Command, server: Sandbox) -> None:
    result = command(
        "api", "post", "/v2/contacts", "-f", "userId=7", "-F", 'customFields={"seats":5}', "-f", "name=A=B"
    )
    assert (result.code, result.json["name"]) == (0, "A=B")
    assert contacts_of(server)["7"].custom_fields == {"seats": 5}


@pytest.mark.parametrize("source", ["body.json", "-"])
def test_a_body_from_a_file(command: Command, server: Sandbox, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    text = '{"email":"ada@example.com"}'
    write("body.json", text)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert command("api", "POST", "/v2/contacts", "--input", source).code == 0
    assert list(contacts_of(server)) == ["ada@example.com"]


def test_all_pages(command: Command, server: Sandbox) -> None:
    server.seed(contacts=25, boards=3)
    result = command("api", "GET", "/v2/contacts", "--paginate")
    assert [msgspec.json.decode(line)["object"] for line in result.out.splitlines()] == ["contact"] * 25
    assert len(command("api", "GET", "/v2/boards", "--paginate").out.splitlines()) >= 3
    contact = next(iter(server.store.contacts.values()))
    assert len(command("api", "GET", f"/v2/contacts/{contact.id}", "--paginate").out.splitlines()) == 1


def test_pages_that_would_not_end(command: Command, server: Sandbox) -> None:
    server.seed(contacts=35)
    server.faults.add(Fault(repeat_cursor=True, nth=range(2, 9)))
    result = command("api", "GET", "/v2/contacts", "--paginate")
    assert (result.code, "the API sent a cursor twice" in result.err) == (1, True)


def test_an_expression(command: Command, server: Sandbox) -> None:
    server.seed(contacts=2)
    names = [contact.name for contact in server.store.contacts.values()]
    assert command("api", "/v2/contacts", "--jq", ".data[].name").out.splitlines() == names
    assert command("api", "/v2/contacts", "--paginate", "--jq", ".name").out.splitlines() == names
    assert command("api", "/v2/contacts", "--jq", ".data | length").out == "2\n"


def test_a_response_without_a_body(command: Command, server: Sandbox) -> None:
    server.faults.add(Fault(status=204, nth=1))
    assert command("api", "DELETE", "/v2/contacts/x").out == ""
    server.faults.add(Fault(status=204, nth=1))
    assert command("api", "DELETE", "/v2/contacts/x", "--jq", ".").out == "null\n"


def test_an_error_of_the_api(command: Command) -> None:
    result = command("api", "GET", "/v2/contacts/64b0c0ffee00000000000001")
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert "404" in result.err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("GET",), "say the path too, such as: featurebase api GET /v2/posts"),
        (("GET", "v2/posts"), "path"),
        (("GET", "/v2/posts", "-f", "x"), "-f 'x': write it as key=value"),
        (("GET", "/v2/posts", "-f", "=x"), "-f '=x': write it as key=value"),
        (("GET", "/v2/posts", "-F", "x=y"), "-F 'x=y': the value must be JSON (-f takes text)"),
        (("POST", "/v2/posts", "--paginate"), "--paginate is for GET"),
        (("GET", "/v2/posts", "-F", "x=\udce9"), "-F 'x=\\udce9': the value must be JSON (-f takes text)"),
        (("POST", "/v2/posts", "--input", "bad.json"), "--input bad.json: this is no JSON"),
        (("POST", "/v2/posts", "--input", "latin.json"), "--input latin.json: this is no JSON"),
        (("POST", "/v2/posts", "--input", "none.json"), "none.json: No such file or directory"),
        (("GET", "/v2/posts", "--jq", ".["), "--jq: "),
    ],
)
def test_what_was_asked_for_wrongly(command: Command, arguments: "tuple[str, ...]", text: str) -> None:
    write("bad.json", "{")
    Path("latin.json").write_bytes(b'{"title": "Caf\xe9"}')
    result = command("api", *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (1 if "none" in text else 2, "", 1)
    assert text in result.err


def test_an_expression_that_does_not_fit(command: Command) -> None:
    result = command("api", "/v2/contacts", "--jq", ".data.x")
    assert (result.code, result.err.startswith("featurebase: --jq: ")) == (1, True)


def test_without_the_library(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jq", None)
    assert command("api", "/v2/contacts", "--jq", ".").err == "featurebase: --jq needs the library: pip install jq\n"


def test_spaces_and_letters_of_a_path_are_encoded(command: Command, server: Sandbox) -> None:
    command("api", "GET", "/v2/contacts/by-user-id/Jürgen 1%2F2")
    assert server.log[-1].path == "/v2/contacts/by-user-id/J%C3%BCrgen%201%2F2"


def test_on_a_terminal_it_is_indented(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featurebase_async.cli.output.Output.on_terminal", property(lambda _: True))
    out: Any = command("api", "/v2/contacts").out
    assert out.startswith('{\n  "object"')
