"""Many records on their way at once, and their outcomes in order."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Final

from flowodm.errors import FlowODMError
from flowodm.producer.delivery import Outcome, Outgoing, delivery_of

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message

    from flowodm.producer.producer import Producer

__all__ = ["Batch", "deliver_many"]

_STEP: Final = 0.02
"""Seconds between two looks at what is open, when others' records keep the client busy."""


class Batch:
    """The outcomes of many records, each in its record's place.

    Args:
        producer: Whose records.
        on_complete: Called once, in any thread, when the batch is sealed and no outcome is open.
    """

    def __init__(
        self, producer: "Producer", on_complete: Callable[[], None] = lambda: None
    ) -> None:
        self.outcomes: list[Outcome | None] = []
        self._producer = producer
        self._lock = producer._lock
        self.unknown: dict[str, FlowODMError] = {}
        """Topics that cannot be written to, and why: each is asked for once."""
        self._on_complete = on_complete
        self._settled = 0
        self._total: int | None = None

    def settle(self, place: int, error: "KafkaError | None", message: "Message") -> None:
        """Take a report in; in whichever thread it comes."""
        if error is not None:
            self._set(place, self._producer._fail(error, message))
            return
        self.outcomes[place] = delivery_of(message)
        with self._lock:
            self._producer.delivered += 1
            self._settled += 1
            is_last = self._settled == self._total
        if is_last:
            self._on_complete()

    def refuse(self, place: int, topic: str, error: FlowODMError) -> None:
        """Take in why a record was not sent; raise it when it is the first one's topic."""
        if not self._producer._knows(topic, None):
            if not place:
                raise error
            self.unknown[topic] = error
        self._set(place, error)

    def _set(self, place: int, error: FlowODMError) -> None:
        self.outcomes[place] = error
        with self._lock:
            self._settled += 1
            is_last = self._settled == self._total
        if is_last:
            self._on_complete()

    def check(self, topic: str) -> None:
        """Raise why a topic cannot be written to, when that is known."""
        if (error := self.unknown.get(topic)) is not None:
            raise error

    def seal(self) -> None:
        """Say that no record follows."""
        with self._lock:
            self._total = len(self.outcomes)
            is_complete = self._settled == self._total
        if is_complete:
            self._on_complete()

    def is_complete(self) -> bool:
        """Tell whether every record has its outcome."""
        return self._settled == len(self.outcomes)

    def finished(self) -> list[Outcome]:
        """Return the outcomes of a complete batch."""
        return self.outcomes  # type: ignore[return-value]  # complete: none is missing


def deliver_many(producer: "Producer", records: Iterable[Outgoing]) -> list[Outcome]:
    """Do what `Producer.deliver_many` says."""
    batch, poller = Batch(producer), producer._live()
    poller.attended.append(None)
    try:
        for place, record in enumerate(records):
            batch.outcomes.append(None)
            try:
                if not producer._knows(record.topic, record.partition):
                    batch.check(record.topic)
                    producer._learn(record.topic)
                producer._enqueue(record, partial(batch.settle, place))
            except FlowODMError as error:
                batch.refuse(place, record.topic, error)
        while not batch.is_complete():
            producer.wait(_STEP)
    finally:
        poller.attended.pop()
        if len(poller.client):
            poller.wake()
    return batch.finished()
