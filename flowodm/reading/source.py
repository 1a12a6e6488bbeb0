"""A consumer as a source of records: its settings, and messages turned into records.

`consume(n, t)` waits the whole `t` unless n messages come, so what waits is `poll`, and `consume`
only takes what is already here.
"""

from collections.abc import Collection, Iterable
from operator import length_hint
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import uuid4

from flowodm.reading.options import ReadOptions
from flowodm.reading.tracker import Where
from flowodm.record import Record, TimestampType, message_headers

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError, Message

__all__ = ["BATCH", "Ends", "Event", "Source", "consumer_settings"]

BATCH: Final = 1000
"""Messages taken at once: more saves no time, and keeps a person waiting."""

_FEW: Final = 100
_SELDOM: Final = 2.0
_TYPES: Final[tuple[TimestampType, ...]] = ("unknown", "create", "logappend")
_new: Final = tuple.__new__


def consumer_settings(options: ReadOptions) -> dict[str, str]:
    """Return librdkafka's settings for a read."""
    settings = {
        # librdkafka wants a group even where none is joined; a name of its own meets nobody
        "group.id": options.group or f"flowodm-read-{uuid4().hex}",
        "enable.auto.commit": "true" if options.group else "false",
        "auto.commit.interval.ms": "1000",
        "enable.auto.offset.store": "false",
        "allow.auto.create.topics": "false",
        "auto.offset.reset": "error",
        "enable.partition.eof": "true",
        "isolation.level": options.isolation,
        # how long a broker holds a fetch that finds nothing, and with it the news of the end; a
        # follower has no end to wait for, and thousands of partitions make a fetch large
        "fetch.wait.max.ms": "500" if options.follow else "100",
        # what bounds the memory of a read; the messages of the batch at hand come on top
        "queued.max.messages.kbytes": "16384",
        "fetch.max.bytes": "16777216",
        # how long a full queue waits before it is filled again: by default a whole second
        "fetch.queue.backoff.ms": "5",
    }
    return settings | dict(options.kafka)


class Event(NamedTuple):
    """Something other than a record: the end of a partition, or what went wrong."""

    where: Where
    """Partition -1: about no partition."""
    offset: int
    error: "KafkaError"


class Source:
    """Takes messages from a consumer.

    Args:
        consumer: Assigned or subscribed elsewhere.
    """

    def __init__(self, consumer: "Consumer") -> None:
        self._consumer = consumer
        self._headless: dict[Where, int] = {}
        self._untold: list[Where] = []

    def take(self, wait: float) -> tuple[list[Record], list["Event"]]:
        """Take what is there, and wait for something where nothing is.

        Args:
            wait: Seconds; an interrupt is kept waiting as long.

        Returns:
            The records, and what else was said.
        """
        messages = self._consumer.consume(BATCH, 0)
        if not messages:
            first = self._consumer.poll(wait)
            if first is None:
                return [], []
            messages = [first, *self._consumer.consume(BATCH - 1, 0)]
        said = [message for message in messages if message.error() is not None]
        if said:
            messages = [message for message in messages if message.error() is None]
        return self._records(messages), [_event(message) for message in said]

    def _records(self, messages: "list[Message]") -> list[Record]:
        """Turn messages into records, those too whose header names are no text.

        confluent-kafka fails on such a name, and a second call for the same headers would hand
        out a tuple that is broken; so they are left out, and told of.
        """
        records: list[Record] = []
        rest = iter(messages)
        while True:
            try:
                return records + to_records(rest)
            except (SystemError, UnicodeDecodeError):
                at = len(messages) - length_hint(rest) - 1
                records += to_records(messages[len(records) : at])
                records.append(_headless(messages[at]))
                self._note_headless(records[-1])

    def _note_headless(self, record: Record) -> None:
        where = (record.topic, record.partition)
        if where not in self._headless:
            self._headless[where] = record.offset
            self._untold.append(where)

    def take_headless(self) -> list[tuple[Where, int]]:
        """Return where records without readable headers began, since the last time."""
        untold, self._untold = self._untold, []
        return [(where, self._headless[where]) for where in untold]

    def positions(self, wheres: Iterable[Where]) -> dict[Where, int]:
        """Ask the consumer for the next offset of partitions; it costs no request."""
        from confluent_kafka import TopicPartition

        asked = [TopicPartition(topic, number) for topic, number in wheres]
        return {
            (found.topic, found.partition): found.offset
            for found in self._consumer.position(asked)
            if found.offset >= 0
        }

    def ends(self, wheres: Iterable[Where]) -> dict[Where, int]:
        """Return the end offsets that came with the latest fetches; they cost no request."""
        from confluent_kafka import TopicPartition

        return {
            where: self._consumer.get_watermark_offsets(TopicPartition(*where), cached=True)[1]
            for where in wheres
        }


class Ends:
    """The end offsets of partitions, as they were seen last."""

    def __init__(self) -> None:
        self.known: dict[Where, int] = {}
        self._asked = 0.0

    def refresh(self, source: Source, wheres: Collection[Where]) -> None:
        """Ask again, but not for thousands of partitions ten times a second."""
        if len(wheres) <= _FEW or monotonic() - self._asked > _SELDOM:
            self._asked = monotonic()
            self.known |= source.ends(wheres)


def _event(message: "Message") -> Event:
    error = message.error()
    assert error is not None
    number, offset = message.partition(), message.offset()
    where = (message.topic() or "", -1 if number is None else number)
    return Event(where, -1 if offset is None else offset, error)


def to_records(messages: "Iterable[Message]") -> list[Record]:
    """Turn messages into records; the loop that every record passes."""
    new, kinds, headers_of = _new, _TYPES, message_headers
    return [
        new(
            Record,
            (
                message.topic(),
                message.partition(),
                message.offset(),
                kinds[kind],
                moment if kind else None,
                message.key(),
                message.value(),
                tuple(headers) if (headers := headers_of(message)) else (),
            ),
        )
        for message in messages
        for kind, moment in (message.timestamp(),)
    ]


def _headless(message: "Message") -> Record:
    kind, moment = message.timestamp()
    topic, number, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None
    assert number is not None
    assert offset is not None
    when = moment if kind else None
    return Record(topic, number, offset, _TYPES[kind], when, message.key(), message.value(), ())
