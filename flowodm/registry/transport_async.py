"""The asyncio driver: the same requests, without blocking the event loop.

One `asyncio.timeout` covers a whole request, from the name's resolution to the last byte.
"""

import asyncio
import time

import httpcore2

from flowodm.registry.body import Body, BodyError, headers_of
from flowodm.registry.causes import failure_of
from flowodm.registry.settings import Access
from flowodm.registry.tls import proxy_for, tls_context
from flowodm.registry.transport import CONNECTIONS, ENGINE_ERRORS, KEPT_ALIVE
from flowodm.registry.wire import Destination, Failure, Outcome, Request, Response

__all__ = ["AsyncTransport"]


class AsyncTransport:
    """Sends requests over kept connections; the tasks of one event loop may share it.

    Args:
        access: Whom to trust.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._pools: dict[tuple[Destination, str | None], httpcore2.AsyncConnectionPool] = {}

    async def send(self, request: Request) -> Outcome:
        """Send a request and read its answer to the end."""
        try:
            async with asyncio.timeout(max(request.deadline - time.monotonic(), 0.0)):
                return await self._send(request)
        except TimeoutError as error:
            return Failure("answer-timeout", error=error)
        except BodyError as error:
            return error.failure()
        except ENGINE_ERRORS as error:
            return failure_of(error)

    async def pause(self, seconds: float) -> None:
        """Wait between two attempts."""
        await asyncio.sleep(seconds)

    async def close(self) -> None:
        """Close every connection."""
        pools = tuple(self._pools.values())
        self._pools.clear()
        for pool in pools:
            await pool.aclose()

    async def _send(self, request: Request) -> Response:
        # A little less than what is left, so that a connection that hangs is told from an answer.
        connect = min(request.connect_timeout, request.deadline - time.monotonic() - 0.02)
        async with self._pool(request).stream(
            request.method,
            request.url,
            headers=list(request.headers),
            content=request.body,
            extensions={"timeout": {"connect": max(connect, 0.001)}},
        ) as response:
            headers = headers_of(response.headers)
            body = Body(headers.get("content-encoding", ""))
            async for chunk in response.aiter_stream():
                body.feed(chunk)
            return Response(response.status, headers, body.finish())

    def _pool(self, request: Request) -> httpcore2.AsyncConnectionPool:
        proxy = proxy_for(request.url)
        key = (request.destination, proxy.url if proxy else None)
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools[key] = httpcore2.AsyncConnectionPool(
                ssl_context=tls_context(self._access.trust_for(request.destination)),
                proxy=httpcore2.Proxy(proxy.url, auth=proxy.credentials) if proxy else None,
                max_connections=CONNECTIONS,
                keepalive_expiry=KEPT_ALIVE,
            )
        return pool
