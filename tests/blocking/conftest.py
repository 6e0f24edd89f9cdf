"""The sandbox and the blocking client of these tests."""

from typing import TYPE_CHECKING

import pytest

from featurebase_async.blocking import Featurebase
from featurebase_async.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sandbox() -> "Iterator[Sandbox]":
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def fb(sandbox: Sandbox) -> "Iterator[Featurebase]":
    with Featurebase(sandbox.api_key, base_url=sandbox.url) as fb:
        yield fb
