"""Which decoded records to show: an expression, and patterns on key, headers and text.

All filters of one `Filter` must agree. Patterns are regular expressions that are searched for, in
time linear in the text (the engine of CEL's `matches`: no look-around, no back-references), since
the text is anybody's. A pattern without special characters is looked for as it stands.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from json import JSONEncoder
from typing import Any, Final

from flowodm.errors import UsageError
from flowodm.expression import Expression, Facts, Outcome
from flowodm.patterns import compile_pattern
from flowodm.record import DecodedRecord, Undecodable

__all__ = ["Filter", "FilterCounts"]


@dataclass(frozen=True, slots=True)
class FilterCounts:
    """What a filter has seen."""

    scanned: int
    matched: int
    absent: int
    """Not matched because a field of the expression, or a header, was not there."""
    unconvertible: int
    """Not matched because a value could not be compared."""


class Filter:
    """Decides record by record, and counts.

    Args:
        where: A CEL expression over `key`, `value`, `headers`, `topic`, `partition`, `offset`
            and `timestamp`.
        key: A pattern in the text of the key.
        headers: `NAME=PATTERN` each, or `NAME` for a header that is there at all.
        grep: A pattern in the text of the key or the value: text as it is, anything else as
            JSON without spaces, times in ISO 8601, bytes in base64.
        facts: More variables of the expression, each a map made of a record.

    Raises:
        UsageError: One of them has no meaning.
    """

    def __init__(
        self,
        *,
        where: str | None = None,
        key: str | None = None,
        headers: Iterable[str] = (),
        grep: str | None = None,
        facts: Facts | None = None,
    ) -> None:
        self._checks: list[Callable[[DecodedRecord], Outcome]] = []
        for header in headers:
            self._checks.append(_header_check(header))
        if key is not None:
            self._checks.append(_text_check(key, "key", (_KEY,)))
        self._where = None if where is None else Expression(where, facts)
        if self._where is not None:
            self._checks.append(self._where)
        if grep is not None:
            self._checks.append(_text_check(grep, "grep", (_KEY, _VALUE)))
        self._scanned = self._matched = self._absent = self._unconvertible = 0

    def matches(self, record: DecodedRecord) -> bool:
        """Return whether the record is one to show, and count it."""
        self._scanned += 1
        for check in self._checks:
            outcome = check(record)
            if outcome is not _TRUE:
                if outcome is Outcome.ABSENT:
                    self._absent += 1
                elif outcome is Outcome.UNCONVERTIBLE:
                    self._unconvertible += 1
                return False
        self._matched += 1
        return True

    @property
    def counts(self) -> FilterCounts:
        """What has been seen so far."""
        return FilterCounts(self._scanned, self._matched, self._absent, self._unconvertible)

    @property
    def reason(self) -> str | None:
        """Why the last unconvertible record was one."""
        return None if self._where is None else self._where.reason


_TRUE: Final = Outcome.TRUE
_KEY: Final = 1
_VALUE: Final = 2


def _header_check(text: str) -> Callable[[DecodedRecord], Outcome]:
    name, equals, pattern = text.partition("=")
    if not name:
        raise UsageError(
            f"header filter `{text}` names no header", hint="for example `-H trace=^abc`"
        )
    found = compile_pattern(pattern, "header") if equals else None

    def check(record: DecodedRecord) -> Outcome:
        values = [value for header, value in record.record.headers if header == name]
        if not values:
            return Outcome.ABSENT
        if found is None or any(found((value or b"").decode(errors="replace")) for value in values):
            return Outcome.TRUE
        return Outcome.FALSE

    return check


def _text_check(
    pattern: str, what: str, sides: tuple[int, ...]
) -> Callable[[DecodedRecord], Outcome]:
    found = compile_pattern(pattern, what)

    def check(record: DecodedRecord) -> Outcome:
        for side in sides:
            text = _text(record[side])
            if text is not None and found(text):
                return Outcome.TRUE
        return Outcome.FALSE

    return check


def _text(side: Any) -> str | None:
    """The text of a key or value; None: there is none."""
    if isinstance(side, Undecodable):
        return side.raw.decode(errors="replace")
    value = side.value
    if value is None or isinstance(value, str):
        return value
    return _encode(value)


def _json(value: Any) -> Any:
    """What the JSON encoder does not know, in the JSON form's words."""
    match value:
        case bytes():
            return b64encode(value).decode()
        case datetime() | time():
            digits = "microseconds" if value.microsecond % 1000 else "milliseconds"
            return value.isoformat(timespec=digits).replace("+00:00", "Z")
        case date():
            return value.isoformat()
    return str(value)


_encode: Final = JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), default=_json, check_circular=False
).encode
