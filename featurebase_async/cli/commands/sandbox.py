"""`featurebase sandbox`."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from featurebase_async.cli.errors import CommandError, UsageError
from featurebase_async.cli.output import Output

if TYPE_CHECKING:
    from featurebase_async.sandbox import Sandbox

__all__ = ["app"]

app: App = App(name="sandbox", help="An in-memory fake Featurebase server on this machine, to try requests on.")

NO_RESPONSE = 5.0
"""Seconds after which a request is printed without a status: a fault has cut its connection."""

LOG_EVERY = 0.1
"""Seconds between two looks for requests to print."""


@Parameter(name="*", group="Made-up data")
@dataclass(frozen=True, kw_only=True)
class Seeds:
    """How much of what there is at the start."""

    contacts: int = 0
    """Customers."""
    companies: int = 0
    """Companies of customers."""
    leads: int = 0
    """People who have not signed up."""
    posts: int = 0
    """Posts with votes."""
    comments: int = 0
    """Comments of posts."""
    changelogs: int = 0
    """Changelogs."""
    collections: int = 0
    """Collections of the help center."""
    articles: int = 0
    """Articles of the help center."""
    surveys: int = 0
    """Surveys."""
    survey_responses: int = 0
    """Responses to surveys."""
    conversations: int = 0
    """Conversations."""
    tickets: int = 0
    """Tickets."""
    audit_logs: int = 0
    """Entries of the audit log."""
    random_seed: int = 0
    """The same number makes the same data."""


@app.command
def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    key: list[str] | None = None,
    limit: Annotated[int, Parameter(group="Limits")] = 2000,
    workspace_limit: Annotated[int, Parameter(group="Limits")] = 3000,
    window: Annotated[float, Parameter(group="Limits")] = 60.0,
    latency: Annotated[float, Parameter(group="Limits")] = 0.0,
    log: bool = False,
    seeds: Seeds | None = None,
) -> None:
    """Serve a sandbox until Ctrl-C. `python -m featurebase_async.sandbox` has the same with more options.

    Args:
        host: The address to listen on.
        port: The port to listen on; 0 takes a free one.
        key: A key that it knows, once for each; sk_sandbox by default.
        limit: Requests of a key in a window.
        workspace_limit: Requests of all keys in a window.
        window: Seconds of a window.
        latency: Seconds before each response.
        log: Print a line for each request.
    """
    from featurebase_async.sandbox import Sandbox

    counts = vars(seeds or Seeds())
    try:
        sandbox = Sandbox(
            api_keys=tuple(key or ("sk_sandbox",)),
            key_limit=limit,
            workspace_limit=workspace_limit,
            window=window,
            latency=latency,
            host=host,
            port=port,
        )
        sandbox.seed(**counts)
    except ValueError as error:
        raise UsageError(str(error).replace("key_limit", "--limit")) from None
    output = Output()
    try:
        asyncio.run(_serve(sandbox, output, log=log))
    except OSError as error:
        raise _in_words(error, host, port) from None


def _in_words(error: OSError, host: str, port: int) -> CommandError:
    if error.errno == errno.EADDRINUSE:
        return CommandError(f"port {port} is in use, perhaps by another sandbox; choose one with --port, or --port 0")
    if error.errno == errno.EACCES:
        return CommandError(f"port {port} may not be used; choose one above 1023 with --port")
    return CommandError(f"{host}:{port} can't be listened on: {error.strerror or error}")


async def _serve(sandbox: Sandbox, output: Output, *, log: bool) -> None:
    from featurebase_async.sandbox.running import stop_signal

    stopped = stop_signal()
    async with sandbox:
        export = "set" if os.name == "nt" else "export"
        output.note("a sandbox is running; stop it with Ctrl-C. In another terminal:")
        output.say(f"{export} FEATUREBASE_BASE_URL={sandbox.url}", f"{export} FEATUREBASE_API_KEY={sandbox.api_key}")
        sys.stdout.flush()
        printed = 0
        while not stopped.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), LOG_EVERY if log else None)
            printed = _print_log(sandbox, output, printed) if log else 0


def _print_log(sandbox: Sandbox, output: Output, printed: int) -> int:
    """Print the requests that have had their response since the last time, and return how many are printed by now."""
    entries = sandbox.log
    new = min(sandbox.requests - printed, len(entries))
    for entry in entries[len(entries) - new :]:
        if entry.status is None and sandbox.now() - entry.at < NO_RESPONSE:
            break
        at = time.strftime("%H:%M:%S", time.localtime(entry.at))
        query = f"?{entry.query}" if entry.query else ""
        output.note(f"{at}  {entry.status or '---'}  {entry.method} {entry.path}{query}")
        printed += 1
    return printed
