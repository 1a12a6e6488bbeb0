"""`HealthServer`: `/livez`, `/readyz` and `/metrics`, for probes and for Prometheus.

On the loopback only requests that name it are answered, so that no page in a browser can read the
figures under another name. One request a connection, GET or HEAD, bounded in time and number.
"""

import json
import logging
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from flowodm.config.secrets import redact
from flowodm.errors import ConfigurationError
from flowodm.health import metrics
from flowodm.health.standing import Standing, dead, not_ready

__all__ = ["HealthServer", "check_port"]

_LOG = logging.getLogger("flowodm.health")

_DEADLINE: Final = 5.0
"""Seconds for one request, from the first byte to the last."""
_MOST: Final = 32
"""Requests that are answered at once; more are turned away."""
_JSON: Final = "application/json"


class Answer(NamedTuple):
    """What a request gets."""

    status: int
    body: bytes
    content_type: str = _JSON


class HealthServer:
    """Serves the health of loops until it is closed; a context manager.

    Args:
        standings: Tells how the loops stand now; called in threads of the server.
        port: The port; 0 for a free one.
        host: The address.
        registry_outage: Tells why the registry does not answer, None when it does; None: it is
            nobody's matter.

    Raises:
        ConfigurationError: The address cannot be listened on.
    """

    def __init__(
        self,
        standings: Callable[[], tuple[Standing, ...]],
        *,
        port: int,
        host: str = "127.0.0.1",
        registry_outage: Callable[[], str | None] | None = None,
    ) -> None:
        self._standings = standings
        self._registry_outage = registry_outage
        self._server = _listen(host, port, self)
        self.host = host
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.1},
            name="flowodm-health",
            daemon=True,
        )
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where it is reached."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def close(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(1.0)

    def answer(self, path: str) -> Answer:
        """Answer a request for a path."""
        match path.partition("?")[0]:
            case "/livez":
                return _verdict(dead(self._standings()))
            case "/readyz":
                return _verdict((*not_ready(self._standings()), *self._registry()))
            case "/metrics":
                up = None if self._registry_outage is None else not self._registry()
                body = metrics.render(self._standings(), is_registry_up=up)
                return Answer(200, body, metrics.CONTENT_TYPE)
            case _:
                return _refused(404, "there is /livez, /readyz and /metrics")

    def allows(self, host: str | None) -> bool:
        """Tell whether a request may name us so: on the loopback, by its own names alone."""
        if not _is_loopback(self.host):
            return True
        name = (host or "").rpartition(":")[0] if _has_port(host) else host or ""
        return name.strip("[]").lower() == "localhost" or _is_loopback(name.strip("[]"))

    def _registry(self) -> tuple[str, ...]:
        outage = self._registry_outage() if self._registry_outage is not None else None
        return () if outage is None else (outage,)


def check_port(host: str, port: int) -> None:
    """See whether an address can be listened on, and let go of it.

    Raises:
        ConfigurationError: It cannot.
    """
    with _bound(host, port):
        pass


def _listen(host: str, port: int, health: HealthServer) -> "_Server":
    listener = _bound(host, port)
    server = _Server(listener.getsockname(), _Handler, bind_and_activate=False)
    server.socket.close()
    server.socket, server.health = listener, health
    server.server_address = listener.getsockname()
    server.server_activate()
    return server


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_MOST)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"`{host}:{port}` cannot be listened on for health: {error.strerror or error}",
            hint="choose another `port` under `health`, or 0 for a free one",
        ) from None
    return listener


class _Server(ThreadingHTTPServer):
    """Answers a bounded number of requests at once."""

    daemon_threads = True
    block_on_close = False
    health: HealthServer

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._room = threading.BoundedSemaphore(_MOST)
        super().__init__(*arguments, **options)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        clock = threading.Timer(_DEADLINE, _cut_off, (request,))
        clock.daemon = True
        clock.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            clock.cancel()
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        _LOG.debug("a request for health broke off", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    server: _Server
    server_version = "flowodm"
    sys_version = ""
    timeout = _DEADLINE

    def do_GET(self) -> None:
        self._send(self._answer(), has_body=True)

    def do_HEAD(self) -> None:
        self._send(self._answer(), has_body=False)

    def log_message(self, format: str, *arguments: Any) -> None:
        _LOG.debug(format, *arguments)

    def _answer(self) -> Answer:
        health = self.server.health
        if not health.allows(self.headers.get("Host")):
            return _refused(421, "this is asked under another name")
        try:
            return health.answer(self.path)
        except Exception:  # noqa: BLE001 - logged; a probe gets an answer whatever fails
            _LOG.exception("the health of the loops cannot be told")
            return _refused(500, "the health of the loops cannot be told")

    def _send(self, answer: Answer, *, has_body: bool) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if has_body:
            self.wfile.write(answer.body)


def _cut_off(request: socket.socket) -> None:
    with suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)


def _verdict(reasons: tuple[str, ...]) -> Answer:
    body: dict[str, Any] = {"status": "failing" if reasons else "ok"}
    if reasons:
        body["reasons"] = [redact(reason) for reason in reasons]
    return Answer(503 if reasons else 200, json.dumps(body).encode() + b"\n")


def _refused(status: int, reason: str) -> Answer:
    return Answer(status, json.dumps({"error": reason}).encode() + b"\n")


def _has_port(host: str | None) -> bool:
    return bool(host) and str(host).rpartition(":")[2].isdigit() and not str(host).endswith("]")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
