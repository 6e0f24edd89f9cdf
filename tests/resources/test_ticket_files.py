"""Tickets with files, from the client to the sandbox: what is kept, and what is sent again when a response is lost."""

import io
from typing import TYPE_CHECKING

import pytest

from featurebase_async import (
    BadRequestError,
    FileUpload,
    InternalServerError,
    OutcomeUnknownError,
    RateLimitError,
    Ticket,
)
from featurebase_async.sandbox.server.faults import Fault
from support.workspace_fixture import furnish

if TYPE_CHECKING:
    from pathlib import Path

    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox
    from featurebase_async.sandbox.server.request_log import LogEntry

SERIAL, PHOTO, LOGS = (f"64b0c0ff00000000000000{end}" for end in ("5b", "5c", "5d"))
PNG = b"\x89PNG\r\n--not-the-boundary\r\n" * 1000


class Pipe(io.RawIOBase):
    """A stream that can't go back."""

    def __init__(self, content: bytes) -> None:
        self._left = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._left.read(size)


def names(ticket: Ticket, field: str) -> list[str]:
    return [file.name for file in ticket.files(field)]


def is_form(entry: "LogEntry") -> bool:
    return entry.headers["content-type"].startswith("multipart/form-data; boundary=")


async def test_a_ticket_is_opened_with_files_of_every_source(
    client: "AsyncFeaturebase", sandbox: "Sandbox", tmp_path: "Path"
) -> None:
    at = await furnish(client)
    path = tmp_path / "screen.png"
    path.write_bytes(PNG)
    (tmp_path / "app.log").write_bytes(b"no end of line")
    with (tmp_path / "app.log").open("rb") as opened:
        ticket = await client.support.tickets.create(
            ticket_category_id=at.category,
            title="It is broken",
            author={"user_id": "u1"},
            custom_fields={
                SERIAL: "AB-123",
                PHOTO: FileUpload(path),
                LOGS: [FileUpload(opened), FileUpload(b"bytes", name="bytes.txt")],
            },
        )
        assert not opened.closed
    entry = sandbox.log[-1]
    assert (entry.method, entry.status, is_form(entry)) == ("POST", 201, True)
    assert PNG in entry.body
    assert int(entry.headers["content-length"]) == len(entry.body)
    assert ticket.custom_fields[SERIAL] == "AB-123"
    assert names(ticket, PHOTO) == ["screen.png"]
    assert names(ticket, LOGS) == ["app.log", "bytes.txt"]
    assert (await client.support.tickets.retrieve(int(ticket.ticket_number))).custom_fields == ticket.custom_fields
    assert client.stats().drift == 0


async def test_a_ticket_is_given_a_file_later_and_one_to_be_fetched(
    client: "AsyncFeaturebase", sandbox: "Sandbox"
) -> None:
    at = await furnish(client)
    tickets = client.support.tickets
    changed = await tickets.update(at.ticket, title="Worse", custom_fields={PHOTO: FileUpload(b"x", name="a.png")})
    assert (changed.title, names(changed, PHOTO)) == ("Worse", ["a.png"])
    assert is_form(sandbox.log[-1])
    fetched = await tickets.update(at.ticket, custom_fields={PHOTO: {"url": "https://example.com/b.png"}})
    assert names(fetched, PHOTO) == ["b.png"]
    assert not is_form(sandbox.log[-1])
    with pytest.raises(BadRequestError) as caught:
        await tickets.update(at.ticket, custom_fields={SERIAL: FileUpload(b"x", name="a.png")})
    assert (caught.value.status, caught.value.param) == (400, "customFields")


@pytest.mark.parametrize("status", [None, 500])
async def test_files_that_can_go_back_are_sent_again(
    client: "AsyncFeaturebase", sandbox: "Sandbox", tmp_path: "Path", status: int | None
) -> None:
    at = await furnish(client)
    path = tmp_path / "a.bin"
    path.write_bytes(PNG)
    before = sandbox.requests
    sandbox.faults.add(Fault(times=2, status=status, cut=None if status else "after"))
    changed = await client.support.tickets.update(
        at.ticket,
        custom_fields={PHOTO: FileUpload(path), LOGS: [FileUpload(io.BytesIO(PNG), name="b"),
                                                       FileUpload(b"c", name="c")]},
    )  # fmt: skip
    assert names(changed, PHOTO) + names(changed, LOGS) == ["a.bin", "b", "c"]
    first, second, third = list(sandbox.log)[before:]
    assert first.body == second.body == third.body
    assert first.body.count(PNG) == 2


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(cut="after"), OutcomeUnknownError),
        (Fault(status=500), InternalServerError),
        (Fault(refuse=True, headers={"Retry-After": "1"}), RateLimitError),
    ],
)
async def test_a_stream_that_is_spent_is_not_sent_again(
    client: "AsyncFeaturebase", sandbox: "Sandbox", fault: Fault, error: type[Exception]
) -> None:
    at = await furnish(client)
    before = sandbox.requests
    sandbox.faults.add(fault)
    with pytest.raises(error):
        await client.support.tickets.update(at.ticket, custom_fields={PHOTO: FileUpload(Pipe(PNG), name="a.png")})
    assert sandbox.requests == before + 1
    assert sandbox.log[-1].body.count(PNG) == 1
    # Only a response was lost: the work is done. What was refused or failed is not.
    sandbox.faults.clear()
    kept = names(await client.support.tickets.retrieve(at.ticket), PHOTO)
    assert kept == (["a.png"] if error is OutcomeUnknownError else [])


async def test_a_ticket_with_files_is_opened_once(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    at = await furnish(client)
    before = sandbox.requests
    sandbox.faults.add(Fault(cut="after"))
    with pytest.raises(OutcomeUnknownError):
        await client.support.tickets.create(
            ticket_category_id=at.category,
            title="It is broken",
            author={"user_id": "u1"},
            custom_fields={PHOTO: FileUpload(b"x", name="a.png")},
        )
    assert sandbox.requests == before + 1
    sandbox.faults.clear()
    assert len(await client.support.tickets.list().collect()) == 2


async def test_a_refused_ticket_is_opened_again_with_its_files(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    at = await furnish(client)
    before = sandbox.requests
    sandbox.faults.add(Fault(refuse=True, times=1, headers={"Retry-After": "1"}))
    ticket = await client.support.tickets.create(
        ticket_category_id=at.category,
        title="It is broken",
        author={"user_id": "u1"},
        custom_fields={PHOTO: FileUpload(b"x", name="a.png")},
    )
    assert names(ticket, PHOTO) == ["a.png"]
    assert [entry.status for entry in list(sandbox.log)[before:]] == [429, 201]
