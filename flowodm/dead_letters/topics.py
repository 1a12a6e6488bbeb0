"""Which topics hold dead letters: by their names, or by what is in them. Nothing is created."""

import re
from typing import TYPE_CHECKING, Final

from flowodm.connection.changes import is_internal
from flowodm.connection.kafka import PATIENCE
from flowodm.consumer.dead_letter import read_dead_letter
from flowodm.positions import FromEnd, Range
from flowodm.reader import Reader, ReadOptions

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection

__all__ = ["find_topics", "is_dead_letter_name"]

_NAMES: Final = re.compile(r"(?:^|[-._])(?:dlt|dlq|dead-?letters?)(?:[-._]|$)", re.IGNORECASE)


def is_dead_letter_name(topic: str) -> bool:
    """Tell whether a topic is called as those of dead letters are.

    `orders-dlt` here and in Spring Kafka, `orders.DLT` in its older releases,
    `dead-letter-topic-orders` in SmallRye; `dlq` where Kafka Connect is told so.
    """
    return _NAMES.search(topic) is not None


def find_topics(
    connection: "KafkaConnection", *, look_inside: bool = False, timeout: float = PATIENCE
) -> tuple[str, ...]:
    """Find the topics of dead letters.

    Args:
        connection: The cluster.
        look_inside: Whether topics of other names count too when the last record of one of their
            partitions is a dead letter.
        timeout: Seconds to wait for the cluster.

    Raises:
        BrokerError: The cluster could not be asked.
    """
    topics = [name for name in connection.metadata(timeout).topics if not is_internal(name)]
    found = {name for name in topics if is_dead_letter_name(name)}
    others = sorted(set(topics) - found)
    if look_inside and others:
        found |= _holding(connection, others, timeout)
    return tuple(sorted(found))


def _holding(connection: "KafkaConnection", topics: list[str], timeout: float) -> set[str]:
    # two offsets: the last one may be the mark of a transaction
    options = ReadOptions(range=Range(FromEnd(2)), timeout=timeout, missing_ok=True)
    with Reader(connection, topics, options) as reader:
        return {
            record.topic
            for batch in reader.batches()
            for record in batch
            if read_dead_letter(record) is not None
        }
