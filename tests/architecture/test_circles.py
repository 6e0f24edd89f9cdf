"""No modules import one another in a circle, inside functions and for types included, but for one pair."""

import ast

import pytest

from architecture.package import NAME, modules, tree

pytestmark = pytest.mark.one_python

PAIR = {"bulk.report", "errors"}
"""An error carries the report of its run, a report the errors of its rows: the first is for type checkers only."""


def imported_by(module: str) -> set[str]:
    """Return the modules of the package that a module imports, anywhere in it."""
    known = modules()
    found: set[str] = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name.partition(".")[2] in known else node.module for name in names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found |= {name.partition(".")[2] for name in names if name.partition(".")[0] == NAME}
    return (found & known.keys()) - {module}


def reached_from(module: str, graph: dict[str, set[str]]) -> set[str]:
    """Return the modules that can be reached over imports."""
    seen: set[str] = set()
    todo = [module]
    while todo:
        new = graph[todo.pop()] - seen
        seen |= new
        todo += new
    return seen


def test_no_circles_but_one_pair() -> None:
    graph = {module: imported_by(module) for module in modules()}
    assert {module for module in graph if module in reached_from(module, graph)} == PAIR
