"""What is checked before a change lands. Plain `nox` runs it all; `nox -s NAME` runs one session."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import nox
from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
# Keeps the checkout off the import path: what is tested is the installed wheel.
FROM_WHEEL = {"PYTHONSAFEPATH": "1"}
STRICT = {**FROM_WHEEL, "FEATUREBASE_SANDBOX_STRICT": "1"}
# Half a minute of tests that write and read the most; `nox -s strict` runs all but the soak.
STRICT_PART = ("tests/resources", "tests/bulk", "tests/paging", "tests/cli/commands")

nox.needs_version = ">=2025.5.1"
nox.options.sessions = ["lint", "types", "tests", "coverage", "docs"]
nox.options.reuse_venv = "yes"
# The matrix runs on the Pythons that are there, on a CI machine too.
nox.options.error_on_missing_interpreters = False
nox.options.download_python = "never"


def group(name: str) -> tuple[str, ...]:
    """Return the requirements of a dependency group."""
    return nox.project.dependency_groups(PROJECT, name)


def wheel_folder(session: nox.Session) -> Path:
    """Return the folder into which the session `wheel` builds."""
    return session.cache_dir / "wheel"


def coverage_folder(session: nox.Session) -> Path:
    """Return the folder in which the tests leave their coverage."""
    return session.cache_dir / "coverage"


def install(session: nox.Session, *requirements: str) -> None:
    """Install the wheel with its extras, and what else is required."""
    (wheel,) = wheel_folder(session).glob("*.whl")
    # Most of what the large libraries bring is never imported, and need not be compiled.
    session.install("--no-compile", f"{wheel}[cli,excel,jwt,parquet]", *requirements)
    # pip keeps an older build of the same version otherwise, in an environment that is used again.
    session.install("--force-reinstall", "--no-deps", str(wheel))


def lowest_bounds() -> "Iterable[str]":
    """Return the dependencies of the core, each pinned to the lowest version allowed."""
    for text in PROJECT["project"]["dependencies"]:
        requirement = Requirement(text)
        (bound,) = (specifier for specifier in requirement.specifier if specifier.operator == ">=")
        yield f"{requirement.name}=={bound.version}"


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel that the other sessions install; they ask for it by themselves."""
    folder = wheel_folder(session)
    shutil.rmtree(folder, ignore_errors=True)
    session.run("python", "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), ".")


@nox.session(requires=["wheel"])
def lint(session: nox.Session) -> None:
    """Check style, formatting, spelling, and which way imports look."""
    install(session, *group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("codespell")
    session.run("lint-imports", "--no-cache")


@nox.session(requires=["wheel"])
def types(session: nox.Session) -> None:
    """Check the types under two checkers, and that no public name lacks one."""
    install(session, *group("types"))
    session.run("mypy")
    session.run("pyright")
    session.run("pyright", "--verifytypes", "featurebase_async", "--ignoreexternal")


@nox.session(python=PYTHONS, requires=["wheel"])
def tests(session: nox.Session) -> None:
    """Run the tests against the installed wheel, on every Python that is there.

    The lowest one measures coverage, and runs a part of them with the sandbox strict.
    """
    install(session, *group("test"))
    if session.posargs:
        session.run("pytest", *session.posargs, env=FROM_WHEEL)
        return
    command = ("-m", "pytest", "-n", "auto")
    quick, thorough = (*command, "-m", "not thorough"), (*command, "-m", "thorough and not soak")
    if session.python != PYTHONS[0]:
        session.run("python", *command, "-m", "not thorough and not one_python", env=FROM_WHEEL)
        return
    folder = coverage_folder(session)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    session.run("coverage", "run", *quick, env={**FROM_WHEEL, "COVERAGE_FILE": str(folder / ".coverage")})
    session.run("python", *thorough, env=FROM_WHEEL)
    session.run("python", *quick, *STRICT_PART, env=STRICT)


@nox.session
def coverage(session: nox.Session) -> None:
    """Report what the tests covered; less than everything fails."""
    session.install(*(requirement for requirement in group("test") if Requirement(requirement).name == "coverage"))
    env = {"COVERAGE_FILE": str(coverage_folder(session) / ".coverage")}
    session.run("coverage", "combine", "--quiet", env=env)
    session.run("coverage", "report", env=env)


@nox.session(requires=["wheel"])
def docs(session: nox.Session) -> None:
    """Run the examples, check their types under both checkers, and build the pages; a warning fails."""
    install(session, *group("docs"), *group("test"), *group("types"))
    # The examples of a page build on one another; most of their time is waiting, for processes and servers.
    session.run("pytest", "-n", "4", "--dist", "loadfile", "README.md", "docs", env=FROM_WHEEL)
    examples = session.cache_dir / "examples"
    session.run("python", "tests/support/examples.py", str(examples), env=FROM_WHEEL)
    with session.chdir(examples):
        session.run("mypy", ".")
        session.run("pyright")
    strictly = ("-q", "-W", "--keep-going", "-j", "auto")
    session.run("sphinx-build", *strictly, "-b", "html", "docs", str(Path("docs", "_build", "html")))


@nox.session(python=PYTHONS[0], requires=["wheel"])
def strict(session: nox.Session) -> None:
    """Run the tests with the most hostile value of all that the documentation of the API leaves open."""
    install(session, *group("test"))
    session.run("pytest", "-n", "auto", "-m", "not soak", *session.posargs, env=STRICT)


@nox.session(python=PYTHONS[0], requires=["wheel"])
def lowest(session: nox.Session) -> None:
    """Run the tests with the lowest versions of the dependencies that are allowed."""
    constraints = session.cache_dir / "lowest.txt"
    constraints.write_text("\n".join(lowest_bounds()), encoding="utf-8")
    install(session, "--constraint", str(constraints), *group("test"))
    session.run("pytest", "-n", "auto", "-m", "not soak", *session.posargs, env=FROM_WHEEL)


@nox.session(requires=["wheel"])
def soak(session: nox.Session) -> None:
    """Run what takes minutes: a million rows, fifty kills, processes that share a limit in real time."""
    install(session, *group("test"))
    session.run("pytest", "-n", "auto", "-m", "soak", *session.posargs, env=FROM_WHEEL)


@nox.session(requires=["wheel"])
def contract(session: nox.Session) -> None:
    """Hold methods and models against the project's table of facts about the API."""
    install(session, *group("test"))
    session.run("pytest", "tests/contract", *session.posargs, env=FROM_WHEEL)


@nox.session(requires=["wheel"])
def bench(session: nox.Session) -> None:
    """Measure the speed against the bare libraries."""
    install(session, *group("bench"))
    session.run("python", "benchmarks/run.py", *session.posargs)


@nox.session(requires=["wheel"])
def large(session: nox.Session) -> None:
    """Import a file of 1 GB: memory, and how quickly Ctrl-C ends it; the tests do the same with a few megabytes."""
    install(session, *group("test"))
    env = {**FROM_WHEEL, "FEATUREBASE_LARGE_MEGABYTES": "1024"}
    session.run("pytest", "tests/cli/test_large_files.py", *session.posargs, env=env)


@nox.session(requires=["wheel"])
def demo(session: nox.Session) -> None:
    """Run the demonstration of the command line."""
    install(session)
    session.run("featurebase", "demo", *session.posargs)
