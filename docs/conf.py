"""The settings of Sphinx, and how the reference is made from the docstrings."""

import re
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import msgspec.inspect as shapes
from sphinx.domains.python import PyObject
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

import featurebase_async
from featurebase_async import (
    Attempt,
    BulkProgress,
    BulkReport,
    BulkStream,
    Drift,
    EnsuredWebhook,
    Input,
    Model,
    Page,
    Pager,
    RecordedExchange,
    RowResult,
    Stats,
    Window,
    webhooks,
)
from featurebase_async.models._base import known_values
from featurebase_async.resources._base import Resource
from featurebase_async.sandbox import Connections, Delivery, Fault

if TYPE_CHECKING:
    from docutils.nodes import Node
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
html_static_path = ["_static"]
html_css_files = ["phone.css"]
html_title = f"featurebase_async {release}"
pygments_dark_style = "github-dark"

myst_heading_anchors = 3
copybutton_prompt_text = "$ "
copybutton_line_continuation_character = "\\"

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
add_module_names = False
python_maximum_signature_line_length = 80
python_use_unqualified_type_names = True
napoleon_use_ivar = True
napoleon_numpy_docstring = False

GIVEN = (
    Attempt,
    BulkProgress,
    BulkReport,
    BulkStream,
    Connections,
    Delivery,
    Drift,
    EnsuredWebhook,
    Page,
    Pager,
    RecordedExchange,
    Resource,
    RowResult,
    webhooks.Sample,
    Stats,
    webhooks.WebhookEvent,
    Window,
)
"""What users get and never make: how it is made is of no interest to them."""


def tidy_signature(
    _app: "Sphinx", what: str, _name: str, item: Any, _options: Any, signature: str | None, returns: str | None
) -> tuple[str, str | None] | None:
    """Leave out the signature of what users don't make, and of what has its fields listed; name aliases alone."""
    if what == "exception" or (what == "class" and issubclass(item, (*GIVEN, Fault, Input, Model))):
        return "", None
    if signature is None:
        return None
    return re.sub(r"TypeAliasForwardRef\('([\w.]+)'\)", r"\1", signature), returns


SOUGHT = {
    "explanations/at-least-once": "duplicates, exactly once, idempotency",
    "explanations/windows-and-lanes": "token bucket, leaky bucket",
    "how-to/bulk": "import, batch, csv, pandas, polars, migration, upsert",
    "how-to/changelogs": "release notes, release pipeline, newsletter",
    "how-to/command-line": "cli, terminal, shell, excel, xlsx, spreadsheet, parquet, encoding, umlaut, decimal comma, "
    "date format, dry run",
    "how-to/conversations": "messages, inbox, chat, support",
    "how-to/deployment": "docker, kubernetes, gunicorn, uvicorn, celery, fork, lambda, serverless, proxy, ssl, "
    "windows, pyinstaller, nuitka, zipapp, multiprocessing, production",
    "how-to/doctor": "permissions, api key, diagnosis, health check, status",
    "how-to/duplicates": "duplicates, merge, deduplicate, similar posts",
    "how-to/errors": "exceptions, retry, backoff, timeout, idempotency, 401, 403, 404, 500, 503",
    "how-to/help-center": "articles, knowledge base, backup",
    "how-to/many-processes": "redis, workers, distributed, airflow, arq, celery",
    "how-to/observe": "logging, debug, metrics, tracing, opentelemetry, prometheus, monitoring, hooks, raw response",
    "how-to/pacing": "429, rate limit, rate limiting, throttle, throttling, quota, too many requests, priority",
    "how-to/paging": "pagination, cursor, iterate, generator, export, pandas, warehouse, sqlite, etl",
    "how-to/posts": "feedback, votes, voters, comments, export posts",
    "how-to/publish-openapi": "openapi, swagger, ci, github actions",
    "how-to/search": "filter, query, find, where",
    "how-to/sync-code": "sync, blocking, synchronous, script, flask, django, celery, jupyter, notebook, thread",
    "how-to/sync": "nightly, incremental, diff, delta, state, plan, cron, sql, resume",
    "how-to/tenants": "multi-tenant, saas",
    "how-to/testing": "pytest, unittest, xdist, autospec, "
    "mock, fixture, fake server, unit test, sandbox, aioresponses, playwright",
    "how-to/tickets": "upload, attachment, multipart",
    "how-to/training-data": "markdown, ai, agent, pdf, knowledge base",
    "how-to/web-apps": "fastapi, starlette, litestar, django ninja, pydantic, sso, jwt, single sign-on, user hash",
    "how-to/webhooks": "webhook, signature, events, redis, csrf",
    "index": "install, pip, pypi, conda, poetry, uv, windows",
    "reference/models": "mypy, pyright, typing, type checker, typeddict, pydantic, unset",
    "reference/options": "configuration, settings",
    "tutorial": "quickstart, getting started, example, api key, environment variables",
    "typescript": "node, javascript, sdk, migrate",
}
"""What people type into the search of the documentation, by the page that they should find."""


def enter_sought(_app: "Sphinx", page: str, source: list[str]) -> None:
    """Enter what is sought into the index, which the search looks at first; it takes no number from a text."""
    if page in SOUGHT:
        main = ", ".join(f"! {name}" for name in SOUGHT[page].split(", "))  # those come first
        source[0] = f"```{{index}} {main}\n```\n\n{source[0]}"


NAMES = {
    shapes.AnyType: "Any",
    shapes.BoolType: "bool",
    shapes.DateTimeType: "datetime",
    shapes.DateType: "date",
    shapes.DictType: "dict",
    shapes.FloatType: "float",
    shapes.IntType: "int",
    shapes.NoneType: "None",
    shapes.StrType: "str",
}


