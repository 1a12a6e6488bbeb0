"""Dead letters to choose from, as headers say them."""

from flowodm.consumer.dead_letter import DeadLetter, HeaderStyle, dead_letter_headers
from flowodm.record import Headers, Record

__all__ = ["dead_record"]


def dead_record(
    letter: DeadLetter | None = None,
    *,
    topic: str = "orders-dlt",
    partition: int = 0,
    offset: int = 0,
    timestamp: int | None = 1_700_000_000_000,
    key: bytes | None = b"k",
    value: bytes | None = b'{"n": 1}',
    headers: Headers = (),
    style: HeaderStyle = "spring",
) -> Record:
    """Make a record of a topic of dead letters; without a letter it is none."""
    all_headers = headers if letter is None else dead_letter_headers(headers, letter, style)
    return Record(topic, partition, offset, "create", timestamp, key, value, all_headers)
