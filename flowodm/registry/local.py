"""Registries inside this process: addresses that a function answers, without a socket.

`flowodm.testing` puts the embedded registry's rules behind one. Everything above the transport is
what it always is: the same requests, answers, caches and errors.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from flowodm.registry.settings import Access
from flowodm.registry.wire import Outcome, Request

__all__ = ["Answer", "AsyncLocalTransport", "LocalTransport", "answer_of", "answered_here"]

Answer: TypeAlias = Callable[[Request], Outcome]
"""Does what a registry does with a request; called from any thread."""

_ANSWERS: dict[str, Answer] = {}
"""By address, as it goes over the wire."""


@contextmanager
def answered_here(url: str, answer: Answer) -> Iterator[None]:
    """Have a function answer an address for the length of a `with` block.

    Args:
        url: The address, without a slash at its end; nothing is ever sent there.
        answer: The function.
    """
    _ANSWERS[url] = answer
    try:
        yield
    finally:
        del _ANSWERS[url]


def answer_of(access: Access) -> Answer | None:
    """Return what answers a registry in this process; None for one that is elsewhere."""
    return _ANSWERS.get(access.addresses[0].base)


class LocalTransport:
    """Has requests answered where they are made.

    Args:
        answer: The function.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def send(self, request: Request) -> Outcome:
        """Have a request answered."""
        return self._answer(request)

    def pause(self, seconds: float) -> None:
        """Go on at once: what answers here has no reason to be asked later."""

    def close(self) -> None:
        """Do nothing: there is no connection."""


class AsyncLocalTransport:
    """Has the requests of coroutines answered where they are made.

    Args:
        answer: The function.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def send(self, request: Request) -> Outcome:
        """Have a request answered."""
        return self._answer(request)

    async def pause(self, seconds: float) -> None:
        """Go on at once: what answers here has no reason to be asked later."""

    async def close(self) -> None:
        """Do nothing: there is no connection."""
