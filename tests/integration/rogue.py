"""Servers that misbehave on purpose, one function each, on a loopback port."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

Behaviour = Callable[[socket.socket], None]

JSON = "application/vnd.schemaregistry.v1+json"


@contextlib.contextmanager
def rogue(behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator["Rogue"]:
    """Serve every connection with `behaviour` until the block ends."""
    server = Rogue(behaviour, tls)
    try:
        yield server
    finally:
        server.close()


class Rogue:
    def __init__(self, behaviour: Behaviour, tls: ssl.SSLContext | None) -> None:
        self._behaviour = behaviour
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self.port = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def count(self) -> int:
        return len(self._connections)

    def close(self) -> None:
        for one in (self._listener, *self._connections):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                self._behaviour(connection)


def read_request(connection: socket.socket) -> bytes:
    """Read a request's head and what came with it."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            break
        data += part
    return data


def reply(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """Answer every request of a connection alike."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
    named = {"content_type": JSON, **headers}
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in named.items()]
    head = "\r\n".join(lines).encode() + b"\r\n\r\n"

    def serve(connection: socket.socket) -> None:
        while read_request(connection):
            connection.sendall(head + body)

    return serve


def recorded(into: list[bytes], then: Behaviour) -> Behaviour:
    """Keep the first request of each connection, then go on as `then`."""

    def serve(connection: socket.socket) -> None:
        into.append(connection.recv(65536, socket.MSG_PEEK))
        then(connection)

    return serve


def drip(start: bytes, piece: bytes, every: float) -> Behaviour:
    """Answer with a start, then with a piece again and again, and never end."""

    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(start)
        while True:
            threading.Event().wait(every)
            connection.sendall(piece)

    return serve
