"""How far it is from a public method to the network: few frames, few files, nothing handed along in threes."""

import ast
import sys
from pathlib import Path
from typing import Any

from architecture.package import ROOT, modules, tree
from featurebase_async import TransportRequest, TransportResponse
from support.transport import Double, client_on

CONTACT = b'{"object":"contact","id":"1"}'


def frames_of_the_package() -> list[tuple[str, str]]:
    """Return file and function of each frame of the package above this, the innermost first; transports left out."""
    found: list[tuple[str, str]] = []
    frame = sys._getframe(1)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT) and "transport" not in path.relative_to(ROOT).parts:
            found.append((path.name, frame.f_code.co_name))
        frame = frame.f_back  # type: ignore[assignment]
    return found


async def test_four_frames_in_two_files() -> None:
    seen: list[list[tuple[str, str]]] = []

    def respond(request: TransportRequest) -> TransportResponse:
        seen.append(frames_of_the_package())
        return TransportResponse(200, {}, CONTACT)

    async with client_on(Double(respond)) as client:
        await client.users.contacts.create_or_update(email="ada@example.com")
        await client.users.contacts.retrieve("1")
        await client.request("GET", "/v2/contacts")
    for frames in seen:
        assert len(frames) <= 4, frames
        assert len({file for file, _ in frames}) <= 2, frames


def test_a_call_is_one_value() -> None:
    """No function takes a request, its exchange and its response side by side."""
    found: list[Any] = []
    for module in modules():
        for node in ast.walk(tree(module)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                names = {argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)}
                if {"request", "exchange"} <= names:
                    found.append(f"{module}.{node.name}")
    assert found == []


def test_classes_are_short() -> None:
    """A class has 150 lines at most: beside a resource, and the client, which have a method for each call."""
    long = {
        f"{module}.{node.name}": lines
        for module in modules()
        if not module.startswith("resources.")
        for node in ast.walk(tree(module))
        if isinstance(node, ast.ClassDef) and (lines := (node.end_lineno or 0) - node.lineno + 1) > 150
    }
    assert long.keys() <= {"client.AsyncFeaturebase"}, long