def bounds(shape: Any) -> str:
    """Return the limits of a type, for a person."""
    least, most = getattr(shape, "min_length", None), getattr(shape, "max_length", None)
    unit = "items" if isinstance(shape, shapes.CollectionType) else "characters"
    if least is not None and most is not None:
        return f"{least} to {most} {unit}"
    if most is not None:
        return f"up to {most} {unit}"
    lowest, highest = getattr(shape, "ge", None), getattr(shape, "le", None)
    if lowest is not None and highest is not None:
        return f"{lowest:g} to {highest:g}"
    return f"from {lowest:g}" if lowest is not None else ""


def type_of(shape: Any) -> tuple[str, str]:
    """Return the name of a type and its limits."""
    limit = bounds(shape)
    match shape:
        case shapes.Metadata(extra={"values": values}):
            name = " | ".join(f'"{value}"' for value in values)
        case shapes.LiteralType(values=values):
            name = " | ".join(f'"{value}"' for value in values)
        case shapes.Metadata(extra={"unknown": _}):
            name = "ConversationPart"
        case shapes.UnionType(types=types):
            parts = [type_of(part) for part in sorted(types, key=lambda part: isinstance(part, shapes.NoneType))]
            name = " | ".join(part for part, _ in parts)
            limit = next((limit for _, limit in parts if limit), "")
        case shapes.ListType() | shapes.CollectionType():
            name = f"list[{type_of(shape.item_type)[0]}]"
        case shapes.StructType():
            name = shape.cls.__name__
        case _:
            name = NAMES[type(shape)]
    return name, limit


def list_fields(_app: "Sphinx", what: str, _name: str, item: Any, _options: Any, lines: list[str]) -> None:
    """Name every field of a model in the section on its attributes, with its type and limits."""
    if what != "class" or not issubclass(item, (Model, Input)) or item in (Model, Input):
        return
    text = "\n".join(lines)
    head, _, section = text.partition("Attributes:\n")
    texts = dict(re.findall(r"^ {4}(\w+): ((?:.|\n {8,})*)", section, re.MULTILINE))
    info = shapes.type_info(item)
    entries: list[str] = []
    for field in info.fields:
        name, limit = type_of(field.type)
        if issubclass(item, Model) and not field.required:
            name += " | UNSET"
        if issubclass(item, Input) and field.required:
            limit = f"needed, {limit}"
        words = [texts.get(field.name, "").strip(), f"{limit[:1].upper()}{limit[1:]}." if limit else ""]
        entries.append(f"    {field.name} ({name}): {' '.join(word for word in words if word)}".rstrip())
    lines[:] = [*head.rstrip().split("\n"), "", "Attributes:", *entries, ""]


def values_of(kind: Any) -> tuple[str, ...]:
    """Return the values of a set, none if a type is something else."""
    return get_args(kind) if get_origin(kind) is Literal else known_values(kind)


SETS = {
    name: values
    for name in featurebase_async.__all__
    if not isinstance(getattr(featurebase_async, name), type)
    and (values := values_of(getattr(featurebase_async, name)))
}
"""The public sets of values, by their names."""

autodoc_type_aliases = {
    name: f"featurebase_async.{name}"
    for name in (*SETS, "CustomFieldValue", "PostFieldValue", "TicketFieldValue", "SearchQuery")
}


class Sets(SphinxDirective):
    """List every public set of values, with its values."""

    def run(self) -> "list[Node]":
        """Make an entry for each, to which signatures link."""
        lines: list[str] = []
        for name, values in SETS.items():
            lines += [f".. py:type:: featurebase_async.{name}", "", f"   ``{'``, ``'.join(values)}``", ""]
        return self.parse_text_to_nodes("\n".join(lines))


def one_line(_app: "Sphinx", what: str, _name: str, _thing: Any, _options: Any, lines: list[str]) -> None:
    """Keep napoleon from taking what stands before a colon for the type of an attribute."""
    if what in {"attribute", "property"} and lines:
        lines[0] = lines[0].replace(": ", " – ", 1)  # noqa: RUF001 -- a dash, as in lists of fields


def tidy(_app: "Sphinx", _what: str, _name: str, _thing: Any, _options: Any, lines: list[str]) -> None:
    """Part names from the s of their plural, as reStructuredText wants, and take type variables by their name alone."""
    for number, line in enumerate(lines):
        lines[number] = re.sub(r"(`\w+`)s\b", r"\1\\ s", line).replace("featurebase_async.bulk.report.T", "T")


def all_are_listed(_app: "Sphinx", env: Any) -> None:
    """Fail where a public name is missing in the reference, or a page that is sought is not there."""
    if left := SOUGHT.keys() - env.found_docs:
        raise ExtensionError(f"no such pages: {', '.join(sorted(left))}")
    listed = env.domains.python_domain.objects
    constants = {"UNSET", "UnsetType", "__version__", "identity", "models", "webhooks"}
    names = [name for name in featurebase_async.__all__ if name not in constants]
    names += [f"webhooks.{name}" for name in webhooks.__all__]
    if left := sorted(name for name in names if f"featurebase_async.{name}" not in listed):
        raise ExtensionError(f"not in the reference: {', '.join(left)}")


def setup(app: "Sphinx") -> None:
    """Hook the above in; what is for napoleon to read comes before it."""
    for section in PyObject.doc_field_types:
        if section.name == "variable":
            section.label = "Fields"
    app.add_directive("sets-of-values", Sets)
    app.connect("source-read", enter_sought)
    app.connect("autodoc-process-signature", tidy_signature)
    app.connect("autodoc-process-docstring", list_fields, priority=400)
    app.connect("autodoc-process-docstring", one_line, priority=400)
    app.connect("autodoc-process-docstring", tidy)
    app.connect("env-check-consistency", all_are_listed)
