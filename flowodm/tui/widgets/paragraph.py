"""A few lines of words, wrapped to the width there is."""

from collections.abc import Iterable
from typing import Final

from textual.strip import Strip

from flowodm.display.sanitize import visible
from flowodm.display.text import cut, wrap
from flowodm.tui.spans import Span
from flowodm.tui.widgets.painting import Painter

__all__ = ["Paragraph"]

_LONGEST: Final = 2_000


class Paragraph(Painter):
    """Texts below each other; what there is no room for is cut, and said to be."""

    DEFAULT_CSS = "Paragraph { width: 1fr; height: 5; padding: 0 1; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._texts: tuple[Span, ...] = ()

    def show(self, texts: Iterable[Span]) -> None:
        """Say something else; each text begins a line of its own."""
        self._texts = tuple(texts)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width, height = max(self.content_size.width, 1), self.content_size.height
        lines = [
            Span(line, text.role)
            for text in self._texts
            for line in wrap(visible(text.text[:_LONGEST]), width)
        ]
        if len(lines) > height and y == height - 1:
            return self.paint([lines[y]._replace(text=cut(f"{lines[y].text} …", width))], width)
        return self.paint([lines[y]] if y < len(lines) else (), width)
