"""The options of a command that reads a file of rows.

Their types are no texts, as they are in other files: those would be looked up in the file of a class that inherits.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from cyclopts import Parameter

from featurebase_async.cli.sources import Form

__all__ = ["FileOptions"]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class FileOptions:
    """How a file of rows is read, and which of its columns become which fields."""

    map: list[str] | None = None
    """FIELD=COLUMN: which column becomes which field; once for each. A column that is named like a field is taken by
    itself, FIELD= leaves one out. A custom field may say how its cells are read: custom_fields.zip:text, :number,
    :date, :boolean; else the looks of its whole column decide."""
    format: Form | None = None
    """What the file is; else its name says it."""
    encoding: str | None = None
    """The encoding of the file, such as cp1252; else that of its byte order mark, else UTF-8."""
    delimiter: str | None = None
    """What separates the cells of a CSV file, such as ';' or tab; else it is found."""
    decimal: Literal[".", ","] | None = None
    """What numbers have before their fraction."""
    timezone: str | None = None
    """The time zone of dates and times that name none, such as Europe/Berlin."""
    date_format: str | None = None
    """How dates are written, such as %d.%m.%Y; else as 2026-01-31 or 2026-01-31T10:30:00Z."""
    null: Annotated[list[str] | None, Parameter(allow_leading_hyphen=True)] = None
    """A word that stands for an empty cell, such as NULL; once for each."""
