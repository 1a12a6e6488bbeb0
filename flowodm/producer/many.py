"""Many records on their way at once, and their outcomes in order."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from flowodm.errors import FlowODMError
from flowodm.producer.delivery import Outcome, Outgoing, Report, delivery_of

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message

    from flowodm.producer.sender import Sender

__all__ = ["Batch", "deliver_many"]

_STEP: Final = 0.02
"""Seconds between two looks at what is open, when others' records keep the client busy."""
_SENDS_A_POLL: Final = 128


class Batch:
    """The outcomes of many records, each in its record's place.

    Args:
        sender: Whose records.
        on_settled: Called, in any thread, when the place that `watched` names is settled.
    """

    def __init__(self, sender: "Sender", on_settled: Callable[[], None] = lambda: None) -> None:
        self.outcomes: list[Outcome | None] = []
        self.watched = -1
        self.is_left = False
        """Whether nobody looks at the outcomes any more: a failure is then logged."""
        self.sender = sender
        self._on_settled = on_settled
        self._unknown: dict[str, FlowODMError] = {}
        """Topics that cannot be written to, and why: each is asked for once."""
        self._first = 0
        self.report: Callable[[int], Report] = _places(self)
        """Makes what takes a record's report in, out of its place."""

    def check(self, topic: str) -> None:
        """Raise why a topic cannot be written to, when that is known."""
        if self._unknown and (error := self._unknown.get(topic)) is not None:
            raise error

    def refuse(self, place: int, topic: str, error: FlowODMError) -> None:
        """Take in why a record was not sent; raise it when it is the first one's topic."""
        if topic not in self.sender.partitions:
            if not place:
                raise error
            self._unknown[topic] = error
        self.outcomes[place] = error

    def fail(self, place: int, error: "KafkaError", message: "Message") -> None:
        """Take the report of a failure in."""
        failed = self.outcomes[place] = self.sender.failure(error, message.topic())
        if self.is_left:
            self.sender.poller().unheard.add(failed)

    def settled(self) -> None:
        """Tell whoever watches a place that it has its outcome."""
        self.watched = -1
        self._on_settled()

    def missing(self) -> int:
        """Return the first place without an outcome; after the last when there is none."""
        try:
            self._first = self.outcomes.index(None, self._first)
        except ValueError:
            self._first = len(self.outcomes)
        return self._first

    def complete(self) -> list[Outcome]:
        """Return the outcomes, of which none is missing."""
        return self.outcomes  # type: ignore[return-value]


def deliver_many(sender: "Sender", records: Iterable[Outgoing]) -> list[Outcome]:
    """Do what `Producer.deliver_many` says."""
    batch, poller = Batch(sender), sender.poller()
    outcomes, report, offer = batch.outcomes, batch.report, sender.offer
    poller.attended.append(None)
    try:
        for place, record in enumerate(records):
            outcomes.append(None)
            try:
                is_sent = offer(record, report(place))
            except (LookupError, FlowODMError):
                is_sent = False
            if not is_sent:
                _send(batch, place, record)
            if place % _SENDS_A_POLL == 0:
                poller.client.poll(0)
        while batch.missing() < len(outcomes):
            sender.take_reports(_STEP)
    except BaseException:
        batch.is_left = True
        raise
    finally:
        poller.attended.pop()
        if len(poller.client):
            poller.wake()
    return batch.complete()


def _send(batch: Batch, place: int, record: Outgoing) -> None:
    """Send a record for which there was no room, or whose topic is not known, or say why not."""
    try:
        batch.check(record.topic)
        batch.sender.enqueue(record, batch.report(place))
    except FlowODMError as error:
        batch.refuse(place, record.topic, error)


def _places(batch: Batch) -> Callable[[int], Report]:
    """Make the type of a batch's callbacks: a number that takes the report for its place in.

    A hundred thousand of them may wait at once. A closure would be three objects for the garbage
    collector to visit, a `partial` as well, and that took longer than everything else here.
    """
    outcomes = batch.outcomes

    def take(place: int, error: "KafkaError | None", message: "Message") -> None:
        if error is None:
            outcomes[place] = delivery_of(message)
        else:
            batch.fail(place, error, message)
        if place == batch.watched:
            batch.settled()

    return type("Place", (int,), {"__slots__": (), "__call__": take})
