"""Which column of a file becomes which field, and how a row becomes the fields of a contact or a company.

A column whose name matches a field is taken by itself, however it is spelled (`user_id`, `userId`, `User ID`); `--map
field=column` says so for others. The company of a contact has fields such as `company.id`, custom fields are named as
`custom_fields.plan`; `custom_fields.zip:text` also says how their cells are read.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Any

from featurebase_async.bulk.keys import NULL_WORDS
from featurebase_async.cli.cell_readers import BadValueError, CellReader
from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.fields import find_target, hint_for, structure_checks
from featurebase_async.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from featurebase_async.cli.fields import Target
    from featurebase_async.cli.resources import ResourceKind

__all__ = ["KEYS", "Columns", "company_hint"]

MOST_UNUSED = 20
"""Unused names that are shown of a file."""

MOST_COUNTED = 1000
"""Unused names that are counted of a file whose rows have names of their own each."""

KEYS = frozenset({"user_id", "company_id", "company.id", "email"})
"""What a row is found by: two rows with one key are one contact or company."""


class Columns:
    """The columns of one file, and the fields that they become.

    Attributes:
        used: Pairs of a column and the name of its field.
        unused: Columns that become nothing.
        texts: Free columns that are text, as some of their cells are.
    """

    def __init__(
        self,
        kind: ResourceKind,
        pairs: Mapping[str, str],
        columns: Sequence[str] | None,
        reader: CellReader | None = None,
        *,
        typed: bool = False,
    ) -> None:
        """Find a field for each column; where the file does not name them beforehand, they are found as they come.

        Raises:
            UsageError: A field or a column does not exist, two columns mean one field, or a needed one is missing.
        """
        self._kind = kind.input
        self._typed = typed or columns is None
        self.reader: CellReader = reader or CellReader()
        self._found: dict[str, Sequence[Target]] = {}
        self._given: dict[str, list[Target]] = {}
        self._taken: set[str] = set()
        self.named: dict[str, str] = {}
        self.used: list[tuple[str, str]] = []
        self.unused: list[str] = []
        self.texts: set[str] = set()
        for name, column in pairs.items():
            target = find_target(self._kind, name)
            if target is None:
                raise UsageError(f"--map: there is no field {name!r}; {hint_for(self._kind, name)}")
            self._taken.add(target.name)
            if column:
                self._given.setdefault(column, []).append(target)
        if columns is not None:
            self._fit(columns, kind)

    def _fit(self, columns: Sequence[str], kind: ResourceKind) -> None:
        for column in self._given:
            if column not in columns:
                raise UsageError(f"--map: there is no column {column!r}; the file has {', '.join(columns)}")
        for column in columns:
            if self.targets(column) and columns.count(column) > 1:
                raise UsageError(f"two columns are named {column!r}")
        named = dict[str, str]()
        for column, name in self.used:
            if name in named:
                raise UsageError(f"{named[name]!r} and {column!r} both mean {name}; say which with --map {name}=COLUMN")
            named[name] = column
        for group in kind.needs:
            if not any(name in named for name in group):
                wanted = " or ".join(group)
                raise UsageError(
                    f"no column for {wanted}; say which with --map {group[0]}=COLUMN (there are {', '.join(columns)})"
                )
        company_hint(named)

    def targets(self, column: str) -> Sequence[Target]:
        """Return what a column becomes, looking it up the first time."""
        found = self._found.get(column)
        if found is None:
            own = find_target(self._kind, column)
            found = self._given.get(column) or ([own] if own is not None and own.name not in self._taken else [])
            if found or len(self.unused) < MOST_COUNTED:
                self._found[column] = found
                self.named.update((target.name, column) for target in found)
                self.used += ((column, target.name) for target in found)
                self.unused += () if found else (column,)
        return found

    def in_words(self, text: str) -> str:
        """Name the company of a contact in an error as its columns do."""
        return text if "companies" in self.named else text.replace("companies[0].", "company.")

    def key(self, values: Mapping[str, Any]) -> str:
        """Return what a row is found by, as it is written in the file."""
        for name in ("user_id", "email", "company_id"):
            value = values.get(self.named.get(name, ""))
            if value not in (None, ""):
                return str(value)
        return ""

    def fields(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Make the fields of a row.

        Raises:
            BadValueError: Cells are not what their columns take; the text names them all.
        """
        groups: dict[str, dict[str, Any]] = {"": {}, "company": {}, "custom_fields": {}}
        problems: list[str] = []
        unread: set[str] = set()
        for column, value in values.items():
            for target in self.targets(column):
                if self.reader.is_null(value) or (value is None and not target.nullable):
                    continue
                group = groups[target.group]
                if target.field in group:
                    problems.append(f"{target.name} is given twice, the second time as {column!r}")
                    continue
                try:
                    group[target.field] = self._read(target, value)
                except BadValueError as error:
                    problems.append(f"{target.name} {error}")
                    unread.add(target.name)
        if values.get("type") == "lead" and "type" in self._found:
            problems.append("is a lead, and an import would make a customer of it: take out the row or its column type")
        fields = _joined(groups)
        if problems:
            raise BadValueError("; ".join(problems + self._other_problems(fields, unread)))
        return fields

    def _other_problems(self, fields: Mapping[str, Any], unread: set[str]) -> list[str]:
        """Return what is wrong with the cells that can be read, so that one round of fixing is enough."""
        try:
            self._kind.from_mapping(fields).validate()
        except InvalidRequestError as error:
            lacks_key = bool(unread & KEYS)
            return [
                text for text in error.problems if not (lacks_key and text.endswith((" is missing", " is required")))
            ]
        return []

    def _read(self, target: Target, value: Any) -> Any:
        if target.name in KEYS and isinstance(value, str) and value.casefold() in NULL_WORDS:
            raise BadValueError(f"is {value}, which is no key; pass --null {quote(value)} to read such cells as empty")
        if not self._typed or (isinstance(value, str) and target.kind in {"date", "free_date"}):
            value = self.reader.read("free_text" if target.name in self.texts else target.kind, value)
        check = structure_checks.get(target.kind)
        return value if check is None else check(value)


def _joined(groups: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    fields = groups[""]
    if groups["company"]:
        fields["companies"] = [*fields.get("companies", ()), groups["company"]]
    if groups["custom_fields"]:
        fields["custom_fields"] = {**fields.get("custom_fields", {}), **groups["custom_fields"]}
    return fields


def company_hint(named: Mapping[str, str]) -> None:
    """Raise unless what is known of the companies of contacts is enough to send them.

    Raises:
        UsageError: A company has no column for its id or its name; the text says what to map.
    """
    company = {name: column for name, column in named.items() if name.startswith("company.")}
    for needed, other in (("company.id", "company.name"), ("company.name", "company.id")):
        if company and needed not in company:
            name, column = next(iter(company.items()))
            stand_in = company.get(other, "COLUMN")
            also = f' --map "{other}={stand_in}"' if other in company else ""
            raise UsageError(
                f"{column!r} becomes {name}, but no column becomes {needed}, which every company needs; pass "
                f'--map "{needed}={stand_in}"{also}, or leave it out with --map {name}='
            )
