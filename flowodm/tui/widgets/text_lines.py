"""Texts and bytes of any size, of which only the lines in view are made."""

from collections.abc import Iterable, Sequence
from typing import Final

from flowodm.tui.spans import Span
from flowodm.tui.widgets.line_view import LineView

__all__ = ["HexLines", "TextLines"]

_OCTETS: Final = 16
_WIDE: Final = 77
"""Columns that a line of sixteen bytes takes."""
_LONGEST: Final = 4_000
"""Characters of a line that are looked at."""


class _Bare(LineView):
    """Lines with nothing behind them."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to open nothing."""
        return action != "choose" and super().check_action(action, parameters)


class TextLines(_Bare):
    """Lines of spans that are there already."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[Sequence[Span]] = ()

    def show(self, lines: Iterable[Sequence[Span]]) -> None:
        """Show other lines."""
        self._lines = tuple(lines)
        self.place(0, 0)
        self.changed()

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self._lines)

    def line(self, index: int, width: int) -> Iterable[Span]:
        """Return one line."""
        return [span._replace(text=span.text[:_LONGEST]) for span in self._lines[index]]


class HexLines(_Bare):
    """Bytes: where, what, and as text."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._data = b""
        self._mark: int | None = None

    def show(self, data: bytes, *, mark: int | None = None) -> None:
        """Show other bytes; one may be marked, as the one where reading stopped."""
        self._data, self._mark = data, mark
        self.place(0, 0)
        self.changed()
        if mark is not None:
            self.go(mark // self._octets)

    @property
    def count(self) -> int:
        """How many lines there are."""
        return -(-len(self._data) // self._octets)

    @property
    def _octets(self) -> int:
        return _OCTETS if self.line_width >= _WIDE else _OCTETS // 2

    def line(self, index: int, width: int) -> Iterable[Span]:
        """Return one line of sixteen bytes, or of eight where there is little room."""
        start = index * self._octets
        octets = self._data[start : start + self._octets]
        yield Span(f"{start:08x}  ", "dim")
        for at, octet in enumerate(octets, start):
            yield Span(f"{octet:02x}", "match" if at == self._mark else "")
            yield Span("  " if at % 8 == 7 else " ")
        rest = self._octets - len(octets)
        gaps = self._octets // 8 - len(octets) // 8
        text = "".join(chr(octet) if 0x20 <= octet < 0x7F else "·" for octet in octets)
        yield Span("   " * rest + " " * gaps + text, "accent")
