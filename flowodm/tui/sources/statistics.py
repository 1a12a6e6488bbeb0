"""What some records have in common: how many, how large, which keys, schemas, failures, fields.

Pure but for the decoder that it is given. Bounded in what it keeps and in the time it takes,
whatever the records hold: the newest are looked at first, and it is said how many were.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as clock_time
from decimal import Decimal
from itertools import islice
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from flowodm.codec.branch import Branch
from flowodm.display.sides import SchemaNames, schema_text
from flowodm.errors import RegistryError
from flowodm.record import Decoded, DecodedRecord, Record, Undecodable
from flowodm.tui.sources.rows import key_text
from flowodm.tui.sources.sizes import decode_bounded

__all__ = ["FieldStatistics", "Sizes", "Statistics", "Tops", "statistics_of"]

T = TypeVar("T")
_PATIENCE: Final = 5.0
"""Seconds."""
_TOP: Final = 10
_TOP_VALUES: Final = 5
_MOST_FIELDS: Final = 200
_MOST_NODES: Final = 2_000
"""Parts of one value that are looked at."""
_MOST_DISTINCT: Final = 1_000
"""Values of one field that are told apart."""
_MOST_KEPT: Final = 500_000
"""Values kept in all, for medians."""
_DEEPEST: Final = 12
_LONGEST: Final = 100
"""Characters of a text that are told apart."""
_MOST_CAUSES: Final = 200
_WORDS: Final = 200


@dataclass(frozen=True, slots=True)
class Sizes:
    """Some bytes, or numbers, in order."""

    least: Any
    median: Any
    high: Any
    """95 of 100 are no more than this."""
    most: Any
    total: Any = None


@dataclass(frozen=True, slots=True)
class Tops(Generic[T]):
    """How many different ones there are, and the ones there are most of."""

    distinct: int
    top: tuple[tuple[T, int], ...]
    is_whole: bool = True
    """Whether all could be told apart; otherwise there are more."""


@dataclass(frozen=True, slots=True)
class FieldStatistics:
    """A field of the values."""

    path: str
    present: int
    """Values that have it, null or not."""
    nulls: int
    values: Tops[str] | None
    """Of texts, symbols and booleans."""
    numbers: Sizes | None
    """Of numbers and times; of a list, how many items it has."""
    is_counted: bool = False
    """Whether `numbers` are of items."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What was found."""

    records: int
    measured: int
    """Records that there was time for."""
    first: int | None
    """Milliseconds since the epoch."""
    last: int | None
    sizes: Sizes | None
    """Bytes of the values."""
    partitions: tuple[tuple[int, int], ...]
    keys: Tops[str]
    without_key: int
    tombstones: int
    schemas: tuple[tuple[str, int], ...]
    failures: tuple[tuple[str, int], ...]
    """Why values or keys were not decoded."""
    fields: tuple[FieldStatistics, ...]
    left_out: int = 0
    """Parts of values that were not looked at: there were too many."""

    @property
    def rate(self) -> float | None:
        """Records a second, by their timestamps."""
        if self.first is None or self.last is None or self.last <= self.first:
            return None
        return self.measured * 1_000 / (self.last - self.first)


def statistics_of(
    records: Sequence[Record],
    decode: Callable[[Record], DecodedRecord],
    names: SchemaNames,
    *,
    is_cancelled: Callable[[], bool] = lambda: False,
    patience: float = _PATIENCE,
) -> Statistics:
    """Look at some records.

    Args:
        records: Them, the oldest first.
        decode: Decodes one to Python's values.
        names: What names schemas.
        is_cancelled: Whether nobody waits any more.
        patience: Seconds that it may take.
    """
    until, taken = time.monotonic() + patience, _Taken(decode, names)
    for record in reversed(records):
        taken.take(record)
        if time.monotonic() > until or is_cancelled():
            break
    return taken.result(len(records))


