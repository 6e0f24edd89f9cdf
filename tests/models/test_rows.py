"""The types of rows say what the inputs take: the same keys, the same that are required, the same types."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from msgspec import UnsetType, structs

import featurebase_async
from featurebase_async import (
    CompanyInput,
    CompanyRow,
    CompanyRowWithRef,
    ContactCompanyInput,
    ContactCompanyRow,
    ContactInput,
    ContactRow,
    ContactRowWithRef,
    EmailRecipientsInput,
    Input,
)
from featurebase_async.models import nested_rows

PAIRS = [
    (ContactRow, ContactInput),
    (CompanyRow, CompanyInput),
    (ContactCompanyRow, ContactCompanyInput),
    *(
        (getattr(nested_rows, name), getattr(featurebase_async, f"{name.removesuffix('Row')}Input"))
        for name in nested_rows.__all__
    ),
]


def plain(kind: Any) -> Any:
    """Return a type without limits, without UNSET, and with a mapping beside each nested input."""
    if get_origin(kind) is Annotated:
        kind, limits = get_args(kind)
        values = (limits.extra or {}).get("values")
        return plain(kind) if values is None else Literal[values]
    if kind is EmailRecipientsInput:
        return nested_rows.EmailRecipientsRow
    if get_origin(kind) in {Union, UnionType}:
        return reduce(or_, [plain(part) for part in get_args(kind) if part is not UnsetType])
    if get_origin(kind) is Sequence:
        (item,) = get_args(kind)
        return Sequence[item | ContactCompanyRow if item is ContactCompanyInput else plain(item)]  # type: ignore[misc]
    if get_origin(kind) is Mapping and get_origin(get_args(kind)[1]) is Annotated:
        key, value = get_args(kind)
        return Mapping[key, plain(value)]  # type: ignore[valid-type, misc]
    return kind


@pytest.mark.parametrize(("row", "kind"), PAIRS)
def test_a_row_is_typed_as_its_input(row: Any, kind: type[Input]) -> None:
    taken = {name: plain(hint) for name, hint in get_type_hints(kind, include_extras=True).items() if name[0] != "_"}
    assert get_type_hints(row) == taken
    assert row.__required_keys__ == {field.name for field in structs.fields(kind) if field.required}


@pytest.mark.parametrize(("row", "plain"), [(ContactRowWithRef, ContactRow), (CompanyRowWithRef, CompanyRow)])
def test_a_row_of_a_bulk_call_may_carry_a_reference(row: Any, plain: Any) -> None:
    assert get_type_hints(row) == {**get_type_hints(plain), "_ref": object}
    assert row.__required_keys__ == plain.__required_keys__


def test_a_row_is_taken_where_its_input_is() -> None:
    row: ContactRow = {"email": "ada@example.com", "companies": [{"id": "a", "name": "A"}]}
    made = ContactInput(email="ada@example.com", companies=[ContactCompanyInput(id="a", name="A")])
    assert ContactInput.from_mapping(row).to_json() == made.to_json()
