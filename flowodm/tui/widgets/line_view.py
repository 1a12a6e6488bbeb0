"""Many lines, of which only those in view are drawn: the base of every list here.

Built on Textual's line API: a hundred thousand rows cost as much as forty.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from flowodm.tui.spans import HERE, Span
from flowodm.tui.widgets.painting import Painter

__all__ = ["LineView"]


class LineView(Painter, ScrollView, can_focus=True):
    """Lines with a cursor. A subclass has `count`, `line` and perhaps `head`."""

    has_head: ClassVar[bool] = False
    """Whether a heading stays above the lines."""
    opens_as: ClassVar[str] = "Open"
    """What Enter does to a line, in a word."""
    DEFAULT_CSS = "LineView { overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False, id="list.down"),
        Binding("up,k", "move(-1)", "Up", show=False, id="list.up"),
        Binding("ctrl+d,pagedown", "page(1)", "Page down", show=False, id="list.page_down"),
        Binding("ctrl+u,pageup", "page(-1)", "Page up", show=False, id="list.page_up"),
        Binding("g,home", "first", "First", show=False, id="list.first"),
        Binding("G,end", "last", "Last", show=False, id="list.last"),
        Binding("enter", "choose", "Open", id="list.open"),
    ]

    class Moved(Message):
        """The cursor is on another line."""

        def __init__(self, view: "LineView", index: int) -> None:
            super().__init__()
            self.view, self.index = view, index

        @property
        def control(self) -> "LineView":
            """The list."""
            return self.view

    class Chosen(Moved):
        """A line was chosen: by Enter, or by two clicks."""

    class Viewed(Moved):
        """Other lines are in view."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._cursor = 0
        self.name_enter(self.opens_as)

    @property
    def count(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def line(self, index: int, width: int) -> Iterable[Span]:
        """Return one line; it is cut to the width if it is longer."""
        raise NotImplementedError

    def head(self, width: int) -> Sequence[Span]:
        """Return the heading."""
        return ()

    def name_enter(self, word: str) -> None:
        """Say what Enter does here, on the key line, in the help and in the palette."""
        keys = self._bindings.key_to_bindings
        keys["enter"] = [replace(one, description=word) for one in keys["enter"]]

    @property
    def cursor(self) -> int:
        """The line that the cursor is on."""
        return self._cursor

    @property
    def line_width(self) -> int:
        """The columns that a line has, beside the scrollbar."""
        return self.scrollable_content_region.width

    @property
    def window(self) -> range:
        """The lines in view."""
        top = round(self.scroll_y)
        return range(top, min(top + self._room, self.count))

    def changed(self) -> None:
        """Take note that the lines are others now."""
        self.virtual_size = Size(self.size.width, self.count + self._head_lines)
        self._cursor = max(min(self._cursor, self.count - 1), 0)
        self.refresh()

    def go(self, index: int) -> None:
        """Put the cursor on a line, and bring it into view."""
        index = max(min(index, self.count - 1), 0)
        top, room = round(self.scroll_y), max(self._room, 1)
        if index < top:
            self.scroll_to(y=index, animate=False)
        elif index >= top + room:
            self.scroll_to(y=index - room + 1, animate=False)
        if index != self._cursor:
            self._cursor = index
            self.post_message(self.Moved(self, index))
        self.refresh()

    def place(self, cursor: int, top: int) -> None:
        """Put the cursor on a line and a line on top, where the lines themselves have moved."""
        self._cursor = max(min(cursor, self.count - 1), 0)
        self.scroll_to(y=top, animate=False)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the window."""
        width = self.line_width
        if y < self._head_lines:
            return self.paint(self.head(width), width, "head")
        index = y - self._head_lines + round(self.scroll_y)
        is_here = index == self._cursor
        if is_here and self.has_focus:
            self._point(y)
        mark = self._sign(index)
        if not 0 <= index < self.count:
            return self.paint((mark,), width)
        spans = [mark, *self.line(index, width - 2)]
        if is_here:
            spans = [one._replace(role=self._role_here(one.role)) for one in spans]
        return self.paint(spans, width, "cursor" if is_here else "")

    def on_resize(self) -> None:
        """Fit the lines to the new size."""
        self.virtual_size = Size(self.size.width, self.count + self._head_lines)
        self.go(self._cursor)
        self.post_message(self.Viewed(self, self._cursor))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Tell that other lines are in view."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.post_message(self.Viewed(self, self._cursor))

    def on_focus(self) -> None:
        """Show that keys come here now."""
        self.refresh()

    def on_blur(self) -> None:
        """Show that keys go elsewhere now."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on what was clicked; twice chooses it."""
        index = event.y - self._head_lines + round(self.scroll_y)
        if event.y < self._head_lines or index >= self.count:
            return
        self.go(index)
        if event.chain == 2:
            self.action_choose()

    def action_move(self, lines: int) -> None:
        """Move by some lines."""
        self.go(self._cursor + lines)

    def action_page(self, pages: int) -> None:
        """Move by a window."""
        self.go(self._cursor + pages * max(self._room - 1, 1))

    def action_first(self) -> None:
        """Go to the first line."""
        self.go(0)

    def action_last(self) -> None:
        """Go to the last line."""
        self.go(self.count - 1)

    def action_choose(self) -> None:
        """Choose the line that the cursor is on."""
        if self.count:
            self.post_message(self.Chosen(self, self._cursor))

    def _sign(self, index: int) -> Span:
        """Return what stands before a line: where the cursor is, and whether keys move it."""
        if index == self._cursor and (self.has_focus or self.count):
            return Span("▸ " if self.has_focus else "· ", "accent")
        window = self.window
        if self.has_focus and self._cursor not in window and window:
            if index == window.start and self._cursor < index:
                return Span("↑ ", "accent")
            if index == window.stop - 1 and self._cursor > index:
                return Span("↓ ", "accent")
        return Span("  ")

    def _point(self, y: int) -> None:
        """Put the terminal's own cursor on a line: what reads a screen aloud reads it there."""
        if self.screen.is_current:
            self.app.cursor_position = self.region.offset + Offset(0, y)

    def _role_here(self, role: str) -> str:
        """Return what a role is on the cursor: one that can be read there."""
        if role in ("dim", "head"):
            return ""
        if not self.has_focus:
            return role
        # where the cursor is reversed, each role would be a patch of its own
        return "" if self.app.theme.startswith("ansi") else HERE.get(role, role)

    @property
    def _head_lines(self) -> int:
        return int(self.has_head)

    @property
    def _room(self) -> int:
        return max(self.size.height - self._head_lines, 0)
