"""What `flowodm run` shows of its loops: in order, in any width, and never more than is read."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowodm.cli.options import Session
from flowodm.cli.output import Output, Span, Stream
from flowodm.cli.run_view import View, row_of
from flowodm.consumer.events import LoopEvent
from flowodm.consumer.status import LoopStatus, PartitionStatus
from flowodm.display.text import display_width
from flowodm.health import Standing
from flowodm.manifest import Manifest, read_manifest
from flowodm.running.supervisor import WorkerEnded

pytestmark = pytest.mark.unit

MANIFEST = """\
loops:
  - {name: audit, model: 'app.events:UserEvent', handler: 'app.handlers:audit', concurrency: 8}
  - {name: billing, topic: payments, handler: 'app.handlers:bill', group: b, concurrency: 1}
"""


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Manifest:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "manifest.yaml").write_text(MANIFEST)
    return read_manifest(Path("manifest.yaml"))


def standing(name: str = "audit", worker: int = 0, **status: object) -> Standing:
    given = {"topic": "user-events", "group": "g", "state": "running"} | status
    return Standing(status=LoopStatus(name=name, **given), worker=worker)  # type: ignore[arg-type]


AUDIT = standing(
    partitions=(
        PartitionStatus(partition=0, lag_records=30, lag_seconds=0.1),
        PartitionStatus(partition=1, lag_records=1, lag_seconds=0.05),
        PartitionStatus(partition=2),
    ),
    in_flight=6,
    handled=1_204,
    retried=2,
)
BILLING = standing("billing", topic="payments", state="joining", dead_lettered=1)


class Screen:
    """A terminal that keeps what is written to it."""

    def __init__(self, manifest: Manifest, *, width: int = 140, is_tty: bool = True) -> None:
        self.out, self.err = io.BytesIO(), io.BytesIO()
        streams = [Stream(raw, is_tty=is_tty) for raw in (self.out, self.err)]
        self.output = Output(*streams, width=width)
        session = Session(self.output)
        self.view = View(session, manifest, "local", "http://127.0.0.1:8080")

    def draw(self, *standings: Standing, asked: int = 0) -> list[str]:
        self.err.seek(0)
        self.err.truncate()
        self.view.draw(standings, asked=asked)
        text = self.err.getvalue().decode()
        return [line.strip("\r") for line in text.replace("\x1b[K", "").split("\n")]


Show = Callable[..., Screen]


def event(kind: str, **said: object) -> LoopEvent:
    at = datetime(2026, 11, 23, 12, 4, 5, tzinfo=UTC)
    return LoopEvent(kind=kind, loop="audit", at=at, topic="t", group="g", **said)  # type: ignore[arg-type]


def test_each_loop_has_a_line_in_columns(manifest: Manifest) -> None:
    assert Screen(manifest).draw(AUDIT, BILLING) == [
        "manifest.yaml · context local · 2 loops · health http://127.0.0.1:8080 · ctrl-c ends",
        (
            "audit    user-events → app.handlers:audit  8 workers      0/s  lag 31 (0.1 s)"
            "  in flight 6  retries 2  dead 0"
        ),
        (
            "billing  payments → app.handlers:bill       1 worker  joining           lag –"
            "  in flight 0  retries 0  dead 1"
        ),
    ]


def test_an_outage_is_told_under_its_loop(manifest: Manifest) -> None:
    lines = Screen(manifest).draw(standing(outage="the registry is gone"), BILLING)
    assert lines[2] == "  ✗ the registry is gone"


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal(manifest: Manifest, width: int) -> None:
    lines = Screen(manifest, width=width).draw(AUDIT, BILLING)
    assert len(lines) == 3
    assert all(display_width(line) < width for line in lines)
    assert lines[1].startswith("audit")


def test_what_tells_most_is_left_on_a_narrow_terminal(manifest: Manifest) -> None:
    assert Screen(manifest, width=45).draw(AUDIT, BILLING)[1].split("  ")[0:1] == ["audit"]
    assert "lag 31" in Screen(manifest, width=45).draw(AUDIT, BILLING)[1]


def test_the_line_says_what_the_next_signal_does(manifest: Manifest) -> None:
    heads = [Screen(manifest).draw(AUDIT, asked=count)[0].split(" · ")[-1] for count in range(4)]
    assert heads == [
        "ctrl-c ends",
        "draining; ctrl-c cancels",
        *["cancelling; ctrl-c ends at once"] * 2,
    ]


def test_the_workers_of_a_loop_are_added_up(manifest: Manifest) -> None:
    row = row_of(manifest.loops[0], [AUDIT, standing(worker=2, handled=6, state="draining")])
    assert (row.workers, row.handled, row.lag, row.state) == (16, 1_210, 31, "draining")


def test_off_a_terminal_each_event_is_a_line_of_json(manifest: Manifest) -> None:
    screen = Screen(manifest, is_tty=False)
    screen.view.show([(0, event("retry", partition=0, offset=7)), (0, "printed \x1b[2J")])
    screen.view.show([(2, event("started")), (2, WorkerEnded(worker=2, code=-9, delay=0.5))])
    lines = [json.loads(line) for line in screen.out.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["retry", "started", "worker ended"]
    assert "worker" not in lines[0]
    assert lines[1]["worker"] == 2
    assert lines[2]["starts_in"] == 0.5
    assert b"\x1b" not in screen.err.getvalue()


def test_on_a_terminal_a_person_hears_of_what_counts(manifest: Manifest) -> None:
    screen = Screen(manifest)
    screen.view.show([(0, event("retry", partition=0, offset=7)), (0, event("started"))])
    assert screen.err.getvalue() == b""
    screen.view.show(
        [(0, event("dead letter", partition=2, offset=1041, text="ValueError: \x1b[2J"))]
    )
    text = screen.err.getvalue().decode()
    assert "audit  dead letter  2:1041  ValueError: " in text
    assert "\x1b[2J" not in text
    assert screen.out.getvalue() == b""


def test_a_flood_of_dead_letters_is_counted(
    manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen(manifest)
    monkeypatch.setattr("flowodm.cli.run_view.time.monotonic", lambda: 100.0)
    screen.view.show([(0, event("dead letter", partition=0, offset=at)) for at in range(50)])
    assert screen.err.getvalue().count(b"dead letter") == 5
    monkeypatch.setattr("flowodm.cli.run_view.time.monotonic", lambda: 101.0)
    screen.view.show([(0, event("outage ends", text="back"))])
    assert "… 45 more events" in screen.err.getvalue().decode()


def test_a_terminal_that_got_narrower_is_cleared_whole() -> None:
    raw = io.BytesIO()
    output = Output(Stream(io.BytesIO()), Stream(raw, is_tty=True), width=80)
    output.status_lines([[Span("x" * 70)], [Span("y" * 70)]])
    output._width = 40  # the terminal has broken each line in two
    raw.seek(0)
    raw.truncate()
    output.clear_status()
    assert raw.getvalue() == b"\r\x1b[3A\x1b[J"
