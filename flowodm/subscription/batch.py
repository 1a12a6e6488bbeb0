"""`Batch`: records that were taken together."""

from collections.abc import Callable
from typing import TypeVar

__all__ = ["Batch"]

T = TypeVar("T")


class Batch(list[T]):
    """Records that were taken together. They are done with `ack()`, or when more are asked for."""

    def __init__(self, values: list[T], acknowledge: Callable[[], None]) -> None:
        super().__init__(values)
        self._acknowledge = acknowledge

    def ack(self) -> None:
        """Say that all of them are done; once more is asked for, this says nothing any more."""
        self._acknowledge()
