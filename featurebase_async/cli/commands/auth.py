"""`featurebase auth`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from cyclopts import App
from msgspec import UNSET

from featurebase_async import AsyncFeaturebase, PermissionDeniedError
from featurebase_async.cli.connection import ConnectionOptions, open_client, run
from featurebase_async.cli.output import Output, OutputOptions
from featurebase_async.client import API_VERSION, BASE_URL

if TYPE_CHECKING:
    from featurebase_async import Stats

__all__ = ["app"]

app: App = App(name="auth", help="The API key.")


@app.command
def status(*, access: ConnectionOptions | None = None, look: OutputOptions | None = None) -> None:
    """Say whether the key works, for which workspace, by which version of the API, and what is left of its limit."""
    access = access or ConnectionOptions()
    output = Output(look)

    async def ask(client: AsyncFeaturebase) -> tuple[list[str], str | None, Stats]:
        brands: list[str] = []
        try:
            brands = [brand.name for brand in await client.organization.brands.list().collect(max=10)]
        except PermissionDeniedError as error:
            output.note(f"the key works, and may not list the brands: {error.message}")
        contact = await client.users.contacts.list(contact_type="all").first()
        workspace = None if contact is None or contact.organization_id is UNSET else contact.organization_id
        return brands, workspace, client.stats()

    brands, workspace, stats = run(open_client(access), ask)
    window = stats.window
    result: dict[str, Any] = {
        "key": "--api-key" if access.api_key is not None else "FEATUREBASE_API_KEY",
        "base_url": access.base_url or os.environ.get("FEATUREBASE_BASE_URL") or BASE_URL,
        "workspace": workspace,
        "brands": brands,
        "version": API_VERSION,
        "limit": window.limit,
        "remaining": window.remaining,
        "resets_in": window.resets_in,
    }
    rows = [
        ("key", f"works ({result['key']})"),
        ("API", f"{result['base_url']}, version {result['version']}"),
        ("workspace", ", ".join(filter(None, [*brands, workspace and f"id {workspace}"])) or "not known"),
        ("limit", _limit(stats)),
    ]
    output.result(result, output.table(("", ""), rows))


def _limit(stats: Stats) -> str:
    window = stats.window
    if window.limit is None:
        return "the API did not say"
    resets = "" if window.resets_in is None else f" for the next {window.resets_in:.0f} s"
    return f"{window.remaining:,} of {window.limit:,} requests left{resets}"
