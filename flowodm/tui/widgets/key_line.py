"""The last line: the keys that count here, each of which can be clicked too."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from textual.binding import ActiveBinding
from textual.screen import Screen
from textual.widgets import Input

from flowodm.tui.spans import Span
from flowodm.tui.widgets.line import Line
from flowodm.tui.widgets.painting import width_of

if TYPE_CHECKING:
    from flowodm.tui.app import InspectorApp

__all__ = ["KeyLine"]

_ALWAYS: Final = ("app.palette", "app.help", "app.quit")
"""Bindings that stand at the end of every key line."""
_EVERYWHERE: Final = ("page.back", "page.refresh")
"""Those of every page, which stand behind its own."""


class KeyLine(Line):
    """Keys and what they do; `?` tells those that there is no room for."""

    app: "InspectorApp"

    def on_mount(self) -> None:
        """Follow what the screen offers."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def _follow(self, screen: "Screen[object]") -> None:
        self.refresh()

    def spans(self, width: int) -> Sequence[Span]:
        """Return as many as fit."""
        found: dict[str, tuple[Span, Span]] = {}
        typing = isinstance(self.screen.focused, Input)
        known = sorted(self.screen.active_bindings.values(), key=_is_common)
        for active in known:
            binding = active.binding
            if typing and active.node is not self.screen.focused:
                continue
            if binding.show and active.enabled and (binding.id or binding.action) not in found:
                key = self.app.get_key_display(binding)
                found[binding.id or binding.action] = (
                    Span(f" {key} ", "key", f"{self.app.target_of(active)}"),
                    Span(f"{binding.description} ", "", f"{self.app.target_of(active)}"),
                )
        last = [span for name in _ALWAYS for span in found.pop(name, ())]
        left = width - width_of(last)
        shown: list[Span] = []
        for pair in found.values():
            if width_of([*shown, *pair]) > left:
                break
            shown += pair
        return [*shown, Span(" " * max(left - width_of(shown), 0)), *last]


def _is_common(active: ActiveBinding) -> bool:
    """Whether a binding is every page's; those of this one come first."""
    return active.binding.id in _EVERYWHERE
