"""Two readings of one value, compared: where they mean something else.

Both come with their types (`TOLD`), so that a union's branch is known and a renamed field is
found. A field that only the candidate has is compared with what readers of the latest version get
for it: another default is another meaning.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from flowodm.avro.matching import match_fields
from flowodm.avro.types import Array, Enum, Map, Record, Type, Union
from flowodm.avro.values import Duration, RawNumber, conversion
from flowodm.codec.style import Style

__all__ = ["TOLD", "Change", "Told", "differences", "worded"]

_MOST: Final = 100
"""Places of one record that are told."""
_LONGEST: Final = 40


class Told(NamedTuple):
    """A value with its type."""

    node: Type
    value: Any


class Change(NamedTuple):
    """A place where two readings mean something else."""

    path: str
    """Dotted from the root: `items[].price`, `labels{}`."""
    before: str
    after: str


class _ToldStyle:
    """The style of values that know their types."""

    name = "told"

    def convert(self, node: Type) -> Callable[[Any], Any]:
        """Return what puts a type beside a physical value, and gives it its meaning."""
        mean = conversion(node, raw=RawNumber)
        if mean is None:
            return lambda value: Told(node, value)
        return lambda value: Told(node, mean(value))

    def branch(self, union: Union, index: int) -> None:
        """Keep a branch's value: its type says which branch it is."""


TOLD: Final[Style] = _ToldStyle()


def differences(written: Told, latest: Told | None, candidate: Told) -> Iterator[Change]:
    """Yield where a candidate's reading means something else, each place once.

    Args:
        written: The value as its writer meant it.
        latest: As readers of the subject's latest version get it; None where they do not.
        candidate: As readers of the candidate get it.
    """
    seen: set[str] = set()
    stack: list[tuple[str, Told, Told | None, Told]] = [("", written, latest, candidate)]
    matches = _Matches()
    while stack and len(seen) < _MOST:
        path, before, beside, after = stack.pop()
        node = before.node
        if isinstance(node, Record) and isinstance(after.node, Record):
            stack.extend(reversed([*_fields(path, before, beside, after, matches)]))
        elif isinstance(node, Array) and isinstance(after.node, Array):
            stack.extend(_items(path, before, beside, after))
        elif isinstance(node, Map) and isinstance(after.node, Map):
            stack.extend(_values(path, before, beside, after))
        elif path not in seen and not _is_same(before, after):
            seen.add(path)
            yield Change(path, worded(before), worded(after))


class _Matches:
    """Which field of one record is which of another's; found once for each pair of types."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], dict[str, str]] = {}

    def of(self, source: Record, target: Record) -> dict[str, str]:
        """The source's field for each of the target's."""
        pair = (id(source), id(target))
        if pair not in self._known:
            written = match_fields(source, target).written
            self._known[pair] = {there: here for here, there in written.items()}
        return self._known[pair]


def _fields(
    path: str, before: Told, beside: Told | None, after: Told, matches: _Matches
) -> Iterator[tuple[str, Told, Told | None, Told]]:
    assert isinstance(before.node, Record)
    assert isinstance(after.node, Record)
    written = matches.of(before.node, after.node)
    known: dict[str, str] = {}
    if beside is not None and isinstance(beside.node, Record):
        known = matches.of(beside.node, after.node)
    for name, value in after.value.items():
        inner = f"{path}.{name}" if path else name
        other = beside.value[known[name]] if beside is not None and name in known else None
        if name in written:
            yield inner, before.value[written[name]], other, value
        elif other is not None:
            yield inner, other, other, value


def _items(
    path: str, before: Told, beside: Told | None, after: Told
) -> Iterator[tuple[str, Told, Told | None, Told]]:
    others = beside.value if beside is not None and isinstance(beside.node, Array) else ()
    for index, (here, there) in enumerate(zip(before.value, after.value, strict=False)):
        other = others[index] if index < len(others) else None
        yield f"{path}[]", here, other, there


def _values(
    path: str, before: Told, beside: Told | None, after: Told
) -> Iterator[tuple[str, Told, Told | None, Told]]:
    others = beside.value if beside is not None and isinstance(beside.node, Map) else {}
    for key, there in after.value.items():
        if key in before.value:
            yield f"{path}{{}}", before.value[key], others.get(key), there


def _is_same(before: Told, after: Told) -> bool:
    here, there = before.value, after.value
    if isinstance(here, Told) or isinstance(there, Told):
        return False
    if type(here) is type(there) or (_is_number(here) and _is_number(there)):
        if isinstance(here, RawNumber):  # in the units of its type
            return here == there and _logical_name(before) == _logical_name(after)
        if isinstance(here, datetime):
            return (here.tzinfo is None) is (there.tzinfo is None) and bool(here == there)
        is_nan = here != here and there != there
        return bool(here == there or is_nan)
    if isinstance(here, bytes) and isinstance(there, str):
        return here == there.encode("utf-8", "surrogatepass")
    if isinstance(here, str) and isinstance(there, bytes):
        return here.encode("utf-8", "surrogatepass") == there
    if isinstance(here, UUID) or isinstance(there, UUID):
        return _uuid(here) == _uuid(there)
    return False


def _is_number(value: object) -> bool:
    return type(value) in (int, float)


def _logical_name(told: Told) -> str | None:
    logical = getattr(told.node, "logical", None)
    return None if logical is None else str(logical.name)


def _uuid(value: object) -> object:
    try:
        return UUID(value) if isinstance(value, str) else value
    except ValueError:
        return value


def worded(told: Told) -> str:
    """Say a value in a few words, as people know it."""
    value = told.value
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case Decimal():
            return _cut(format(value, "f"))
        case str() if isinstance(told.node, Enum):
            return _cut(value)
        case str():
            return f'"{_cut(value)}"'
        case bytes():
            return f"0x{_cut(value[:_LONGEST].hex())}"
        case datetime() | date() | time():
            return value.isoformat().replace("+00:00", "Z")
        case Duration():
            return f"{value.months} months {value.days} days {value.milliseconds} ms"
        case dict() | list():
            return "{…}" if isinstance(value, dict) else "[…]"
    return _cut(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
