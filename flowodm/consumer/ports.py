"""What an owner works with, whoever that is: hands, and what surrounds it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from confluent_kafka import KafkaError

__all__ = ["Hands", "Surroundings"]


class Hands(Protocol):
    """Who works on records."""

    def start(self) -> None:
        """Begin to take them."""

    def cancel(self) -> None:
        """Break off what can be broken off."""

    def check(self) -> None:
        """Raise when some are no longer there."""

    def close(self, timeout: float) -> None:
        """Wait for those that are idle to end."""


class Surroundings(Protocol):
    """What an owner knows of the cluster besides what its consumer tells."""

    @property
    def outage(self) -> str | None:
        """What is out; None: nothing is."""

    def meet(self, error: "KafkaError") -> bool:
        """Raise what ends the loop (S13); True when the membership is lost."""

    def heard(self) -> None:
        """Note that records have come."""

    def look(self, partitions: Iterable[int]) -> None:
        """See whether the cluster answers; called about once a second."""

    def commit(self, timeout: float) -> None:
        """Commit what is stored, and wait for the answer."""

    def leave(self, timeout: float) -> None:
        """Leave the group, within so many seconds."""
