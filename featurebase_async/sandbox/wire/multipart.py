"""Multipart forms, in which files are sent along."""

from __future__ import annotations

import re
from dataclasses import dataclass

from featurebase_async.sandbox.wire.errors import invalid

MOST_FILES = 10
MOST_BYTES = 400 * 2**20
EXECUTABLE = (".exe", ".bat", ".cmd", ".com", ".js", ".msi", ".ps1", ".sh", ".vbs")

_BOUNDARY = re.compile(r'boundary="?([^";,]+)"?', re.IGNORECASE)
_NAME = re.compile(r'[ ;]name="([^"]*)"')
_FILENAME = re.compile(r'[ ;]filename="([^"]*)"')


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file of a form: the rest of the name of its field, its own name, and its content."""

    field: str
    name: str
    content: bytes


def read_form(content_type: str, body: bytes, prefix: str) -> tuple[bytes, tuple[FormFile, ...]]:
    """Return the JSON in the part ``data`` and the files, or raise a 400.

    Names of parts with files begin with ``prefix``; where that ends in a dot, each field of tickets has its own.
    """
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise _refused("The form has no boundary")
    data = None if prefix.endswith(".") else b""
    files: list[FormFile] = []
    for chunk in (b"\r\n" + body).split(b"\r\n--" + boundary[1].encode())[1:]:
        head, found, content = chunk.partition(b"\r\n\r\n")
        if not found:
            continue
        given = head.decode("utf-8", "replace")
        name, file = _NAME.search(given), _FILENAME.search(given)
        field = name[1] if name else ""
        if field == "data" and file is None:
            data = content
        elif file is not None and (field.startswith(prefix) if prefix.endswith(".") else field == prefix):
            files.append(FormFile(field.removeprefix(prefix), file[1], content))
        else:
            raise _refused(f"Unknown part {field!r}: a form has data, and files named {prefix}")
    if data is None:
        raise _refused("The form has no part named data")
    _check(files)
    return data, tuple(files)


def _check(files: list[FormFile]) -> None:
    if len(files) > MOST_FILES:
        raise _refused(f"At most {MOST_FILES} files can be sent at once")
    if sum(len(file.content) for file in files) > MOST_BYTES:
        raise _refused(f"The files have more than {MOST_BYTES} bytes together")
    for file in files:
        if file.name.lower().endswith(EXECUTABLE):
            raise _refused(f"{file.name!r} is an executable")


def _refused(message: str) -> Exception:
    return invalid("invalid_request", message)
