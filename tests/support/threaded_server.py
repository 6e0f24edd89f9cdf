"""A server on threads, for clients whose event loop stands still: it goes on serving meanwhile."""

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

# A key and a certificate that nobody trusts, valid for localhost and a hundred years.
PEM = Path(__file__).parent / "localhost.pem"

Serve = Callable[["Connection"], None]


def trusting() -> ssl.SSLContext:
    """Make a context for clients that trust the server."""
    return ssl.create_default_context(cafile=str(PEM))


class Connection:
    """A connection, from the side of the server."""

    def __init__(self, server: "ThreadedServer", sock: socket.socket) -> None:
        self.server = server
        self.sock = sock
        self._left = b""

    def request(self) -> bytes | None:
        """Read a request and keep its body, None at the end."""
        while b"\r\n\r\n" not in self._left:
            data = self.sock.recv(65536)
            if not data:
                return None
            self._left += data
        head, _, self._left = self._left.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(self._left) < length:
            self._left += self.sock.recv(65536)
        body, self._left = self._left[:length], self._left[length:]
        self.server.requests.append((head.split(b"\r\n")[0].decode(), body))
        return body

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def respond(self, body: bytes, status: str = "200 OK", more: str = "") -> None:
        self.send(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body)

    def reset(self) -> None:
        """Close with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class ThreadedServer:
    """Serves each connection in a thread, as `serve` says; it closes the connection afterwards."""

    def __init__(self, serve: Serve, *, tls: bool = False) -> None:
        self._serve = serve
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if tls else None
        if self._context is not None:
            self._context.load_cert_chain(PEM)
        self.requests: list[tuple[str, bytes]] = []
        self.connections = 0
        self.settled = threading.Semaphore(0)
        """Released by `serve` when it has done what the client shall find."""
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        # The certificate is for a name; without one there is but one address to try.
        origin = "http://127.0.0.1" if self._context is None else "https://localhost"
        self.url = f"{origin}:{self._listener.getsockname()[1]}"
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        # A thread that waits in `accept` or `recv` sees no `close`, and may go on with the next socket of that number.
        for sock in (self._listener, *self._sockets):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock = self._listener.accept()[0]
                self.connections += 1
                threading.Thread(target=self._handle, args=(sock,), daemon=True).start()

    def _handle(self, sock: socket.socket) -> None:
        with suppress(OSError):
            if self._context is not None:
                sock = self._context.wrap_socket(sock, server_side=True)
            self._sockets.append(sock)
            with sock:
                self._serve(Connection(self, sock))
