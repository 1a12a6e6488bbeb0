"""`Cluster`: the brokers and the registry around a loop: whether they answer, and leaving a group."""

import logging
from collections.abc import Iterable
from time import monotonic
from typing import TYPE_CHECKING, Final

from flowodm.consumer.board import Board
from flowodm.consumer.judge import Teller
from flowodm.errors import BrokerError
from flowodm.subscription.leaving import Membership
from flowodm.subscription.pulse import Pulse
from flowodm.subscription.trouble import Trouble

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError

    from flowodm.connection import KafkaConnection

__all__ = ["Cluster"]

_LOG = logging.getLogger("flowodm.consumer")
_FRESH: Final = 1.0
"""Seconds that a word of the brokers holds; so often they are asked at most."""
_SILENT: Final = 2.5
"""Seconds of silence, after which what the client's log says of the brokers counts."""


class Cluster:
    """What surrounds one run of a loop.

    Args:
        connection: The cluster.
        consumer: The member of the group; it is closed by this alone.
        topic: The topic.
        group: The group.
        board: Knows what the registry said last.
        tell: Takes events.
    """

    def __init__(
        self,
        connection: "KafkaConnection",
        consumer: "Consumer",
        topic: str,
        group: str,
        board: Board,
        tell: Teller,
    ) -> None:
        self._connection = connection
        self._consumer = consumer
        self._board = board
        self._tell = tell
        self._trouble = Trouble(connection, topic, group)
        self._pulse = Pulse(connection, topic)
        self._begun = self._pulse.heard = monotonic()
        self._registry: str | None = None
        """The registry's outage that was told of."""
        brokers = connection.context.bootstrap_servers or ""
        self._membership = Membership(consumer, brokers, topic, group)

    @property
    def outage(self) -> str | None:
        """What is out: the brokers, or the registry."""
        return self._trouble.outage or self._board.registry_outage

    def meet(self, error: "KafkaError") -> bool:
        """Raise what ends the loop; log the rest (S13).

        Raises:
            BrokerError: The topic is gone, we are not allowed, or the client is broken.
        """
        return self._trouble.meet(error)

    def heard(self) -> None:
        """Note that the brokers have been heard of."""
        self._pulse.heard = monotonic()
        self._over()

    def look(self, partitions: Iterable[int]) -> None:
        """See whether the brokers and the registry answer, and tell of what has changed (S13)."""
        self._membership.partitions = set(partitions)
        self._look_at_registry()
        now = monotonic()
        try:
            asked = min(self._membership.partitions, default=0)
            answers = self._pulse.answers(self._begun, now - _FRESH, asked)
        except BrokerError as error:
            self._out(error.message)
            return
        if now - self._pulse.heard > _SILENT:
            self._read_the_log()
        elif answers:
            self._over()

    def commit(self, timeout: float) -> None:
        """Commit what is stored, and wait for the answer.

        Raises:
            BrokerError: It was not committed.
        """
        self._trouble.commit(self._consumer, timeout)

    def leave(self, timeout: float) -> None:
        """Leave the group; what takes longer goes on in a thread of its own (S14)."""
        if not self._membership.leave(timeout):
            _LOG.warning(
                "topic `%s`, group `%s`: not left within %.1f s, which goes on; should the program"
                " end before, what was done last comes again",
                self._trouble.topic,
                self._trouble.group,
                timeout,
            )

    def _read_the_log(self) -> None:
        """Take the brokers for out when they are silent, and the client's log says why."""
        failure = self._connection.journal.worst()
        if failure is None or failure.at < self._pulse.heard or self._trouble.outage is not None:
            return
        from flowodm.connection.errors import unreachable

        self._out(unreachable(self._connection, failure).message)

    def _out(self, cause: str) -> None:
        if self._trouble.begin_outage(cause):
            self._tell("outage begins", logging.DEBUG, text=cause)

    def _over(self) -> None:
        if self._trouble.outage is not None:
            cause = self._trouble.outage
            self._trouble.end_outage()
            self._tell("outage ends", logging.DEBUG, text=cause)

    def _look_at_registry(self) -> None:
        before, now = self._registry, self._board.registry_outage
        self._registry = now
        if before is None and now is not None:
            self._tell("outage begins", logging.WARNING, text=now)
        elif before is not None and now is None:
            self._tell("outage ends", logging.WARNING, text=before)
