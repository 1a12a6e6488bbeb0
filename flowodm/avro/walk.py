"""Walking a tree without Python's stack: recursion written as generators, run in one loop.

A walker is a generator that yields another walker where a function would call itself, and gets
back what that one returned. The depth is then bounded by memory, not by the interpreter.
"""

from collections.abc import Generator
from typing import Any, TypeAlias, TypeVar

__all__ = ["Walk", "run"]

Result = TypeVar("Result")

Walk: TypeAlias = Generator["Walk[Any]", Any, Result]
"""Yields the walkers it needs the results of; returns its own."""


def run(walk: Walk[Result]) -> Result:
    """Run a walker, and every walker that it yields, to the end.

    An exception of any of them ends the whole run; it does not pass through the callers.
    """
    stack: list[Walk[Any]] = [walk]
    value: Any = None
    while True:
        try:
            child = stack[-1].send(value)
        except StopIteration as done:
            stack.pop()
            value = done.value
            if not stack:
                return value  # type: ignore[no-any-return]  # the first walker's own result
        else:
            stack.append(child)
            value = None
