"""Annotations can be read at run time, on every public callable: by `inspect`, pydantic and the like."""

import asyncio
import importlib
import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, get_type_hints

import pydantic
import pytest

import featurebase_async
from architecture.package import NAME, modules
from featurebase_async import AsyncFeaturebase, FeaturebaseError, identity, models, sandbox, webhooks
from featurebase_async.sandbox import Sandbox

# What is called by the language rather than by name.
CALLED = {"__init__", "__call__", "__aenter__", "__aexit__", "__aiter__", "__anext__", "__enter__", "__exit__"}
RESOURCES = [importlib.import_module(f"{NAME}.{name}") for name in modules() if name.startswith("resources.")]
PUBLIC = [featurebase_async, models, webhooks, identity, sandbox, *RESOURCES]


def functions_of(kind: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Return the public methods and properties that a class defines."""
    for name, member in vars(kind).items():
        if name.startswith("_") and name not in CALLED:
            continue
        function = getattr(member, "__func__", None) or getattr(member, "fget", None) or member
        if inspect.isfunction(function):
            yield f"{kind.__name__}.{name}", function


def callables(module: ModuleType) -> dict[str, Any]:
    """Return the public functions and classes of a module, and the methods of the classes."""
    found: dict[str, Any] = {}
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.isfunction(value):
            found[name] = value
        elif inspect.isclass(value):
            found |= {name: value, **dict(functions_of(value))}
    return found


@pytest.mark.parametrize("module", PUBLIC, ids=lambda module: module.__name__)
def test_the_hints_of_every_public_callable_are_read(module: ModuleType) -> None:
    for name, value in callables(module).items():
        assert isinstance(get_type_hints(value, include_extras=True), dict), name
        if inspect.isfunction(value):
            assert inspect.signature(value, eval_str=True), name


def test_enough_is_looked_at() -> None:
    """The tests above would pass with nothing found."""
    found = [name for module in PUBLIC for name in callables(module)]
    assert len(found) > 700
    assert {"AsyncFeaturebase.request", "Contacts.list", "Pager.for_each", "RateLimitError", "user_hash"} <= set(found)


def test_the_hints_of_a_client_are_those_of_its_types() -> None:
    hints = get_type_hints(AsyncFeaturebase.__init__)
    assert "aiohttp.client.ClientSession" in str(hints["session"])
    assert "BulkReport" in str(get_type_hints(FeaturebaseError)["report"])


def test_reading_hints_is_what_loads_the_heavy_modules() -> None:
    code = """
import sys
from featurebase_async import AsyncFeaturebase, webhooks
AsyncFeaturebase("sk_key")
webhooks.aiohttp_handler
assert "aiohttp" not in sys.modules
from typing import get_type_hints
get_type_hints(AsyncFeaturebase.__init__)
assert "aiohttp" in sys.modules
"""
    subprocess.run([sys.executable, "-P", "-c", code], check=True)


def test_pydantic_validates_the_arguments_of_a_call() -> None:
    async def main(sandbox: Sandbox) -> None:
        async with AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url) as client:
            validate = pydantic.validate_call(config=pydantic.ConfigDict(arbitrary_types_allowed=True))
            retrieve = validate(client.users.contacts.retrieve)
            made = await client.users.contacts.create_or_update(email="ada@example.com")
            assert (await retrieve(made.id)).email == "ada@example.com"
            with pytest.raises(pydantic.ValidationError, match="valid string"):
                await retrieve(5)
            search = validate(client.feedback.posts.list)
            with pytest.raises(pydantic.ValidationError, match="sort_by"):
                search(sort_by="votes")

    with Sandbox() as sandbox:
        asyncio.run(main(sandbox))
