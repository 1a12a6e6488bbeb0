"""One question about each of many things, several at once, the answers in order."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

__all__ = ["asked"]

_AT_ONCE: Final = 8

_T = TypeVar("_T")
_A = TypeVar("_A")


def asked(things: Sequence[_T], ask: Callable[[_T], _A]) -> Iterator[_A]:
    """Yield the answer for each thing, in their order.

    The first question that fails ends it; what was not asked by then is not asked any more.

    Args:
        things: What to ask about.
        ask: Asks; called from several threads.
    """
    if len(things) < 2:
        yield from map(ask, things)
        return
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="flowodm-ask")
    try:
        yield from pool.map(ask, things)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
