"""The modules of the installed package, for the tests that hold for all of them."""

import ast
from functools import cache
from pathlib import Path

import featurebase_async

NAME = featurebase_async.__name__
ROOT = Path(featurebase_async.__path__[0])


@cache
def modules() -> dict[str, Path]:
    """Return every module by its name within the package; the package itself has the empty name."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix("__init__").rstrip("."): path
        for path in sorted(ROOT.rglob("*.py"))
    }


@cache
def tree(module: str) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse(modules()[module].read_text(encoding="utf-8"))
