"""What `flowodm run` shows: the loops' state on a terminal, and events as lines.

On a terminal one line for each loop, drawn anew; what a person must know stands above as a line.
Elsewhere each event is a JSON object.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from flowodm.cli.options import Session
from flowodm.cli.output import Span, Spans, StyleName
from flowodm.cli.run_loop import Message
from flowodm.cli.tables import layout, write_document
from flowodm.consumer.events import LoopEvent
from flowodm.display.pace import Pace
from flowodm.display.sanitize import visible
from flowodm.display.text import cut, pad
from flowodm.health import Standing
from flowodm.manifest import LoopSettings, Manifest
from flowodm.running.supervisor import WorkerEnded
from flowodm.running.wire import event_of

__all__ = ["Row", "View", "row_of"]

_REDRAW: Final = 0.2
_GAP: Final = "  "
_STYLES: Final[dict[str, StyleName]] = {
    "dead letter": "yellow",
    "skipped": "yellow",
    "lost": "yellow",
    "outage begins": "red",
    "outage ends": "green",
    "failed": "red",
}
"""The events that a person must know, and what they mean."""
_OFTEN: Final = ("dead letter", "skipped")
_MOST_LINES: Final = 5
"""Lines a second about single records, on a terminal."""
_KEEP: Final = (9, 1, 2, 7, 8, 3, 4, 5)
_RIGHT: Final = (False, False, True, True, True, True, True, True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One loop, all its workers together."""

    name: str
    route: str
    workers: int
    handled: int
    lag: int | None
    lag_seconds: float | None
    in_flight: int
    retries: int
    dead: int
    state: str
    """Empty when it runs."""
    outage: str | None


def row_of(loop: LoopSettings, standings: Sequence[Standing], *, asked: int = 0) -> Row:
    """Add up how a loop stands in each worker.

    Args:
        loop: The loop.
        standings: How every loop stands.
        asked: How often the run was asked to end.
    """
    statuses = [one.status for one in standings if one.status.name == loop.name]
    parts = [part for status in statuses for part in status.partitions]
    lags = [part.lag_records for part in parts if part.lag_records is not None]
    ages = [part.lag_seconds for part in parts if part.lag_seconds is not None]
    topic = next((status.topic for status in statuses if status.topic), loop.topic or loop.model)
    states = [status.state for status in statuses if status.state != "running"]
    dead = sum(status.dead_lettered for status in statuses)
    return Row(
        name=loop.name,
        route=f"{topic} → {loop.handler}",
        workers=loop.effective.concurrency * len(statuses),
        handled=sum(status.handled for status in statuses),
        lag=sum(lags) if lags else None,
        lag_seconds=max(ages, default=None),
        in_flight=sum(status.in_flight for status in statuses),
        retries=sum(status.retried for status in statuses),
        dead=dead,
        state=_state(states, asked),
        outage=next((status.outage for status in statuses if status.outage), None),
    )


def _state(states: Sequence[str], asked: int) -> str:
    """Name the state of a loop of which some workers do not run."""
    if not states:
        return ""
    most = max(states, key=states.count)
    return most if most != "new" else "stopped" if asked else "starting"


class View:
    """Shows one run.

    Args:
        session: The run.
        manifest: Its loops.
        context: The context's name.
        health: Where health is served, if it is.
    """

    def __init__(
        self, session: Session, manifest: Manifest, context: str, health: str | None
    ) -> None:
        self._output = session.output
        self._loops = manifest.loops
        asked = session.values.output
        is_terminal = session.output.stdout.is_tty
        self._is_machine = asked == "ndjson" or (asked is None and not is_terminal)
        count = len(self._loops)
        parts = [
            manifest.document.source,
            f"context {context}",
            f"{count} loop{'s' if count != 1 else ''}",
            *([f"health {health}"] if health else []),
        ]
        self._header = " · ".join(parts)
        self._paces: defaultdict[str, Pace] = defaultdict(Pace)
        self._drawn_at = 0.0
        self._second = self._told = self._untold = 0
        if not self._output.stderr.is_tty:
            self._output.note(self._header)

    def show(self, messages: Sequence[Message]) -> None:
        """Write what has happened."""
        for worker, said in messages:
            if isinstance(said, str):
                self._output.message(said)
            elif self._is_machine:
                write_document(self._output, "ndjson", _document(worker, said))
            elif isinstance(said, WorkerEnded):
                self._output.warn(_ended(said))
            elif (style := _STYLES.get(said.kind)) is not None and self._has_room(said):
                self._output.note(*_line(worker, said, style))
        if messages and self._is_machine:
            self._output.flush()

    def _has_room(self, event: LoopEvent) -> bool:
        """Tell whether a person can still read another line; the counts show the rest."""
        second = int(time.monotonic())
        if second != self._second:
            self._tell_untold()
            self._second, self._told = second, 0
        is_readable = event.kind not in _OFTEN or self._told < _MOST_LINES
        self._told, self._untold = self._told + is_readable, self._untold + (not is_readable)
        return is_readable

    def _tell_untold(self) -> None:
        if self._untold:
            events = "event" if self._untold == 1 else "events"
            self._output.note(Span(f"… {self._untold:,} more {events}", "dim"))
            self._untold = 0

    def draw(self, standings: Sequence[Standing], *, asked: int) -> None:
        """Draw the loops' state anew, unless it was drawn a moment ago.

        Args:
            standings: How the loops stand.
            asked: How often the run was asked to end.
        """
        now = time.monotonic()
        is_fresh = self._output.has_status and now - self._drawn_at < _REDRAW
        if not self._output.stderr.is_tty or is_fresh:
            return
        self._drawn_at = now
        rows = [row_of(loop, standings, asked=asked) for loop in self._loops]
        rates = [max(self._paces[row.name].rate(row.handled, now), 0.0) for row in rows]
        ends = ("ctrl-c ends", "draining; ctrl-c cancels", "cancelling; ctrl-c ends at once")
        head: list[Spans] = [Span(f"{self._header} · {ends[min(asked, 2)]}", "dim")]
        self._output.status_lines([head, *_table(rows, rates, self._output.width - 1)])

    def end(self, standings: Sequence[Standing]) -> None:
        """Say what was done."""
        self._output.clear_status()
        self._tell_untold()
        for loop in self._loops:
            row = row_of(loop, standings)
            parts = [f"{row.handled:,} handled", f"{row.retries:,} retries"]
            parts.append(f"{row.dead:,} dead letters")
            self._output.note(Span(f"{row.name}: {', '.join(parts)}", "dim"))


