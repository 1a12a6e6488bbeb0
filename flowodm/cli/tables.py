"""Lists and details of things, in every output format.

A `Column` says what a thing's attribute is for machines and, where that differs, for people. Rows
come from the core as dataclasses; nothing here asks Kafka anything.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, Generic, TypeAlias, TypeVar

from flowodm.cli.output import Output, Span, Spans, StyleName
from flowodm.codec.unseen import escape_unseen
from flowodm.display.ages import age, duration
from flowodm.display.sanitize import visible
from flowodm.display.text import cut, display_width, pad

__all__ = [
    "Cell",
    "Column",
    "age",
    "duration",
    "layout",
    "machine_row",
    "machine_value",
    "person_text",
    "table_lines",
    "write_detail",
    "write_document",
    "write_rows",
]

Cell: TypeAlias = (
    str
    | int
    | float
    | bool
    | Decimal
    | datetime
    | timedelta
    | bytes
    | Sequence["Cell"]
    | Mapping[str, "Cell"]
    | None
)
T = TypeVar("T")

_GAP: Final = "  "
_LEAST: Final = 6
"""A column cut below this many columns says nothing; it goes instead."""
_NONE: Final = "–"


@dataclass(frozen=True)  # no slots: they break `Column[Topic](…)` in Python 3.11
class Column(Generic[T]):
    """One attribute of the things in a list.

    Args:
        heading: What stands above it; in lower case with `_` it is the name for machines.
        value: The attribute. Numbers stand right-aligned with thousands separators, times show
            their age, durations their largest units; machines get numbers, RFC 3339, seconds.
        key: The name for machines, where the heading is not it.
        text: What people see, where the attribute itself is not it.
        style: The style of the cell, where it marks a state.
        wide: Whether it shows in `-o wide` only (machines always get it).
        keep: Columns of a higher rank are cut later; of equal ones the first.
    """

    heading: str
    value: Callable[[T], Cell]
    key: str | None = None
    text: Callable[[T], str] | None = None
    style: Callable[[T], StyleName | None] | None = None
    wide: bool = False
    keep: int = 0

    @property
    def name(self) -> str:
        """The name for machines."""
        return self.key or self.heading.lower().replace(" ", "_")


def write_rows(
    output: Output,
    form: str,
    rows: Iterable[T],
    columns: Sequence[Column[T]],
    *,
    name: Callable[[T], str],
    empty: str = "nothing to show",
) -> None:
    """Write a list in the output format `form`.

    Args:
        output: Where to.
        form: table, wide, json, ndjson, yaml or name.
        rows: The things.
        columns: Their attributes, the most telling first.
        name: What identifies one, for `-o name`.
        empty: The note on stderr when a table has no rows.
    """
    if form == "ndjson":
        for row in rows:
            write_document(output, "ndjson", machine_row(row, columns))
    elif form in ("json", "yaml"):
        write_document(output, form, [machine_row(row, columns) for row in rows])
    elif form == "name":
        for row in rows:
            output.line(name(row))
    else:
        _write_table(output, list(rows), columns, wide=form == "wide", empty=empty)


def write_detail(
    output: Output, form: str, item: T, columns: Sequence[Column[T]], *, name: Callable[[T], str]
) -> None:
    """Write one thing in the output format `form`: a line per attribute, for people."""
    if form in ("json", "ndjson", "yaml"):
        write_document(output, form, machine_row(item, columns))
        return
    if form == "name":
        output.line(name(item))
        return
    shown = [column for column in columns if form == "wide" or not column.wide]
    left = max(display_width(column.heading) for column in shown)
    for column in shown:
        output.line(Span(pad(column.heading, left), "dim"), _GAP, *_cell(item, column))


def write_document(output: Output, form: str, value: object) -> None:
    """Write one JSON or YAML document, or one line of NDJSON."""
    if form == "yaml":
        output.data(_yaml(value).encode())
        return
    separators = (",", ":") if form == "ndjson" else (",", ": ")
    text = json.dumps(
        value,
        ensure_ascii=False,
        allow_nan=False,
        separators=separators,
        indent=None if form == "ndjson" else 2,
    )
    output.data(escape_unseen(text).encode() + b"\n")


def machine_value(cell: Cell) -> object:
    """Return a cell as JSON has it: exact, RFC 3339, seconds, base64."""
    match cell:
        case None | bool() | int() | str():
            return cell
        case float():
            return cell if -1e400 < cell < 1e400 else _not_finite(cell)
        case Decimal():
            return str(cell)
        case datetime():
            return cell.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case timedelta():
            seconds = cell.total_seconds()
            return int(seconds) if seconds.is_integer() else seconds
        case bytes():
            from base64 import b64encode

            return b64encode(cell).decode()
        case Mapping():
            return {key: machine_value(value) for key, value in cell.items()}
        case _:
            return [machine_value(value) for value in cell]


def person_text(cell: Cell, *, now: datetime | None = None) -> str:
    """Return a cell as people read it."""
    match cell:
        case None:
            return _NONE
        case bool():
            return "yes" if cell else "no"
        case int():
            return f"{cell:,}"
        case float():
            return f"{cell:,.6g}"
        case datetime():
            return age(cell, now=now)
        case timedelta():
            return duration(cell)
        case str():
            return cell
        case Mapping():
            return ", ".join(f"{key}={person_text(value)}" for key, value in cell.items()) or _NONE
        case Sequence() if not isinstance(cell, bytes):
            return ", ".join(person_text(value) for value in cell) or _NONE
        case _:
            return str(machine_value(cell))


def layout(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[bool],
    keep: Sequence[int],
    width: int | None,
) -> list[int]:
    """Return the width of each column so that a row fits `width`; 0 leaves a column out.

    The column of the lowest rank is cut first, of equal ranks the last; one that would say nothing
    any more goes, and so do numbers, a wrong number being worse than none. The column of the
    highest rank stays whole as long as another is there.
    """
    natural = [
        max([display_width(heading), *(display_width(row[index]) for row in rows)])
        for index, heading in enumerate(headings)
    ]
    if width is None:
        return natural
    order = sorted(range(len(natural)), key=lambda index: (keep[index], -index))
    for first in range(len(order)):
        widths = [size if index in order[first:] else 0 for index, size in enumerate(natural)]
        for index in order[first:-1]:
            if not right[index]:
                over = max(0, _total(widths) - width)
                widths[index] = max(widths[index] - over, min(widths[index], _LEAST))
        if _total(widths) <= width:
            return widths
    widths[order[-1]] = max(1, width)
    return widths


def _total(widths: Sequence[int]) -> int:
    shown = [width for width in widths if width]
    return sum(shown) + len(_GAP) * (len(shown) - 1)


def _write_table(
    output: Output, rows: list[T], columns: Sequence[Column[T]], *, wide: bool, empty: str
) -> None:
    if not rows:
        output.note(empty)
        return
    for line in table_lines(rows, columns, wide=wide, width=output.table_width):
        output.line(*line)


def table_lines(
    rows: Sequence[T], columns: Sequence[Column[T]], *, wide: bool, width: int | None
) -> list[list[Spans]]:
    """Return the lines of a table, the headings first.

    Args:
        rows: The things; one at least.
        columns: Their attributes, the most telling first.
        wide: Whether the columns show that are for `-o wide`.
        width: What a line must fit; None: it may be as long as it is.
    """
    shown = [column for column in columns if wide or not column.wide]
    cells = [[_cell(row, column) for column in shown] for row in rows]
    texts = [[cell[0].text for cell in row] for row in cells]
    right = [_is_number(rows, column) for column in shown]
    keep = [column.keep for column in shown]
    headings = [column.heading for column in shown]
    widths = layout(headings, texts, right=right, keep=keep, width=width)
    head = [(Span(text, "dim"),) for text in headings]
    return [_joined(row, widths, right) for row in (head, *cells)]


def _joined(
    cells: Sequence[Sequence[Span]], widths: Sequence[int], right: Sequence[bool]
) -> list[Spans]:
    spans: list[Spans] = []
    last = max(index for index, width in enumerate(widths) if width)
    for index, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        if not width:
            continue
        text = cut(cell[0].text, width)
        space = " " * (width - display_width(text))
        if right[index]:
            spans.append(space)
        spans.append(Span(text, cell[0].style))
        if index != last:
            spans.append(_GAP if right[index] else space + _GAP)
    while (
        len(spans) > 1 and not (spans[-1] if isinstance(spans[-1], str) else spans[-1].text).strip()
    ):
        spans.pop()
    return spans


def _cell(row: T, column: Column[T]) -> tuple[Span]:
    text = column.text(row) if column.text else person_text(column.value(row))
    return (Span(visible(text), column.style(row) if column.style else None),)


def _is_number(rows: Iterable[T], column: Column[T]) -> bool:
    values = [column.value(row) for row in rows]
    return any(_numeric(value) for value in values) and all(
        value is None or _numeric(value) for value in values
    )


def _numeric(value: Cell) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def machine_row(row: T, columns: Iterable[Column[T]]) -> dict[str, object]:
    """Return a row as machines have it: the names of its columns, and their values."""
    return {column.name: machine_value(column.value(row)) for column in columns}


def _not_finite(value: float) -> str:
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def _yaml(value: object) -> str:
    import yaml

    text = yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
    if escape_unseen(text) != text:  # what would not show is escaped, and so is all else
        text = yaml.safe_dump(value, allow_unicode=False, sort_keys=False)
    return text
