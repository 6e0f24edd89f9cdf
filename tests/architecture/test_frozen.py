"""The library where it is no folder of files: in a zip, without docstrings, and packed by PyInstaller."""

import importlib.metadata
import os
import runpy
import subprocess
import sys
import textwrap
import tomllib
import zipfile
from pathlib import Path

import pytest

from architecture.package import NAME, ROOT, modules
from featurebase_async._pyinstaller import hook_folders

PROGRAM = """
    import asyncio
    import sys

    import featurebase_async
    from featurebase_async import AsyncFeaturebase, NotFoundError, identity, webhooks
    from featurebase_async.blocking import Featurebase
    from featurebase_async.sandbox import Sandbox


    async def main():
        async with Sandbox() as sandbox:
            sandbox.seed(contacts=120, companies=3, posts=5)
            async with AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url) as client:
                assert len(await client.users.contacts.list().collect()) == 120
                assert (await client.users.contacts.upsert_many([{"email": "a@example.com"}])).created == 1
                assert await client.feedback.boards.list()
                try:
                    await client.users.contacts.by_user_id.retrieve("nobody")
                except NotFoundError as error:
                    assert error.code == "contact_not_found"


    asyncio.run(main())
    for name in featurebase_async.__all__:
        getattr(featurebase_async, name)
    sample = webhooks.sample("post.created", secret="whsec_test")
    assert webhooks.parse(sample.body, sample.headers, "whsec_test").topic == "post.created"
    assert len(identity.jwt(secret="x" * 40, user_id="usr_1")) > 40
    with Sandbox() as sandbox, Featurebase(sandbox.api_key, base_url=sandbox.url) as fb:
        assert fb.feedback.boards.list()
    print(featurebase_async.__file__)
"""
# What PyInstaller finds in the environment of the tests, and the program has no use for.
UNUSED = ("cryptography", "hypothesis", "numpy", "pandas", "polars", "pyarrow", "pytest", "tkinter", "uvloop")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "__main__.py"
    path.write_text(textwrap.dedent(PROGRAM), encoding="utf-8")
    return path


def printed(*command: str | Path) -> str:
    """Run the program, and return the last line that it has printed: where it found the library."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.real_time
def test_in_a_zip(program: Path) -> None:
    archive = program.with_name("program.pyz")
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(program, program.name)
        for path in ROOT.rglob("*"):
            if path.is_file() and path.suffix in {".py", ".json", ".csv"}:
                packed.write(path, path.relative_to(ROOT.parent))
    assert printed(sys.executable, archive).startswith(str(archive))


@pytest.mark.real_time
def test_without_docstrings_and_assertions(program: Path) -> None:
    assert printed(sys.executable, "-OO", program)


def test_the_hook_names_what_there_is() -> None:
    (folder,) = map(Path, hook_folders())
    # With a name in the package, as otherwise coverage does not see it.
    found = runpy.run_path(str(folder / f"hook-{NAME}.py"), run_name=f"{NAME}._pyinstaller.hook")
    left_out = {"_pyinstaller", "cli", "pytest_plugin", "__main__"}
    expected = {f"{NAME}.{name}".rstrip(".") for name in modules() if not left_out & set(name.split("."))}
    assert set(found["hiddenimports"]) - {"jwt"} == expected
    assert {Path(source).name for source, _ in found["datas"]} >= {"initial_workspace.json", "users.json", "demo.csv"}
    for source, target in found["datas"]:
        assert Path(source).parent == ROOT.parent / target


def test_pyinstaller_is_shown_the_hook() -> None:
    project = Path(__file__).parents[2] / "pyproject.toml"
    entries = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["entry-points"]["pyinstaller40"]
    entry = importlib.metadata.EntryPoint(name="hook-dirs", value=entries["hook-dirs"], group="pyinstaller40")
    assert entry.load()() == hook_folders()


@pytest.mark.thorough
@pytest.mark.real_time
@pytest.mark.timeout(600)
def test_packed_by_pyinstaller(program: Path) -> None:
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR", "--name", "program"]
    command += ["--paths", str(ROOT.parent), "--additional-hooks-dir", *hook_folders()]
    command += [option for name in UNUSED for option in ("--exclude-module", name)]
    folder = program.parent
    places = [option for name in ("dist", "work", "spec") for option in (f"--{name}path", str(folder / name))]
    done = subprocess.run(
        [*command, *places, str(program)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYINSTALLER_CONFIG_DIR": str(folder / "config")},
    )
    assert done.returncode == 0, done.stderr
    assert str(folder) in printed(folder / "dist" / "program" / "program")
