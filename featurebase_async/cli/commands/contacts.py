"""`featurebase contacts`."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from featurebase_async import BadRequestError, Contact, Filter, NotFoundError
from featurebase_async._typing import is_array, is_object
from featurebase_async.cli.commands.sync import sync_of
from featurebase_async.cli.connection import ConnectionOptions, open_client, run
from featurebase_async.cli.errors import CommandError, UsageError
from featurebase_async.cli.export_file import ExportOptions, export_file
from featurebase_async.cli.import_file import import_file
from featurebase_async.cli.import_options import ImportOptions
from featurebase_async.cli.lists import LISTS
from featurebase_async.cli.output import Output, OutputOptions
from featurebase_async.cli.resources import CONTACTS
from featurebase_async.cli.values import cell, plain

if TYPE_CHECKING:
    from collections.abc import Generator

    from featurebase_async import AsyncFeaturebase

__all__ = ["app"]

app: App = App(name="contacts", help="Import, export, list, show and delete customers and leads.", group="Resources")

SAME_MAIL = 100
"""Contacts with one address that are looked for: a customer and leads may share it."""


@app.command(name="import")
def import_(
    file: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    options: ImportOptions | None = None,
    access: ConnectionOptions | None = None,
    look: OutputOptions | None = None,
) -> int:
    """Create or update a contact for each row of a file.

    A row needs user_id, else email. Other fields are name, phone, locale, profile_picture, created_at, roles,
    subscribed_to_changelog, user_hash, custom_fields.NAME, and for its company company.id and company.name, and also
    company.plan and so on. Empty cells are left out. For example:

    featurebase contacts import people.csv --map email=Mail --map company.id=Account
    --map "company.name=Account name" --map custom_fields.zip:text=ZIP

    Args:
        file: CSV with a header, JSONL, JSON, Parquet or a workbook (.xlsx), by its name; compressed (.gz) too; - reads
            standard input.
    """
    return import_file(CONTACTS, file, options, access, Output(look))


app.command(sync_of(CONTACTS))


@app.command
def export(
    file: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    type: Literal["customer", "lead", "all"] | None = None,
    ranges: int = 1,
    options: ExportOptions | None = None,
    access: ConnectionOptions | None = None,
    quiet: bool = False,
) -> None:
    """Write contacts into a file, which can be imported again.

    Args:
        file: A name that ends in .csv or .jsonl, or - for standard output.
        type: Which contacts: customers by default.
        ranges: How many ranges of created_at are read side by side, which is quicker where many are to be read.
        quiet: Show errors only.
    """
    arguments = {**({} if type is None else {"contact_type": type}), **({} if ranges == 1 else {"ranges": ranges})}
    output = Output(OutputOptions(quiet=quiet))
    export_file(LISTS["contacts"], file, options, access, output, arguments=arguments)


@app.command
def get(
    id: str | None = None,
    /,
    *,
    user_id: str | None = None,
    email: str | None = None,
    access: ConnectionOptions | None = None,
    look: OutputOptions | None = None,
) -> None:
    """Show a contact.

    Args:
        id: Its id in Featurebase.
        user_id: Or its id in your own system.
        email: Or its address; shows all that have it.
    """
    _one_of(id=id, user_id=user_id, email=email)
    output = Output(look)

    async def find(client: AsyncFeaturebase) -> list[Contact]:
        if email is not None:
            return await client.users.contacts.search(query=Filter("email") == email).collect(max=SAME_MAIL)
        return [await _retrieve(client, id, user_id)]

    found = run(open_client(access), find)
    if not found:
        raise CommandError(f"there is no contact with the address {email}")
    for contact in found:
        _show(output, contact)


@app.command
def delete(
    id: str | None = None,
    /,
    *,
    user_id: str | None = None,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"])] = False,
    access: ConnectionOptions | None = None,
    look: OutputOptions | None = None,
) -> None:
    """Delete a contact for good.

    Args:
        id: Its id in Featurebase.
        user_id: Or its id in your own system.
        yes: Do not ask.
    """
    _one_of(id=id, user_id=user_id)
    output = Output(look)
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("delete asks before it deletes, and there is no terminal to ask on; add --yes")
        contact = run(open_client(access), lambda client: _retrieve(client, id, user_id))
        if not output.confirmed(f"Delete {contact.name} <{contact.email or 'no address'}> for good?"):
            raise CommandError("nothing was deleted")

    async def remove(client: AsyncFeaturebase) -> str:
        contacts = client.users.contacts
        with _looking_for(id, user_id):
            done = await (contacts.delete(id) if id is not None else contacts.by_user_id.delete(user_id or ""))
        return done.id

    deleted = run(open_client(access), remove)
    output.result({"id": deleted, "deleted": True}, f"deleted {deleted}")


@app.command
def block(id: str, /, *, access: ConnectionOptions | None = None, look: OutputOptions | None = None) -> None:
    """Keep a contact from sending messages.

    Args:
        id: Its id in Featurebase.
    """
    with _looking_for(id):
        done = run(open_client(access), lambda client: client.users.contacts.block(id))
    Output(look).result({"id": done.id, "blocked": True}, f"blocked {done.id}")


@app.command
def unblock(id: str, /, *, access: ConnectionOptions | None = None, look: OutputOptions | None = None) -> None:
    """Let a blocked contact send messages again.

    Args:
        id: Its id in Featurebase.
    """
    with _looking_for(id):
        done = run(open_client(access), lambda client: client.users.contacts.unblock(id))
    Output(look).result({"id": done.id, "blocked": False}, f"unblocked {done.id}")


def _one_of(**values: str | None) -> None:
    if sum(value is not None for value in values.values()) != 1:
        names = ["ID", *(f"--{name.replace('_', '-')}" for name in values if name != "id")]
        raise UsageError(f"say which contact, by one of {', '.join(names)}")


async def _retrieve(client: AsyncFeaturebase, id: str | None, user_id: str | None) -> Contact:
    contacts = client.users.contacts
    with _looking_for(id, user_id):
        return await (contacts.retrieve(id) if id is not None else contacts.by_user_id.retrieve(user_id or ""))


@contextmanager
def _looking_for(id: str | None, user_id: str | None = None) -> Generator[None]:
    """Say that a contact is missing in the words of who looks for it."""
    try:
        yield
    except BadRequestError as error:
        if id is None or error.code != "invalid_id":
            raise
        text = f"{id} is no id of Featurebase; if it is one of your own: featurebase contacts get --user-id {quote(id)}"
        raise CommandError(text) from None
    except NotFoundError as error:
        if error.code != "contact_not_found":
            raise
        name = f"id {id}" if id is not None else f"user id {user_id}"
        raise CommandError(f"there is no contact with the {name}") from None


def _show(output: Output, contact: Contact) -> None:
    row: dict[str, Any] = plain(contact)
    shown = {**row, "companies": _names(row.get("companies"))}
    hidden = LISTS["contacts"].hidden
    pairs = [
        (name, cell(value)) for name, value in shown.items() if name not in hidden and value not in (None, "", [], {})
    ]
    output.result(row, output.table(("field", "value"), pairs))


def _names(companies: object) -> object:
    """Name companies by the ids of one's own system; what the API sends is taken as it comes, and may be anything."""
    if not is_array(companies):
        return companies
    return ", ".join(f"{each.get('name')} ({each.get('company_id')})" for each in companies if is_object(each))
