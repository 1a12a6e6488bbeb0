"""Servers on loopback that are no brokers, each wrong in a way of its own."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import trustme

Answer = Callable[[socket.socket], None]


@contextmanager
def listening(answer: Answer | None = None, *, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve on a free port; without an answer, take what comes and say nothing."""
    server = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []
    open_sockets: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            open_sockets.append(client)
            thread = threading.Thread(target=handle, args=(client,), daemon=True)
            threads.append(thread)
            thread.start()

    def handle(client: socket.socket) -> None:
        try:
            if tls is not None:
                client = tls.wrap_socket(client, server_side=True)
                open_sockets.append(client)
            (answer or _swallow)(client)
        except OSError:
            pass
        finally:
            client.close()

    acceptor = threading.Thread(target=serve, daemon=True)
    acceptor.start()
    try:
        yield server.getsockname()[1]
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        acceptor.join(5)
        for client in open_sockets:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            client.close()
        for thread in threads:
            thread.join(5)


def _swallow(client: socket.socket) -> None:
    while client.recv(4096):
        pass


def speak_http(client: socket.socket) -> None:
    client.recv(4096)
    client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def hang_up(client: socket.socket) -> None:
    """Say nothing at all."""


class Authority:
    """A certificate authority whose certificate is in a file."""

    def __init__(self, directory: Path) -> None:
        self._ca = trustme.CA()
        self.path = str(directory / "ca.pem")
        self._ca.cert_pem.write_to_path(self.path)
        self._directory = directory

    def server(
        self,
        host: str = "127.0.0.1",
        *,
        year: int | None = None,
        until: datetime | None = None,
        asks_client: bool = False,
    ) -> ssl.SSLContext:
        """Make what a TLS server needs; its certificate is valid in `year`, or now, to `until`."""
        span = {}
        if year is not None:
            span["not_before"] = datetime(year, 1, 1, tzinfo=UTC)
            span["not_after"] = datetime(year, 12, 31, tzinfo=UTC)
        if until is not None:
            span["not_after"] = until
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(host, **span).configure_cert(context)
        if asks_client:
            context.verify_mode = ssl.CERT_REQUIRED
            self._ca.configure_trust(context)
        return context

    def client_files(self) -> dict[str, str]:
        """Issue a client's certificate, as librdkafka's keys."""
        issued = self._ca.issue_cert("client@example.com")
        certificate, key = str(self._directory / "c.pem"), str(self._directory / "k.pem")
        issued.cert_chain_pems[0].write_to_path(certificate)
        issued.private_key_pem.write_to_path(key)
        return {"ssl.certificate.location": certificate, "ssl.key.location": key}
