"""Spans to a strip of the screen: the one place where text becomes cells."""

from collections.abc import Iterable
from typing import ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from flowodm.tui.spans import HERE, ROLES, Span, seen

__all__ = ["Painter", "width_of"]

_COMPONENTS: Final = frozenset(f"span--{role}" for role in (*ROLES, *HERE.values()))


class Painter(Widget):
    """A widget that draws lines of spans."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(_COMPONENTS)

    def paint(self, spans: Iterable[Span], width: int, over: str = "") -> Strip:
        """Return spans as one line, cut or filled to a width.

        Args:
            spans: The pieces, from the left; what they hold becomes visible characters here.
            width: Columns; where there are more, the last one shows `…`.
            over: A role that lies over the whole line, as the cursor's does.
        """
        segments, used, filled = [], 0, 0
        for span in spans:
            text = seen(span.text)
            segments.append(Segment(text, self._style(span.role, over)))
            if ink := text.rstrip(" "):
                filled = used + cell_len(ink)
            used += cell_len(text)
            if filled > width:
                break  # blanks alone beyond the edge are no cut: letters may follow them
        if filled > width > 0:
            cut = Strip(segments).crop(0, width - 1)
            return Strip([*cut, Segment("…", segments[-1].style)]).extend_cell_length(
                width, self._style("", over)
            )
        return Strip(segments).crop_extend(0, width, self._style("", over))

    def notify_style_update(self) -> None:
        """Forget the styles that were settled: the theme, the focus or the like is another."""
        super().notify_style_update()
        self._settled.clear()

    @property
    def _settled(self) -> dict[tuple[str, str], Style]:
        """The styles by role; settling one takes longer than painting a line."""
        found: dict[tuple[str, str], Style] = self.__dict__.setdefault("_settled_styles", {})
        return found

    def _style(self, role: str, over: str) -> Style:
        style = self._settled.get((role, over))
        if style is None:
            style = self.rich_style
            for name in (role, over):
                if name:
                    style += self.get_component_rich_style(f"span--{name}", partial=True)
            self._settled[role, over] = style
        return style


def width_of(spans: Iterable[Span]) -> int:
    """Return the columns that spans take."""
    return sum(cell_len(seen(span.text)) for span in spans)
