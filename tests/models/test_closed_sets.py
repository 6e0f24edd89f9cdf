"""Sets that are open when read are closed when written."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from msgspec import UNSET, UnsetType

from featurebase_async import InvalidRequestError
from featurebase_async.models._base import known_values, open_set
from featurebase_async.models._input import Input

Size = open_set("s", "m", "l")


class Order(Input, kw_only=True, frozen=True):
    size: Size | UnsetType | None = UNSET
    sizes: Sequence[Size] | UnsetType = UNSET
    amounts: Mapping[Size, int] | UnsetType = UNSET
    note: str | UnsetType = UNSET


class Basket(Input, kw_only=True, frozen=True):
    order: Order | UnsetType = UNSET


def test_a_set_is_found_inside_of_a_type() -> None:
    assert known_values(Size) == known_values(Sequence[Size] | None) == ("s", "m", "l")
    assert known_values(Mapping[str, int]) == ()


@pytest.mark.parametrize(
    "given",
    [{}, {"size": "m"}, {"size": None}, {"sizes": ["s", "l"]}, {"sizes": set()}, {"amounts": {"m": 1}}, {"note": "x"}],
)
def test_known_values_pass(given: Any) -> None:
    assert Order(**given).to_json()


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"size": "xl"}, "size"),
        ({"size": 7}, "size"),
        ({"sizes": ["s", "xl"]}, "sizes"),
        ({"amounts": {"xl": 1}}, "amounts"),
    ],
)
def test_other_values_are_refused_by_name(given: Any, param: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"^{param} must be one of s, m, l$") as caught:
        Order(**given).to_json()
    assert caught.value.param == param


def test_a_value_deeper_down_is_named_by_its_path() -> None:
    with pytest.raises(InvalidRequestError, match=r"order\.size must be one of") as caught:
        Basket(order={"size": "xl"}).to_json()
    assert caught.value.param == "order.size"
