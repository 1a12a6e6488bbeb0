"""The bar where something is typed: a filter, a position; with what is wrong with it, and history."""

from collections.abc import Callable
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from flowodm.codec.unseen import UNSEEN
from flowodm.tui.spans import Span
from flowodm.tui.widgets.line import Line
from flowodm.tui.widgets.painting import width_of
from flowodm.tui.widgets.paragraph import Words

__all__ = ["Prompt", "PromptField"]

_LONGEST: Final = 1_000
_REMEMBERED: Final = 100


class PromptField(Input):
    """The field. What cannot be seen cannot be typed or pasted into it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Take it", id="prompt.enter"),
        Binding("escape", "leave", "Leave", id="prompt.leave"),
        Binding("up", "recall(-1)", "Earlier", id="prompt.earlier"),
        Binding("down", "recall(1)", "Later", id="prompt.later"),
    ]

    def __init__(self) -> None:
        super().__init__(max_length=_LONGEST, restrict=f"[^\x00-\x1f{UNSEEN}]*", compact=True)

    def on_paste(self, event: events.Paste) -> None:
        """Say so where there is no room for what is pasted: the field takes none of it then."""
        pasted = event.text.partition("\n")[0]
        if len(self.value) + len(pasted) > _LONGEST:
            self.post_message(Prompt.Overfilled())

    def restricted(self) -> None:
        """Ring no bell: what is not taken is told in words, or is not there."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer earlier texts where there are any."""
        if action == "recall":
            return self.query_ancestor(Prompt).has_history
        return super().check_action(action, parameters)

    def action_leave(self) -> None:
        """Close without entering anything."""
        self.post_message(Prompt.Left())

    def action_recall(self, step: int) -> None:
        """Take an earlier or a later text."""
        self.post_message(Prompt.Recalled(step))


class Prompt(Vertical):
    """A label, a field, and a line below it that says what is wrong.

    Hidden until `open`; it comes back to the widget that had the focus before.
    """

    DEFAULT_CSS = """
    Prompt { height: auto; display: none; }
    Prompt Horizontal { height: 1; }
    Prompt #label { width: auto; min-width: 4; }
    Prompt Input { width: 1fr; }
    Prompt #trouble { display: none; }
    """

    class Changed(Message):
        """What is typed is another text now."""

        def __init__(self, kind: str, text: str) -> None:
            super().__init__()
            self.kind, self.text = kind, text

    class Entered(Changed):
        """Enter was pressed."""

    class Left(Message):
        """Esc was pressed: the prompt is closed, and nothing was entered."""

    class Overfilled(Message):
        """More was pasted than there is room for."""

    class Recalled(Message, bubble=True):
        """An earlier or a later text of the history is asked for."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.kind = ""
        self._check: Callable[[str], str | None] | None = None
        self._histories: dict[str, list[str]] = {}
        self._at = 0
        self._asked = "", "", ""
        self._before: Widget | None = None

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with Horizontal():
            yield Line(id="label")
            yield PromptField()
        yield Words(id="trouble")

    def open(
        self,
        kind: str,
        label: str,
        text: str = "",
        check: Callable[[str], str | None] | None = None,
    ) -> None:
        """Let something be typed.

        Args:
            kind: What it is; each kind has a history of its own.
            label: What stands before the field.
            text: What is there already.
            check: Says what is wrong with a text; None: nothing.
        """
        field = self.query_one(Input)
        if self.display and (kind, label, text) == self._asked:
            text = field.value  # it was left by a click, and is come back to
        else:
            self._asked = kind, label, text
        self.kind, self._check = kind, check
        self._at = len(self._histories.get(kind, ()))
        line = self.query_one("#label", Line)
        shown = Span(f" {label} ", "accent")
        line.styles.width = width_of([shown])
        line.show([shown])
        if not self.display:
            self._before = self.screen.focused
        self.display = True
        field.value = text
        field.cursor_position = len(text)
        self.screen.set_focus(field)  # at once: the next key may be on its way already
        self._tell(text)

    def close(self) -> None:
        """Hide it, and give the keys back, where it has them."""
        has_keys = self.screen.focused is self.query_one(Input)
        self.display = False
        if has_keys:
            before = self._before
            self.screen.set_focus(before if before in self.screen.focus_chain else None)
        self.screen.refresh_bindings()

    def leave(self) -> None:
        """Close without entering anything, wherever the keys go."""
        self.query_one(PromptField).action_leave()

    @property
    def has_history(self) -> bool:
        """Whether there are earlier texts of the kind that is typed."""
        return bool(self._histories.get(self.kind))

    @property
    def trouble(self) -> str | None:
        """What is wrong with what is typed."""
        return self._check(self.query_one(Input).value) if self._check is not None else None

    def on_input_changed(self, event: Input.Changed) -> None:
        """Check each change, and pass it on."""
        event.stop()
        if self.display:
            self._tell(event.value)
            self.post_message(self.Changed(self.kind, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Pass on what was entered, unless it is wrong."""
        event.stop()
        if not self.display:
            return
        if (wrong := self.trouble) is not None:
            self._show_trouble(wrong)
            return
        history = self._histories.setdefault(self.kind, [])
        if event.value and event.value not in history[-1:]:
            history.append(event.value)
            del history[:-_REMEMBERED]
        self.close()
        self.post_message(self.Entered(self.kind, event.value))

    def on_prompt_left(self) -> None:
        """Close; whoever listens above brings the focus back."""
        self.close()

    def on_prompt_recalled(self, message: Recalled) -> None:
        """Go through the history."""
        message.stop()
        history = self._histories.get(self.kind, [])
        self._at = max(0, min(self._at + message.step, len(history)))
        field = self.query_one(Input)
        field.value = history[self._at] if self._at < len(history) else ""
        field.cursor_position = len(field.value)

    def on_prompt_overfilled(self, message: Overfilled) -> None:
        """Say that what was pasted is not there."""
        message.stop()
        self._show_trouble(f"too long to paste: {_LONGEST:,} characters are the most")

    def _tell(self, text: str) -> None:
        # nothing is typed yet: that is no mistake before it is entered
        self._show_trouble(self._check(text) if text and self._check is not None else None)

    def _show_trouble(self, wrong: str | None) -> None:
        line = self.query_one("#trouble", Words)
        line.display = wrong is not None
        line.show([] if wrong is None else [Span(f"✗ {wrong}", "bad")])
