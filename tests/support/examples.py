"""Writes the Python examples of README.md and docs/ as modules for type checkers: `python tests/support/examples.py`.

A page becomes a folder with a module `page`, in which each example is on the lines it has on the page, so that what a
checker reports can be found there. The examples of a page build on one another, and use `await` outside of a function
as in `python -m asyncio`; so all of them are the body of one coroutine function. An example that begins with the name
of a file is a module of that name as well; tests are such a module only.
"""

import json
import re
import shutil
import sys
from pathlib import Path

BLOCK = re.compile(
    r"^(?:```python|<!--- invisible-code-block: python)\n(?P<code>.*?)^(?:```|-->)$", re.DOTALL | re.MULTILINE
)
FILE = re.compile(r"# (\w+)\.py\n")

# Both checkers are strict. A page may show two programs, and what it makes is there to be read, not used.
MYPY = """[mypy]
strict = true
python_version = 3.11
explicit_package_bases = true
allow_redefinition = true
local_partial_types = true
disable_error_code = no-redef
"""
PYRIGHT = {
    "typeCheckingMode": "strict",
    "pythonVersion": "3.11",
    **dict.fromkeys(
        (
            "reportRedeclaration",
            "reportUnusedClass",
            "reportUnusedExpression",
            "reportUnusedFunction",
            "reportUnusedImport",
            "reportUnusedVariable",
        ),
        False,
    ),
}


def write_page(page: Path, folder: Path) -> None:
    """Write the examples of a page into a folder of its own."""
    text = page.read_text(encoding="utf-8")
    blocks = [(text.count("\n", 0, match.start("code")), match["code"]) for match in BLOCK.finditer(text)]
    if not blocks:
        return
    files = {name[1]: code for _, code in blocks if (name := FILE.match(code))}
    package = re.sub(r"\W", "_", page.stem)
    lines = ["async def page() -> None:", *[""] * text.count("\n")]
    for start, code in blocks:
        name = FILE.match(code)
        if name is not None and name[1].startswith("test_"):
            continue
        for number, line in enumerate(code.splitlines(), start):
            lines[number] = f"    {line}" if line else ""
    modules = {"page": "\n".join(lines), **files}
    home = folder / package
    home.mkdir(parents=True)
    (home / "__init__.py").touch()
    own = "|".join(files) or "$."
    for name, code in modules.items():
        found = re.sub(rf"^( *)from ({own}) import", rf"\1from {package}.\2 import", code, flags=re.MULTILINE)
        found = re.sub(rf"^( *)import ({own})$", rf"\1from {package} import \2", found, flags=re.MULTILINE)
        (home / f"{name}.py").write_text(f"{found.rstrip()}\n", encoding="utf-8")


def write_pages(root: Path, folder: Path) -> None:
    """Write the examples of all pages of a repository into a folder, which is emptied before."""
    shutil.rmtree(folder, ignore_errors=True)
    for page in (root / "README.md", *sorted((root / "docs").glob("**/*.md"))):
        if "_build" not in page.parts:
            write_page(page, folder)
    (folder / "mypy.ini").write_text(MYPY, encoding="utf-8")
    (folder / "pyrightconfig.json").write_text(json.dumps(PYRIGHT), encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(__file__).parents[2], Path(sys.argv[1]))
