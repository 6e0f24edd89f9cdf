"""Pickles name public modules: they load in a later version, whatever has moved inside."""

import pickle
import pickletools
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from architecture.package import NAME, ROOT
from featurebase_async import (
    Attempt,
    BulkReport,
    ContactInput,
    Exchange,
    FeaturebaseError,
    Filter,
    Icon,
    NotFoundError,
    OutcomeUnknownError,
    Pacing,
    RateLimitError,
    RecordedExchange,
    RequestTimeoutError,
    RetryPolicy,
    RowResult,
    Timeout,
)

EXCHANGE = Exchange("users.contacts.retrieve", "GET", "/v2/contacts/1", [Attempt(status=429, pacing=0.5)])
ERRORS = [
    RateLimitError("too many", status=429, retry_at=datetime(2026, 1, 1, tzinfo=UTC), exchange=EXCHANGE),
    NotFoundError("no contact", status=404, details=[{"path": "id"}], exchange=EXCHANGE),
    RequestTimeoutError("no data", phase="read", sent=True, exchange=EXCHANGE),
    OutcomeUnknownError("lost", exchange=EXCHANGE),
]
OTHERS = [
    Icon(value="x", type="emoji"),
    ContactInput(email="ada@example.com", companies=[{"id": "1", "name": "A"}]),
    RecordedExchange("users.contacts.retrieve", "GET", "/v2/contacts/1", [], 200, {"Date": "x"}, b"body"),
    RowResult(index=0, key="1", outcome="created"),
    (Filter("email") == "ada@example.com") & (Filter("posts_created") > 2),
    Timeout(read=5),
    RetryPolicy(retries=1),
    Pacing.off(),
]
# Every private module of the package, each renamed in a copy of it.
MOVE = """
import pathlib, re, sys
root = pathlib.Path(sys.argv[1])
private = [path for path in root.rglob("_*.py") if not path.name.startswith("__")]
names = {path.stem: f"_moved{path.stem}" for path in private} | {"_core": "_kernel"}
for path in private:
    path.rename(path.with_name(f"{names[path.stem]}.py"))
(root / "_core").rename(root / "_kernel")
for path in root.rglob("*.py"):
    text = path.read_text(encoding="utf-8")
    for old, new in names.items():
        text = re.sub(rf"(?<=\\.){old}\\b", new, text)
        text = re.sub(rf"(?<=import ){old}\\b", f"{new} as {old}", text)
    path.write_text(text, encoding="utf-8")
"""
LOAD = """
import pickle, sys
value = pickle.load(sys.stdin.buffer)
print(repr(value), getattr(value, "exchange", None))
"""


@pytest.mark.parametrize("value", [*ERRORS, *OTHERS], ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("protocol", [0, pickle.HIGHEST_PROTOCOL])
def test_a_pickle_names_public_modules_only(value: Any, protocol: int) -> None:
    data = pickle.dumps(value, protocol)
    words = [str(argument) for _, argument, _ in pickletools.genops(data) if isinstance(argument, str)]
    homes = [word for word in words if word.startswith(NAME)]
    assert homes
    assert [home for home in homes if "._" in home] == []


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a copy of the package, all private modules of which have other names."""
    folder = tmp_path_factory.mktemp("moved")
    shutil.copytree(ROOT, folder / NAME, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-c", MOVE, str(folder / NAME)], check=True)
    assert (folder / NAME / "models" / "_moved_base.py").exists()
    return folder


@pytest.mark.parametrize("value", [*ERRORS, *OTHERS], ids=lambda value: type(value).__name__)
def test_a_pickle_loads_after_every_private_module_has_moved(value: Any, moved: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOAD], input=pickle.dumps(value), capture_output=True, check=False, cwd=moved,
        env={"PYTHONPATH": str(moved)},
    )  # fmt: skip
    assert not done.returncode, done.stderr.decode()
    exchange = value.exchange if isinstance(value, FeaturebaseError) else None
    loaded = pickle.loads(pickle.dumps(value))  # noqa: S301 -- made a line above
    assert done.stdout.decode().strip() == f"{loaded!r} {exchange}"


def test_a_report_is_left_out_of_the_pickle_of_its_error() -> None:
    error = NotFoundError("no contact", status=404)
    error.report = BulkReport()
    assert pickle.loads(pickle.dumps(error)).report is None  # noqa: S301 -- made here
