"""What is loaded when it is first used: modules that only annotations name, and the public names of a package."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["LazyModule"]


class LazyModule:
    """A module that is imported when a name is first read from it.

    Annotations are read at run time by `typing.get_type_hints`, `inspect.signature(eval_str=True)`, pydantic and
    others, which look names up in the globals of the module. Most types are imported there like anything else. A module
    that is too heavy for that (aiohttp), or that stands on a higher layer, is bound to this:

        if TYPE_CHECKING:
            import aiohttp
        else:
            aiohttp = LazyModule("aiohttp")
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)
