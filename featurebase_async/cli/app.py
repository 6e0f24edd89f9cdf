"""The command: its groups, and how it ends.

Exit codes: 0 all was done, 1 something failed, 2 it was asked for wrongly (1 with --detailed-exit-code), 130 it was
interrupted by Ctrl-C, 143 it was by SIGTERM, 129 its terminal is gone (SIGHUP).
"""

from __future__ import annotations

import io
import os
import re
import sys
import traceback
from typing import TYPE_CHECKING

from cyclopts import App, Parameter
from cyclopts.exceptions import CycloptsError

from featurebase_async import (
    AuthenticationError,
    ConfigurationError,
    FeaturebaseError,
    InvalidRequestError,
    __version__,
)
from featurebase_async.cli.commands import (
    api,
    auth,
    companies,
    completion,
    contacts,
    demo,
    doctor,
    export,
    resources,
    sandbox,
    webhooks,
)
from featurebase_async.cli.debug import logged
from featurebase_async.cli.errors import CommandError, HungUp, Terminated, UsageError
from featurebase_async.cli.values import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["app", "run"]

INTERRUPTED = 130
TERMINATED = 143
HUNG_UP = 129

DETAILED = "--detailed-exit-code"
"""With this option 2 means that there are changes, so whatever is wrong is 1."""

app: App = App(
    name="featurebase",
    help="Featurebase from the command line: import contacts and companies, export and look at everything.",
    default_parameter=Parameter(negative=(), show_default=lambda value: None if value in (None, False) else str(value)),
    version=__version__,
    version_flags=["--version"],
    help_flags=["--help", "-h"],
)
app.command(contacts.app)
app.command(companies.app)
for _group in resources.resource_apps({"contacts": contacts.app, "companies": companies.app}):
    app.command(_group)
app["webhooks"].command(webhooks.send)
app.command(export.export)
app.command(api.api)
app.command(auth.app)
app.command(doctor.doctor)
app.command(sandbox.app)
app.command(demo.demo)
app.command(completion.completion_of(app))


def run(arguments: Sequence[str]) -> int:
    """Run a command line, print its errors in one line, and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a name that a terminal lacks the letters for stops nothing
    try:
        code = _call(arguments)
        sys.stdout.flush()
    except Terminated:
        return _fail("terminated", TERMINATED)
    except HungUp:
        return _fail("hung up", HUNG_UP)
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED)
    except BrokenPipeError:
        # Who read the output has had enough. Python would complain of it once more at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 -- people get a line, whatever it is
        wrongly_asked = isinstance(error, _WRONGLY_ASKED) and DETAILED not in arguments
        return _fail(_text_of(error), 2 if wrongly_asked else 1)
    return code


_WRONGLY_ASKED = (UsageError, CycloptsError, ConfigurationError, InvalidRequestError, UnicodeError)
_EXPECTED = (*_WRONGLY_ASKED, CommandError, FeaturebaseError)


def _call(arguments: Sequence[str]) -> int:
    command, bound, _ = app.parse_args(arguments, print_error=False, exit_on_error=False)
    with logged(on=getattr(bound.kwargs.get("access"), "debug", False)):
        code: object = command(*bound.args, **bound.kwargs)
    return code if isinstance(code, int) else 0


def _text_of(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if isinstance(error, UnicodeError):
        return "the file is not in the encoding that was given, or that its first bytes name"
    if isinstance(error, CycloptsError):
        # A slip of the pen may put the key where it is repeated.
        return re.sub(r"sk_\w+", "sk_***", str(error))
    if isinstance(error, _EXPECTED):
        return _of_options(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"this should not happen, please report it: {type(error).__name__} at {frame.filename}:{frame.lineno}"


def _of_options(error: Exception) -> str:
    """Name the options of the command line, where the client names its arguments or none."""
    if isinstance(error, AuthenticationError):
        return f"{error} (check FEATUREBASE_API_KEY or --api-key)"
    if not isinstance(error, ConfigurationError):
        return str(error)
    text = re.sub(r"[;(] *[^;(]*\ballow_http\b[^;)]*\)?", "", str(error)).strip()
    return re.sub(r"\b(api_key|base_url)\b", lambda name: f"--{name[0].replace('_', '-')}", text)


def _fail(text: str, code: int) -> int:
    sys.stderr.write(f"featurebase: {printable(' '.join(text.split()))}\n")
    return code
