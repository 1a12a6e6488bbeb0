"""The embedded registry on a socket: 127.0.0.1 only, Host and Origin checked, bodies capped.

`RegistryServer` serves inside this process; `__main__.py` is a process that does. The rules are in
`endpoints.py`.
"""

import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from flowodm.errors import SandboxError
from flowodm.sandbox.registry.endpoints import handle
from flowodm.sandbox.registry.http import Refusal, RegistryRequest
from flowodm.sandbox.registry.store import Store

if TYPE_CHECKING:
    import uvicorn
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["MAX_BODY", "RegistryServer", "application"]

MAX_BODY = 4 * 1024 * 1024
"""Bytes of a request's body that are taken at most."""

_CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"
_LOOPBACK = "127.0.0.1"
_STOP_SECONDS = 10.0


class RegistryServer:
    """The embedded registry in a thread of this process.

    Args:
        path: The file of its state; None to keep all in memory.
        port: The port on 127.0.0.1; 0 for a free one.
    """

    def __init__(self, path: Path | None = None, *, port: int = 0) -> None:
        self._path = path
        self._port = port
        self._running: tuple[uvicorn.Server, threading.Thread, Store] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it is reached; known once it is started."""
        return f"http://{_LOOPBACK}:{self._port}"

    @property
    def is_running(self) -> bool:
        """Whether it serves."""
        return self._running is not None and self._running[1].is_alive()

    def start(self) -> None:
        """Open the state and begin to serve.

        Raises:
            SandboxError: The file or the port cannot be had.
        """
        listener = _listen(self._port)
        self._port = listener.getsockname()[1]
        try:
            store = Store(self._path)
        except SandboxError:
            listener.close()
            raise
        server = _server_of(store, self._port)
        thread = threading.Thread(
            target=server.run, args=([listener],), name="flowodm-registry", daemon=True
        )
        self._running = (server, thread, store)
        # The socket listens already, so what is asked before the server takes over waits.
        thread.start()

    def stop(self) -> None:
        """End serving and close the state."""
        if self._running is None:
            return
        server, thread, store = self._running
        self._running = None
        server.should_exit = True
        thread.join(_STOP_SECONDS)
        store.close()


def _listen(port: int) -> socket.socket:
    """Open a listening socket on the loopback; port 0 takes a free one.

    Raises:
        SandboxError: The port is in use.
    """
    # With the protocol named, asyncio sends answers at once; else each waits 40 ms for an ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_LOOPBACK, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise SandboxError(
            f"the registry cannot listen on `{_LOOPBACK}:{port}`: {error.strerror}",
            hint="choose another port, or 0 for a free one",
        ) from error
    return listener


def _server_of(store: Store, port: int) -> "uvicorn.Server":
    """Return the server, not yet running."""
    import uvicorn

    return uvicorn.Server(
        uvicorn.Config(
            application(store, port),
            loop="asyncio",
            http="h11",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=1,
        )
    )


def application(store: Store, port: int) -> "ASGIApp":
    """Return the ASGI application that serves a store.

    Args:
        store: The registry's state.
        port: The port it is reached at, which Host and Origin must name.
    """
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import Request
    from starlette.responses import Response

    async def serve(scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            _check_authority(request, port)
            taken = await _take(request)
            answer = await run_in_threadpool(handle, taken, store)
        except Refusal as refusal:
            answer = refusal.response()
        response = Response(answer.body(), answer.status, media_type=_CONTENT_TYPE)
        await response(scope, receive, send)

    return serve


def _check_authority(request: "Request", port: int) -> None:
    """Refuse what a page in a browser could send: a foreign name for us, or a foreign page."""
    own = {f"{host}:{port}" for host in (_LOOPBACK, "localhost")}
    hosts = request.headers.getlist("host")
    if len(hosts) != 1 or hosts[0].lower() not in own:
        raise Refusal(403, "This registry answers only to its own address")
    origins = request.headers.getlist("origin")
    if any(origin.lower().removeprefix("http://") not in own for origin in origins):
        raise Refusal(403, "This registry answers no other site's pages")


async def _take(request: "Request") -> RegistryRequest:
    """Read a request, its body up to the cap."""
    parts: list[bytes] = []
    length = 0
    async for part in request.stream():
        length += len(part)
        if length > MAX_BODY:
            raise Refusal(413, f"The body is larger than {MAX_BODY} bytes")
        parts.append(part)
    return RegistryRequest.of(
        request.method,
        request.scope.get("raw_path", b"/"),
        request.scope.get("query_string", b""),
        b"".join(parts),
        request.headers.get("content-type", ""),
    )
