"""One line of spans, some of which do something when they are clicked."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from textual import events
from textual.strip import Strip

from flowodm.tui.spans import Span, seen
from flowodm.tui.widgets.painting import Painter

__all__ = ["Line"]


class Line(Painter):
    """A line; what it says is what `spans` returns, or what `show` was given."""

    DEFAULT_CSS = "Line { height: 1; width: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._spans: tuple[Span, ...] = ()

    def show(self, spans: Iterable[Span]) -> None:
        """Say something else from now on."""
        spans = tuple(spans)
        if spans != self._spans:
            self._spans = spans
            self.refresh()

    def spans(self, width: int) -> Sequence[Span]:
        """Return what to say in so many columns."""
        return self._spans

    @property
    def text(self) -> str:
        """What is said now."""
        return "".join(span.text for span in self.spans(self.size.width))

    def render_line(self, y: int) -> Strip:
        """Draw it."""
        return self.paint(self.spans(self.size.width), self.size.width)

    def on_click(self, event: events.Click) -> None:
        """Do what the span under the pointer does."""
        at = 0
        for span in self.spans(self.size.width):
            at += cell_len(seen(span.text))
            if event.x < at:
                if span.action is not None:
                    event.stop()
                    # the app runs it: an action that closes this screen would wait for itself here
                    self.app.call_later(self.app.run_action, span.action, self.screen)
                return
