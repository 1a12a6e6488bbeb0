"""`--watch`: one look after the other, drawn in place on a terminal, lines of JSON elsewhere."""

import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final, NamedTuple, TypeAlias, TypeVar

import typer

from flowodm.cli.options import Session
from flowodm.cli.output import Span, Spans
from flowodm.cli.tables import write_document
from flowodm.errors import AuthenticationFailed, BrokerError, UsageError

__all__ = [
    "EVERY",
    "Every",
    "Paces",
    "Screen",
    "Watch",
    "Watching",
    "every_second",
]

T = TypeVar("T")

EVERY: Final = "2s"
"""How often to look, unless it is told."""
_LEAST: Final = 0.1

Watching: TypeAlias = Annotated[
    bool, typer.Option("--watch", "-w", help="Look again and again, with the rate.")
]
Every: TypeAlias = Annotated[
    str, typer.Option("--every", metavar="DURATION", help="How often to look.")
]


def every_second(text: str) -> float:
    """Return the seconds between two looks.

    Raises:
        UsageError: It is no duration.
    """
    from flowodm.times import parse_duration

    return max(parse_duration(text), _LEAST)


class Screen(NamedTuple):
    """What one look shows."""

    documents: Sequence[Mapping[str, object]]
    """For machines, one a line."""
    lines: Callable[[int], Sequence[Sequence[Spans]]]
    """For people, in so many columns."""


class Watch:
    """Looks again and again until Ctrl-C, or until nobody reads on.

    Args:
        session: The run.

    Raises:
        UsageError: The output format is none that can go on.
    """

    def __init__(self, session: Session) -> None:
        self._output = session.output
        asked = session.values.output
        can_draw = self._output.stdout.is_tty and self._output.stderr.is_tty
        if asked not in (None, "table", "wide", "ndjson") or (
            asked and not can_draw and asked != "ndjson"
        ):
            raise UsageError(
                f"`-o {asked}` cannot be watched here",
                hint="a terminal takes `table` and `wide`; everything takes `ndjson`",
            )
        self.draws = can_draw and asked != "ndjson"
        self.is_wide = asked == "wide"
        self._told: set[str] = set()
        self._is_out = False

    def run(self, look: Callable[[], T], show: Callable[[T, float], Screen], every: float) -> int:
        """Look until it is ended; what fails after the first look is told once, and tried again.

        Args:
            look: Asks the cluster.
            show: Makes a screen of what was found, and of when by a clock that only goes forward.
            every: Seconds between two looks.
        """
        is_first = True
        while True:
            began = time.monotonic()
            try:
                screen = show(look(), began)
            except AuthenticationFailed:
                raise
            except BrokerError as error:
                if is_first:
                    raise
                self._tell_outage(error, every)
            else:
                is_first = False
                self._show(screen)
            time.sleep(max(0.0, every - (time.monotonic() - began)))
            if self._output.is_abandoned():
                return 0

    def tell_once(self, text: str) -> None:
        """Warn of something that goes on from look to look, the first time."""
        if text not in self._told:
            self._told.add(text)
            self._output.warn(text)

    def _show(self, screen: Screen) -> None:
        self._is_out = False
        if not self.draws:
            for document in screen.documents:
                write_document(self._output, "ndjson", document)
            self._output.flush()
            return
        head = Span(f"{datetime.now().astimezone():%H:%M:%S} · ctrl-c ends", "dim")
        self._output.status_lines([[head], *screen.lines(self._output.width - 1)])

    def _tell_outage(self, error: BrokerError, every: float) -> None:
        if not self._is_out:
            self._output.warn(f"{error.message}; looking again every {every:g} s")
        self._is_out = True


class Paces:
    """How fast numbers change, each under a key of its own."""

    def __init__(self) -> None:
        from flowodm.display.pace import Pace

        self._paces: defaultdict[Hashable, Pace] = defaultdict(Pace)

    def rate(self, key: Hashable, count: int | None, now: float) -> float | None:
        """Note how many there are by now; return the change a second, None the first time."""
        if count is None:
            return None
        is_new = key not in self._paces
        rate = self._paces[key].rate(count, now)
        return None if is_new else rate
