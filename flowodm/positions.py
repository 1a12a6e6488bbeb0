"""The one grammar of positions: what to read, from where, up to where.

```
start | end | N | +N | -N                one place in each partition, and everything after it
N: | :N | N:M | :end | A:B               a range; A and B may be any of the forms above
@T | @T: | @:T | @T1:T2                  the same by time
stored                                   where a consumer group stopped
```

`N` is an offset, `+N` counts from the start of each partition and `-N` from its end, so `-10` is
the last ten of each. A range holds its first record and not its last: `5:8` is 5, 6 and 7. A
time stands for the first record at or after it, in each partition; one past the last record is
the end. T is 13 digits (milliseconds), 10 digits (seconds), `2026-11-23`, an RFC 3339 date and
time, `now`, or how long ago: `-15m`, `-1h30m`, `-2d`. A date, and a time without a zone, is UTC.
Other words: `beginning` and `earliest` for `start`, `latest` for `end`, and kcat's `s@MS`, `e@MS`.

Pure: text in, values out. What a position is in a real partition is settled by the reader.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Final, NoReturn, TypeAlias

from flowodm.errors import UsageError
from flowodm.times import DURATION, MOMENT, parse_duration, parse_time, refuse_time

__all__ = [
    "At",
    "End",
    "FromEnd",
    "FromStart",
    "Offset",
    "Position",
    "Range",
    "Start",
    "Stored",
    "parse_duration",
    "parse_partition_offsets",
    "parse_partitions",
    "parse_position",
    "parse_range",
    "parse_time",
    "parse_window",
]


@dataclass(frozen=True, slots=True)
class Start:
    """The first record that is still there."""

    def __str__(self) -> str:
        return "start"


@dataclass(frozen=True, slots=True)
class End:
    """After the last record there was when the position was settled."""

    def __str__(self) -> str:
        return "end"


@dataclass(frozen=True, slots=True)
class Stored:
    """Where the consumer group committed."""

    def __str__(self) -> str:
        return "stored"


@dataclass(frozen=True, slots=True)
class Offset:
    """An offset, as the broker counts."""

    offset: int

    def __str__(self) -> str:
        return str(self.offset)


@dataclass(frozen=True, slots=True)
class FromStart:
    """So many offsets after the start."""

    count: int

    def __str__(self) -> str:
        return f"+{self.count}"


@dataclass(frozen=True, slots=True)
class FromEnd:
    """So many offsets before the end; the start, where there are fewer."""

    count: int

    def __str__(self) -> str:
        return f"-{self.count}"


@dataclass(frozen=True, slots=True)
class At:
    """The first record at or after a moment."""

    timestamp: int
    """Milliseconds since the epoch, UTC."""

    def __str__(self) -> str:
        return f"@{self.timestamp:013d}"


Position: TypeAlias = Start | End | Stored | Offset | FromStart | FromEnd | At


@dataclass(frozen=True, slots=True)
class Range:
    """From a position up to, not including, another."""

    start: Position = Start()
    stop: Position | None = None
    """None: no end of its own."""
    strict: bool = False
    """A lone `N`: an offset that is not there is an error. A range is cut to what there is."""

    def __str__(self) -> str:
        if self.strict:
            return str(self.start)
        if isinstance(self.start, At) and isinstance(self.stop, At):
            return f"{self.start}:{str(self.stop)[1:]}"
        if isinstance(self.start, Start) and isinstance(self.stop, At):
            return f"@:{str(self.stop)[1:]}"
        return f"{self.start}:{'' if self.stop is None else self.stop}"


_WORDS: Final[dict[str, Position]] = {
    "start": Start(),
    "beginning": Start(),
    "earliest": Start(),
    "end": End(),
    "latest": End(),
    "stored": Stored(),
}
_LARGEST_OFFSET: Final = 2**63 - 1
_LARGEST_PARTITION: Final = 2**31 - 1
_MOST_PARTITIONS: Final = 200_000
_LONGEST_TEXT: Final = 200

_TIMES_FORM: Final = re.compile(
    rf"@(?:(?P<since>{MOMENT})(?P<open>:(?:@?(?P<until>{MOMENT}|end))?)?|:@?(?P<before>{MOMENT}))"
)
_OFFSET_FORM: Final = re.compile(r"(?P<sign>[+-]?)(?P<count>[0-9]+)")
_KCAT_FORM: Final = re.compile(r"(?P<side>[se])@(?P<timestamp>[0-9]{1,16})")


def parse_range(text: str, *, now: datetime) -> Range:
    """Read a position or a range.

    Args:
        text: A form of the grammar above.
        now: The moment that `now` and `-15m` count from; aware.

    Returns:
        The range; a single position is one that is open at its end.

    Raises:
        UsageError: The text is none of the forms.
    """
    if len(text) > _LONGEST_TEXT:
        _refuse(text[:40] + "…", "is too long for a position")
    if found := _KCAT_FORM.fullmatch(text):
        moment = At(int(found["timestamp"]))
        return Range(moment) if found["side"] == "s" else Range(Start(), moment)
    if text.startswith("@"):
        return _parse_times(text, now)
    left, colon, right = text.partition(":")
    if not colon:
        start = _parse_place(left, text)
        return Range(start, strict=isinstance(start, Offset))
    if not left and not right:
        _refuse(text, "has neither a beginning nor an end")
    stop = _parse_stop(right, text, now) if right else None
    return _checked(Range(_parse_place(left, text) if left else Start(), stop), text)


def parse_position(text: str, *, now: datetime) -> Position:
    """Read a single position, where a range has no meaning.

    Raises:
        UsageError: The text is no position, or it is a range.
    """
    found = parse_range(text, now=now)
    if found.stop is not None:
        _refuse(text, "is a range, and one position is wanted here")
    return found.start


def parse_window(since: str | None, until: str | None, *, now: datetime) -> Range:
    """Read `--since` and `--until`: each a moment, or how long ago (`1h`, with or without `-`).

    Raises:
        UsageError: One of them is neither, or they are the wrong way round.
    """
    start = Start() if since is None else At(_parse_ago(since, now))
    stop = None if until is None else At(_parse_ago(until, now))
    return _checked(Range(start, stop), f"--since {since} --until {until}")


def parse_partitions(text: str) -> tuple[int, ...]:
    """Read a list of partitions: `0`, `0,3-5`.

    Returns:
        The numbers, each once, in order.

    Raises:
        UsageError: The text is no such list.
    """
    found: set[int] = set()
    for part in text.split(","):
        first, last = _parse_span(part, text)
        if last - first >= _MOST_PARTITIONS:
            _refuse_partitions(part, f"spans more than {_MOST_PARTITIONS} partitions")
        found.update(range(first, last + 1))
    return tuple(sorted(found))


def parse_partition_offsets(
    texts: Iterable[str], *, now: datetime
) -> tuple[tuple[int, Range], ...]:
    """Read `PARTITION=POSITION` pairs: `0=5`, `3=-10`, `4=100:200`.

    Args:
        texts: One or more pairs each, separated by commas.
        now: As for `parse_range`.

    Raises:
        UsageError: One is no such pair, or a partition is named twice.
    """
    found: dict[int, Range] = {}
    for pair in (pair for text in texts for pair in text.split(",")):
        number, equals, position = pair.partition("=")
        if not equals or not re.fullmatch(r"[0-9]{1,10}", number):
            _refuse_partition_offset(pair, "expected `PARTITION=POSITION`")
        if int(number) in found:
            _refuse_partition_offset(pair, f"partition {int(number)} is named twice")
        found[int(number)] = parse_range(position, now=now)
    return tuple(sorted(found.items()))


def _parse_times(text: str, now: datetime) -> Range:
    found = _TIMES_FORM.fullmatch(text)
    if found is None:
        refuse_time(text, "is not a time or a range of times")
    start = At(parse_time(found["since"], now=now)) if found["since"] else Start()
    until = found["until"] or found["before"]
    if until is None:
        return Range(start)
    stop = End() if until == "end" else At(parse_time(until, now=now))
    return _checked(Range(start, stop), text)


def _parse_stop(right: str, text: str, now: datetime) -> Position:
    if right.startswith("@"):
        return At(parse_time(right[1:], now=now))
    return _parse_place(right, text)


def _parse_place(token: str, text: str) -> Position:
    if token in _WORDS:
        return _WORDS[token]
    found = _OFFSET_FORM.fullmatch(token)
    if found is None:
        _refuse(text, _near_miss(token))
    if len(found["count"]) > 19 or int(found["count"]) > _LARGEST_OFFSET:
        _refuse(text, f"is beyond the largest offset, {_LARGEST_OFFSET}")
    count = int(found["count"])
    if found["sign"] == "+":
        return FromStart(count)
    return FromEnd(count) if found["sign"] == "-" else Offset(count)


def _near_miss(token: str) -> str:
    if found := re.fullmatch(r"([0-9]+)-([0-9]+)", token):
        return f"is not a position; a range is written `{found[1]}:{found[2]}`"
    close = get_close_matches(token.lower(), _WORDS, n=1)
    return "is not a position" + (f"; did you mean `{close[0]}`?" if close else "")


def _checked(found: Range, text: str) -> Range:
    match found:
        case Range(Offset(first), Offset(last)) if first > last:
            _refuse(text, "ends before it begins")
        case Range(At(first), At(last)) if first > last:
            _refuse(text, "ends before it begins")
    return found


def _parse_ago(text: str, now: datetime) -> int:
    if re.fullmatch(DURATION, text):
        return parse_time(f"-{text}", now=now)
    return parse_time(text.removeprefix("@"), now=now)


def _parse_span(part: str, text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{1,10})(?:-([0-9]{1,10}))?", part)
    if found is None:
        _refuse_partitions(text, "expected numbers and ranges of them, separated by commas")
    first, last = int(found[1]), int(found[2] or found[1])
    if max(first, last) > _LARGEST_PARTITION:
        _refuse_partitions(part, f"is beyond the largest partition, {_LARGEST_PARTITION}")
    if last < first:
        _refuse_partitions(part, "ends before it begins")
    return first, last


def _refuse(text: str, why: str) -> NoReturn:
    raise UsageError(
        f"`{text}` {why}",
        hint="expected `start`, `end`, `stored`, an offset, `+N`, `-N`, a range `N:M` or a time"
        " `@T`; for example `-10`, `100:200` or `@-1h`",
    )


def _refuse_partitions(text: str, why: str) -> NoReturn:
    raise UsageError(f"partitions `{text[:80]}`: {why}", hint="for example `0` or `0,3-5`")


def _refuse_partition_offset(text: str, why: str) -> NoReturn:
    raise UsageError(f"partition offset `{text[:80]}`: {why}", hint="for example `0=5` or `3=-10`")
