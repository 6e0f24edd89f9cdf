"""Which way imports look: down, and each module can be imported first."""

import ast
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from house.package import NAME, modules, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

# From the ground up. A module imports from levels below its own only, also inside functions; what stands under
# TYPE_CHECKING is free. A name counts for the module and all inside it, the longest name that fits decides. The empty
# name is the package itself.
LEVELS = (
    {"_typing", "_version"},
    {"errors"},
    {"_core", "_core.tasks"},
    {"_core.edge", "_core.moments", "_core.watch", "options"},
    {"_core.budget", "_core.multipart"},
    {"models"},
    {"_core.decode", "_core.request"},
    {"_core.reply"},
    {"_core.exchange", "_core.pacing", "_core.retry", "_core.transport"},
    {"_core.limits"},
    {"_core.session"},
    {"_core.sender"},
    {"_core.walk"},
    {"paging", "reports"},
    {"bulk"},
    {"resources._base"},
    {"resources", "resources.email_preferences"},
    {
        "resources.companies",
        "resources.contacts",
        "resources.conversations",
        "resources.posts",
        "resources.tickets",
    },
    {"resources.feedback", "resources.support"},
    {"resources.tree"},
    {"client"},
    {"identity", "sandbox", "webhooks"},
    {""},
    {"cli", "pytest_plugin"},
)
# Packages of one concern, whose modules import each other as they need.
OPEN_INSIDE = {"cli", "models", "sandbox", "webhooks"}
# What is on a level below and still none of a module's business: a call knows no endpoint, an endpoint no policy, the
# sandbox is no part of the client, and the command line lives on what all users have.
NEVER = {
    "_core": {"models"},
    "resources": {"_core"},
    "identity": {"_core", "client", "models", "resources"},
    "sandbox": {"_core", "client", "errors", "models", "options", "paging", "bulk", "resources"},
    "webhooks": {"_core", "client", "options", "paging", "bulk", "reports", "resources"},
    "cli": {"_core", "resources"},
}
BUT = {
    ("resources", "_core.decode"),
    ("resources", "_core.multipart"),
    ("resources", "_core.request"),
    ("resources", "_core.tasks"),
    ("resources._base", "_core.moments"),
    ("resources._base", "_core.sender"),
    ("webhooks", "_core.decode"),
}
SPEAKS_AIOHTTP = {"_core.transport", "sandbox", "webhooks.on_aiohttp"}


def within(module: str, name: str) -> bool:
    """Tell whether a module is the named one or inside it."""
    return module == name or (bool(name) and module.startswith(f"{name}."))


def place(module: str) -> tuple[int, str]:
    """Give the level of a module and the name that it goes by there."""
    places = [(level, name) for level, names in enumerate(LEVELS) for name in names if within(module, name)]
    assert places, f"{module} has no place in the table"
    return max(places, key=lambda place: len(place[1]))


def may_import(module: str, other: str) -> bool:
    """Tell whether a module may import another one."""
    (level, name), (other_level, other_name) = place(module), place(other)
    if name == other_name and name in OPEN_INSIDE:
        return True
    if any(within(module, who) and within(other, what) for who, what in BUT):
        return True
    never = (what for who, names in NEVER.items() if within(module, who) for what in names)
    return other_level < level and not any(within(other, what) for what in never)


def is_type_checking(node: ast.AST) -> bool:
    """Tell whether a statement is `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def imported(node: ast.AST, module: str) -> "Iterator[str]":
    """Give the full names of all that is imported at run time below a node."""
    for child in ast.iter_child_nodes(node):
        if is_type_checking(child):
            yield from (name for statement in child.orelse for name in imported(statement, module))
        elif isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from (f"{source(child, module)}.{alias.name}" for alias in child.names)
        else:
            yield from imported(child, module)


def source(statement: ast.ImportFrom, module: str) -> str:
    """Give the full name of what a `from ... import` imports from."""
    if not statement.level:
        return statement.module or ""
    parts = f"{NAME}.{module}".rstrip(".").split(".")
    depth = statement.level - (modules()[module].name == "__init__.py")
    return ".".join(parts[: len(parts) - depth] + ([statement.module] if statement.module else []))


def own_imports(module: str) -> set[str]:
    """Give the modules of the package that a module imports, by their names within it."""
    found = {name.removeprefix(NAME).removeprefix(".") for name in imported(tree(module), module) if within(name, NAME)}
    return {next(known for known in lineage(name) if known in modules()) for name in found} - {module}


def lineage(name: str) -> "Iterator[str]":
    """Give a name and those of all that it is inside, innermost first: `from a import b` may name a module or not."""
    parts = name.split(".")
    yield from (".".join(parts[:length]) for length in range(len(parts), -1, -1))


@pytest.mark.parametrize("module", modules())
def test_imports_only_look_down(module: str) -> None:
    assert [other for other in sorted(own_imports(module)) if not may_import(module, other)] == []


@pytest.mark.parametrize("module", modules())
def test_aiohttp_is_spoken_in_few_places(module: str) -> None:
    speaks = any(within(name, "aiohttp") for name in imported(tree(module), module))
    assert not speaks or any(within(module, name) for name in SPEAKS_AIOHTTP)


def test_every_module_has_a_place_and_the_table_names_none_that_is_gone() -> None:
    assert all(place(module) for module in modules())
    assert set().union(*LEVELS) <= set(modules())


ALONE = """
import importlib, sys, traceback
name, failed = sys.argv[1], False
for module in sys.argv[2:]:
    for known in [known for known in sys.modules if known.partition(".")[0] == name]:
        del sys.modules[known]
    try:
        importlib.import_module(module)
    except Exception:
        failed = True
        traceback.print_exc()
sys.exit(failed)
"""


@pytest.mark.thorough
def test_each_module_can_be_imported_first() -> None:
    """Other libraries stay imported from one to the next: only the package's own circles are looked for."""
    names = [f"{NAME}.{module}".rstrip(".") for module in modules() if not module.endswith("__main__")]
    command = [sys.executable, "-P", "-c", ALONE, NAME, *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
