"""The settings of Sphinx, and how the reference is made from the docstrings."""

import re
from typing import TYPE_CHECKING, Any

import msgspec.inspect as shapes
from sphinx.domains.python import PyObject
from sphinx.errors import ExtensionError

import featurebase_async
from featurebase_async import (
    Attempt,
    BulkProgress,
    BulkReport,
    BulkStream,
    Drift,
    Input,
    Model,
    Page,
    Pager,
    RecordedExchange,
    RowResult,
    Stats,
    Window,
)
from featurebase_async.resources._base import Resource
from featurebase_async.sandbox import Fault

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "featurebase_async"
author = "featurebase_async contributors"
copyright = author
release = featurebase_async.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
exclude_patterns = ["_build"]
default_role = "code"
highlight_language = "text"

html_theme = "furo"
html_title = f"featurebase_async {release}"
html_static_path = ["_static"]
html_css_files = ["tables.css"]

myst_heading_anchors = 3
copybutton_prompt_text = "$ "

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
add_module_names = False
python_maximum_signature_line_length = 80
python_use_unqualified_type_names = True
napoleon_use_ivar = True
napoleon_numpy_docstring = False

GIVEN = (Attempt, BulkProgress, BulkReport, BulkStream, Drift, Page, Pager, RecordedExchange, Resource, RowResult, Stats, Window)
"""What users get and never make: how it is made is of no interest to them."""


def no_signature(_: "Sphinx", what: str, __: str, thing: Any, ___: Any, ____: Any, _____: Any) -> tuple[str, None] | None:
    """Leave out the signature of classes that users don't make, and of those whose fields are listed."""
    hidden = what == "class" and issubclass(thing, (*GIVEN, Fault, Input, Model))
    return ("", None) if hidden else None


def bounds(shape: Any) -> str:
    """Give the limits of a type, for a person."""
    least, most = getattr(shape, "min_length", None), getattr(shape, "max_length", None)
    unit = "items" if isinstance(shape, shapes.CollectionType) else "characters"
    if least is not None and most is not None:
        return f"{least} to {most} {unit}"
    if most is not None:
        return f"up to {most} {unit}"
    return f"from {shape.ge:g}" if getattr(shape, "ge", None) is not None else ""


def type_of(shape: Any) -> tuple[str, str]:
    """Give the name of a type and its limits; what a field may hold besides (UNSET) is not part of it."""
    match shape:
        case shapes.Metadata(type=inner, extra=extra):
            return (" | ".join(f'"{value}"' for value in extra["values"]) if extra else type_of(inner)[0]), ""
        case shapes.UnionType(types=types):
            parts = [type_of(part) for part in types if not isinstance(part, shapes.NoneType)]
            null = ["None"] if any(isinstance(part, shapes.NoneType) for part in types) else []
            return " | ".join([*(name for name, _ in parts), *null]), next((limit for _, limit in parts if limit), "")
        case shapes.ListType(item_type=item) | shapes.CollectionType(item_type=item):
            return f"list[{type_of(item)[0]}]", bounds(shape)
        case shapes.DictType():
            return "dict", ""
        case shapes.StructType(cls=cls):
            return cls.__name__, ""
        case shapes.DateTimeType():
            return "datetime", ""
    return {"StrType": "str", "IntType": "int", "FloatType": "float", "BoolType": "bool"}[type(shape).__name__], bounds(shape)


def list_fields(_: "Sphinx", what: str, __: str, thing: Any, ___: Any, lines: list[str]) -> None:
    """Name every field of a model in the section on its attributes, with its type and limits."""
    if what != "class" or not issubclass(thing, (Model, Input)) or thing in (Model, Input):
        return
    text = "\n".join(lines)
    head, _, section = text.partition("Attributes:\n")
    told = dict(re.findall(r"^ {4}(\w+): ((?:.|\n {8,})*)", section, re.MULTILINE))
    info = shapes.type_info(thing)
    entries: list[str] = []
    for field in info.fields:
        name, limit = type_of(field.type)
        if issubclass(thing, Model) and not field.required:
            name += " | UNSET"
        if issubclass(thing, Input) and field.required:
            limit = f"needed, {limit}"
        words = [told.get(field.name, "").strip(), f"{limit[:1].upper()}{limit[1:]}." if limit else ""]
        entries.append(f"    {field.name} ({name}): {' '.join(word for word in words if word)}".rstrip())
    lines[:] = [*head.rstrip().split("\n"), "", "Attributes:", *entries, ""]


def tidy(_: "Sphinx", __: str, ___: str, ____: Any, _____: Any, lines: list[str]) -> None:
    """Part names from the s of their plural, as reStructuredText wants, and take type variables by their name alone."""
    for number, line in enumerate(lines):
        lines[number] = re.sub(r"(`\w+`)s\b", r"\1\\ s", line).replace("featurebase_async.reports.T", "T")


def all_are_told(app: "Sphinx", env: Any) -> None:
    """Fail where a public name is missing in the reference."""
    told = {name for name, _ in env.domains.python_domain.objects.items()}
    constants = {"UNSET", "UnsetType", "__version__", "identity", "models"}
    missing = [name for name in featurebase_async.__all__ if f"featurebase_async.{name}" not in told]
    if left := sorted(set(missing) - constants):
        raise ExtensionError(f"not in the reference: {', '.join(left)}")


def setup(app: "Sphinx") -> None:
    """Hook the above in; the fields come before napoleon reads the sections."""
    for section in PyObject.doc_field_types:
        if section.name == "variable":
            section.label = "Fields"
    app.connect("autodoc-process-signature", no_signature)
    app.connect("autodoc-process-docstring", list_fields, priority=400)
    app.connect("autodoc-process-docstring", tidy)
    app.connect("env-check-consistency", all_are_told)
