"""The sandbox by command: prints its URL and key, and serves until it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import sys
from argparse import SUPPRESS
from typing import TYPE_CHECKING, get_args

from featurebase_async.sandbox.running import stop_signal
from featurebase_async.sandbox.sandbox import Sandbox
from featurebase_async.sandbox.seed import NAMES
from featurebase_async.sandbox.wire.errors import ErrorShape
from featurebase_async.sandbox.wire.options import (
    BadKey,
    ContactCompanies,
    CustomFields,
    EmailCase,
    ResetForm,
    ResponseFields,
    RetryAfterForm,
    Rounding,
    SecondEmail,
    UnpagedLimit,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None, *, prog: str = "python -m featurebase_async.sandbox") -> int:
    """Serve a sandbox until SIGINT or SIGTERM, and return the exit code; `prog` is what the user has typed."""
    options = vars(_parser(prog).parse_args(arguments))
    options["allowed_hosts"] = tuple(options["allowed_hosts"] or ())
    options["api_keys"] = tuple(options["api_keys"] or ("sk_sandbox",))
    seeds = {name: options.pop(name) for name in (*NAMES, "random_seed")}
    make = Sandbox.strict if options.pop("strict") else Sandbox
    try:
        sandbox = make(**options)
        sandbox.seed(**seeds)
        asyncio.run(_serve(sandbox))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


async def _serve(sandbox: Sandbox) -> None:
    stopped = stop_signal()
    async with sandbox:
        sys.stdout.write(f"url {sandbox.url}\nkey {sandbox.api_key}\n")
        sys.stdout.flush()
        await stopped.wait()


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=prog, description="Serve an in-memory fake Featurebase server on loopback.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
    parser.add_argument(
        "--allowed-host", dest="allowed_hosts", action="append", help="another host it serves; may be repeated"
    )
    parser.add_argument("--key", dest="api_keys", action="append", help="a key it knows; may be repeated (sk_sandbox)")
    limits = parser.add_argument_group("limits")
    limits.add_argument("--limit", dest="key_limit", type=int, default=2000, help="requests of a key in a window")
    limits.add_argument("--workspace-limit", type=int, default=3000, help="requests of all keys in a window")
    limits.add_argument("--window", type=float, default=60.0, help="seconds of a window")
    limits.add_argument("--no-rate-headers", dest="rate_headers", action="store_false", help="do not say the limits")
    limits.add_argument("--reset-form", choices=get_args(ResetForm), default=SUPPRESS, help="(epoch_seconds)")
    limits.add_argument("--reset-rounding", choices=get_args(Rounding), default=SUPPRESS, help="(up)")
    limits.add_argument("--retry-after", choices=get_args(RetryAfterForm), default="none")
    responses = parser.add_argument_group("responses")
    responses.add_argument("--error-shape", choices=get_args(ErrorShape), default="envelope")
    responses.add_argument("--cursor-lifetime", type=float, help="seconds until a cursor expires (never)")
    responses.add_argument("--latency", type=float, default=0.0, help="seconds before each response")
    responses.add_argument("--clock-offset", type=float, default=0.0, help="seconds by which the clock is ahead")
    doubts = parser.add_argument_group("what the documentation of the API leaves open")
    doubts.add_argument("--strict", action="store_true", help="the most hostile of each, unless it is given")
    doubts.add_argument("--bad-key", choices=get_args(BadKey), default=SUPPRESS, help="a 401 or a flat 403 (401)")
    doubts.add_argument("--bad-key-delay", type=float, default=SUPPRESS, help="seconds until a bad key is refused (0)")
    for name, kind, text in (
        ("contact-companies", ContactCompanies, "what the companies of an upsert do to those there are (replace)"),
        ("email-case", EmailCase, "how addresses are kept (keep)"),
        ("second-email", SecondEmail, "what an upsert with the e-mail of another contact does (create)"),
        ("custom-fields", CustomFields, "which custom fields are kept (keep)"),
        ("response-fields", ResponseFields, "which fields responses have (all)"),
        ("unpaged-limit", UnpagedLimit, "what lists that are not paged do with a limit (refuse)"),
    ):
        doubts.add_argument(f"--{name}", choices=get_args(kind), default=SUPPRESS, help=text)
    seeds = parser.add_argument_group("made-up data")
    for name in NAMES:
        seeds.add_argument(f"--{name.replace('_', '-')}", type=int, default=0)
    seeds.add_argument("--random-seed", type=int, default=0)
    return parser


if __name__ == "__main__":
    sys.exit(main())
