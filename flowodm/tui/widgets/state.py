"""What stands where the data would be: it is being asked for, there is none, or why not."""

from collections.abc import Iterable

from textual.strip import Strip

from flowodm.display.sanitize import visible
from flowodm.display.text import wrap
from flowodm.tui.sources.failure import Failure
from flowodm.tui.spans import Span
from flowodm.tui.widgets.painting import Painter

__all__ = ["StatePane"]

_MOST_LINES = 6


class StatePane(Painter):
    """A few lines: what is the matter, and what to do."""

    DEFAULT_CSS = "StatePane { height: 1fr; width: 1fr; padding: 1 2; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._parts: tuple[tuple[str, str], ...] = ()

    def say(self, *parts: tuple[str, str]) -> None:
        """Show some texts, each with its role."""
        self._parts = parts
        self.refresh()

    def waiting(self, what: str) -> None:
        """Tell what is being asked for."""
        self.say((f"{what} …", "dim"))

    def empty(self, what: str, cure: str) -> None:
        """Tell that there is nothing, and what to do about it."""
        self.say((what, "strong" if cure else "dim"), (cure, "dim"))

    def failed(self, failure: Failure, again: str) -> None:
        """Tell why there is nothing, and the cure."""
        self.say((f"✗ {failure.message}", "bad"), (failure.hint or "", ""), (again, "dim"))

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        lines = list(self._lines(max(self.size.width, 1)))
        return self.paint([lines[y]] if y < len(lines) else (), self.size.width)

    def _lines(self, width: int) -> Iterable[Span]:
        for text, role in self._parts:
            for line in wrap(visible(text[:2_000]), width)[:_MOST_LINES]:
                yield Span(line, role)
