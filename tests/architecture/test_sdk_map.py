"""The page for those who come from the TypeScript SDK names every call of the tree, and nothing else."""

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from featurebase_async import AsyncFeaturebase

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.one_python

PAGE = (Path(__file__).parents[2] / "docs" / "typescript.md").read_text(encoding="utf-8")
SECTION = re.compile(
    r"^### `client\.([\w.]+)`\n+(?:In TypeScript `client\.([\w.]+)`\.\n)?((?:(?!#).*\n)*)", re.MULTILINE
)
ROW = re.compile(r"^\| `(\w+)` \| `(\w+)` \| `([\w\[\]]+)` \|$", re.MULTILINE)
ONLY_HERE = re.findall(r"^\| `([\w.]+)` \|", PAGE.partition("## Only here")[2], re.MULTILINE)
# The two of the SDK that delete a comment.
NUMBERED = {"feedback.comments.delete0", "feedback.comments.delete1"}


class Mapped(NamedTuple):
    """A row of the page, with whole names."""

    theirs: str
    ours: str
    gives: str


def mapped() -> "Iterator[Mapped]":
    """Read the page."""
    for ours, theirs, rows in SECTION.findall(PAGE):
        for their_method, our_method, gives in ROW.findall(rows):
            yield Mapped(f"{theirs or ours}.{their_method}", f"{ours}.{our_method}", gives)


MAPPED = list(mapped())


@pytest.fixture
async def client() -> AsyncFeaturebase:
    """Return a client that sends nothing."""
    return AsyncFeaturebase("sk_test")


def calls(node: Any, name: str = "") -> "Iterator[str]":
    """Return the names of all methods below a node of the tree."""
    for each in dir(type(node)):
        found = None if each.startswith("_") else getattr(node, each)
        if type(found).__module__.startswith("featurebase_async.resources"):
            yield from calls(found, f"{name}{each}.")
        elif name and callable(found):
            yield f"{name}{each}"


def method(client: AsyncFeaturebase, name: str) -> Any:
    """Return a method of the tree by its name."""
    found: Any = client
    for part in name.split("."):
        found = getattr(found, part)
    return found


def camel(name: str) -> str:
    """Return the name that the SDK has for a call."""
    joined = re.sub(r"_(\w)", lambda found: found[1].upper(), name)
    return re.sub(r"(Url|Id)\b", lambda found: found[1].upper(), joined)


def test_the_page_has_all_calls_of_the_sdk() -> None:
    assert len(MAPPED) == 123
    assert len({row.theirs for row in MAPPED}) == 123


@pytest.mark.parametrize("row", MAPPED)
def test_names_differ_in_their_case_only(row: Mapped) -> None:
    assert camel(row.ours) == (row.theirs[:-1] if row.theirs in NUMBERED else row.theirs)


@pytest.mark.parametrize("row", MAPPED)
async def test_a_row_names_a_call_and_what_it_gives(client: AsyncFeaturebase, row: Mapped) -> None:
    found = inspect.signature(method(client, row.ours)).return_annotation
    assert found.removeprefix("builtins.") == row.gives


async def test_every_call_of_the_tree_is_on_the_page(client: AsyncFeaturebase) -> None:
    ours = {row.ours for row in MAPPED}
    assert ours.isdisjoint(ONLY_HERE)
    assert len(set(ONLY_HERE)) == len(ONLY_HERE)
    assert sorted(calls(client)) == sorted({*ours, *ONLY_HERE})
