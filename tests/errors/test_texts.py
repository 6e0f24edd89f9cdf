"""Every text of an error that a user may meet, in one table: `texts.txt` beside this file, to be read through.

The table is made of the source. After a change of a text: `python tests/errors/test_texts.py`, and read what changed.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import featurebase_async
from featurebase_async import errors

pytestmark = pytest.mark.one_python

PACKAGE = Path(featurebase_async.__path__[0])
TABLE = Path(__file__).with_name("texts.txt")
KINDS = {*errors.__all__, "UsageError", "OddValueError", "TypeError", "AttributeError"} - {"TimeoutPhase"}
DIALECT = re.compile(r"\b(told|moment|walk|mend|mended|anew|has to|fell silent|broke off|door|on its way)\b")


def shown(node: ast.expr, names: dict[str, list[ast.expr]]) -> Iterator[str]:
    """Yield the texts that an expression may be, with what is filled in as `{name}`."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(
                f"{{{ast.unparse(part.value)}}}" if isinstance(part, ast.FormattedValue) else ast.literal_eval(part)
                for part in parts
            )
        case ast.IfExp(body=body, orelse=orelse):
            yield from shown(body, names)
            yield from shown(orelse, names)
        case ast.BinOp(left=left, right=right):
            yield from (one + two for one in shown(left, names) for two in shown(right, names))
        case ast.Name(id=name) if name in names:
            for value in names[name]:
                yield from shown(value, {})
        case _:
            return


def raised(call: ast.Call, names: dict[str, list[ast.expr]]) -> Iterator[str]:
    kind = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if kind in KINDS and call.args:
        for text in shown(call.args[0], names):
            yield f"{kind}: {text}"
    elif kind == "problem" and len(call.args) == 2:
        for text in shown(call.args[1], names):
            yield f"InvalidRequestError: {{param}} {text}"


def texts_of(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in ast.walk(tree):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        names: dict[str, list[ast.expr]] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                names.setdefault(node.targets[0].id, []).append(node.value)
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                yield from raised(node, names)


@cache
def table() -> str:
    lines: list[str] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        texts = sorted(set(texts_of(path)))
        if texts and not name.startswith("sandbox/"):
            lines += [name, *(f"    {text!r}"[:4] + repr(text)[1:-1] for text in texts), ""]
    return "\n".join(lines)


def test_the_table_holds_every_text() -> None:
    assert table() == TABLE.read_text(encoding="utf-8"), (
        "read the new texts, then run: python tests/errors/test_texts.py"
    )


def test_the_texts_speak_the_fields_language() -> None:
    odd = [line for line in table().splitlines() if DIALECT.search(re.sub(r"\{[^}]*\}", "", line))]
    assert odd == []


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
