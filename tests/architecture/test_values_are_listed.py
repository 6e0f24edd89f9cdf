"""Who reads `help()` finds the values that an argument takes, or the name of the type that lists them."""

import inspect
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

import featurebase_async
from architecture.test_annotations import RESOURCES, callables
from featurebase_async.models._base import known_values

pytestmark = pytest.mark.one_python

# Longer sets are on their page of the reference only.
MOST_IN_A_DOCSTRING = 16


def values_of(kind: Any) -> tuple[str, ...]:
    """Return the values of a set; none if a type is something else."""
    return (
        get_args(kind) if get_origin(kind) is Literal else known_values(kind) if hasattr(kind, "__metadata__") else ()
    )


def sets_in(kind: Any) -> Iterator[tuple[str, ...]]:
    """Return the sets of values inside of a type."""
    found = values_of(kind)
    if found:
        yield found
    else:
        for part in get_args(kind):
            yield from sets_in(part)


SETS = {
    values_of(value): name
    for name in featurebase_async.__all__
    if not inspect.isclass(value := getattr(featurebase_async, name)) and values_of(value)
}
METHODS = {
    name: method
    for module in RESOURCES
    for name, method in callables(module).items()
    if inspect.isfunction(method) and method.__doc__ and not name.endswith("__init__")
}


@pytest.mark.parametrize("name", METHODS)
def test_the_values_of_an_argument_are_listed(name: str) -> None:
    method = METHODS[name]
    text = inspect.getdoc(method) or ""
    for argument, kind in get_type_hints(method, include_extras=True).items():
        for values in sets_in(kind) if argument != "return" else ():
            listed = [value for value in values if f"`{value}`" in text]
            if len(values) > MOST_IN_A_DOCSTRING:
                assert f"`{SETS[values]}`" in text, argument
            else:
                assert listed == list(values), argument


def test_enough_is_looked_at() -> None:
    assert len(SETS) > 50
    assert len(METHODS) > 120


def test_the_sets_are_public() -> None:
    named = {"PostSort", "WebhookTopic", "Locale", "AuditLogAction", "ContactSort", "ReportOperator"}
    assert named <= set(SETS.values())
