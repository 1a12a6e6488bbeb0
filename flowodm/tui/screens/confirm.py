"""The question before a change: what is going to happen, and the name of what it happens to."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from flowodm.tui.spans import Span
from flowodm.tui.widgets.line import Line
from flowodm.tui.widgets.paragraph import Words
from flowodm.tui.widgets.prompt import Prompt

__all__ = ["ConfirmScreen"]


class ConfirmScreen(ModalScreen[bool]):
    """Goes on only once a word was typed, letter for letter.

    Args:
        title: What is about to be done.
        lines: What follows from it.
        word: What has to be typed.
        noun: What that is: `the group's name`.
    """

    def __init__(self, title: str, lines: Sequence[Span], word: str, noun: str) -> None:
        super().__init__()
        self._asked, self._lines = title, tuple(lines)
        self._word, self._noun = word, noun

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with Vertical(id="confirm"):
            for span in (Span(self._asked, "strong"), *self._lines):
                words = Words()
                words.show([span])
                yield words
            yield Prompt(id="confirm-prompt")
            enter, escape = Line(), Line()
            enter.show([Span(f"Enter does it once {self._noun} is typed", "dim", "focused.submit")])
            escape.show([Span("Esc leaves", "dim", "focused.leave")])
            yield from (enter, escape)

    def on_mount(self) -> None:
        """Let the word be typed."""
        self.query_one(Prompt).open("confirm", self._noun, check=self._check)

    @on(Prompt.Entered)
    def _entered(self) -> None:
        self.dismiss(True)

    @on(Prompt.Left)
    def _left(self) -> None:
        self.dismiss(False)

    def _check(self, text: str) -> str | None:
        return None if text == self._word else f"type {self._word}"
