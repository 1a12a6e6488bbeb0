"""Looking at the cluster now and then while a read goes on, without waiting for the answer."""

from concurrent.futures import Future
from time import monotonic
from typing import TYPE_CHECKING, Final

from flowodm.reading.choice import Layout
from flowodm.reading.cluster import Cluster
from flowodm.reading.notices import outage, relief
from flowodm.reading.options import Notice

if TYPE_CHECKING:
    from confluent_kafka import KafkaException

__all__ = ["Watch"]

_QUIET: Final = 2.0
"""Seconds without a record after which a bounded read looks."""


class Watch:
    """Asks for the layout every few seconds.

    A follower always asks: topics grow partitions. A bounded read asks when it hears nothing.

    Args:
        cluster: Is asked.
        every: Seconds between two looks.
        always: Whether to look though records are coming.
    """

    def __init__(self, cluster: Cluster, *, every: float, always: bool) -> None:
        self._cluster = cluster
        self._every = every
        self._always = always
        self._asked: Future[Layout] | None = None
        self._looked = self._heard = monotonic()
        self._silent_since: float | None = None
        self._error: KafkaException | None = None
        self._is_told = False

    def hear(self) -> None:
        """Note that records are coming."""
        self._heard = monotonic()

    def take(self) -> Layout | None:
        """Return a layout that has come since the last time; ask for one when it is time."""
        if self._asked is None:
            self._ask_when_due()
            return None
        if not self._asked.done():
            return None
        asked, self._asked = self._asked, None
        self._looked = monotonic()
        return self._answer(asked)

    def complaint(self, *, patience: float | None) -> Notice | None:
        """Say that the cluster does not answer, once, and once that it does again.

        Args:
            patience: Seconds that it may be silent; None: for ever.

        Raises:
            BrokerError: It has been silent for longer.
        """
        if self._error is None or self._silent_since is None:
            was_told, self._is_told = self._is_told, False
            return relief() if was_told else None
        if patience is not None:
            if monotonic() - self._silent_since > patience:
                raise self._cluster.named(self._error)
            return None
        if self._is_told:
            return None
        self._is_told = True
        return outage(self._cluster.named(self._error))

    def _ask_when_due(self) -> None:
        now = monotonic()
        is_quiet = now - self._heard > min(_QUIET, self._every)
        if now - self._looked > self._every and (self._always or is_quiet):
            self._asked = self._cluster.start_layout()

    def _answer(self, asked: "Future[Layout]") -> Layout | None:
        from confluent_kafka import KafkaException

        try:
            layout = asked.result()
        except KafkaException as error:
            self._error = error
            self._silent_since = self._silent_since or self._looked
            return None
        self._error = self._silent_since = None
        return layout
