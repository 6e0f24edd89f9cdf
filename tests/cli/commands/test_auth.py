"""What a key is good for."""

import pytest

from featurebase_async.sandbox import Fault, Sandbox
from support.command import Command


def test_a_key_that_works(command: Command, server: Sandbox) -> None:
    server.seed(contacts=1, brands=1)
    result = command("auth", "status")
    assert (result.code, result.err) == (0, "")
    brand = command("brands", "list", "--jq", ".name").out.splitlines()[0]
    lines = dict(line.split(maxsplit=1) for line in result.out.splitlines())
    assert lines["key"].strip() == "works (FEATUREBASE_API_KEY)"
    assert lines["API"].strip() == f"{server.url}, version 2026-01-01.nova"
    assert brand in lines["workspace"]
    assert "of 100,000 requests left for the next" in lines["limit"]
    assert server.api_key not in result.out


def test_as_json(command: Command, server: Sandbox) -> None:
    found = command("auth", "status", "--json", "--api-key", server.api_key).json
    assert (found["key"], found["workspace"], found["limit"], found["remaining"]) == (
        "--api-key",
        None,
        100_000,
        99_998,
    )


def test_a_server_that_says_little(command: Command, server: Sandbox) -> None:
    server.rate_headers = False
    server.faults.add(Fault(nth=1, body={"object": "list", "data": [], "nextCursor": None}))
    out = command("auth", "status").out
    assert "workspace  not known" in out
    assert "limit      the API did not say" in out


def test_a_key_without_the_right_to_list_brands(command: Command, server: Sandbox) -> None:
    body = {"error": {"type": "authorization_error", "code": "forbidden", "message": "No"}}
    server.faults.add(Fault(status=403, nth=1, body=body))
    result = command("auth", "status")
    assert (result.code, result.err) == (0, "the key works, and may not list the brands: No\n")


@pytest.mark.parametrize("key", ["sk_wrong_secret"])
def test_a_key_that_does_not_work(command: Command, key: str) -> None:
    result = command("auth", "status", "--api-key", key)
    assert (result.code, result.out) == (1, "")
    assert ": Invalid API Key (check FEATUREBASE_API_KEY or --api-key)" in result.err
    assert "secret" not in result.err
