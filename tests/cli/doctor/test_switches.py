"""Every switch of the sandbox shows, and without `write` nothing is written whatever is set."""

from dataclasses import fields
from typing import Any

import pytest

from featurebase_async.sandbox import Sandbox
from featurebase_async.sandbox.wire.options import STRICT, SandboxOptions
from support.doctor import EPOCH, SEEDS, examine, line, state_of
from support.doctor_switches import BRANDS, READING, UNSEEN, WATCHING, WRITING

KINDS = pytest.mark.parametrize("base", [{}, STRICT], ids=["plain", "strict"])


def name_of(value: object) -> str:
    return "-".join(f"{key}={each}" for key, each in value.items()) if isinstance(value, dict) else ""


def test_no_switch_is_left_out() -> None:
    shown = {name for row in (*READING, *WRITING, *WATCHING) for name in row[0]}
    assert shown | UNSEEN == {field.name for field in fields(SandboxOptions)}
    assert not shown & UNSEEN


def test_the_lines_of_a_switch_tell_its_values_apart() -> None:
    for rows in (READING, WRITING):
        by_line: dict[tuple[str, str, str], list[str]] = {}
        for switch, more, name, text in rows:
            by_line.setdefault((*switch, name, str(more)), []).append(text)
        for texts in by_line.values():
            assert len(set(texts)) == len(texts)


async def spend_brands(sandbox: Sandbox) -> None:
    """Use up the limit of one endpoint, where it has one, as a program would that ran before."""
    if sandbox.hourly_limits == BRANDS:
        sandbox._app.endpoint_limits.take("organization.brands.list", {}, sandbox.api_key, sandbox.now())


@KINDS
@pytest.mark.parametrize(("switch", "more", "name", "text"), READING, ids=name_of)
async def test_what_reading_tells(
    switch: dict[str, Any], more: dict[str, Any], name: str, text: str, base: dict[str, Any]
) -> None:
    async with Sandbox(**{**base, "epoch": EPOCH, **more, **switch}) as sandbox:
        sandbox.seed(**SEEDS)
        await spend_brands(sandbox)
        before = state_of(sandbox)
        findings = await examine(sandbox)
        assert line(findings, name).text.startswith(text)
        assert {entry.method for entry in sandbox.log} == {"GET"}
        assert state_of(sandbox) == before
        assert not findings.failed


@KINDS
@pytest.mark.parametrize(("switch", "more", "name", "text"), WRITING, ids=name_of)
async def test_what_writing_tells(
    switch: dict[str, Any], more: dict[str, Any], name: str, text: str, base: dict[str, Any]
) -> None:
    async with Sandbox(**{**base, "epoch": EPOCH, **more, **switch}) as sandbox:
        sandbox.seed(**SEEDS)
        before = state_of(sandbox)
        findings = await examine(sandbox, write=True)
        assert line(findings, name).text.startswith(text)
        assert state_of(sandbox) == before
        assert line(findings, "left behind").text == "nothing"
        assert not findings.failed


@KINDS
@pytest.mark.parametrize(("switch", "more", "text"), WATCHING, ids=name_of)
async def test_what_the_end_of_a_window_tells(
    switch: dict[str, Any], more: dict[str, Any], text: str, base: dict[str, Any]
) -> None:
    async with Sandbox(**{**base, "epoch": EPOCH, **more, **switch}) as sandbox:
        findings = await examine(sandbox, window=True)
        assert line(findings, "Reset, watched").text.startswith(text)
        assert {entry.method for entry in sandbox.log} == {"GET"}
