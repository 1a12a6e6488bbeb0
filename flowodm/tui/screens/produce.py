"""A record to be sent: a form made from the schemas, what it comes to, and the topic's name.

Nothing is registered, and nothing is sent before the name was typed.
"""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from flowodm.display.text import counted
from flowodm.errors import FlowODMError
from flowodm.producer import Delivery
from flowodm.record import Record
from flowodm.tui.feed import Feed
from flowodm.tui.screens.confirm import ConfirmScreen
from flowodm.tui.screens.page import Page
from flowodm.tui.sources.form import Copied, Draft, Form, FormField, Target, copied_of
from flowodm.tui.sources.sizes import decode_bounded
from flowodm.tui.spans import Span
from flowodm.tui.widgets.form_view import FormView
from flowodm.tui.widgets.line import Line
from flowodm.tui.widgets.line_view import LineView
from flowodm.tui.widgets.paragraph import Paragraph
from flowodm.tui.widgets.prompt import Prompt
from flowodm.tui.widgets.value_tree import ValueTree

__all__ = ["ProducePage"]

_SIDE_BY_SIDE: Final = 110
"""Columns from which on the preview stands beside the form."""
_HIGH: Final = 20
"""Lines from which on there is room for all that is said of a field."""
_LABEL: Final = 30


