"""Who uses one group of calls does not pay for another: nothing of it is loaded."""

import json
import subprocess
import sys

import pytest

from architecture.package import NAME, modules

USE = """
import asyncio, json, sys
from featurebase_async import AsyncFeaturebase
from featurebase_async.sandbox import Sandbox

async def main():
    async with Sandbox() as sandbox, AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url) as client:
        {use}

asyncio.run(main())
print(json.dumps([*sys.modules]))
"""
CONTACTS = """
        contacts = client.users.contacts
        made = await contacts.create_or_update(email="ada@example.com")
        assert [contact.id async for contact in contacts.list()] == [made.id]
        await contacts.upsert_many([{"email": "bob@example.com"}])
        await contacts.email_preferences.retrieve(made.id)
"""
# What the users group shares with the others, and what is its own.
SHARED = {
    *("models._base", "models._input", "models.search"),
    *("resources._base", "resources._checks", "resources._remedies", "resources._whole_lists", "resources.groups"),
}
USERS = {
    "models.rows",
    "models.users",
    "resources._bulk",
    "resources._plans",
    "resources.contacts",
    "resources.email_preferences",
}


def loaded(use: str) -> set[str]:
    """Return the modules of groups that a fresh interpreter has loaded after a use, by their names in the package."""
    command = [sys.executable, "-P", "-c", USE.replace("{use}", use)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    names = {name.removeprefix(f"{NAME}.") for name in json.loads(done.stdout) if name.startswith(f"{NAME}.")}
    assert names <= set(modules())
    return {name for name in names if name.startswith(("models.", "resources.", "webhooks"))}


def test_contacts_load_no_other_group() -> None:
    assert loaded(CONTACTS) == SHARED | USERS


def test_a_client_that_was_not_used_loads_no_group() -> None:
    assert loaded("pass") <= SHARED


@pytest.mark.parametrize(
    ("use", "own"),
    [
        ("client.feedback.boards", {"models.shared", "resources.boards"}),
        ("client.webhooks", {"models.nested_rows", "models.webhooks", "resources.webhooks"}),
        ("client.organization.teams", {"models.organization", "models.shared", "resources.teams"}),
        ("client.surveys", {"models.surveys", "models.users", "resources.surveys"}),
    ],
)
def test_another_group_loads_what_it_is_made_of(use: str, own: set[str]) -> None:
    assert loaded(use) == SHARED | own
