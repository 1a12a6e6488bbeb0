"""Taking records along: to the clipboard, to a file, into the form of another record."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from textual.binding import Binding

from flowodm.display.shell import command
from flowodm.record import Record
from flowodm.tui.feed import Feed
from flowodm.tui.screens.page import Page
from flowodm.tui.sources.export import export, file_name, value_text

__all__ = ["TAKING_BINDINGS", "TakingPage"]

TAKING_BINDINGS: Final = (
    Binding("y", "copy", "Copy value", show=False, id="records.copy"),
    Binding("Y", "copy_command", "Copy as command", show=False, id="records.copy_command"),
    Binding("e", "export", "Export", id="records.export"),
    Binding("S", "statistics", "Statistics", show=False, id="records.statistics"),
    Binding("p", "produce", "Produce", id="records.produce"),
)
"""What a `TakingPage` offers, for where it belongs among what a subclass offers."""
_LONGEST_COPY: Final = 100_000
"""Characters; terminals take no more into their clipboard."""

T = TypeVar("T")


class TakingPage(Page):
    """A page of a topic's records. A subclass has `record_here`, `kept` and `say`.

    Args:
        topic: Its name.
    """

    def __init__(self, topic: str) -> None:
        super().__init__()
        self.topic = topic

    @property
    def record_here(self) -> Record | None:
        """The record under the cursor."""
        raise NotImplementedError

    def kept(self) -> list[Record]:
        """Return the records that are kept."""
        raise NotImplementedError

    def say(self, text: str, role: str = "good") -> None:
        """Tell something for a few seconds."""
        raise NotImplementedError

    def action_copy(self) -> None:
        """Copy the value of the record under the cursor."""
        record = self.record_here
        if record is not None:
            source = self.app.sources.records
            self.in_background("copy", lambda: value_text(record, source), self._copied)

    def action_copy_command(self) -> None:
        """Copy the command that shows the record under the cursor."""
        if (record := self.record_here) is None:
            return
        place = f"-p {record.partition}", f"--offset {record.offset}:{record.offset + 1}"
        text = command("tail", record.topic, *place, *self.app.vitals.identity.options)
        self.app.copy_to_clipboard(text)
        self.say(f"copied: {text}")

    def action_export(self) -> None:
        """Write what is kept to a file, as NDJSON."""
        records, source = self.kept(), self.app.sources.records
        if not records:
            self.say("there is nothing to write yet", "warn")
            return
        file = Path.cwd() / file_name(records[0].topic, datetime.now(UTC))
        self.in_background(
            "export",
            lambda: export(records, source, file),
            lambda count: self.say(f"wrote {count:,} records to {file.name}"),
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to produce only where changes were asked for."""
        if action == "produce" and not self.app.may_write:
            return False
        return super().check_action(action, parameters)

    def action_produce(self) -> None:
        """Fill in a record of one's own, beginning with the one under the cursor."""
        from flowodm.tui.screens.produce import ProducePage

        if self.app.may_write:
            self.app.push_screen(ProducePage(self.topic, self.record_here))

    def action_statistics(self) -> None:
        """Show what the records that are kept have in common."""
        from flowodm.tui.screens.statistics import StatisticsPage

        self.app.push_screen(StatisticsPage(self.kept))

    def in_background(self, name: str, ask: Callable[[], T], take: Callable[[T], None]) -> None:
        """Ask once in a thread; what fails is told below."""
        Feed(self, name, ask, take, clock=self.app.clock).now()

    def _copied(self, text: str) -> None:
        if len(text) > _LONGEST_COPY:
            self.say(f"{len(text):,} characters are too many to copy; e writes them", "warn")
            return
        self.app.copy_to_clipboard(text)
        self.say(f"copied {len(text):,} characters")
