"""When a process that ended is started again: pure."""

from dataclasses import dataclass, field
from typing import Final

__all__ = ["Restarts"]

_FIRST: Final = 0.5
_MOST: Final = 30.0
_HEALTHY: Final = 60.0
"""Seconds after which a process counts as having run."""
_CRASHES: Final = 5
"""Ends in a row, each before that, which are a crash loop."""


@dataclass(slots=True)
class Restarts:
    """The ends of one process so far, and what follows from the next."""

    crashes: int = field(default=0)
    """Ends in a row of which none came after a healthy run."""

    def ended(self, lasted: float) -> float | None:
        """Note that the process ended by itself.

        Args:
            lasted: Seconds that it had run.

        Returns:
            Seconds until it is started again; None: it never will run.
        """
        self.crashes = 1 if lasted >= _HEALTHY else self.crashes + 1
        if self.crashes >= _CRASHES:
            return None
        return min(_MOST, _FIRST * 2.0 ** (self.crashes - 1))
