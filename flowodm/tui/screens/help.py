"""`?`: every key that counts on the screen below, made from its bindings."""

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from flowodm.display.text import pad
from flowodm.tui.spans import Span
from flowodm.tui.widgets.line import Line
from flowodm.tui.widgets.line_view import LineView

__all__ = ["HelpScreen", "KeyHelp"]


class _KeyList(LineView):
    def __init__(self, keys: "tuple[KeyHelp, ...]") -> None:
        super().__init__()
        self._keys = keys
        self._width = max((len(keys_text) for keys_text, _, _ in keys), default=0)

    @property
    def count(self) -> int:
        return len(self._keys)

    def line(self, index: int, width: int) -> Iterable[Span]:
        keys, text, name = self._keys[index]
        room = max(width - self._width - 5 - len(name), 0)
        return (
            Span(pad(keys, self._width), "key"),
            Span(f"  {pad(text, room)}  "),
            Span(name, "dim"),
        )


KeyHelp = tuple[str, str, str]
"""Keys, what they do, and the binding's id, by which `keys.yaml` names it."""


class HelpScreen(ModalScreen[None]):
    """The keys, over the screen that they are for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "Close", id="help.close")
    ]

    def __init__(self, keys: tuple[KeyHelp, ...]) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Lay it out."""
        title = Line(id="help-title")
        title.show(
            [Span("Keys of this screen", "strong"), Span("   Esc closes", "dim", "screen.dismiss")]
        )
        with Vertical(id="help"):
            yield title
            yield _KeyList(self._keys)

    def on_mount(self) -> None:
        """Let the keys move in the list."""
        self.query_one(_KeyList).focus()
