"""A few lines of words, wrapped to the width there is."""

from collections.abc import Iterable
from typing import Final

from textual.geometry import Size
from textual.strip import Strip

from flowodm.display.sanitize import visible
from flowodm.display.text import cut, wrap
from flowodm.tui.spans import Span
from flowodm.tui.widgets.painting import Painter

__all__ = ["Paragraph", "Words"]

_LONGEST: Final = 2_000


class Words(Painter):
    """Texts below each other, in as few lines as they take; what is cut is said to be."""

    DEFAULT_CSS = "Words { width: 1fr; height: auto; max-height: 3; padding: 0 1; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._texts: tuple[Span, ...] = ()

    def show(self, texts: Iterable[Span]) -> None:
        """Say something else; each text begins a line of its own."""
        self._texts = tuple(texts)
        self.refresh(layout=self.styles.is_auto_height)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines the words take."""
        return len(self._lines(max(width, 1)))

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width, height = max(self.content_size.width, 1), self.content_size.height
        lines = self._lines(width)
        if len(lines) > height and y == height - 1:
            return self.paint([lines[y]._replace(text=cut(f"{lines[y].text} …", width))], width)
        return self.paint([lines[y]] if y < len(lines) else (), width)

    def _lines(self, width: int) -> list[Span]:
        return [
            Span(line, text.role)
            for text in self._texts
            for line in wrap(visible(text.text[:_LONGEST]), width)
        ]


class Paragraph(Words):
    """Texts that keep their room, whatever is said."""

    DEFAULT_CSS = "Paragraph { height: 5; max-height: 5; }"
