"""The blocking driver: sends one request within its deadline, and waits between attempts.

The HTTP engine bounds each read, not all of them, so a server that drips a byte at a time would
hold it for hours. Its network backend is ours for that reason: every step of a connection looks
at the one deadline of the request. The name is resolved in a thread, for the resolver has no
time limit.
"""

import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore2

from flowodm.registry.body import Body, BodyError, headers_of
from flowodm.registry.causes import failure_of
from flowodm.registry.settings import Access
from flowodm.registry.tls import proxy_for, tls_context
from flowodm.registry.wire import Destination, Outcome, Request, Response

__all__ = ["CONNECTIONS", "ENGINE_ERRORS", "KEPT_ALIVE", "Transport"]

KEPT_ALIVE = 20.0
"""Seconds for which an idle connection is kept."""
CONNECTIONS = 20

ENGINE_ERRORS = (
    OSError,
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
)


class Transport:
    """Sends requests over kept connections; threads may share it.

    Args:
        access: Whom to trust.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._deadline = _Deadline()
        self._pools: dict[tuple[Destination, str | None], httpcore2.ConnectionPool] = {}
        self._lock = threading.Lock()

    def send(self, request: Request) -> Outcome:
        """Send a request and read its answer to the end."""
        self._deadline.at = request.deadline
        try:
            pool = self._pool(request)
            with pool.stream(
                request.method,
                request.url,
                headers=list(request.headers),
                content=request.body,
                extensions={
                    "timeout": {"connect": request.connect_timeout, "pool": self._deadline.left()}
                },
            ) as response:
                return _read(response)
        except BodyError as error:
            return error.failure()
        except ENGINE_ERRORS as error:
            return failure_of(error)

    def pause(self, seconds: float) -> None:
        """Wait between two attempts."""
        time.sleep(seconds)

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            pools = tuple(self._pools.values())
            self._pools.clear()
        for pool in pools:
            pool.close()

    def _pool(self, request: Request) -> httpcore2.ConnectionPool:
        proxy = proxy_for(request.url)
        key = (request.destination, proxy.url if proxy else None)
        with self._lock:
            pool = self._pools.get(key)
            if pool is None:
                pool = self._pools[key] = httpcore2.ConnectionPool(
                    ssl_context=tls_context(self._access.trust_for(request.destination)),
                    proxy=httpcore2.Proxy(proxy.url, auth=proxy.credentials) if proxy else None,
                    max_connections=CONNECTIONS,
                    keepalive_expiry=KEPT_ALIVE,
                    network_backend=_Backend(self._deadline),
                )
        return pool


def _read(response: httpcore2.Response) -> Response:
    headers = headers_of(response.headers)
    body = Body(headers.get("content-encoding", ""))
    for chunk in response.iter_stream():
        body.feed(chunk)
    return Response(response.status, headers, body.finish())


class _Deadline(threading.local):
    """The deadline of the request that this thread is sending."""

    at: float = 0.0

    def left(self) -> float:
        """Return the seconds that are left; never quite none, which would mean no limit."""
        return max(self.at - time.monotonic(), 0.001)

    def within(self, timeout: float | None) -> float:
        return self.left() if timeout is None else min(timeout, self.left())


class _Backend(httpcore2.NetworkBackend):
    """Opens connections that look at the deadline."""

    def __init__(self, deadline: _Deadline) -> None:
        self._deadline = deadline
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        end = time.monotonic() + self._deadline.within(timeout)
        addresses = _resolve(host, port, end)
        for index, address in enumerate(addresses):
            # Every address gets its share, so that a dead first one leaves time for the next.
            share = max(end - time.monotonic(), 0.001) / (len(addresses) - index)
            try:
                stream = self._sockets.connect_tcp(
                    address, port, share, local_address, socket_options
                )
                return _Stream(stream, self._deadline)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if index + 1 == len(addresses):
                    raise
        raise httpcore2.ConnectError(f"no address for {host}")


class _Stream(httpcore2.NetworkStream):
    """A connection whose every step ends by the deadline of the request in hand."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if time.monotonic() >= self._deadline.at:
            raise httpcore2.ReadTimeout("the deadline has passed")
        return self._stream.read(max_bytes, self._deadline.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.within(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        within = self._deadline.within(timeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, within), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _resolve(host: str, port: int, end: float) -> tuple[str, ...]:
    """Return the addresses of a host by `end`; the resolver itself may take far longer."""
    found: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.put([str(info[4][0]) for info in infos])
        except (OSError, UnicodeError) as error:
            found.put(error)

    threading.Thread(target=ask, name="flowodm-resolver", daemon=True).start()
    try:
        answer = found.get(timeout=max(end - time.monotonic(), 0.001))
    except queue.Empty:
        raise httpcore2.ConnectTimeout(f"`{host}` did not resolve in time") from None
    try:
        if isinstance(answer, Exception):
            raise answer
    except (OSError, UnicodeError) as error:
        # As its context too, for the pool raises again "from None".
        raise httpcore2.ConnectError(str(error)) from error
    return tuple(dict.fromkeys(answer))
