"""`--budget`: a command shares the rate limit with other processes."""

import sys
from pathlib import Path

import pytest
from redis.asyncio import Redis

from featurebase_async import ConfigurationError, FileBudget, RedisBudget
from featurebase_async.cli.shared_limit import pacing_of
from featurebase_async.sandbox import Sandbox
from support.command import Command, rows, write


def test_an_import_with_a_file(command: Command, server: Sandbox, folder: Path) -> None:
    write("people.csv", rows(30))
    result = command("contacts", "import", "people.csv", "--budget", "file:limit.budget")
    assert result.code == 0
    assert server.requests == 30
    assert (folder / "limit.budget").stat().st_size > 0


def test_a_list_with_a_file_that_can_not_be(command: Command) -> None:
    result = command("contacts", "list", "--budget", "file:missing/limit.budget")
    assert result.code != 0
    assert "missing/limit.budget can't be opened: No such file or directory" in result.err


@pytest.mark.parametrize("budget", ["limit.budget", "http://user:secret@x", "", "memory:"])
def test_what_is_no_budget_is_refused_and_not_repeated(command: Command, budget: str) -> None:
    result = command("contacts", "list", "--budget", budget)
    assert result.code != 0
    assert "--budget must be file:PATH, redis://HOST" in result.err
    assert "secret" not in result.err


def test_a_file(folder: Path) -> None:
    assert isinstance(pacing_of("file:limit.budget").budget, FileBudget)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://localhost:6379/0", "RedisBudget(featurebase:{default})"),
        ("rediss://:pw@redis.example?workspace=acme&db=3", "RedisBudget(featurebase:{acme})"),
        ("unix:///run/redis.sock?workspace=acme", "RedisBudget(featurebase:{acme})"),
    ],
)
def test_a_redis(url: str, shown: str) -> None:
    budget = pacing_of(url).budget
    assert repr(budget) == shown
    assert isinstance(budget, RedisBudget)
    client = budget._make()
    assert isinstance(client, Redis)
    assert "workspace" not in client.get_connection_kwargs()


def test_a_redis_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    with pytest.raises(ConfigurationError, match=r"featurebase-async\[redis\]"):
        pacing_of("redis://localhost")
