"""When an offset is committed: what each guarantee does with what is done.

`AfterProcessing` repeats rather than loses: at least once. `BeforeProcessing` loses rather than
repeats: at most once. The third, in a transaction, is in `transaction.py`.
"""

import logging
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Final, Protocol

from flowodm.consumer.job import Job
from flowodm.errors import FlowODMError

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError

    from flowodm.consumer.owner import Owner

__all__ = ["AfterProcessing", "BeforeProcessing", "Settling"]

_LOG = logging.getLogger("flowodm.consumer")
_COMMIT: Final = 5.0


class Settling(Protocol):
    """What an owner does with records that come, are done, or go; all in its own thread."""

    keeps_what_waits: bool
    """Whether records that wait are committed already, so that they must not be dropped."""

    def admit(self, owner: "Owner", jobs: list[Job]) -> None:
        """Take records that have come."""

    def settle(self, owner: "Owner") -> None:
        """Note what is done; called every turn."""

    def give(self, owner: "Owner", partitions: Collection[int]) -> None:
        """Commit what is done of partitions that are taken away (S8)."""

    def lose(self, owner: "Owner", partitions: Collection[int]) -> None:
        """Commit nothing of partitions that are gone (S9)."""

    def finish(self, owner: "Owner") -> None:
        """Commit what is done, for the last time (S14)."""


class AfterProcessing:
    """Stores the watermarks; librdkafka commits what is stored, in the background (S2, S3).

    Args:
        consumer: Whose.
        topic: The topic.
        commit: Commits what is stored, and waits for the answer, for so many seconds at most.
    """

    keeps_what_waits = False

    def __init__(self, consumer: "Consumer", topic: str, commit: Callable[[float], None]) -> None:
        from flowodm.subscription.ledger import storing

        self._consumer = consumer
        _, self._store = storing(consumer, topic)
        self._commit = commit

    def admit(self, owner: "Owner", jobs: list[Job]) -> None:
        """Hand them out."""
        owner.board.add(jobs)

    def settle(self, owner: "Owner") -> None:
        """Store what has advanced."""
        for partition, offset in owner.advanced().items():
            self._store(partition, offset)

    def give(self, owner: "Owner", partitions: Collection[int]) -> None:
        """Store and commit, in the callback itself (S8)."""
        self.settle(owner)
        for error in self._refusals(partitions):
            _LOG.warning(
                "loop `%s`: what was done last of partitions %s is not committed, and comes again:"
                " %s",
                owner.options.name,
                sorted(partitions),
                error.str() or error.name(),
            )

    def _refusals(self, partitions: Collection[int]) -> "list[KafkaError]":
        """Commit, and return why it was refused."""
        from confluent_kafka import KafkaError, KafkaException

        try:
            found = self._consumer.commit(asynchronous=False)
        except KafkaException as error:
            found_error: KafkaError = error.args[0]
            return [] if found_error.code() == KafkaError._NO_OFFSET else [found_error]
        refused = {one.error.name(): one.error for one in found if one.error is not None}
        return list(refused.values())

    def lose(self, owner: "Owner", partitions: Collection[int]) -> None:
        """Store nothing."""

    def finish(self, owner: "Owner") -> None:
        """Store and commit."""
        self.settle(owner)
        self._commit(_COMMIT)


class BeforeProcessing:
    """Commits records, waits for the broker's word, and only then hands them out: at most once.

    Args:
        consumer: Whose.
        topic: The topic.
        commit: Commits what is stored, and waits for the answer, for so many seconds at most.
    """

    keeps_what_waits = True

    def __init__(self, consumer: "Consumer", topic: str, commit: Callable[[float], None]) -> None:
        from flowodm.subscription.ledger import storing

        _, self._store = storing(consumer, topic)
        self._commit = commit
        self._open: list[Job] = []
        """Stored, and not known to be committed."""

    def admit(self, owner: "Owner", jobs: list[Job]) -> None:
        """Commit them, then hand them out; where that fails, it is tried again next turn."""
        for partition, offset in {job.partition: job.offset + 1 for job in jobs}.items():
            self._store(partition, offset)
        self._open += jobs
        self._try(owner)

    def settle(self, owner: "Owner") -> None:
        """Try again what could not be committed."""
        owner.advanced()  # what is done was committed long before
        if self._open:
            self._try(owner)

    def give(self, owner: "Owner", partitions: Collection[int]) -> None:
        """Forget what is not known to be committed: the next owner may get it."""
        self.lose(owner, partitions)

    def lose(self, owner: "Owner", partitions: Collection[int]) -> None:
        """Forget what is not known to be committed: the next owner may get it."""
        self._open = [job for job in self._open if job.partition not in partitions]

    def finish(self, owner: "Owner") -> None:
        """Do nothing: all is committed."""

    def _try(self, owner: "Owner") -> None:
        try:
            self._commit(_COMMIT)
        except FlowODMError as error:
            _LOG.warning("loop `%s`: not committed yet: %s", owner.options.name, error.message)
            return
        jobs, self._open = self._open, []
        owner.board.add(jobs)
