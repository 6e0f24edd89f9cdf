"""The page for those who come from the TypeScript SDK names every call of the tree, and nothing else."""

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import AsyncFeaturebase

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[2] / "docs" / "typescript.md").read_text(encoding="utf-8")
MAPPED = re.findall(r"^\| `([\w.]+)` \| `([\w.]+)` \| `([\w.\[\]]+)` \|$", PAGE, re.MULTILINE)
ONLY_HERE = re.findall(r"^\| `([\w.]+)` \|", PAGE.partition("## Only here")[2], re.MULTILINE)
# The two of the SDK that delete a comment.
NUMBERED = {"feedback.comments.delete0", "feedback.comments.delete1"}


@pytest.fixture
async def client() -> AsyncFeaturebase:
    """Give a client that sends nothing."""
    return AsyncFeaturebase("sk_test")


def calls(node: Any, name: str = "") -> "Iterator[str]":
    """Give the names of all methods below a node of the tree."""
    for each in dir(type(node)):
        found = None if each.startswith("_") else getattr(node, each)
        if type(found).__module__.startswith("featurebase_async.resources"):
            yield from calls(found, f"{name}{each}.")
        elif name and callable(found):
            yield f"{name}{each}"


def method(client: AsyncFeaturebase, name: str) -> Any:
    """Give a method of the tree by its name."""
    found: Any = client
    for part in name.split("."):
        found = getattr(found, part)
    return found


def camel(name: str) -> str:
    """Give the name that the SDK has for a call."""
    joined = re.sub(r"_(\w)", lambda found: found[1].upper(), name)
    return re.sub(r"(Url|Id)\b", lambda found: found[1].upper(), joined)


def test_the_page_has_all_calls_of_the_sdk() -> None:
    assert len(MAPPED) == 123
    assert len({theirs for theirs, _, _ in MAPPED}) == 123


@pytest.mark.parametrize(("theirs", "ours", "_"), MAPPED)
def test_names_differ_in_their_case_only(theirs: str, ours: str, _: str) -> None:
    assert camel(ours) == (theirs[:-1] if theirs in NUMBERED else theirs)


@pytest.mark.parametrize(("theirs", "ours", "gives"), MAPPED)
async def test_a_row_names_a_call_and_what_it_gives(
    client: AsyncFeaturebase, theirs: str, ours: str, gives: str
) -> None:
    found = inspect.signature(method(client, ours)).return_annotation
    assert found.strip("'").removeprefix("builtins.") == gives, theirs


async def test_every_call_of_the_tree_is_on_the_page(client: AsyncFeaturebase) -> None:
    mapped = {ours for _, ours, _ in MAPPED}
    assert mapped.isdisjoint(ONLY_HERE)
    assert sorted(calls(client)) == sorted({*mapped, *ONLY_HERE})
    assert len(set(ONLY_HERE)) == len(ONLY_HERE)
