"""Unions of tagged objects: kinds to come are kept whole, and noted."""

from typing import Annotated, Any

import msgspec
import pytest
from msgspec import UNSET, Meta, Struct, UnsetType

from featurebase_async._core.decode import UnexpectedShapeError, decode_tolerantly, decoder_for
from featurebase_async.observability import Drift


class Cat(Struct, tag_field="kind", tag="cat"):
    lives: int


class Dog(Struct, tag_field="kind", tag="dog"):
    name: str | None = None


class UnknownPet(Struct):
    raw: dict[str, Any]


Pet = Annotated[Cat | Dog, Meta(extra={"unknown": UnknownPet})]


class Home(Struct):
    pets: list[Pet] | UnsetType = UNSET
    favourite: Pet | UnsetType | None = UNSET


def drift(path: str, found: str, expected: str = "cat | dog") -> Drift:
    return Drift(operation="homes.retrieve", path=path, found=found, expected=expected)


def look(raw: Any, kind: Any = Home) -> Any:
    return decode_tolerantly(msgspec.json.encode(raw), kind, "homes.retrieve")


def test_known_kinds_take_the_fast_path() -> None:
    body = b'{"pets": [{"kind": "dog", "name": "Rex"}, {"kind": "cat", "lives": 9}], "favourite": null}'
    assert decoder_for(Home).decode(body) == Home([Dog("Rex"), Cat(9)], None)


def test_a_kind_to_come_is_kept_beside_the_others() -> None:
    fish = {"kind": "fish", "fins": 2}
    home, drifts = look({"pets": [{"kind": "dog", "name": "Rex"}, fish], "favourite": fish})
    assert home == Home([Dog("Rex"), UnknownPet(fish)], UnknownPet(fish))
    assert drifts == [drift("pets[].kind", "fish"), drift("favourite.kind", "fish")]


@pytest.mark.parametrize(
    ("pet", "found"),
    [
        ({"name": "Rex"}, "nothing"),
        ({"kind": None}, "null"),
        ({"kind": ["dog"]}, "array"),
        ({"kind": "ada@example.com wrote"}, "another string"),
    ],
)
def test_an_object_without_a_kind_is_kept_too(pet: Any, found: str) -> None:
    assert look({"pets": [pet]}) == (Home([UnknownPet(pet)]), [drift("pets[].kind", found)])


def test_what_is_no_object_keeps_its_position() -> None:
    home, drifts = look({"pets": ["Rex", {"kind": "cat", "lives": 9}], "favourite": 3})
    assert home.pets == ["Rex", Cat(9)]
    assert home.favourite == 3
    assert drifts == [drift("pets[]", "string", "object"), drift("favourite", "number", "object or null")]


def test_null_stands_for_none_where_it_may() -> None:
    home, drifts = look({"pets": [{"kind": "fish"}], "favourite": None})
    assert home.favourite is None
    assert [spot.path for spot in drifts] == ["pets[].kind"]


def test_an_odd_field_costs_nothing_else_of_a_known_kind() -> None:
    home, drifts = look({"pets": [{"kind": "cat", "lives": "nine", "colour": "red"}]})
    assert home == Home([Cat("nine")])  # type: ignore[arg-type]
    assert drifts == [
        drift("pets[].lives", "string", "integer"),
        drift("pets[].colour", "new field: string", "nothing"),
    ]


def test_one_object_may_be_the_whole_response() -> None:
    assert look({"kind": "dog", "name": 5}, Pet) == (Dog(5), [drift("name", "number", "string or null")])  # type: ignore[arg-type]
    assert look({"kind": "fish"}, Pet) == (UnknownPet({"kind": "fish"}), [drift("kind", "fish")])
    with pytest.raises(UnexpectedShapeError, match="array where object belongs"):
        look([], Pet)
