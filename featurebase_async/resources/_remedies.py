"""What users type instead of a name, from habits of other libraries, and what the error says to use."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import wraps
from inspect import iscoroutinefunction, isfunction
from typing import TYPE_CHECKING, Any

from featurebase_async.resources._whole_lists import as_whole_list

__all__ = ["ARGUMENTS", "METHODS", "Remedies"]

ARGUMENTS = {
    "limit": "page_size=... sets the items on a page, and pager.collect(max=...) ends early",
    "per_page": "page_size=... sets the items on a page",
    "page_limit": "page_size=... sets the items on a page",
    "max_results": "pager.collect(max=...) ends early",
    "cursor": "start=... takes a cursor, as pager.checkpoint gives it",
    "after": "start=... takes a cursor, as pager.checkpoint gives it",
    "starting_after": "start=... takes a cursor, as pager.checkpoint gives it",
    "page": "pages are counted by cursors: iterate pager.pages(), or start=... at one",
    "offset": "pages are counted by cursors: iterate the pager, or start=... at one",
}
"""Arguments of paged lists, and what to use."""

METHODS = {
    "add": ("create", "create_or_update", "attach"),
    "all": ("list",),
    "bulk_upsert": ("upsert_many",),
    "create": ("create_or_update",),
    "create_many": ("upsert_many",),
    "destroy": ("delete",),
    "edit": ("update", "create_or_update"),
    "fetch": ("retrieve", "list"),
    "find": ("search", "retrieve", "list"),
    "get": ("retrieve", "list"),
    "get_all": ("list",),
    "insert": ("create", "create_or_update"),
    "iter": ("list",),
    "list_all": ("list",),
    "modify": ("update", "create_or_update"),
    "patch": ("update", "create_or_update"),
    "query": ("search", "list"),
    "read": ("retrieve", "list"),
    "remove": ("delete",),
    "save": ("create_or_update", "create"),
    "show": ("retrieve",),
    "update": ("create_or_update",),
    "upsert": ("create_or_update", "ensure"),
}
"""Methods, and those to use: the first of them that there is."""


_CAPITAL = re.compile(r"(?<=[a-z])([A-Z])")


class Remedies:
    """Names the right method or argument where a wrong one is used."""

    def __init_subclass__(cls) -> None:
        """Let the lists of a resource say what is wrong with an argument, or with how they are iterated over."""
        super().__init_subclass__()
        for name, method in list(vars(cls).items()):
            if not isfunction(method) or name.startswith("_"):
                continue
            if iscoroutinefunction(method) and name.startswith("list"):
                setattr(cls, name, as_whole_list(_with_remedies(method)))
            elif "page_size" in _names_of(method):
                setattr(cls, name, _with_remedies(method))

    if not TYPE_CHECKING:  # checkers know what there is

        def __getattr__(self, name: str) -> Any:
            """Raise AttributeError with the remedy."""
            kind = type(self)
            text = f"{kind.__name__!r} object has no attribute {name!r}"
            snake = _CAPITAL.sub(r"_\1", name).lower()
            there = [member for member in dir(kind) if not member.startswith("_")]
            if snake.startswith("get_by_"):
                snake = snake.removeprefix("get_")
            for method in (snake, *METHODS.get(snake, ())):
                if method in there:
                    raise AttributeError(f"{text}; use {method}{'' if method.startswith('by_') else '(...)'}")
            near = [] if name.startswith("_") else get_close_matches(snake, there, 1, 0.75)
            text += f"; did you mean {near[0]}?" if near else ""
            raise AttributeError(text, name=name, obj=self)


def _names_of(method: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of the arguments of a method."""
    code = method.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _with_remedies(method: Callable[..., Any]) -> Callable[..., Any]:
    names = _names_of(method)

    @wraps(method)
    def checked(self: Remedies, *args: Any, **arguments: Any) -> Any:
        for name in arguments:
            if name not in names:
                raise TypeError(f"{method.__qualname__}() has no argument {name!r}{_remedy(self, name, names)}")
        return method(self, *args, **arguments)

    return checked


def _remedy(resource: Remedies, name: str, names: tuple[str, ...]) -> str:
    near = get_close_matches(name, names, 1, 0.7)
    if name in ARGUMENTS:
        return f"; {ARGUMENTS[name]}" if "page_size" in names else "; it gives the whole list in one response"
    if near:
        return f"; did you mean {near[0]}?"
    if hasattr(type(resource), "search"):
        return f"; search(query=Filter({name!r}) == ...) finds by a field"
    return f"; it takes {', '.join(names[1:]) or 'none'}"
