"""How long a broker is waited for: little at first, more after it did not answer in time."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from flowodm.errors import BrokerUnreachable

__all__ = ["Patience"]

_FIRST: Final = 2.0
"""Seconds: that no broker answers is then shown within three."""
_MOST: Final = 16.0
_ROOM: Final = 3.0
"""Times the length of an answer that the next one may take."""


class Patience:
    """The seconds that questions may take; one that needs more is given more from then on.

    And one that was answered quickly is given little again: what it waited for was no slow
    cluster, but one that was gone for a while, and may go again.

    Args:
        clock: Seconds that go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seconds: dict[str, float] = {}

    @contextmanager
    def seconds(self, question: str) -> Iterator[float]:
        """Ask within these seconds.

        Args:
            question: Tells it from the others, which may be slower.
        """
        seconds = self._seconds.get(question, _FIRST)
        began = self._clock()
        try:
            yield seconds
        except BrokerUnreachable:
            self._seconds[question] = min(seconds * 2, _MOST)
            raise
        took = self._clock() - began
        self._seconds[question] = min(seconds, max(_FIRST, took * _ROOM))
