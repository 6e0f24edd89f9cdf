"""The public names, their docstrings, the size of what is behind them."""

import ast
import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import featurebase_async
from architecture.package import NAME, modules, tree
from featurebase_async._exports import MODELS, NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.one_python

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LONGEST_FUNCTION = 50
LONGEST_FILE = 400
TESTS = Path(__file__).parent.parent
RESOURCES = [name for name in modules() if name.startswith("resources.")]


def definitions(node: ast.AST) -> "Iterator[Definition]":
    """Return all classes and functions below a node."""
    return (child for child in ast.walk(node) if isinstance(child, (ast.ClassDef, *FUNCTIONS)))


def public(node: ast.Module | ast.ClassDef) -> "Iterator[Definition]":
    """Return the classes, functions and methods that users may see, without second declarations of one."""
    for child in node.body:
        if not isinstance(child, (ast.ClassDef, *FUNCTIONS)) or child.name.startswith("_"):
            continue
        marks = {ast.unparse(mark).rpartition(".")[2] for mark in child.decorator_list}
        if not marks & {"overload", "override", "setter"}:
            yield child
        if isinstance(child, ast.ClassDef):
            yield from public(child)


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function, its docstring left out."""
    assert function.end_lineno is not None
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    text = function.body[0]
    assert text.end_lineno is not None
    return lines - (text.end_lineno - text.lineno + 1)


def by_kind(name: str) -> tuple[int, str]:
    """Return the order of the public names: constants, classes, functions, as the linter has it."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def test_public_names_are_sorted() -> None:
    assert list(featurebase_async.__all__) == sorted(set(featurebase_async.__all__), key=by_kind)


def test_public_names_are_those_visible() -> None:
    inside = {name.partition(".")[0] for name in modules()}
    modules_only = inside - set(featurebase_async.__all__)
    visible = {name for name in dir(featurebase_async) if not name.startswith("_")} - modules_only
    assert visible == {name for name in featurebase_async.__all__ if not name.startswith("_")}
    for name in featurebase_async.__all__:
        assert getattr(featurebase_async, name) is not None


def seen_by_checkers(package: str) -> set[str]:
    """Return the names that a package imports for type checkers; a star stands for `__all__` of the module."""
    (block,) = [node for node in tree(package).body if isinstance(node, ast.If)]
    assert ast.unparse(block.test) == "TYPE_CHECKING"
    seen: set[str] = set()
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        assert node.module is not None
        if node.names[0].name != "*":
            seen |= {alias.name for alias in node.names if alias.name == alias.asname}
        elif node.module == f"{NAME}.models":
            seen |= seen_by_checkers("models")
        else:
            seen |= set(importlib.import_module(node.module).__all__)
    return seen


def test_type_checkers_see_the_public_names_and_no_others() -> None:
    assert seen_by_checkers("") == set(featurebase_async.__all__)
    assert seen_by_checkers("models") == set(featurebase_async.models.__all__)


def test_the_table_names_what_its_modules_do() -> None:
    """A model is registered twice: in `__all__` of its module, and in the table."""
    for table in (MODELS, NAMES):
        for module, names in table.items():
            if module.startswith(".") and module.strip("._") not in {"", "version"}:
                assert set(names.split()) <= set(importlib.import_module(module, NAME).__all__), module


def test_public_names_have_public_homes() -> None:
    """What is public names a module that is: in its `repr`, in pickles, in a traceback."""
    for name in featurebase_async.__all__:
        home = getattr(getattr(featurebase_async, name), "__module__", "")
        assert "._" not in home, name
        assert not home.startswith(NAME) or hasattr(importlib.import_module(home), name), name


def test_an_unknown_name_is_reported_as_python_does() -> None:
    with pytest.raises(AttributeError, match="module 'featurebase_async' has no attribute 'Contatc'"):
        getattr(featurebase_async, "Contatc")  # noqa: B009  a plain attribute would not pass the type checkers


@pytest.mark.parametrize("module", modules())
def test_everything_public_has_a_docstring(module: str) -> None:
    assert ast.get_docstring(tree(module))
    assert [node.name for node in public(tree(module)) if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("module", modules())
def test_functions_and_files_are_short(module: str) -> None:
    functions = [node for node in definitions(tree(module)) if isinstance(node, FUNCTIONS)]
    assert {node.name: length(node) for node in functions if length(node) > LONGEST_FUNCTION} == {}
    lines = modules()[module].read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST_FILE


def test_files_of_tests_are_short() -> None:
    lines = {path.name: path.read_text(encoding="utf-8").count("\n") for path in TESTS.rglob("*.py")}
    assert {name: count for name, count in lines.items() if count > LONGEST_FILE} == {}


def inputs(module: str) -> "Iterator[tuple[str, list[str], str]]":
    """Return each method of a resource that makes an Input of its keywords: its name, the keywords, the Input."""
    for owner in tree(module).body:
        if not isinstance(owner, ast.ClassDef):
            continue
        for method in owner.body:
            if not isinstance(method, FUNCTIONS) or method.name.startswith("_"):
                continue
            keywords = [argument.arg for argument in method.args.kwonlyargs]
            for call in ast.walk(method):
                if isinstance(call, ast.Call) and call.keywords and ast.unparse(call.func).endswith("Input"):
                    yield f"{owner.name}.{method.name}", keywords, ast.unparse(call.func)


def test_methods_name_every_field_of_their_input() -> None:
    found = [(module, *method) for module in RESOURCES for method in inputs(module)]
    assert found
    for module, method, keywords, struct in found:
        fields = getattr(importlib.import_module(f"{NAME}.{module}"), struct).__struct_fields__
        assert keywords == list(fields), method
