"""`Intake`: one consumer of one topic and group, polled onto the shelf.

Everything here is called by one thread at a time; who that is, `Subscription` decides. What waits
is `poll`, and `consume` only takes what is here: it would wait its whole time for a full batch.
"""

import logging
from collections.abc import Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from flowodm.subscription.leaving import Membership, others
from flowodm.subscription.ledger import Ledger
from flowodm.subscription.pulse import Pulse
from flowodm.subscription.shelf import Shelf
from flowodm.subscription.trouble import Trouble

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Message, TopicPartition

    from flowodm.connection import KafkaConnection

__all__ = ["Intake"]

_LOG = logging.getLogger("flowodm.subscription")

_EVERY: Final = 0.2
"""Seconds after which the group must hear of us, whatever is still on the shelf."""
_GRACE: Final = 3.0
"""Seconds after which a member of a KIP-848 group has been given nothing: nobody says so."""
_MORE: Final = 100
"""Messages that may come on top of what is taken at once: one at each poll, or all of them ahead."""
_FRESH: Final = 1.0
"""Seconds that an answer of the cluster holds; so often it is asked at most."""
_CALM: Final = 2.0
"""Seconds without a record before an outage is told of."""


class Intake:
    """The membership in a group, and what comes with it.

    Args:
        connection: The cluster.
        consumer: A member of the group that has not subscribed yet; it is ours.
        topic: The topic.
        config: How the consumer was made.
        most: Messages taken at once.
        is_told_ends: Whether the consumer is sure to tell when a partition is read to its end.
        shelf: Where they go.
        ledger: Learns which partitions are gone.
    """

    def __init__(
        self,
        connection: "KafkaConnection",
        consumer: "Consumer",
        topic: str,
        config: Mapping[str, Any],
        *,
        most: int,
        is_told_ends: bool,
        shelf: Shelf[Any],
        ledger: Ledger,
    ) -> None:
        self._connection = connection
        self.consumer = consumer
        self._topic = topic
        self._group = str(config["group.id"])
        self._most = most
        self._shelf = shelf
        self._ledger = ledger
        cluster = connection.context.bootstrap_servers or ""
        self.membership = Membership(consumer, cluster, topic, self._group)
        self._partitions = self.membership.partitions
        self._ended: set[int] = set()
        """Partitions of which everything has come, as far as the broker says so."""
        self._tells_ends = is_told_ends
        self._pulse = Pulse(connection, topic)
        self._is_alone = True
        self._is_closed = False
        self._is_paused = False
        self._has_moved = False
        """Whether partitions went away during the call that runs."""
        self._is_given = False
        self.has_joined = False
        """Whether the group has ever given us something."""
        self._says_nothing = config.get("group.protocol") == "consumer"
        self._is_eager = not self._says_nothing and "cooperative" not in str(
            config.get("partition.assignment.strategy", "")
        )
        self._asked = self._heard = monotonic()
        self._trouble = Trouble(connection, topic, self._group)
        consumer.subscribe([topic], on_assign=self._take, on_revoke=self._give, on_lost=self._lose)

    @property
    def is_member(self) -> bool:
        """Whether the group has said which partitions are ours; it may be none."""
        return self._is_given or (self._says_nothing and self.waited > _GRACE)

    @property
    def waited(self) -> float:
        """Seconds since we asked for partitions."""
        return monotonic() - self._asked

    def wait_anew(self) -> None:
        """Count from now how long the group keeps us waiting."""
        self._asked = monotonic()

    def is_quiet(self, since: float, *, to_end: bool) -> bool:
        """Tell whether nothing came because there is nothing; where not yet known: call again.

        Args:
            since: When the wait for it began, on the monotonic clock.
            to_end: Whether all partitions must have been read to their ends, as of then.

        Raises:
            BrokerError: The cluster does not answer, so nothing is known.
        """
        has_left = to_end and self._tells_ends and not self._partitions <= self._ended
        lately = monotonic() - _FRESH
        needed = lately if has_left else since if to_end else min(since, lately)
        asked = self._partitions - self._ended if has_left else self._partitions
        answers = self._pulse.answers(since, needed, min(asked, default=0))
        return answers and not has_left

    def check_answers(self, since: float) -> None:
        """Ask the cluster, now and then, whether it is there.

        Raises:
            BrokerError: It was asked since then, and did not answer.
        """
        self._pulse.answers(since, monotonic() - _FRESH, min(self._partitions, default=0))

    def tell_of_others(self) -> None:
        """Say, once, that nothing comes since another member in this process has it all."""
        if self._partitions or not self._is_alone or not self._is_given:
            return
        if others(self.membership):
            self._is_alone = False
            _LOG.warning(
                "topic `%s`, group `%s`: no partition was given to this member, and another in"
                " this process has some; two classes that read one topic need a group each",
                self._topic,
                self._group,
            )

    def step(self, wait: float, *, ahead: bool = False) -> None:
        """Take what is there onto the shelf; where there is nothing, wait for it.

        Args:
            wait: Seconds, which also keep an interrupt waiting.
            ahead: Whether to fill the shelf, for a caller to whom each step is dear.

        Raises:
            BrokerError: The cluster refuses.
        """
        if self._shelf:
            self._pause(len(self._shelf) > self._most + _MORE)
            messages = [] if (one := self.consumer.poll(0)) is None else [one]
        else:
            self._pause(False)
            messages = self._fetch(wait, self._most + _MORE if ahead else self._most)
        now = monotonic()
        self._shelf.due = now + _EVERY
        if messages:
            self._sort(messages)
            self._heard = self._pulse.heard = now
        elif now - self._heard > _CALM:
            self._watch()

    def commit(self, timeout: float) -> None:
        """Commit what is stored, and wait for the answer.

        Raises:
            BrokerError: It was not committed.
        """
        self._trouble.commit(self.consumer, timeout)

    def close(self, timeout: float) -> None:
        """Commit what is stored and leave the group, within so many seconds."""
        self._is_closed = True
        if not self.membership.leave(timeout):
            _LOG.warning(
                "topic `%s`, group `%s`: not left within %.1f s, which goes on; should the program"
                " end before, what was done last comes again",
                self._topic,
                self._group,
                timeout,
            )
        self._shelf.drop(self._partitions)
        self._ledger.drop(self._partitions)

    def _fetch(self, wait: float, most: int) -> "list[Message]":
        if messages := self.consumer.consume(most, 0):
            return messages
        first = self.consumer.poll(wait)
        return [] if first is None else [first, *self.consumer.consume(most - 1, 0)]

    def _pause(self, is_full: bool) -> None:
        """Keep the shelf small while nobody takes from it, as in an outage of the registry."""
        if is_full == self._is_paused:
            return
        self._is_paused = is_full
        places = self.consumer.assignment()
        self.consumer.pause(places) if is_full else self.consumer.resume(places)

    def _sort(self, messages: "list[Message]") -> None:
        """Put records onto the shelf, and meet what else was said."""
        said = [message for message in messages if message.error() is not None]
        if said:
            self._note_ends(messages)
            messages = [message for message in messages if message.error() is None]
        elif self._ended:
            self._ended.difference_update([message.partition() for message in messages])
        if self._has_moved:
            messages = [one for one in messages if one.partition() in self._partitions]
            self._has_moved = False
        self._shelf.add(messages)
        if messages:
            self._trouble.end_outage()
        for message in said:
            error = message.error()
            assert error is not None
            if self._trouble.meet(error):
                self._lose(self.consumer, [])

    def _note_ends(self, messages: "list[Message]") -> None:
        for message in messages:
            error, partition = message.error(), message.partition()
            if partition is None:
                continue
            if error is None:
                self._ended.discard(partition)
            elif error.name() == "_PARTITION_EOF":
                self._tells_ends = True
                self._ended.add(partition)

    def _watch(self) -> None:
        """Tell of an outage, once."""
        failure = self._connection.journal.worst()
        if failure is None or self._trouble.outage is not None:
            return
        from flowodm.connection.errors import unreachable

        self._trouble.begin_outage(unreachable(self._connection, failure).message)

    def _take(self, _consumer: "Consumer", given: "list[TopicPartition]") -> None:
        self._is_given = self.has_joined = True
        partitions = {one.partition for one in given}
        self._partitions |= partitions
        self._ended -= partitions
        self._pulse.heard = monotonic()
        self._is_paused = False

    def _give(self, _consumer: "Consumer", taken: "list[TopicPartition]") -> None:
        self._forget({one.partition for one in taken})
        if self._is_eager:
            self._is_given, self._asked = False, monotonic()

    def _lose(self, _consumer: "Consumer", lost: "list[TopicPartition]") -> None:
        """All is gone, and perhaps another's already: what is in work is not stored."""
        self._forget(set(self._partitions))
        self._is_given, self._asked = False, monotonic()

    def _forget(self, partitions: set[int]) -> None:
        if self._is_closed:  # the shelf and the ledger are another intake's by now
            return
        self._has_moved = True
        self._partitions -= partitions
        self._ended -= partitions
        self._shelf.drop(partitions)
        self._ledger.drop(partitions)
