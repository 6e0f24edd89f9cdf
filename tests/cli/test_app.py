"""The command as a whole: how it is asked, and how it ends."""

import importlib
import io
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import featurebase_async
from featurebase_async.cli import app, main
from featurebase_async.cli.commands import contacts
from featurebase_async.sandbox import Fault, Sandbox
from support.command import Command, Result, write

if TYPE_CHECKING:
    from pathlib import Path


def test_the_version(offline: Command) -> None:
    assert offline("--version") == Result(0, f"{featurebase_async.__version__}\n", "")


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",), ("contacts",), ("contacts", "import", "--help")])
def test_help(offline: Command, arguments: "tuple[str, ...]") -> None:
    result = offline(*arguments)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("Usage: featurebase")
    assert "None" not in result.out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("contcats",), 'Unknown command "contcats". Did you mean "contacts"?'),
        (("contacts", "import"), "FILE"),
        (("contacts", "import", "a.csv", "--concurrency", "x"), "--concurrency"),
        (("contacts", "import", "a.csv", "--no-dry-run"), "--no-dry-run"),
        (("contacts", "import", "a.csv", "b.csv"), "b.csv"),
        (("contacts", "export", "a.csv", "--type", "user"), "--type"),
        (("contacts", "block", "1"), "--api-key is missing: pass it, or set FEATUREBASE_API_KEY"),
        (("contacts", "block", "1", "--api-key", "k", "--base-url", "x"), "--base-url must be a URL"),
        (("contacts", "block", "1", "--api-key", "k", "--base-url", "http://a.example"), "--base-url must be https"),
    ],
)
def test_what_was_asked_for_wrongly(offline: Command, arguments: "tuple[str, ...]", text: str) -> None:
    result = offline(*arguments)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert result.err.startswith("featurebase: ")
    assert text in result.err
    assert "allow_http" not in result.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--api-key", "sk_secret_1", "contacts"),
        ("contacts", "import", "a.csv", "--api-kye", "sk_secret_1"),
        ("contacts", "import", "a.csv", "--api-key=sk_secret_1", "sk_secret_1"),
        ("contacts", "import", "a.csv", "--concurrency", "sk_secret_1"),
        ("contacts", "block", "1", "--api-key", "sk_secret_1\n"),
        ("sk_secret_1",),
    ],
)
def test_the_key_never_shows(offline: Command, arguments: "tuple[str, ...]") -> None:
    result = offline(*arguments)
    assert result.code == 2
    assert "secret" not in result.out + result.err


@pytest.mark.parametrize("name", ["people.csv", "people.jsonl"])
def test_a_file_that_is_not_there(offline: Command, name: str) -> None:
    result = offline("contacts", "import", name, "--dry-run")
    assert (result.code, result.err) == (2, f"featurebase: {name}: No such file or directory\n")


def test_a_folder_is_no_file(offline: Command, folder: "Path") -> None:
    (folder / "people.csv").mkdir()
    result = offline("contacts", "import", "people.csv", "--dry-run")
    assert (result.code, result.err) == (2, "featurebase: people.csv: Is a directory\n")


@pytest.mark.parametrize("text", ["", "PK\x03\x04", "name|plan\n"])
def test_a_file_that_is_no_table(offline: Command, text: str) -> None:
    write("people.csv", text)
    result = offline("contacts", "import", "people.csv", "--dry-run")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)


def test_a_file_in_another_encoding_than_it_says(offline: Command) -> None:
    write("people.csv", "email\na@example.com\n")
    result = offline("contacts", "import", "people.csv", "--encoding", "utf-16", "--dry-run")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "not in the encoding" in result.err


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (OSError("no luck"), "this should not happen, please report it: OSError at "),
        (OSError(28, "No space left on device"), "No space left on device"),
        (ZeroDivisionError("x@y.z"), "this should not happen, please report it: ZeroDivisionError at "),
    ],
)
def test_whatever_happens_is_one_line(
    offline: Command, monkeypatch: pytest.MonkeyPatch, error: Exception, text: str
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(contacts, "open_client", fail)
    result = offline("contacts", "block", "1")
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert text in result.err
    assert "x@y.z" not in result.err


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delitem(sys.modules, app.__name__)
    monkeypatch.setitem(sys.modules, "cyclopts", None)
    assert main([]) == 1
    assert (
        capsys.readouterr().err
        == "featurebase: the command line is an extra (cli) and needs: pip install cyclopts rich\n"
    )


def test_another_module_that_is_missing_is_not_blamed_on_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, app.__name__)
    monkeypatch.setitem(sys.modules, "featurebase_async.cli.commands.contacts", None)
    monkeypatch.delattr("featurebase_async.cli.commands.contacts")
    with pytest.raises(ModuleNotFoundError):
        main([])


def test_the_module_runs_as_a_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["featurebase", "--version"])
    # Imported, as the hook by which pytest imports what an installed plugin belongs to can't run modules.
    with pytest.raises(SystemExit) as end:
        importlib.import_module("featurebase_async.cli.__main__")
    assert end.value.code == 0
    assert capsys.readouterr().out == f"{featurebase_async.__version__}\n"


def test_a_response_that_the_terminal_lacks_letters_for(
    server: Sandbox, tmp_path: "Path", monkeypatch: pytest.MonkeyPatch
) -> None:
    server.seed(contacts=1)
    (contact,) = server.store.contacts.values()
    contact.name = "Zoë 中"
    output = tmp_path / "output"
    with output.open("w", encoding="latin-1") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert main(["contacts", "get", contact.id, "--api-key", server.api_key, "--base-url", server.url]) == 0
    assert "Zoë ?" in output.read_text(encoding="latin-1")


def test_an_output_that_is_no_file(offline: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    monkeypatch.setattr(sys, "stdout", output)
    offline("--version")
    assert output.getvalue() == f"{featurebase_async.__version__}\n"


@pytest.mark.parametrize("kind", ["", ".cli"])
def test_the_command_as_a_module(kind: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"featurebase_async{kind}", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{featurebase_async.__version__}\n"


@pytest.mark.parametrize(
    ("shell", "mark"),
    [
        ("bash", "complete "),
        pytest.param("zsh", "#compdef", marks=pytest.mark.thorough),
        pytest.param("fish", "complete ", marks=pytest.mark.thorough),
    ],
)
def test_shells_complete(offline: Command, shell: str, mark: str) -> None:
    result = offline("completion", shell)
    assert (result.code, result.err) == (0, "")
    assert mark in result.out
    assert "contacts" in result.out


def test_the_log_of_the_library(command: Command, server: Sandbox) -> None:
    server.faults.add(Fault(status=503, nth=1))
    server.faults.add(Fault(nth=2, edit=lambda page: {**page, "data": [{"object": "contact", "id": 7}]}))
    result = command("contacts", "list", "--debug")
    lines = result.err.splitlines()
    assert re.match(r"\d\d:\d\d:\d\d\.\d{3} DEBUG GET /v2/contacts \(users\.contacts\.list\): 503 in", lines[0])
    assert any(" 200 in " in line for line in lines)
    assert server.api_key not in result.err
    assert "DEBUG" not in command("contacts", "list").err


def test_a_call_that_was_never_sent_is_not_logged(offline: Command) -> None:
    result = offline("boards", "get", "..", "--api-key", "k", "--debug")
    assert (result.code, "DEBUG" in result.err) == (2, False)
