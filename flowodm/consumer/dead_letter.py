"""What is written on a record that was given up, and reading it back (S11).

Three styles of headers, so that the tools a team has already can read them: Spring Kafka's, Kafka
Connect's, SmallRye's. What none of them has a name for stands under names of ours, in each style.
The key and the value stay as they came, and so do the record's own headers, before these.
"""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from flowodm.record import Headers, Record, TimestampType

__all__ = [
    "REPLAYED",
    "STYLES",
    "DeadLetter",
    "HeaderStyle",
    "Stage",
    "dead_letter_headers",
    "dead_letter_of",
    "is_dead_letter_header",
    "original_headers",
    "read_dead_letter",
    "replay_headers",
    "times_replayed",
]

HeaderStyle: TypeAlias = Literal["spring", "connect", "smallrye"]
Stage: TypeAlias = Literal["decode", "handler", "dead letter"]
"""Where a record failed: its bytes, its handler, or on its way to the dead letters."""

STYLES: Final[tuple[HeaderStyle, ...]] = ("spring", "connect", "smallrye")
REPLAYED: Final = "flowodm-replayed"
"""How many times a record was sent again. A header of its own: it outlives the next failure."""
_MOST_MESSAGE: Final = 2_000
_MOST_STACK: Final = 8_000
"""Characters; of a longer stack the end counts, where it was raised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """What is known of a record that was given up; None: its headers do not say."""

    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    timestamp: int | None = None
    """Milliseconds since the epoch, of the record itself."""
    timestamp_type: TimestampType | None = None
    group: str | None = None
    exception: str | None = None
    """The class of the error, with its module."""
    message: str | None = None
    cause: str | None = None
    """The message of what the error was raised from."""
    stacktrace: str | None = None
    attempts: int | None = None
    first_failed: int | None = None
    """Milliseconds since the epoch."""
    stage: str | None = None
    schema_id: int | None = None
    style: HeaderStyle | None = None
    """Whose headers it was read from."""


def dead_letter_of(
    record: Record,
    error: BaseException,
    *,
    group: str,
    attempts: int,
    first_failed: int,
    stage: Stage,
    schema_id: int | None = None,
) -> DeadLetter:
    """Say what happened to a record."""
    kind = type(error)
    return DeadLetter(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=record.timestamp,
        timestamp_type=record.timestamp_type,
        group=group,
        exception=f"{kind.__module__}.{kind.__qualname__}",
        message=_message(error),
        cause=None if error.__cause__ is None else _message(error.__cause__),
        stacktrace=_stack(error),
        attempts=attempts,
        first_failed=first_failed,
        stage=stage,
        schema_id=schema_id,
    )


def dead_letter_headers(headers: Headers, letter: DeadLetter, style: HeaderStyle) -> Headers:
    """Return the headers of a dead letter: the record's own, then what happened to it.

    What an earlier failure left on a record that was replayed is replaced.

    Args:
        headers: The record's.
        letter: What happened.
        style: Whose names.
    """
    said = [
        (name, write(value))
        for name, (field, write, _) in _NAMES[style].items()
        if (value := getattr(letter, field)) is not None
    ]
    return (*original_headers(headers), *said)


def original_headers(headers: Headers) -> Headers:
    """Return a record's own headers: without those that say what happened to it."""
    return tuple(pair for pair in headers if not is_dead_letter_header(pair[0]))


def is_dead_letter_header(name: str) -> bool:
    """Tell whether a header says what happened to a dead letter, in any style."""
    return name in _ALL or name.startswith(_PREFIXES)


def read_dead_letter(record: Record) -> DeadLetter | None:
    """Read back what the headers of a dead letter say, in whichever style they are.

    Args:
        record: A record of a topic of dead letters; of several headers of one name the last counts.

    Returns:
        None when no header says where it came from: it is no dead letter. What is malformed counts
        as not said.
    """
    said = {name: value for name, value in record.headers if value is not None}
    for style in STYLES:
        names = _NAMES[style]
        if any(field == "topic" and name in said for name, (field, _, _) in names.items()):
            return replace(_read(said, names), style=style)
    return None


def times_replayed(headers: Headers) -> int:
    """Return how many times a record was sent again; what is no number counts as not said."""
    said = [_count(value) for name, value in headers if name == REPLAYED]
    return max(said, default=0)


def replay_headers(headers: Headers) -> Headers:
    """Return the headers to send a dead letter again with: its own, and one time more."""
    own = tuple(pair for pair in original_headers(headers) if pair[0] != REPLAYED)
    return (*own, (REPLAYED, _write_text(times_replayed(headers) + 1)))


def _count(value: bytes | None) -> int:
    try:
        return max(_read_number(value or b""), 0)
    except ValueError:
        return 0


_Names: TypeAlias = Mapping[str, tuple[str, Callable[[object], bytes], Callable[[bytes], object]]]
"""A header, the field that it holds, how it is written and how it is read."""


