"""An expression, compiled once and run on record after record."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from enum import Enum
from operator import attrgetter
from typing import Any, Final, TypeAlias

from flowodm.errors import UsageError
from flowodm.expression.engine import cel
from flowodm.expression.paths import Leaf, Names, Question, Step, find_names
from flowodm.expression.values import EXACT, LARGEST, SMALLEST, Numbers, Unconvertible, to_cel
from flowodm.record import Decoded, DecodedRecord, Headers, Record

__all__ = ["Expression", "Facts", "Outcome"]

_VARIABLES: Final = ("key", "value", "headers", "topic", "partition", "offset", "timestamp")
_FUNCTIONS: Final = (
    *("bytes", "contains", "double", "duration", "dyn", "endsWith", "int", "matches", "size"),
    *("startsWith", "string", "timestamp", "type", "uint"),
    *("getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours"),
    *("getMilliseconds", "getMinutes", "getMonth", "getSeconds"),
)
_CALCULATING: Final = frozenset(
    ("_+_", "_-_", "_*_", "_/_", "_%_", "bytes", "double", "int", "string", "uint")
)
_FAILURES: Final = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ABSENT: Final = object()

Facts: TypeAlias = Mapping[str, Callable[[Record], Any]]
_Read: TypeAlias = Callable[[DecodedRecord], Any]


class Outcome(Enum):
    """What an expression said of a record."""

    TRUE = "true"
    FALSE = "false"
    ABSENT = "absent"
    """It could not say: a field it needs is not there, or is null."""
    UNCONVERTIBLE = "unconvertible"
    """It could not say: a value has no counterpart in CEL, or none that the operator takes."""


class Expression:
    """A CEL expression that says yes or no to a decoded record.

    Args:
        source: CEL over `key`, `value`, `headers`, `topic`, `partition`, `offset` and
            `timestamp`.
        facts: More variables by name, each a map made of a record.

    Raises:
        UsageError: It is not CEL, names something there is not, is too long or too deep.
    """

    def __init__(self, source: str, facts: Facts | None = None) -> None:
        self.source = source
        wholes_of = {**_WHOLES, **(facts or {})}
        known = (*_VARIABLES, *(facts or ()))
        names = find_names(source)
        program = _compile(source)
        functions = program.functions()
        _check_functions(functions, source)
        _check_variables(program.variables(), names, source, known)
        rewritten = cel().compile(names.source)
        self._execute = rewritten.execute
        self._numbers = Numbers(
            names.numbers, only_compares=not _CALCULATING.intersection(functions)
        )
        self._doubles = self._numbers.doubles
        wholes = [Leaf(name, name) for name in known if name in rewritten.variables()]
        self._readers = tuple(
            (leaf.variable, _reader(leaf, wholes_of)) for leaf in (*names.leaves, *wholes)
        )
        self._names = {leaf.variable: str(leaf) for leaf in names.leaves}
        self.reason: str | None = None
        """Why the last record was `UNCONVERTIBLE`."""

    def __call__(self, record: DecodedRecord) -> Outcome:
        """Say yes or no to one record.

        Raises:
            UsageError: The expression's value is neither true nor false.
        """
        variables: dict[str, Any] = {}
        lacking: Outcome | None = None
        for variable, read in self._readers:
            value = read(record)
            kind = type(value)
            if kind in EXACT or (kind is int and SMALLEST <= value <= LARGEST):
                variables[variable] = value
            else:
                lacking = self._convert(variable, value, variables) or lacking
        if self._doubles:
            self._doubles.clear()
        try:
            said = self._execute(variables)
        except _FAILURES as error:
            return self._failed(error, variables, lacking)
        if said is True:
            return Outcome.TRUE
        if said is False:
            return Outcome.FALSE
        raise _refusal(f"the filter gives a {type(said).__name__}, not true or false", self.source)

    def _convert(self, variable: str, value: Any, variables: dict[str, Any]) -> Outcome | None:
        """Add what is not yet one of CEL's values; or say why it is lacking."""
        if value is _ABSENT:
            return Outcome.ABSENT
        name = self._names.get(variable, variable)
        if type(value) is _Unread:
            return self._unconvertible(f"`{name}`: {value.reason}")
        try:
            variables[variable] = to_cel(value, self._numbers)
        except Unconvertible as error:
            return self._unconvertible(f"`{name}`: {error}")
        return None

    def _failed(
        self, error: Exception, variables: dict[str, Any], lacking: Outcome | None
    ) -> Outcome:
        if isinstance(error, ValueError) and _drop_surrogates(variables):
            return self._failed_again(variables)
        _check_pattern(error, self.source)
        if lacking is not None:
            return lacking
        if None in variables.values():
            return Outcome.ABSENT
        if isinstance(error, LookupError):
            return Outcome.ABSENT
        return self._unconvertible(_first_sentence(error))

    def _failed_again(self, variables: dict[str, Any]) -> Outcome:
        """Run without the texts that are not Unicode: they may not matter."""
        self.reason = "a text that holds half a surrogate pair"
        try:
            return Outcome.TRUE if self._execute(variables) is True else Outcome.FALSE
        except _FAILURES:
            return Outcome.UNCONVERTIBLE

    def _unconvertible(self, reason: str) -> Outcome:
        self.reason = reason
        return Outcome.UNCONVERTIBLE


def _compile(source: str) -> Any:
    try:
        return cel().compile(source)
    except ValueError as error:
        found = re.search(r"<input>:(\d+):(\d+): (?:Syntax error: )?(.*)", str(error))
        if found is None:
            raise _refusal("the filter is not CEL", source) from error
        place = int(found[1]), int(found[2])
        reason = re.sub(r" expecting \{.*", "", found[3]).replace("'<EOF>'", "the end")
        raise _refusal(f"the filter is not CEL: {reason}", source, place=place) from error


