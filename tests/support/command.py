"""A command line and what came of it, and the files around it."""

import csv
import io
import signal
import threading
from pathlib import Path
from typing import Any, Protocol

import msgspec


class Result(msgspec.Struct):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.out)


class Command(Protocol):
    def __call__(self, *arguments: str | Path) -> Result: ...


def write(path: str, text: str, encoding: str = "utf-8") -> Path:
    """Write a file as it is, line ends and all."""
    file = Path(path)
    file.write_bytes(text.encode(encoding))
    return file


def read_csv(path: str | Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(Path(path).read_text(encoding="utf-8"))))


def read_jsonl(path: str | Path) -> list[Any]:
    return [msgspec.json.decode(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def rows(number: int) -> str:
    return "user_id,email\n" + "".join(f"u{each},u{each}@example.com\n" for each in range(number))


def interrupt(payload: Any) -> Any:
    """Press Ctrl-C, from the thread of the sandbox."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    return payload


def contacts_of(server: Any) -> dict[str, Any]:
    """Return the contacts of a sandbox by user id, else by address."""
    return {str(contact.user_id or contact.email): contact for contact in server.store.contacts.values()}
