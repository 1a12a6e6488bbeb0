"""One subject: its versions, each to be read; two of them are compared, or another is checked."""

from collections.abc import Iterable
from typing import ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widget import Widget

from flowodm.errors import UsageError
from flowodm.sources.forms import ModelForm, StdinForm, read_form
from flowodm.subjects.settings import Setting
from flowodm.tui.feed import Feed
from flowodm.tui.screens.confirm import ConfirmScreen
from flowodm.tui.screens.page import Page
from flowodm.tui.sources.schemas import SubjectDetail, VersionText
from flowodm.tui.spans import Span
from flowodm.tui.widgets.grid import Column, Grid
from flowodm.tui.widgets.line import Line
from flowodm.tui.widgets.line_view import LineView
from flowodm.tui.widgets.paragraph import Words
from flowodm.tui.widgets.prompt import Prompt
from flowodm.tui.widgets.schema_text import SchemaText

__all__ = ["SubjectPage"]

_STILL: Final = 0.1


class SubjectPage(Page):
    """The versions of a subject.

    Args:
        subject: Its name.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "Next list", show=False, id="subject.next"),
        Binding("d", "mark", "Mark", id="subject.mark"),
        Binding("c", "check", "Check", id="subject.check"),
        Binding("t", "topic", "Topic", id="subject.topic"),
    ]
    first_list = "#versions"
    waits_for = "Asking the registry for the subject"
    asks_brokers = False

    def __init__(self, subject: str) -> None:
        super().__init__()
        self._subject = subject
        self._detail: SubjectDetail | None = None
        self._marked: list[int] = []
        self._wanted: int | None = None
        self._looking: Timer | None = None

    @property
    def crumb(self) -> str:
        """The subject's name."""
        return self._subject

    def on_mount(self) -> None:
        """Ask for it."""
        source, clock = self.app.sources.schemas, self.app.clock
        Feed(self, "main", lambda: source.subject(self._subject), self._take, clock=clock).now()
        Feed(self, "text", self._ask_text, self._take_text, clock=clock, before=self._want)

    def body(self) -> Iterable[Widget]:
        """Return what counts for it, its versions, and the text of one."""
        yield Line(id="standing")
        yield Line(id="uses")
        yield Words(id="beside")
        with Horizontal(id="sides"):
            yield Grid(self._versions(), id="versions", opens="Compare")
            with Vertical(id="schema"):
                yield Line(id="schema-title")
                yield SchemaText(id="text")

    def foot(self) -> Iterable[Widget]:
        """Return where a source is typed."""
        yield Prompt(id="prompt")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to mark versions, and to go to the topic, where there are such."""
        if action == "mark":
            return self._detail is not None
        if action == "topic":
            return self._detail is not None and self._detail.use is not None
        return super().check_action(action, parameters)

    def action_mark(self) -> None:
        """Mark a version, or take the mark away; two that are marked are compared."""
        if (version := self._grid.current) is None:
            return
        if version in self._marked:
            self._marked.remove(version)
        else:
            self._marked.append(version)
        self._grid.refresh()
        if len(self._marked) == 2:
            self._compare(*self._marked)

    def action_check(self) -> None:
        """Type a schema that may become the next version."""
        label = "check a file, git:REV:path or model:module:Class"
        self.query_one(Prompt).open("source", label, check=_wrong_source)

    async def action_topic(self) -> None:
        """Open the topic that the subject is named after."""
        if self._detail is not None and (use := self._detail.use) is not None:
            await self.app.open_topic(use.topic)

    @on(LineView.Chosen, "#versions")
    def _chosen(self) -> None:
        """Compare with the version that is marked, or else with the one before it."""
        version, detail = self._grid.current, self._detail
        if version is None or detail is None:
            return
        before = [one for one in detail.versions if one < version]
        other = next(iter(self._marked), before[0] if before else None)
        if other is not None and other != version:
            self._compare(other, version)

    @on(LineView.Moved, "#versions")
    def _moved(self) -> None:
        if self._looking is not None:
            self._looking.stop()
        self._looking = self.set_timer(_STILL, self.feeds["text"].now)

    @on(Prompt.Entered)
    def _entered(self, message: Prompt.Entered) -> None:
        self._grid.focus()
        source = message.text.strip()
        if not source:
            return
        form = read_form(source)
        if not isinstance(form, ModelForm):
            self._check(source)
            return
        lines = [Span("Its code runs here, with your rights.", "warn")]
        ask = ConfirmScreen(f"Import {form.module[:70]}", lines, "import", "import")
        self.app.push_screen(ask, lambda is_meant: self._check(source) if is_meant else None)

    @property
    def _grid(self) -> Grid[int]:
        return self.query_one("#versions", Grid)

    def _compare(self, one: int, other: int) -> None:
        from flowodm.tui.screens.difference import DifferencePage

        self._marked.clear()
        self._grid.refresh()
        self.app.push_screen(DifferencePage(self._subject, min(one, other), max(one, other)))

    def _check(self, source: str) -> None:
        from flowodm.tui.screens.trial import TrialPage

        self.app.push_screen(TrialPage(self._subject, source))

    def _want(self) -> None:
        self._wanted = self._grid.current

    def _ask_text(self) -> VersionText | None:
        if self._wanted is None:
            return None
        return self.app.sources.schemas.text(self._subject, self._wanted)

    def _take(self, detail: SubjectDetail) -> None:
        self._detail = detail
        self.refresh_bindings()
        self._marked = [one for one in self._marked if one in detail.versions]
        self.query_one("#standing", Line).show(_standing(detail))
        self.query_one("#uses", Line).show(_uses(detail))
        beside = _beside(detail)
        self.query_one("#beside").display = bool(beside)
        self.query_one("#beside", Words).show([Span(beside, "dim")])
        self._grid.show(detail.versions)
        self.feeds["text"].now()

    def _take_text(self, found: VersionText | None) -> None:
        if found is None:
            return
        title = [Span(f" v{found.version}", "head"), Span(f" · id {found.schema_id}", "dim")]
        if found.problem:
            title.append(Span(f" · {found.problem}", "warn"))
        self.query_one("#schema-title", Line).show(title)
        self.query_one(SchemaText).show(found.text)

    def _versions(self) -> tuple[Column[int], ...]:
        return (
            Column("", lambda one: Span("d" if one in self._marked else "", "accent"), 1),
            Column("VERSION", lambda one: Span(f"v{one}", "strong"), 7),
            Column("ID", self._schema_id, 8, is_right=True, grows=True),
        )

    def _schema_id(self, version: int) -> Span:
        found = None if self._detail is None else self._detail.ids.get(version)
        return Span("–" if found is None else str(found), "dim")


def _wrong_source(text: str) -> str | None:
    if not text.strip():
        return None
    try:
        form = read_form(text.strip())
    except UsageError as error:
        return f"{error.message}; {error.hint}" if error.hint else error.message
    return "there is no standard input here" if isinstance(form, StdinForm) else None


def _standing(detail: SubjectDetail) -> list[Span]:
    count = len(detail.versions)
    spans = [
        Span(f" {detail.name[:200]}", "strong"),
        Span(f"  {detail.schema_type} · {count:,} version{'' if count == 1 else 's'}"),
        Span(f" · {_setting(detail.level)}"),
    ]
    if detail.mode.value != "READWRITE":
        spans.append(Span(f" · mode {_setting(detail.mode)}", "warn"))
    return spans


def _setting(setting: Setting) -> str:
    return setting.value if setting.is_own else f"{setting.value} (the registry's)"


def _uses(detail: SubjectDetail) -> list[Span]:
    spans = [Span(" named after no topic", "dim")]
    if (use := detail.use) is not None:
        side = "keys" if use.is_key else "values"
        spans = [Span(f" {side} of topic ", "dim"), Span(use.topic[:120])]
        if use.exists is not None:
            told = Span(" ✔", "good") if use.exists else Span(" · there is no such topic", "warn")
            spans.append(told)
    return spans


def _beside(detail: SubjectDetail) -> str:
    """Say which other subjects have to do with it."""
    told = []
    if detail.sharers:
        names = ", ".join(f"{name[:60]} v{version}" for name, version in detail.sharers[:5])
        told.append(f"the same schema: {names}")
    if detail.referrers:
        names = ", ".join(name[:60] for name in detail.referrers[:5])
        told.append(f"referenced by {names}")
    return " · ".join(told)