class ProducePage(Page):
    """A form, and the record that it comes to.

    Args:
        topic: Where to.
        record: What to begin with; None: the schema's defaults.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("D", "send", "Send", id="produce.send"),
        Binding("v", "preview", "Preview", id="produce.preview"),
        Binding("x", "absent", "Tombstone, or no key", show=False, id="produce.absent"),
        Binding("c", "copied", "Copy or empty", id="produce.copied"),
        Binding("V", "version", "Version", show=False, id="produce.version"),
        Binding("tab", "app.focus_next", "Other pane", show=False, id="produce.pane"),
    ]
    waits_for = "Looking up the topic and its schemas"

    def __init__(self, topic: str, record: Record | None = None) -> None:
        super().__init__()
        self._topic, self._record = topic, record
        self._version: int | None = None
        self._form: Form | None = None
        self._copied = Copied()
        self._draft: Draft | None = None
        self._sending: Draft | None = None
        """The one whose deed is due; it is done once."""
        self._typed: tuple[FormField, str] | None = None
        """The field that is being typed, and its text before."""
        self._is_leaving = False
        """Whether it was said that what is typed would be lost."""
        self._deed: Feed[Delivery]

    @property
    def crumb(self) -> str:
        """What is made here."""
        return "produce"

    def on_mount(self) -> None:
        """Ask for the schemas."""
        clock = self.app.clock
        Feed(self, "main", self._ask, self._take, clock=clock).now()
        self._deed = Feed(self, "deed", self._send, self._sent, clock=clock, is_deed=True)

    def body(self) -> Iterable[Widget]:
        """Return the form and the preview."""
        yield Line(id="form-title")
        with Horizontal(id="form-panes"):
            yield FormView(id="form")
            with Vertical(id="preview"):
                yield Line(id="preview-title")
                yield ValueTree(id="preview-value")
        yield Paragraph(id="about")

    def foot(self) -> Iterable[Widget]:
        """Return what came of it, and where fields are typed."""
        yield Paragraph(id="outcome")
        yield Prompt(id="prompt")

    def on_resize(self) -> None:
        """Put the preview beside the form, or in its place."""
        self.query_one("#form-panes").set_class(self.size.width < _SIDE_BY_SIDE, "-stacked")
        self.query_one("#about").styles.height = 4 if self.size.height >= _HIGH else 2

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to send where that is allowed, and once."""
        if action in ("send", "preview", "absent", "version") and self._form is None:
            return False
        if action == "send":
            return self.app.may_write and not self._deed.is_asking
        if action == "copied":
            return self._form is not None and bool(self._copied.place)
        return super().check_action(action, parameters)

    def leave(self) -> None:
        """Close the preview, or the page."""
        if self._stacked and self._shows_preview:
            self.action_preview()
        elif self._form is not None and self._form.is_touched and not self._is_leaving:
            self._is_leaving = True
            self._outcome("! What was typed is not sent.", "warn", "Esc again leaves it")
        else:
            super().leave()

    def action_preview(self) -> None:
        """Show the record in the form's place, or the form again."""
        self.query_one("#form-panes").toggle_class("-preview")
        (self.query_one(ValueTree) if self._shows_preview else self.query_one(FormView)).focus()

    def action_absent(self) -> None:
        """Send a tombstone, or no key, where the cursor is on it; or something again."""
        form, one = self._form, self.query_one(FormView).current
        if form is not None and one is not None:
            form.toggle_side("key" if one.path[0] == "key" else "value")
            self._show()

    def action_copied(self) -> None:
        """Begin anew: with the record, or without it."""
        if self._form is not None:
            copied = Copied() if self._form.copied.place else self._copied
            self._form = Form(self._form.target, copied, like=self._form)
            self._tell_notes()
            self._show()

    def action_version(self) -> None:
        """Type which version of the value's schema to write with."""
        self._typed = None  # a field that is being typed keeps what it has
        self.query_one(Prompt).open("version", "version", check=_version_trouble)

    def action_send(self) -> None:
        """Show what is to be sent, have the topic's name typed, then send it."""
        draft, form = self._draft, self._form
        if form is None or draft is None:
            self._go_to_trouble()
            return
        if self._stacked and not self._shows_preview:
            self.action_preview()
            self._outcome("This is what would be sent.", "strong", "D sends it, Esc goes back")
            return

        def answered(is_meant: bool | None) -> None:
            if is_meant:
                self._sending = draft
                self._outcome("sending …", "dim")
                self._deed.now()
                self.refresh_bindings()

        title = f"Send a record to {self._topic[:60]} ({self.app.vitals.identity.context[:40]})"
        lines = [Span(text) for text in _told(draft, form.target)]
        screen = ConfirmScreen(title, lines, self._topic, "the topic's name")
        self.app.push_screen(screen, answered)

    def after_answer(self, feed: Feed[Any]) -> None:
        """Tell what failed."""
        if feed.name == "deed" and feed.failure is not None:
            self._outcome(f"✗ {feed.failure.message}", "bad", feed.failure.hint)
        super().after_answer(feed)
        self.refresh_bindings()

    @on(LineView.Chosen, "#form")
    def _chosen(self) -> None:
        """Let the field be typed, or open it."""
        form, one = self._form, self.query_one(FormView).current
        if form is None or one is None:
            return
        if one.is_group:
            form.toggle(one)
            self._show()
            return
        self._typed = (one, form.text(one))
        self._outcome("", "")
        name = ".".join(one.path)
        label = name if len(name) <= _LABEL else f"…{name[-_LABEL:]}"
        self.query_one(Prompt).open(
            name, label, form.text(one), lambda text: form.trouble(one, text)
        )

    @on(LineView.Moved, "#form")
    def _moved(self) -> None:
        """Say what the field is."""
        self._about()

    @on(FormView.Filled)
    def _filled(self) -> None:
        """Say what the form comes to, now that a field holds something else."""
        self._about()
        self._look()

    @on(Prompt.Changed)
    def _changed(self, message: Prompt.Changed) -> None:
        """Show what is typed, and what is wrong with it, in its line."""
        self._type(message.text)  # what was entered comes here too, once nothing is typed any more

    @on(Prompt.Left)
    def _left(self) -> None:
        """Take the text again that was there."""
        if self._typed is not None:
            self._type(self._typed[1])
            self._typed = None

    @on(Prompt.Entered)
    def _entered(self, message: Prompt.Entered) -> None:
        """Take the text, and go on to the next field."""
        if self._typed is None:
            self._version = int(message.text) if message.text.strip() else None
            self.feeds["main"].now()
            return
        self._type(message.text)
        self._typed = None
        view = self.query_one(FormView)
        view.go(view.cursor + 1)

    @property
    def _stacked(self) -> bool:
        return self.query_one("#form-panes").has_class("-stacked")

    @property
    def _shows_preview(self) -> bool:
        return self.query_one("#form-panes").has_class("-preview")

    def _ask(self) -> Form:
        """Ask for the schemas, and make the form: a large one takes a while."""
        target, copied = self.app.sources.produce.target(self._topic, self._version), Copied()
        if self._record is not None:
            decoded = decode_bounded(self._record, self.app.sources.records.json)
            copied = copied_of(decoded, target)
        form = Form(target, copied)
        form.prepare()
        return form

    def _take(self, form: Form) -> None:
        self._copied, before = form.copied, self._form
        if before is not None:
            form.adopt(before)
        self._form = form
        self._tell_notes()
        self._show()

    def _tell_notes(self) -> None:
        """Say what of the record could not be taken over."""
        assert self._form is not None
        notes = " · ".join(self._form.copied.notes)
        self._outcome(f"! {notes}" if notes else "", "warn")

    def _show(self) -> None:
        assert self._form is not None
        self.query_one(FormView).show(self._form)
        self._about()
        self._look()

    def _type(self, text: str) -> None:
        self._is_leaving = False
        if self._form is not None and self._typed is not None:
            self._form.type(self._typed[0], text)
            self.query_one(FormView).changed()
            self._about()
            self._look()

    def _about(self) -> None:
        form, one = self._form, self.query_one(FormView).current
        if form is not None and one is not None:
            self.query_one("#about", Paragraph).show(_about(one, form.trouble(one)))

    def _look(self) -> None:
        """Make the record that the form comes to, and show it."""
        form = self._form
        assert form is not None
        wrong = sum(1 for _ in form.troubles)
        self._draft, said = None, ""
        if not wrong:
            try:
                self._draft = form.draft()
            except FlowODMError as error:
                said = error.message
        self.query_one("#form-title", Line).show(_title(form, wrong, said))
        title = [Span(" not complete yet", "warn")]
        if self._draft is not None:
            title = [Span(f" {text} ", "head") for text in _told(self._draft, form.target)[:1]]
        self.query_one("#preview-title", Line).show(title)
        tree = self.query_one(ValueTree)
        tree.display = self._draft is not None
        tree.show(None if self._draft is None else self._draft.value)

    def _go_to_trouble(self) -> None:
        """Put the cursor on the first field that is wrong."""
        form = self._form
        if form is None:
            return
        if self._stacked and self._shows_preview:
            self.action_preview()
        for one, said in form.troubles:
            self.query_one(FormView).go(form.fields.index(one))
            self._outcome(f"✗ {'.'.join(one.path)}: {said}", "bad", "nothing was sent")
            return

    def _send(self) -> Delivery:
        draft, self._sending = self._sending, None
        assert draft is not None
        return self.app.sources.produce.send(self._topic, draft)

    def _sent(self, delivery: Delivery) -> None:
        self._is_leaving = True  # nothing would be lost
        place = f"partition {delivery.partition}, offset {delivery.offset:,}"
        self._outcome(f"✔ sent: {place}", "good", "Esc goes back to the records; D sends another")
        if self._stacked and self._shows_preview:
            self.action_preview()

    def _outcome(self, text: str, role: str, hint: str | None = None) -> None:
        outcome = self.query_one("#outcome", Paragraph)
        outcome.display = bool(text)
        outcome.show([Span(text, role), Span(hint or "", "dim")])


