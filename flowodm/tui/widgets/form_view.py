"""The fields of a form: name, text, type; and what is wrong, beside the text."""

from collections.abc import Iterable
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from flowodm.display.sanitize import visible
from flowodm.display.text import cut, display_width, pad
from flowodm.tui.sources.form import Form, FormField
from flowodm.tui.spans import Span
from flowodm.tui.widgets.line_view import LineView

__all__ = ["FormView"]

_LONGEST: Final = 400
_MEASURED: Final = 500
"""Fields whose names and types decide how wide the columns are."""
_DEEPEST: Final = 10
"""Levels that are indented."""


class FormView(LineView):
    """A form; Enter lets the field under the cursor be typed, or opens the record that it is."""

    opens_as = "Edit"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "turn(1)", "Next choice", show=False, id="form.next"),
        Binding("left,h", "turn(-1)", "Choice before", show=False, id="form.before"),
        Binding("delete", "clear", "Clear", show=False, id="form.clear"),
    ]

    class Filled(LineView.Moved):
        """A field was given another text by a key of its own."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._form: Form | None = None
        self._names = self._types = 0
        """Columns that the longest name and the longest type take."""

    def show(self, form: Form) -> None:
        """Show another form, or what became of this one."""
        self._form = form
        self._measure()
        self.changed()

    @property
    def current(self) -> FormField | None:
        """The field that the cursor is on."""
        fields = self._fields
        return fields[self.cursor] if self.cursor < len(fields) else None

    @property
    def count(self) -> int:
        """How many fields there are now."""
        return len(self._fields)

    def line(self, index: int, width: int) -> Iterable[Span]:
        """Return one field."""
        form, one = self._form, self._fields[index]
        assert form is not None
        room = min(max(width // 3, 10), self._names)
        yield Span(pad(cut(_name(one), room), room), "strong" if one.is_group else "accent")
        left = max(width - room - 2, 0)
        trouble = form.trouble(one)
        said = Span(f"✗ {visible(trouble[:_LONGEST])}", "bad") if trouble else _type(one)
        value = _value(one, form.text(one)[:_LONGEST])
        # what is wrong needs more room than a type
        most = max(left * 2 // 5 if trouble else max(left // 2, left - self._types - 1), 8)
        text = cut(visible(value.text), max(min(most, left), 0))
        yield Span("  ")
        yield value._replace(text=pad(text, most) + " ")
        yield said._replace(text=cut(said.text, max(left - most - 1, 0)))

    def action_turn(self, step: int) -> None:
        """Take the next of a few choices."""
        form, one = self._form, self.current
        if form is None or one is None or not one.choices:
            return
        choices = ("", *one.choices) if one.is_nullable else one.choices
        text = form.text(one)
        at = choices.index(text) if text in choices else -1 if step > 0 else 0
        form.type(one, choices[(at + step) % len(choices)])
        self._told()

    def action_clear(self) -> None:
        """Take what is typed away."""
        if self._form is not None and (one := self.current) is not None and not one.is_group:
            self._form.type(one, "")
            self._told()

    def _measure(self) -> None:
        fields = self._fields[:_MEASURED]
        self._names = max((display_width(_name(one)) for one in fields), default=0)
        self._types = max((display_width(_type(one).text) for one in fields), default=0)

    @property
    def _fields(self) -> tuple[FormField, ...]:
        return () if self._form is None else self._form.fields

    def _told(self) -> None:
        self.changed()
        self.post_message(self.Filled(self, self.cursor))


def _name(one: FormField) -> str:
    depth = 0 if one.node is None else min(len(one.path) - 1, _DEEPEST)
    return f"{'  ' * depth}{visible(one.name[:_LONGEST])}"


def _type(one: FormField) -> Span:
    return Span(visible(one.words[:_LONGEST]), "dim")


def _value(one: FormField, text: str) -> Span:
    if one.is_group:
        if one.is_open:
            return Span("▾", "dim")
        return Span("▸ null" if one.is_nullable else "not sent", "dim")
    if text:
        return Span(text)
    if one.node is None:
        return Span("–", "dim")
    if one.is_nullable:
        return Span("null", "dim")
    if one.spelling == "text":
        return Span('""', "dim")
    return Span("" if one.default is None else "the default", "dim")
