"""One thing of a plan or of a drift: all that is said of it, whole."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from flowodm.display.entries import entry_text
from flowodm.display.sanitize import visible
from flowodm.display.text import wrap
from flowodm.tui.screens.page import Page
from flowodm.tui.widgets.laid_out import LaidOut

if TYPE_CHECKING:
    from flowodm.display.entries import Entry
    from flowodm.display.plan import Row

__all__ = ["PlannedPage"]


class PlannedPage(Page):
    """What is said of a thing.

    Args:
        entry: It.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "copy", "Copy", id="planned.copy")]
    asks_brokers = False

    def __init__(self, entry: "Entry") -> None:
        super().__init__()
        self._entry = entry

    @property
    def crumb(self) -> str:
        """The thing."""
        return f"{self._entry.kind} {self._entry.name}"

    def on_mount(self) -> None:
        """Show it."""
        self.query_one(LaidOut).show(self._rows)
        self.show_state()

    def body(self) -> Iterable[Widget]:
        """Return the texts."""
        yield LaidOut(id="told")

    def action_copy(self) -> None:
        """Copy all of it."""
        self.app.copy_to_clipboard(entry_text(self._entry))

    def _rows(self, width: int) -> "Iterator[Row]":
        for line in entry_text(self._entry).split("\n"):
            indent = line[: len(line) - len(line.lstrip(" "))]
            for piece in wrap(visible(line.lstrip(" ")), max(width - len(indent), 10)) or [""]:
                yield None, (f"{indent}{piece}",)