def _check_variables(
    variables: list[str], names: Names, source: str, known: tuple[str, ...]
) -> None:
    for name in variables:
        if name in known or name in names.bound:
            continue
        close = get_close_matches(name, known, n=1)
        suggestion = f"did you mean `{close[0]}`?" if close else f"a field is `value.{name}`"
        raise _refusal(
            f"the filter names `{name}`, which is none of {', '.join(known)}; {suggestion}",
            source,
            place=_place(rf"(?<![\w.]){re.escape(name)}\b", source),
        )


def _check_functions(functions: list[str], source: str) -> None:
    for name in functions:
        if not name.isidentifier() or name.startswith("_") or name in _FUNCTIONS:
            continue
        close = get_close_matches(name, _FUNCTIONS, n=1)
        suggestion = f"; did you mean `{close[0]}`?" if close else ""
        raise _refusal(
            f"the filter calls `{name}`, which is no function{suggestion}",
            source,
            place=_place(rf"\b{name}\s*\(", source),
        )


def _refusal(message: str, source: str, *, place: tuple[int, int] | None = None) -> UsageError:
    """The error of an expression: its line, and a caret under the column, are the hint."""
    if place is None:
        return UsageError(message, hint='for example `value.amount > 100 && key == "DE"`')
    line, column = place
    shown = source.split("\n")[line - 1]
    margin = "".join("\t" if letter == "\t" else " " for letter in shown[: column - 1])
    return UsageError(f"{message} (column {column})", hint=f"{shown}\n{margin}^")


def _place(pattern: str, source: str) -> tuple[int, int] | None:
    found = re.search(pattern, source)
    if found is None:
        return None
    before = source[: found.start()]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _first_sentence(error: Exception) -> str:
    return str(error).partition(". ")[0].partition("\n")[0].removesuffix(".")


def _drop_surrogates(variables: dict[str, Any]) -> bool:
    """Remove what the engine cannot take over; whether there was anything."""
    probe = cel().compile("true").execute
    bad = []
    for name, value in variables.items():
        try:
            probe({name: value})
        except ValueError:
            bad.append(name)
    for name in bad:
        del variables[name]
    return bool(bad)


def _check_pattern(error: Exception, source: str) -> None:
    """A pattern that the expression itself holds is wrong for every record."""
    found = re.search(r"error: '(.*)' not a valid regex", str(error), re.DOTALL)
    if found and found[1] in source:
        raise _refusal(
            f"the filter's pattern `{found[1]}` is no regular expression",
            source,
            place=_place(re.escape(found[1]), source),
        ) from error


class _Unread:
    """What is there, and cannot be read."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


_UNDECODED: Final = _Unread("it did not decode")
_FAR: Final = _Unread("a time beyond the year 9999")


def _reader(leaf: Leaf, wholes: Facts) -> _Read:
    """Make what reads a leaf of a record: its value, `_ABSENT`, or an `_Unread`."""
    if leaf.root in _SIDES:
        field = _field(_SIDES[leaf.root], leaf.steps)
    else:
        field = _plain(wholes[leaf.root], leaf.steps)
    if leaf.question == "value":
        return field
    return _asked(field, leaf.question)


def _field(at: int, steps: tuple[Step, ...]) -> _Read:
    """A field of the key or the value, which is what most filters ask for."""
    if len(steps) == 1 and isinstance(steps[0], str):
        return _top_field(at, steps[0])

    def read(record: DecodedRecord) -> Any:
        side = record[at]
        return _walk(side.value, steps) if type(side) is Decoded else _UNDECODED

    return read


def _top_field(at: int, name: str) -> _Read:
    def read(record: DecodedRecord) -> Any:
        side = record[at]
        if type(side) is not Decoded:
            return _UNDECODED
        value = side.value
        return value.get(name, _ABSENT) if type(value) is dict else _ABSENT

    return read


def _plain(whole: Callable[[Record], Any], steps: tuple[Step, ...]) -> _Read:
    return (
        (lambda record: _walk(whole(record.record), steps))
        if steps
        else (lambda record: whole(record.record))
    )


def _asked(field: _Read, question: Question) -> _Read:
    """What is only asked for a yes or no."""

    def is_there(record: DecodedRecord) -> Any:
        value = field(record)
        return value if type(value) is _Unread else value is not _ABSENT

    def is_null(record: DecodedRecord) -> Any:
        value = field(record)
        return value if value is _ABSENT or type(value) is _Unread else (value is None) is wanted

    wanted = question == "is null"
    return is_there if question == "is there" else is_null


def _walk(value: Any, steps: tuple[Step, ...]) -> Any:
    for step in steps:
        kind = type(value)
        if kind is dict:
            value = value.get(step, _ABSENT)
        elif kind is list and type(step) is int and step < len(value):
            value = value[step]
        else:
            return _ABSENT
    return value


def _headers(headers: Headers) -> dict[str, Any]:
    """A map; of headers with one name the last, as `lastHeader` of Kafka's clients."""
    return {name: _header(value) for name, value in headers}


def _header(value: bytes | None) -> str | bytes | None:
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def _timestamp(milliseconds: int | None) -> Any:
    if milliseconds is None:
        return _ABSENT
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return _FAR


_SIDES: Final = {"key": 1, "value": 2}
_WHOLES: Final[dict[str, Callable[[Record], Any]]] = {
    "headers": lambda record: _headers(record.headers),
    "topic": attrgetter("topic"),
    "partition": attrgetter("partition"),
    "offset": attrgetter("offset"),
    "timestamp": lambda record: _timestamp(record.timestamp),
}
