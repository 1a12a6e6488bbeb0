"""What the records that are shown have in common, counted in a thread."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from textual.widget import Widget
from textual.worker import get_current_worker

from flowodm.display.ages import duration
from flowodm.display.sanitize import visible
from flowodm.display.sides import clock
from flowodm.display.text import counted, cut, pad
from flowodm.record import Record
from flowodm.tui.feed import Feed
from flowodm.tui.screens.page import Page
from flowodm.tui.sources.statistics import (
    FieldStatistics,
    Sizes,
    Statistics,
    Tops,
    statistics_of,
)
from flowodm.tui.spans import Span, compact, size_text
from flowodm.tui.widgets.line import Line
from flowodm.tui.widgets.text_lines import TextLines

__all__ = ["StatisticsPage", "statistics_lines"]

_MOST_PARTITIONS: Final = 1_000
_BAR: Final = 20
_NAME: Final = 28
_VALUE: Final = 40

Spans = Sequence[Span]


class StatisticsPage(Page):
    """Statistics of some records.

    Args:
        kept: Returns the records; asked again by `r`.
    """

    crumb = "statistics"
    waits_for = "Counting"
    asks_brokers = False

    def __init__(self, kept: Callable[[], list[Record]]) -> None:
        super().__init__()
        self._kept = kept
        self._found: Statistics | None = None
        self._records: list[Record] = []

    def on_mount(self) -> None:
        """Count."""
        clock = self.app.clock
        Feed(self, "main", self._count, self._take, clock=clock, before=self._look).now()

    def body(self) -> Iterable[Widget]:
        """Return the sum, and the lines."""
        yield Line(id="sum")
        yield TextLines(id="statistics")

    def emptiness(self) -> tuple[str, str] | None:
        """Say that there is nothing to count."""
        if self._found is None or self._found.records:
            return None
        return "No records are kept yet.", "Esc goes back to them, r counts again"

    def _look(self) -> None:
        """Note which records there are, in the event loop."""
        self._records = self._kept()

    def _count(self) -> Statistics:
        worker, source, records = get_current_worker(), self.app.sources.records, self._records
        return statistics_of(
            records, source.values, source.names, is_cancelled=lambda: worker.is_cancelled
        )

    def _take(self, found: Statistics) -> None:
        self._found, self._records = found, []
        self.query_one("#sum", Line).show(_sum(found))
        self.query_one(TextLines).show(statistics_lines(found))


def statistics_lines(found: Statistics) -> Iterator[Spans]:
    """Word statistics."""
    if found.first is not None and found.last is not None:
        yield from (_head("TIME"), *_times(found, found.first, found.last), ())
    if found.sizes is not None:
        yield from (_head("BYTES OF A VALUE"), _sizes_line(found.sizes), ())
    yield _head("PARTITIONS")
    most = max((count for _, count in found.partitions), default=1)
    for number, count in found.partitions[:_MOST_PARTITIONS]:
        bar = "█" * max(round(count / most * _BAR), 1)
        yield (*_row(str(number), count, found.measured), Span(f"  {bar}", "accent"))
    without = f", {found.without_key:,} without one" if found.without_key else ""
    yield from ((), _head(f"KEYS  {_different(found.keys)}{without}"))
    yield from (_row(key, count, found.measured) for key, count in found.keys.top)
    if found.schemas:
        yield from ((), _head("SCHEMAS"))
        yield from (_row(name, count, found.measured) for name, count in found.schemas)
    if found.failures:
        yield from ((), (Span("✗ NOT DECODED", "bad"),))
        for cause, count in found.failures:
            yield Span(f"{count:>9,}  ", "bad"), Span(visible(cause))
    if found.fields:
        yield from ((), _head("FIELDS"), *map(_field_line, found.fields))
    if found.left_out:
        yield (
            Span(f"! not all parts of {counted(found.left_out, 'value')} were looked at", "warn"),
        )


def _sum(found: Statistics) -> Iterator[Span]:
    yield Span(f" {counted(found.measured, 'record')}", "strong")
    if found.measured < found.records:
        yield Span(f" · ! the newest of {found.records:,}: time was up", "warn")
    failed = sum(count for _, count in found.failures)
    if failed:
        yield Span(f" · ✗ {failed:,} not decoded", "bad")
    if found.tombstones:
        yield Span(f" · {counted(found.tombstones, 'tombstone')}", "dim")
    if found.sizes is not None:
        yield Span(f" · {size_text(found.sizes.total)}")


def _span(milliseconds: int) -> str:
    """Say a span between two times, which a producer may set as it likes."""
    try:
        return duration(timedelta(milliseconds=milliseconds))
    except OverflowError:
        return f"{milliseconds:,} ms"


def _head(text: str) -> Spans:
    return (Span(text, "head"),)


def _times(found: Statistics, first: int, last: int) -> Iterator[Spans]:
    today = datetime.now(UTC)
    yield (Span(f"  {clock(first, today)} to {clock(last, today)}"),)
    if found.rate is not None:
        span = _span(last - first)
        yield Span(f"  {span} · "), Span(f"{compact(found.rate)}/s", "accent")


def _sizes_line(sizes: Sizes) -> Spans:
    told = {"min": sizes.least, "median": sizes.median, "p95": sizes.high, "max": sizes.most}
    return [span for name, value in told.items() for span in _told(name, f"{value:,}")]


def _told(name: str, text: str) -> tuple[Span, Span]:
    return Span(f"  {name} ", "dim"), Span(text)


def _row(name: str, count: int, whole: int) -> tuple[Span, ...]:
    share = count * 100 / max(whole, 1)
    name = pad(cut(visible(name), _NAME), _NAME)
    return Span(f"  {name} "), Span(f"{count:>9,}"), Span(f"  {share:3.0f} %", "dim")


def _different(tops: Tops[str]) -> str:
    return (
        f"{tops.distinct:,} different"
        if tops.is_whole
        else f"more than {tops.distinct:,} different"
    )


def _field_line(field: FieldStatistics) -> Spans:
    name = pad(cut(visible(field.path or "(the value)"), _NAME), _NAME)
    spans = [Span(f"  {name} ", "accent"), Span(f"{field.present:>9,}")]
    if field.nulls:
        spans.append(Span(f"  {field.nulls:,} null", "dim"))
    if field.numbers is not None:
        numbers = field.numbers
        unit = " items" if field.is_counted else ""
        words = [_value(one) for one in (numbers.least, numbers.median, numbers.most)]
        names = ("min", "median", "max")
        for label, text in zip(names, words, strict=True):
            spans += _told(label, f"{text}{unit}")
    if field.values is not None:
        spans.append(Span(f"  {_different(field.values)}: ", "dim"))
        shown = [f"{cut(visible(text), _VALUE) or repr('')} {n:,}" for text, n in field.values.top]
        spans.append(Span(", ".join(shown)))
    return spans


def _value(value: Any) -> str:
    if isinstance(value, int):
        return (
            f"{value:,}" if abs(value) < 10**15 else f"{value:.6g}" if value < 10**300 else "huge"
        )
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return cut(visible(str(value)[:100]), _VALUE)
