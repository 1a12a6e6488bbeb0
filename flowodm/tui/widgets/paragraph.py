"""A few lines of words, wrapped to the width there is."""

from collections.abc import Iterable
from typing import ClassVar, Final

from textual.strip import Strip
from textual.widget import Widget

from flowodm.display.sanitize import visible
from flowodm.display.text import cut, wrap
from flowodm.tui.spans import Span
from flowodm.tui.widgets.painting import COMPONENTS, paint

__all__ = ["Paragraph"]

_LONGEST: Final = 2_000


class Paragraph(Widget):
    """Texts below each other; what there is no room for is cut, and said to be."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)
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
            return paint(self, [lines[y]._replace(text=cut(f"{lines[y].text} …", width))], width)
        return paint(self, [lines[y]] if y < len(lines) else (), width)
