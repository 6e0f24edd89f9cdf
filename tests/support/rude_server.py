"""A server on a bare socket that can be as rude as it gets, and counts what reaches it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

JSON = b'{"ok":true}'


@dataclass
class Request:
    """A request as it arrived."""

    line: bytes
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def method(self) -> str:
        return self.line.split()[0].decode()

    @property
    def target(self) -> str:
        return self.line.split()[1].decode()

    def values(self, name: str) -> list[str]:
        return [value for given, value in self.headers if given.lower() == name.lower()]


@dataclass
class Visit:
    """One request on a connection, and what can be done to it."""

    request: Request
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def respond(self, body: bytes = JSON, *, status: str = "200 OK", **headers: str) -> None:
        head = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        head |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in head.items())]
        await self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        self.writer.transport.abort()

    async def silence(self) -> None:
        """Say nothing until the other side has gone."""
        await self.reader.read()


Behaviour = Callable[[Visit], Awaitable[None]]


async def fine(visit: Visit) -> None:
    """Respond as one should."""
    await visit.respond()


@dataclass
class RudeServer:
    """Behaves towards each request in turn as the script says, and after that as one should."""

    script: list[Behaviour] = field(default_factory=list[Behaviour])
    on_connect: list[Callable[[asyncio.StreamWriter], None]] = field(
        default_factory=list[Callable[[asyncio.StreamWriter], None]]
    )
    """What is done to connections before anything is read, one by one."""
    requests: list[Request] = field(default_factory=list[Request])
    connections: int = 0
    open: int = 0
    most_open: int = 0
    url: str = ""
    port: int = 0
    _handlers: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for handler in self._handlers:
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        self.connections += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            if self.on_connect:
                self.on_connect.pop(0)(writer)
            while not writer.is_closing() and (request := await _read(reader)) is not None:
                self.requests.append(request)
                behaviour = self.script.pop(0) if self.script else fine
                await behaviour(Visit(request, reader, writer))
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._handlers.discard(task)
            self.open -= 1
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    line, *rest = head[:-4].split(b"\r\n")
    headers: list[tuple[str, str]] = []
    for text in rest:
        name, _, value = text.decode("latin-1").partition(":")
        headers.append((name, value.strip()))
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    return Request(line, headers, await reader.readexactly(length) if length else b"")