class _Taken:
    """What was seen so far."""

    def __init__(self, decode: Callable[[Record], DecodedRecord], names: SchemaNames) -> None:
        self._decode, self._names = decode, names
        self._away: str | None = None
        """Why the registry is asked no more."""
        self._times: list[int] = []
        self._sizes: list[int] = []
        self._partitions: Counter[int] = Counter()
        self._keys: Counter[bytes] = Counter()
        self._words: dict[bytes, str] = {}
        self._schemas: Counter[tuple[str, int | None]] = Counter()
        self._labels: dict[tuple[str, int | None], str] = {}
        self._failures: Counter[str] = Counter()
        self._without_key = self._tombstones = self._measured = 0
        self._fields = _Fields()

    def take(self, record: Record) -> None:
        """Look at one record."""
        self._measured += 1
        self._partitions[record.partition] += 1
        if record.timestamp is not None:
            self._times.append(record.timestamp)
        if record.value is None:
            self._tombstones += 1
        else:
            self._sizes.append(len(record.value))
        decoded = self._decoded(record)
        self._take_key(record, decoded)
        if decoded is None:
            return
        if isinstance(decoded.value, Undecodable):
            self._fail(decoded.value.error)
            return
        self._take_schema(record, decoded.value)
        if decoded.value.encoding in ("avro", "json"):
            self._fields.take(decoded.value.value)

    def result(self, count: int) -> Statistics:
        """Return what was found."""
        return Statistics(
            count,
            self._measured,
            min(self._times, default=None),
            max(self._times, default=None),
            _sizes(self._sizes, total=sum(self._sizes)),
            tuple(sorted(self._partitions.items())),
            Tops(
                len(self._keys),
                tuple((self._words[key], n) for key, n in self._keys.most_common(_TOP)),
            ),
            self._without_key,
            self._tombstones,
            tuple((self._labels[key], n) for key, n in self._schemas.most_common(_TOP)),
            tuple(self._failures.most_common(_TOP)),
            tuple(self._fields.result()),
            self._fields.left_out,
        )

    def _decoded(self, record: Record) -> DecodedRecord | None:
        if self._away is None:
            try:
                return decode_bounded(record, self._decode)
            except RegistryError as error:
                self._away = error.message
        if record.value is not None:
            self._fail(self._away)
        return None

    def _take_key(self, record: Record, decoded: DecodedRecord | None) -> None:
        if record.key is None:
            self._without_key += 1
            return
        self._keys[record.key] += 1
        if record.key in self._words:
            return
        if decoded is None:
            self._words[record.key] = record.key[:_LONGEST].decode(errors="replace")
            return
        self._words[record.key] = key_text(record, decoded.key, _LONGEST)
        if isinstance(decoded.key, Undecodable):
            self._fail(f"key: {decoded.key.error}")

    def _take_schema(self, record: Record, side: Decoded) -> None:
        key = (side.encoding, side.schema_id)
        if key not in self._labels:
            words = schema_text(side, record.topic, self._names, is_key=False)
            number = "" if side.schema_id is None else f" (id {side.schema_id})"
            self._labels[key] = f"{words}{number}"
        if side.encoding != "null":
            self._schemas[key] += 1

    def _fail(self, cause: str) -> None:
        cause = cause[:_WORDS]
        if cause not in self._failures and len(self._failures) >= _MOST_CAUSES:
            cause = "other causes"
        self._failures[cause] += 1


class _Fields:
    """The fields of the values that were seen."""

    def __init__(self) -> None:
        self._found: dict[str, _Field] = {}
        self._kept = 0
        self.left_out = 0

    def take(self, value: Any) -> None:
        """Look at the leaves of a value."""
        for number, (path, leaf) in enumerate(_leaves(value)):
            found = self._found.get(path)
            if found is None and len(self._found) < _MOST_FIELDS:
                found = self._found[path] = _Field()
            if found is None or number >= _MOST_NODES:
                self.left_out += 1
                return
            self._kept += found.take(leaf, self._kept < _MOST_KEPT)

    def result(self) -> Iterator[FieldStatistics]:
        """Return what was found, in the order of the fields."""
        return (found.result(path) for path, found in self._found.items())


class _Field:
    """One field."""

    def __init__(self) -> None:
        self._present = self._nulls = 0
        self._values: Counter[str] = Counter()
        self._is_whole = True
        self._numbers: list[Any] = []
        self._kind: str | None = None
        """Of the numbers: only what can be compared is kept together."""
        self._is_counted = False

    def take(self, leaf: Any, has_room: bool) -> int:
        """Look at one value; return how many were kept."""
        self._present += 1
        match leaf:
            case None:
                self._nulls += 1
            case bool():
                return self._take_value("true" if leaf else "false")
            case str() | UUID():
                return self._take_value(str(leaf)[:_LONGEST])
            case list():
                self._is_counted = True
                return self._take_number(len(leaf), "items", has_room)
            case int() | float() | Decimal() if leaf == leaf:  # no NaN, which has no order
                return self._take_number(leaf, "number", has_room)
            case datetime():
                return self._take_number(leaf, "moment" if leaf.tzinfo else "local", has_room)
            case date():
                return self._take_number(leaf, "day", has_room)
            case clock_time():
                return self._take_number(leaf, "time of day", has_room)
        return 0

    def result(self, path: str) -> FieldStatistics:
        """Return what was found."""
        values = None
        if self._values:
            top = tuple(self._values.most_common(_TOP_VALUES))
            values = Tops(len(self._values), top, self._is_whole)
        is_counted = self._is_counted and bool(self._numbers)
        return FieldStatistics(
            path, self._present, self._nulls, values, _sizes(self._numbers), is_counted
        )

    def _take_value(self, text: str) -> int:
        if text not in self._values and len(self._values) >= _MOST_DISTINCT:
            self._is_whole = False
            return 0
        self._values[text] += 1
        return int(self._values[text] == 1)

    def _take_number(self, number: Any, kind: str, has_room: bool) -> int:
        self._kind = self._kind or kind
        if kind is not self._kind or not has_room:
            return 0
        self._numbers.append(number)
        return 1


def _leaves(value: Any) -> Iterator[tuple[str, Any]]:
    """The parts of a value that have no names in them, each with its path; a list is one."""
    waiting: list[tuple[str, int, Any]] = [("", 0, value)]
    while waiting:
        path, depth, part = waiting.pop()
        while isinstance(part, Branch):
            part = part.value
        if not isinstance(part, dict) or depth >= _DEEPEST:
            yield path, part
            continue
        members = [*islice(part.items(), _MOST_NODES)]
        for name, inner in reversed(members):
            waiting.append(
                (f"{path}.{name[:_LONGEST]}" if path else name[:_LONGEST], depth + 1, inner)
            )


def _sizes(numbers: Iterable[Any], *, total: Any = None) -> Sizes | None:
    ordered = sorted(numbers)
    if not ordered:
        return None
    last = len(ordered) - 1
    return Sizes(ordered[0], ordered[last // 2], ordered[last * 95 // 100], ordered[last], total)
