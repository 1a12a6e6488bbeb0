"""The embedded registry's rules, asked in this process: no socket, no server, nothing to install.

What it answers is what `flowodm sandbox up`'s registry answers (`sandbox/registry/`).
"""

from contextlib import ExitStack
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from flowodm.registry.local import answered_here
from flowodm.registry.wire import Outcome, Request, Response
from flowodm.sandbox.registry.endpoints import handle
from flowodm.sandbox.registry.http import Refusal, RegistryRequest
from flowodm.sandbox.registry.store import Store

__all__ = ["MockRegistry"]


class MockRegistry:
    """A schema registry of this process, empty at first; use it in a `with` statement.

    Args:
        url: The address that it answers; no request leaves the process.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._store = Store()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(answered_here(self.url, self._answer))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()
        self._store.close()

    def _answer(self, request: Request) -> Outcome:
        parts = urlsplit(request.url)
        try:
            taken = RegistryRequest.of(
                request.method, parts.path.encode(), parts.query.encode(), request.body or b""
            )
            response = handle(taken, self._store)
        except Refusal as refusal:
            response = refusal.response()
        return Response(response.status, {}, response.body())
