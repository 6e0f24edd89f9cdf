"""The sandbox by command: prints its URL and key, and serves until it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, get_args

from featurebase_async.sandbox.sandbox import Sandbox
from featurebase_async.sandbox.seed import NAMES
from featurebase_async.sandbox.wire.errors import ErrorShape
from featurebase_async.sandbox.wire.options import ResetForm, RetryAfterForm, Rounding

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None, *, prog: str = "python -m featurebase_async.sandbox") -> int:
    """Serve a sandbox until SIGINT or SIGTERM, and return the exit code; `prog` is what the user has typed."""
    options = vars(_parser(prog).parse_args(arguments))
    options["allowed_hosts"] = tuple(options["allowed_hosts"] or ())
    options["api_keys"] = tuple(options["api_keys"] or ("sk_sandbox",))
    seeds = {name: options.pop(name) for name in (*NAMES, "random_seed")}
    try:
        sandbox = Sandbox(**options)
        sandbox.seed(**seeds)
        asyncio.run(_serve(sandbox))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


async def _serve(sandbox: Sandbox) -> None:
    enough = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows has no such handlers; there Ctrl-C ends the loop.
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, enough.set)
    async with sandbox:
        sys.stdout.write(f"url {sandbox.url}\nkey {sandbox.api_key}\n")
        sys.stdout.flush()
        await enough.wait()


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=prog, description="Serve a Featurebase in memory, on loopback.")
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
    limits.add_argument("--reset-form", choices=get_args(ResetForm), default="epoch_seconds")
    limits.add_argument("--reset-rounding", choices=get_args(Rounding), default="up")
    limits.add_argument("--retry-after", choices=get_args(RetryAfterForm), default="none")
    responses = parser.add_argument_group("responses")
    responses.add_argument("--error-shape", choices=get_args(ErrorShape), default="envelope")
    responses.add_argument("--cursor-lifetime", type=float, help="seconds until a cursor expires (never)")
    responses.add_argument("--latency", type=float, default=0.0, help="seconds before each response")
    responses.add_argument("--clock-offset", type=float, default=0.0, help="seconds by which the clock is ahead")
    seeds = parser.add_argument_group("made-up data")
    for name in NAMES:
        seeds.add_argument(f"--{name.replace('_', '-')}", type=int, default=0)
    seeds.add_argument("--random-seed", type=int, default=0)
    return parser


if __name__ == "__main__":
    sys.exit(main())