def _read(said: Mapping[str, bytes], names: _Names) -> DeadLetter:
    found: dict[str, object] = {}
    for name, (field, _, read) in names.items():
        if name in said:
            try:
                found[field] = read(said[name])
            except (ValueError, KeyError):
                continue
    return replace(DeadLetter(), **found)  # type: ignore[arg-type]  # each as its field wants it


def _write_text(value: object) -> bytes:
    return str(value).encode("utf-8", "backslashreplace")


def _read_text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _read_number(data: bytes) -> int:
    if not 0 < len(data) <= 20:
        raise ValueError("no number")
    return int(data)


def _big_endian(size: int) -> tuple[Callable[[object], bytes], Callable[[bytes], object]]:
    def write(value: object) -> bytes:
        assert isinstance(value, int)
        return value.to_bytes(size, signed=True)

    def read(data: bytes) -> int:
        if len(data) != size:
            raise ValueError("no number of that size")
        return int.from_bytes(data, signed=True)

    return write, read


_TYPES: Final[Mapping[str, str]] = {
    "create": "CreateTime",
    "logappend": "LogAppendTime",
    "unknown": "NoTimestampType",
}
"""Kafka's own words (`org.apache.kafka.common.record.TimestampType`)."""
_TYPES_READ: Final = {word: kind for kind, word in _TYPES.items()}


def _write_type(value: object) -> bytes:
    return _TYPES[str(value)].encode()


def _read_type(data: bytes) -> str:
    return _TYPES_READ[data.decode()]


_TEXT: Final = (_write_text, _read_text)
_NUMBER: Final = (_write_text, _read_number)
_THEIRS: Final[Mapping[HeaderStyle, _Names]] = {
    "spring": {
        "kafka_dlt-original-topic": ("topic", *_TEXT),
        "kafka_dlt-original-partition": ("partition", *_big_endian(4)),
        "kafka_dlt-original-offset": ("offset", *_big_endian(8)),
        "kafka_dlt-original-timestamp": ("timestamp", *_big_endian(8)),
        "kafka_dlt-original-timestamp-type": ("timestamp_type", _write_type, _read_type),
        "kafka_dlt-original-consumer-group": ("group", *_TEXT),
        "kafka_dlt-exception-fqcn": ("exception", *_TEXT),
        "kafka_dlt-exception-message": ("message", *_TEXT),
        "kafka_dlt-exception-stacktrace": ("stacktrace", *_TEXT),
    },
    "connect": {
        "__connect.errors.topic": ("topic", *_TEXT),
        "__connect.errors.partition": ("partition", *_NUMBER),
        "__connect.errors.offset": ("offset", *_NUMBER),
        "__connect.errors.connector.name": ("group", *_TEXT),
        "__connect.errors.stage": ("stage", *_TEXT),
        "__connect.errors.exception.class.name": ("exception", *_TEXT),
        "__connect.errors.exception.message": ("message", *_TEXT),
        "__connect.errors.exception.stacktrace": ("stacktrace", *_TEXT),
    },
    "smallrye": {
        "dead-letter-topic": ("topic", *_TEXT),
        "dead-letter-partition": ("partition", *_NUMBER),
        "dead-letter-offset": ("offset", *_NUMBER),
        "dead-letter-exception-class-name": ("exception", *_TEXT),
        "dead-letter-reason": ("message", *_TEXT),
        "dead-letter-cause": ("cause", *_TEXT),
    },
}
_OURS: Final[_Names] = {
    "flowodm-timestamp": ("timestamp", *_NUMBER),
    "flowodm-timestamp-type": ("timestamp_type", _write_type, _read_type),
    "flowodm-group": ("group", *_TEXT),
    "flowodm-cause": ("cause", *_TEXT),
    "flowodm-stacktrace": ("stacktrace", *_TEXT),
    "flowodm-attempts": ("attempts", *_NUMBER),
    "flowodm-first-failed": ("first_failed", *_NUMBER),
    "flowodm-stage": ("stage", *_TEXT),
    "flowodm-schema-id": ("schema_id", *_NUMBER),
}
"""For what a style has no name for."""


def _whole(theirs: _Names) -> _Names:
    """Complete a style's names with ours."""
    known = {field for field, _, _ in theirs.values()}
    return {**theirs, **{name: one for name, one in _OURS.items() if one[0] not in known}}


_NAMES: Final[Mapping[HeaderStyle, _Names]] = {
    style: _whole(theirs) for style, theirs in _THEIRS.items()
}
_ALL: Final = frozenset(_OURS)
_PREFIXES: Final = ("kafka_dlt-", "__connect.errors.", "dead-letter-")


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - a stranger's `__str__`
        text = f"a {type(error).__name__} that cannot be shown"
    return text if len(text) <= _MOST_MESSAGE else text[: _MOST_MESSAGE - 1] + "…"


def _stack(error: BaseException) -> str:
    try:
        text = "".join(traceback.format_exception(error, limit=-30))
    except Exception:  # noqa: BLE001 - a stranger's `__str__` or `__cause__`
        text = type(error).__name__
    return text if len(text) <= _MOST_STACK else "…" + text[1 - _MOST_STACK :]
