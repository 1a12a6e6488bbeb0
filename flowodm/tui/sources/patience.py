"""How long a broker is waited for: little at first, more after it did not answer in time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from flowodm.errors import BrokerUnreachable

__all__ = ["Patience"]

_FIRST: Final = 2.0
"""Seconds: that no broker answers is then shown within three."""
_MOST: Final = 16.0


class Patience:
    """The seconds that questions may take; a cluster that needs more is given more from then on."""

    def __init__(self) -> None:
        self._seconds = _FIRST

    @contextmanager
    def seconds(self) -> Iterator[float]:
        """Ask within these seconds."""
        seconds = self._seconds
        try:
            yield seconds
        except BrokerUnreachable:
            self._seconds = min(max(seconds * 2, self._seconds), _MOST)
            raise