def _version_trouble(text: str) -> str | None:
    text = text.strip()
    is_number = text.isascii() and text.isdigit() and 0 < int(text[:19]) < 2**31
    return None if not text or is_number else "the number of a version; nothing is the latest"


def _title(form: Form, wrong: int, said: str) -> Iterator[Span]:
    value = form.target.value
    yield Span(f" {'text, no schema' if value is None else value.label}", "strong")
    if wrong:
        verb = "is" if wrong == 1 else "are"
        yield Span(f" · ✗ {counted(wrong, 'field')} {verb} not right yet", "bad")
    elif said:
        yield Span(f" · ✗ {said}", "bad")
    else:
        yield Span(" · ✔ complete", "good")
    if form.copied.place:
        yield Span(f" · begun with {form.copied.place}", "accent")


def _told(draft: Draft, target: Target) -> list[str]:
    """Say what would be sent: how much, with what, where to."""
    key, value, headers, _ = draft.message
    size = "a tombstone" if value is None else f"a value of {counted(len(value), 'byte')}"
    schema = f", {target.value.label}" if target.value is not None and value is not None else ""
    keyed = "no key" if key is None else f"a key of {counted(len(key), 'byte')}"
    where = "any partition" if key is None else "the partition that the key decides"
    if draft.partition is not None:
        where = f"partition {draft.partition}"
    count = counted(len(headers), "header")
    return [f"{size}{schema}", f"{keyed}, {count}, {where}"]


def _about(one: FormField, trouble: str | None) -> Iterator[Span]:
    """Say what a field is."""
    if trouble:
        yield Span(f"✗ {trouble}", "bad")
    yield Span(f"{'.'.join(one.path)}: {one.words}", "strong")
    if one.choices:
        yield Span(f"one of {', '.join(one.choices[:50])}", "accent")
    if one.is_group and one.is_nullable:
        yield Span("Enter makes it null again" if one.is_open else "Enter fills it in", "dim")
    elif one.is_nullable and one.spelling == "text" and one.node is not None:
        yield Span('nothing typed is null, "" an empty text', "dim")
    if one.doc:
        yield Span(one.doc, "dim")
