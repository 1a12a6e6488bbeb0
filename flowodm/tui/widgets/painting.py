"""Spans to a strip of the screen: the one place where text becomes cells."""

from collections.abc import Iterable
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from flowodm.display.sanitize import visible
from flowodm.tui.spans import ROLES, Span

__all__ = ["COMPONENTS", "paint", "style_of", "width_of"]

COMPONENTS: Final = frozenset(f"span--{role}" for role in ROLES)
"""The component classes of every widget that paints spans."""


def style_of(widget: Widget, role: str) -> Style:
    """Return the style of a role, over the widget's own."""
    base = widget.rich_style
    if not role:
        return base
    return base + widget.get_component_rich_style(f"span--{role}", partial=True)


def paint(widget: Widget, spans: Iterable[Span], width: int, over: str = "") -> Strip:
    """Return spans as one line, cut or filled to a width.

    Args:
        widget: Whose styles count.
        spans: The pieces, from the left; whatever they hold becomes visible characters here.
        width: Columns.
        over: A role that lies over the whole line, as the cursor's does.
    """
    cover = widget.get_component_rich_style(f"span--{over}", partial=True) if over else Style()
    segments, used = [], 0
    for span in spans:
        text = visible(span.text)
        segments.append(Segment(text, style_of(widget, span.role) + cover))
        used += cell_len(text)
        if used > width:
            break
    strip = Strip(segments)
    return strip.crop_extend(0, width, widget.rich_style + cover)


def width_of(spans: Iterable[Span]) -> int:
    """Return the columns that spans take."""
    return sum(cell_len(visible(span.text)) for span in spans)
