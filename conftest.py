"""Runs the examples of README.md and docs/ as tests, each page against a sandbox of its own.

Python blocks are run in their order, with names kept from one to the next, as in `python -m asyncio`: `await`, `async
for` and `async with` work at the top. A text block holds what the Python block before it has printed; `...` stands for
anything. A block that begins with the name of a file, as `# app.py`, is that file as well; `# test_*.py` is given to
pytest instead. Any other block that a reader sees can be pasted into the shell of Python 3.11. Of console blocks, the
commands that read and write contacts and companies, and the doctor, are run.
"""

import ast
import asyncio
import codeop
import doctest
import io
import re
import shlex
import subprocess
import sys
from contextlib import ExitStack, redirect_stdout
from inspect import CO_COROUTINE
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from sybil import Sybil
from sybil.integration.pytest import SybilItem
from sybil.parsers.markdown import CodeBlockParser

from featurebase_async import AsyncFeaturebase
from featurebase_async.sandbox import Sandbox

if TYPE_CHECKING:
    from sybil import Example

FILE = re.compile(r"# (\w+\.py)\n")
COMMAND = re.compile(r"^\$ featurebase ((?:contacts|companies|doctor)\b(?:\\\n|.)*)$", re.MULTILINE)
# The people are those of the sandbox that the tutorial starts by command.
PEOPLE = {"contacts": 250, "companies": 12, "leads": 5}
CONTENT = {"posts": 40, "comments": 20, "collections": 4, "articles": 12, "conversations": 8, "tickets": 6}


class Page:
    """What the examples of one page share besides their names: a sandbox, a folder to write to, an event loop."""

    def __init__(self) -> None:
        self.printed = ""
        with ExitStack() as stack:
            sandbox = stack.enter_context(Sandbox())
            sandbox.seed(**PEOPLE)
            sandbox.seed(**CONTENT)
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            patch.setenv("FEATUREBASE_API_KEY", sandbox.api_key)
            patch.setenv("FEATUREBASE_BASE_URL", sandbox.url)
            folder = stack.enter_context(TemporaryDirectory())
            patch.chdir(folder)
            patch.syspath_prepend(folder)
            self.runner = stack.enter_context(asyncio.Runner())
            self._stack = stack.pop_all()

    def close(self, names: dict[str, Any]) -> None:
        """Close it all, and the clients that the examples have left open."""
        for client in [value for value in names.values() if isinstance(value, AsyncFeaturebase)]:
            self.runner.run(client.aclose())
        self._stack.close()


def open_page(names: dict[str, Any]) -> None:
    """Prepare a page."""
    names["__name__"] = "__main__"
    names["__page__"] = Page()


def close_page(names: dict[str, Any]) -> None:
    """Leave a page."""
    names["__page__"].close(names)


def run(example: "Example") -> None:
    """Run a Python block."""
    page: Page = example.namespace["__page__"]
    example.namespace["__file__"] = str(example.path)
    source = str(example.parsed)
    name = FILE.match(source)
    if name is not None:
        Path(name[1]).write_text(source, encoding="utf-8")
        if name[1].startswith("test_"):
            run_tests(name[1])
            return
    elif example.document.text.startswith("```", example.start):
        paste(source)
    # Lines are counted as on the page.
    padded = "\n" * (example.line + example.parsed.line_offset) + source
    code = compile(padded, example.path, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    output = io.StringIO()
    with redirect_stdout(output):
        result = eval(code, example.namespace)  # noqa: S307 -- running the examples is what this is for
        if code.co_flags & CO_COROUTINE:
            page.runner.run(result)
    page.printed = output.getvalue()


def paste(source: str) -> None:
    """Fail where the shell would not take a block line by line: it ends a compound statement at a blank line only."""
    if re.search(r"^class ", source, re.MULTILINE):
        return  # its methods are parted by blank lines, which needs the shell of Python 3.13
    compiler = codeop.CommandCompiler()
    compiler.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    lines: list[str] = []
    for line in [*source.splitlines(), ""]:
        lines.append(line)
        try:
            if compiler("\n".join(lines), symbol="single") is not None:
                lines = []
        except SyntaxError as error:
            pytest.fail(f"can't be pasted into a shell: {line!r}, {error}")


def run_tests(name: str) -> None:
    """Run tests that a page shows, as its reader would: in a folder of their own, by a pytest of their own.

    What the tests of this project have besides is left out: it takes half of the time.
    """
    left_out = ("cacheprovider", "hypothesispytest", "randomly", "timeout", "xdist", "xdist.looponfail")
    options = ["-q", "-W", "error", "-o", "asyncio_default_fixture_loop_scope=function"]
    options += [f"-pno:{name}" for name in left_out]
    command = [sys.executable, "-m", "pytest", *options, name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- the tests of the page
    if done.returncode:
        pytest.fail(done.stdout + done.stderr)


def run_commands(example: "Example") -> None:
    """Run the commands of a console block that read and write contacts and companies, and the doctor."""
    for command in COMMAND.findall(str(example.parsed)):
        arguments = [sys.executable, "-m", "featurebase_async.cli", *shlex.split(command.replace("\\\n", " "))]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)  # noqa: S603 -- the page's own
        if done.returncode:
            pytest.fail(f"{command}\n{done.stdout}{done.stderr}")


def compare(example: "Example") -> None:
    """Compare a text block with what was printed."""
    expected, printed = str(example.parsed), example.namespace["__page__"].printed
    if not doctest.OutputChecker().check_output(expected, printed, doctest.ELLIPSIS):
        pytest.fail(f"expected:\n{expected}\nprinted:\n{printed}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the examples of a page in their order, as each builds on those before it; other tests stay shuffled."""

    def position(item: pytest.Item) -> tuple[str, int]:
        return (str(item.path), item.example.line) if isinstance(item, SybilItem) else ("", 0)

    items.sort(key=position)


pytest_collect_file = Sybil(
    parsers=[
        CodeBlockParser("python", run),
        CodeBlockParser("text", compare),
        CodeBlockParser("console", run_commands),
    ],
    patterns=["README.md", "docs/*.md", "docs/*/*.md"],
    setup=open_page,
    teardown=close_page,
).pytest()
