"""Both faces of the consume verbs behind one interface, so that one suite runs over both.

A scenario is a coroutine that awaits either face. The blocking one does its work while it is
awaited; for it the owner of a record is the thread, for the other the task.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["FACES", "AsyncFace", "Face", "SyncFace", "play"]

T = TypeVar("T")


class SyncFace:
    """The blocking verbs."""

    name = "sync"

    async def call(self, thing: Any, verb: str, *arguments: Any, **options: Any) -> Any:
        """Any verb that is a coroutine on the other face."""
        return getattr(thing, verb)(*arguments, **options)

    async def one(self, source: Any, *arguments: Any, **options: Any) -> Any:
        return source.consume_one(*arguments, **options)

    async def batch(self, source: Any, *arguments: Any, **options: Any) -> Any:
        return source.consume_batch(*arguments, **options)

    async def commit(self, source: Any, *arguments: Any, **options: Any) -> None:
        source.commit(*arguments, **options)

    def iterate(self, source: Any, *arguments: Any, **options: Any) -> Any:
        return _Iterator(source.consume_iter(*arguments, **options))


class _Iterator:
    def __init__(self, iterator: Any) -> None:
        self._iterator = iterator

    def __aiter__(self) -> "_Iterator":
        return self

    async def __anext__(self) -> Any:
        try:
            return next(self._iterator)
        except StopIteration:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> "_Iterator":
        self._iterator.__enter__()
        return self

    async def __aexit__(self, *raised: Any) -> Any:
        return self._iterator.__exit__(*raised)

    async def aclose(self) -> None:
        self._iterator.close()


class AsyncFace:
    """The verbs for an event loop."""

    name = "async"

    async def call(self, thing: Any, verb: str, *arguments: Any, **options: Any) -> Any:
        """Any verb that is a coroutine."""
        return await getattr(thing, f"a{verb}")(*arguments, **options)

    async def one(self, source: Any, *arguments: Any, **options: Any) -> Any:
        return await source.aconsume_one(*arguments, **options)

    async def batch(self, source: Any, *arguments: Any, **options: Any) -> Any:
        return await source.aconsume_batch(*arguments, **options)

    async def commit(self, source: Any, *arguments: Any, **options: Any) -> None:
        await source.acommit(*arguments, **options)

    def iterate(self, source: Any, *arguments: Any, **options: Any) -> Any:
        return source.aconsume_iter(*arguments, **options)


Face = SyncFace | AsyncFace
FACES: tuple[Face, ...] = (SyncFace(), AsyncFace())


def play(scenario: Callable[[], Coroutine[Any, Any, T]], *, seconds: float = 60.0) -> T:
    """Run a scenario to its end, which must come."""
    return asyncio.run(asyncio.wait_for(scenario(), seconds))
