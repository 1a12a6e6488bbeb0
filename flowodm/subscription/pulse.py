"""`Pulse`: whether the cluster answers, so that nothing heard can mean that nothing came.

A silent consumer tells nothing: an outage looks to it like an empty topic. So the cluster is asked
one small question, the end of one partition; who asks waits in steps, and never for the answer.
"""

from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from flowodm.connection.kafka import PATIENCE
from flowodm.errors import BrokerError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from flowodm.connection import KafkaConnection

__all__ = ["Pulse"]

_LATE: Final = 1.0
"""Seconds after which librdkafka has not kept its own deadline."""


class Pulse:
    """When the cluster was last heard of.

    Args:
        connection: The cluster.
        topic: The topic.
    """

    def __init__(self, connection: "KafkaConnection", topic: str) -> None:
        self._connection = connection
        self._topic = topic
        self.heard = 0.0
        """When something came from it, on the monotonic clock."""
        self._asked = 0.0
        self._place = 0
        """The partition that was asked about."""
        self._answer: Future[Any] | None = None
        self._silent: float | None = None
        """When it was first asked and did not answer, if it has not since."""

    def answers(self, begun: float, since: float, partition: int) -> bool:
        """Tell whether it was heard of since then; ask where not: call again.

        Args:
            begun: When the wait began, on the monotonic clock: what was asked before and failed
                says nothing of now.
            since: What was heard before says nothing either.
            partition: One whose leader to ask.

        Raises:
            BrokerError: It has not answered for some seconds, with the cause.
        """
        if self._answer is not None:
            self._listen(begun)
        if self.heard >= since:
            return True
        if self._answer is None:
            self._ask(partition)
        return False

    def _ask(self, partition: int) -> None:
        from confluent_kafka import TopicPartition
        from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]

        self._asked, self._place = monotonic(), partition
        asked = {TopicPartition(self._topic, partition): OffsetSpec.latest()}  # type: ignore[no-untyped-call]
        answers = self._connection.admin().list_offsets(asked, request_timeout=PATIENCE)
        (self._answer,) = answers.values()

    def _listen(self, begun: float) -> None:
        """Take the answer, if it is here; or what says that none will come."""
        assert self._answer is not None
        answer, now = self._answer, monotonic()
        if not answer.done() and now - self._asked <= PATIENCE + _LATE:
            return
        self._answer = None
        if not (silence := _silence(answer)):
            self.heard, self._silent = max(self.heard, self._asked), None
            return
        if self._silent is None or self._silent < max(begun, self.heard):
            self._silent = self._asked
        waited = now - self._silent
        if self._silent >= begun and waited >= PATIENCE:
            raise self._failure(silence, waited)

    def _failure(self, silence: str, waited: float) -> Exception:
        from flowodm.connection.errors import unreachable

        self._connection.admin().poll(0)  # its log may name the cause
        failure = self._connection.journal.worst()
        if failure is None and silence == _NO_LEADER:
            return BrokerError(
                f"partition {self._place} of topic `{self._topic}` has no leader, for"
                f" {waited:.1f} s: what it holds cannot be read",
                hint=f"flowodm topics describe {self._topic}",
            )
        return unreachable(self._connection, failure, elapsed=waited)


_NO_LEADER: Final = "_NOENT"
"""What librdkafka's admin client says of a partition that nobody leads, and of no broker at all."""


def _silence(answer: "Future[Any]") -> str:
    """Return how an answer is none, in librdkafka's word; empty when the cluster did answer.

    Its errors of its own begin with an underscore; any other was sent by a broker. Of a request
    that was not answered in time it may say no error, and an offset that it has made up.
    """
    if not answer.done():
        return "_TIMED_OUT"
    if (error := answer.exception()) is None:
        return "" if answer.result().offset >= 0 else "_TIMED_OUT"
    name = str(error.args[0].name())
    return name if name.startswith("_") else ""