def _table(rows: Sequence[Row], rates: Sequence[float], width: int) -> list[list[Spans]]:
    cells = [_cells(row, rate) for row, rate in zip(rows, rates, strict=True)]
    texts = [[text for text, _ in line] for line in cells]
    widths = layout([""] * len(_KEEP), texts, right=_RIGHT, keep=_KEEP, width=width)
    lines: list[list[Spans]] = []
    for row, line in zip(rows, cells, strict=True):
        spans: list[Spans] = []
        for (text, style), size, right in zip(line, widths, _RIGHT, strict=True):
            if size:
                gap = _GAP if spans else ""
                spans += [gap, Span(pad(cut(text, size), size, right=right), style)]
        lines.append(spans)
        if row.outage is not None:
            lines.append([Span(f"  ✗ {row.outage}", "red")])
    return lines


def _cells(row: Row, rate: float) -> list[tuple[str, StyleName | None]]:
    lag = "lag –" if row.lag is None else f"lag {row.lag:,}"
    if row.lag and row.lag_seconds is not None:
        lag += f" ({_seconds(row.lag_seconds)})"
    pace = row.state or f"{rate:,.0f}/s"
    return [
        (visible(row.name), None),
        (visible(row.route), "dim"),
        (f"{row.workers:,} worker{'s' if row.workers != 1 else ''}", None),
        (pace, "yellow" if row.state else None),
        (lag, None),
        (f"in flight {row.in_flight:,}", None),
        (f"retries {row.retries:,}", "yellow" if row.retries else None),
        (f"dead {row.dead:,}", "red" if row.dead else None),
    ]


def _seconds(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    from datetime import timedelta

    from flowodm.cli.tables import duration

    return duration(timedelta(seconds=seconds))


def _document(worker: int, said: LoopEvent | WorkerEnded) -> dict[str, Any]:
    if isinstance(said, LoopEvent):
        return event_of(said) | ({"worker": worker} if worker else {})
    found: dict[str, Any] = {
        "event": "worker ended",
        "worker": said.worker,
        "time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "code": said.code,
    }
    if said.text:
        found["text"] = said.text
    return found | ({} if said.delay is None else {"starts_in": said.delay})


def _ended(said: WorkerEnded) -> str:
    how = f"signal {-said.code}" if said.code < 0 else f"exit {said.code}"
    why = f": {said.text}" if said.text else ""
    then = "" if said.delay is None else f"; it starts again in {said.delay:g} s"
    return f"worker {said.worker} ended ({how}){why}{then}"


def _line(worker: int, event: LoopEvent, style: StyleName) -> list[Spans]:
    at = event.at.astimezone().strftime("%H:%M:%S")
    spans: list[Spans] = [Span(at, "dim"), _GAP, event.loop]
    if worker:
        spans.append(Span(f" ({worker})", "dim"))
    spans += [_GAP, Span(event.kind, style)]
    if event.offset is not None:
        spans += [_GAP, f"{event.partition}:{event.offset}"]
    if event.partitions:
        spans += [_GAP, f"partitions {', '.join(map(str, event.partitions))}"]
    if event.text and event.kind != "failed":  # the error at the end says why
        spans += [_GAP, event.text]
    return spans
