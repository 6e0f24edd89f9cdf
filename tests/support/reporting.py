"""What tools that report errors show of frames and their locals."""

import json
import linecache
import re
import traceback
from functools import cache
from typing import Any

import rich.traceback
import sentry_sdk
import structlog
from sentry_sdk.utils import event_from_exception


@cache
def sentry_options() -> dict[str, Any]:
    """Return the default options of Sentry; a client costs more than what it sends."""
    return sentry_sdk.Client(dsn="https://key@sentry.example/1").options


def by_sentry(error: BaseException) -> str:
    """Return what Sentry would send, by its default options."""
    event, _ = event_from_exception(error, client_options=sentry_options())
    return json.dumps(event, default=repr)


def by_rich(error: BaseException) -> str:
    """Return what rich prints of frames and their locals; to lay it out takes a hundred times as long."""
    trace = rich.traceback.Traceback.extract(
        type(error), error, error.__traceback__, show_locals=True, locals_max_length=100, locals_max_string=None
    )
    frames = [frame for stack in trace.stacks for frame in stack.frames]
    shown = [
        f"{frame.filename} {frame.name} {name} = {value}"
        for frame in frames
        for name, value in (frame.locals or {}).items()
    ]
    return "\n".join([*(f"{stack.exc_type}: {stack.exc_value}" for stack in trace.stacks), *shown])


def by_structlog(error: BaseException) -> str:
    """Return what `dict_tracebacks` logs."""
    transform = structlog.tracebacks.ExceptionDictTransformer(
        show_locals=True, locals_max_length=1000, locals_max_string=10_000
    )
    return json.dumps(transform((type(error), error, error.__traceback__)), default=repr)


def by_traceback(error: BaseException) -> str:
    """Return what Python itself prints of frames and their locals, of all errors that led to this one."""
    texts: list[str] = []
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is not None:
            found = traceback.TracebackException(type(one), one, one.__traceback__, capture_locals=True)
            texts += found.format(chain=False)
            todo += [one.__cause__, one.__context__]
    return "".join(texts)


def by_source(error: BaseException) -> str:
    """Return what the attributes are that are named in the lines around each frame, as stackprinter does."""
    shown: list[str] = []
    for frame, number in traceback.walk_tb(error.__traceback__):
        name = frame.f_code.co_filename
        for line in range(number - 5, number + 3):
            for local, attribute in _ATTRIBUTE.findall(linecache.getline(name, line)):
                value = getattr(frame.f_locals.get(local), attribute, None)
                shown.append(f"{name}:{number} {local}.{attribute} = {value!r}")
    return "\n".join(shown)


_ATTRIBUTE = re.compile(r"\b(\w+)\.(\w+)\b(?!\()")
TOOLS = (by_sentry, by_rich, by_structlog, by_traceback)


def assert_hidden(error: BaseException, *secrets: str) -> None:
    """No tool shows a secret, but each shows frames of the client."""
    for tool in TOOLS:
        shown = tool(error)
        assert "featurebase_async" in shown
        for secret in secrets:
            at = shown.find(secret)
            assert at < 0, f"{tool.__name__}: {shown[max(0, at - 300) : at + 50]}"
