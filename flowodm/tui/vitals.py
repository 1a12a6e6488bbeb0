"""What the header tells: the cluster's identity, its pulse, its registry, and the rate of writing."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from flowodm.display.pace import Pace
from flowodm.tui.sources.cluster import Identity, Pulse

__all__ = ["Vitals"]

_KEPT: Final = 60
"""Rates that the sparkline is made of."""


@dataclass(slots=True)
class Vitals:
    """What is known of a cluster now."""

    identity: Identity
    pulse: Pulse | None = None
    rate: float | None = None
    """Records a second, of all topics together; None: not known, or not yet."""
    rates: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))
    other: str | None = None
    """The id of the cluster that answers now, where another one answered at first."""
    _first: str | None = None
    _pace: Pace = field(default_factory=Pace)
    _beats: int = 0

    def beat(self, pulse: Pulse, now: float) -> None:
        """Take a new pulse."""
        self.pulse = pulse
        self._first = self._first or pulse.cluster_id
        self.other = pulse.cluster_id if pulse.cluster_id != self._first else None
        if pulse.ends is None:
            self.rate = None
            return
        rate = self._pace.rate(pulse.ends, now)
        self._beats += 1
        if self._beats > 1:  # the first one only says where the count begins
            self.rate = max(rate, 0.0)
            self.rates.append(self.rate)
