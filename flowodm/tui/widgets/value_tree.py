"""A value as a tree of lines that are made when they are opened, however large it is.

Values are those of `flowodm.display.tree`, and of JSON.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType

from flowodm.display.layout import one_line
from flowodm.display.sanitize import visible
from flowodm.display.tree import Branch, Noted, TypedRecord
from flowodm.tui.spans import Span
from flowodm.tui.widgets.line_view import LineView

__all__ = ["ValueTree"]

_AT_ONCE: Final = 500
"""Parts of one value that are made at a time."""
_OPEN_AT_FIRST: Final = 60
"""Lines that are opened without being asked."""
_LONG: Final = 80
"""Characters of a text that stands on its own line; a longer one opens into more."""
_PIECE: Final = 100


class _Node:
    """A line: a part of the value, or how many parts of one are not made yet."""

    __slots__ = ("depth", "is_open", "label", "rest", "value")

    def __init__(self, depth: int, label: str, value: Any) -> None:
        self.depth, self.label, self.value = depth, label, value
        self.is_open = False
        self.rest: tuple[Iterator[tuple[str, Any]], int] | None = None
        """The parts to come, and how many: what stands at the end of a long value."""


class ValueTree(LineView):
    """A value; Enter opens and closes its parts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "open(True)", "Open", show=False, id="tree.open"),
        Binding("left,h", "open(False)", "Close", show=False, id="tree.close"),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._made: list[_Node] = []

    def show(self, value: Any) -> None:
        """Show another value, the first of its parts opened."""
        self._made = [_Node(0, "", value)]
        self._open(0)
        for index in range(1, _OPEN_AT_FIRST):
            if index < len(self._made) < _OPEN_AT_FIRST and not _is_text(self._made[index]):
                self._open(index)
        self.place(0, 0)
        self.changed()

    @property
    def count(self) -> int:
        """How many lines there are now."""
        return len(self._made)

    def line(self, index: int, width: int) -> Iterable[Span]:
        """Return one line."""
        node = self._made[index]
        yield Span("  " * min(node.depth, 40))
        if node.rest is not None:
            yield Span(f"… {node.rest[1]:,} more", "dim")
            return
        size = _size(node.value)
        yield Span({True: "▾ ", False: "▸ "}[node.is_open] if size else "  ", "dim")
        if node.label:
            yield Span(f"{visible(node.label[:200])} ", "accent")
        if not node.is_open:
            yield Span(one_line(_cut(node.value), max(width, 20)))
        else:
            yield Span(_title(node.value), "dim")

    def action_choose(self) -> None:
        """Open the line that the cursor is on, or close it."""
        if self.cursor < len(self._made):
            self.action_open(not self._made[self.cursor].is_open)

    def action_open(self, is_open: bool) -> None:
        """Open or close the line that the cursor is on."""
        if self.cursor >= len(self._made):
            return
        if self._made[self.cursor].rest is not None:
            self._make_more(self.cursor)
        elif is_open:
            self._open(self.cursor)
        else:
            self._close(self.cursor)
        self.changed()

    def _open(self, index: int) -> None:
        node = self._made[index]
        size = _size(node.value)
        if node.is_open or not size or node.rest is not None:
            return
        node.is_open = True
        more = _Node(node.depth + 1, "", None)
        more.rest = (iter(_parts(node.value)), size)
        self._made.insert(index + 1, more)
        self._make_more(index + 1)

    def _make_more(self, index: int) -> None:
        """Put the next parts in the place of the line that stands for them."""
        node = self._made[index]
        assert node.rest is not None
        parts, size = node.rest
        made = [_Node(node.depth, label, value) for label, value in islice(parts, _AT_ONCE)]
        left = size - len(made)
        if left > 0 and made:
            node.rest = (parts, left)
            made.append(node)
        self._made[index : index + 1] = made

    def _close(self, index: int) -> None:
        node = self._made[index]
        if not node.is_open:
            return
        node.is_open = False
        stop = index + 1
        while stop < len(self._made) and self._made[stop].depth > node.depth:
            stop += 1
        del self._made[index + 1 : stop]


def _inner(value: Any) -> Any:
    while isinstance(value, Branch | Noted):
        value = value.value
    return value


def _size(value: Any) -> int:
    """How many parts a value has."""
    match _inner(value):
        case TypedRecord(_, fields):
            return len(fields)
        case dict() | list() as parts:
            return len(parts)
        case str() as text if len(text) > _LONG:
            return -(-len(text) // _PIECE)
    return 0


def _parts(value: Any) -> Iterable[tuple[str, Any]]:
    match _inner(value):
        case TypedRecord(_, fields):
            return fields.items()
        case dict() as found:
            return found.items()
        case list() as items:
            return ((str(index), item) for index, item in enumerate(items))
        case str() as text:
            starts = range(0, len(text), _PIECE)
            return (("", _Piece(text[start : start + _PIECE])) for start in starts)
    return ()


class _Piece:
    """A piece of a text; drawn as it is, without quotes."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


def _title(value: Any) -> str:
    match _inner(value):
        case TypedRecord(name, fields):
            return f"{visible(name)} ({len(fields):,} fields)"
        case dict() as found:
            return f"{{{len(found):,}}}"
        case list() as items:
            return f"[{len(items):,}]"
        case str() as text:
            return f"{len(text):,} characters"
    return ""


def _cut(value: Any) -> Any:
    """A value of which no more is looked at than one line may show."""
    if isinstance(value, str):
        return value[: _PIECE * 4]
    return value


def _is_text(node: _Node) -> bool:
    return isinstance(_inner(node.value), str)
