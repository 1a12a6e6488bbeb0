"""A plan and a drift as people read them: a line for each thing, and what is to be known of it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, assert_never

from flowodm.display.entries import (
    Entry,
    Line,
    entry_of_blocker,
    entry_of_difference,
    entry_of_step,
    joined_by_name,
    setting_words,
)
from flowodm.display.sanitize import visible
from flowodm.display.shell import quoted
from flowodm.display.spans import Span
from flowodm.display.text import counted, display_width, pad, wrap
from flowodm.plan import (
    AlterTopic,
    CreateTopic,
    DeleteTopic,
    Plan,
    RegisterSchema,
    SetLevel,
)

if TYPE_CHECKING:

    from flowodm.config import Context
    from flowodm.plan import Difference, Done

__all__ = [
    "Row",
    "cause_lines",
    "change_count",
    "done_words",
    "drift_lines",
    "drift_rows",
    "plan_lines",
    "plan_rows",
]

_MOST_NAMES: Final = 5
_NARROW: Final = 24
"""Columns that text gets at least, however narrow the terminal."""


Row = tuple[Entry | None, Line]
"""A line, and the thing that it is said of."""


def plan_lines(
    plan: Plan,
    context: "Context",
    width: int | None,
    *,
    options: str = "",
    is_applied: bool = False,
) -> Iterator[Line]:
    """Lay out a plan, as `plan_rows` does."""
    rows = plan_rows(plan, context, width, options=options, is_applied=is_applied)
    return (line for _, line in rows)


def plan_rows(
    plan: Plan,
    context: "Context",
    width: int | None,
    *,
    options: str = "",
    is_applied: bool = False,
) -> Iterator[Row]:
    """Lay out a plan.

    Args:
        plan: The plan.
        context: Where it would be carried out.
        width: What a line must fit, where words allow it; None: it may be as long as it is.
        options: What else the command line needs that carries it out.
        is_applied: Whether it is about to be carried out.
    """
    yield from _bare(_fitted((_head("Plan for", plan, context),), width))
    entries = [*map(entry_of_step, plan.steps), *map(entry_of_blocker, plan.blockers)]
    yield from _laid_out(joined_by_name(entries), width)
    yield from _bare(_rest(plan, width))
    if not (is_applied and plan.steps and plan.is_applicable):
        yield from _bare(_wrapped(_end(plan, options), "", width, None))


def drift_lines(
    plan: Plan, found: "Sequence[Difference]", context: "Context", width: int | None
) -> Iterator[Line]:
    """Lay out what is not as declared, as `drift_rows` does."""
    return (line for _, line in drift_rows(plan, found, context, width))


def drift_rows(
    plan: Plan, found: "Sequence[Difference]", context: "Context", width: int | None
) -> Iterator[Row]:
    """Lay out what is not as declared.

    Args:
        plan: The plan that it was told from.
        found: The differences.
        context: Where they are.
        width: As for `plan_lines`.
    """
    yield from _bare(_fitted((_head("Drift in", plan, context),), width))
    yield from _laid_out(joined_by_name([entry_of_difference(one) for one in found]), width)
    yield from _bare(_undeclared(plan, width, deletable=False))
    count = len({(one.kind, one.name) for one in found})
    if not count:
        yield None, (f"No drift: {_same_words(plan)} as declared.",)
    else:
        yield None, (f"{counted(count, 'thing is', 'things are')} not as declared.",)


def cause_lines(message: str, hint: str | None, width: int | None) -> Iterator[Line]:
    """Say why nothing can be told, and the cure."""
    told: list[Line] = [(Span("✗ ", "red"), Span(message, "red"))]
    told += [(Span(f"Cure: {hint}", "dim"),)] if hint else []
    for text in told:
        yield from _fitted(text, width)


def done_words(done: "Done") -> str:
    """Say that a step is done."""
    match step := done.step:
        case CreateTopic():
            return f"topic {step.name} created"
        case AlterTopic():
            return f"topic {step.name} altered"
        case DeleteTopic():
            return f"topic {step.name} deleted"
        case SetLevel():
            return f"level of {step.name} set to {step.change.after}"
        case RegisterSchema():
            found = done.registered
            told = (
                f" v{found.version} registered (id {found.schema_id})" if found else " registered"
            )
            return f"subject {step.name}{told}"
    assert_never(step)


def change_count(plan: Plan) -> str:
    """Say how many changes a plan makes."""
    return counted(len(plan.steps), "change", "changes")


def _head(words: str, plan: Plan, context: "Context") -> Span:
    where = f"{context.bootstrap_servers}, cluster {plan.state.cluster_id or 'unknown'}"
    return Span(f"{words} context {context.name} ({where}), from {plan.desired.source}", "bold")


def _bare(lines: Iterable[Line]) -> Iterator[Row]:
    return ((None, line) for line in lines)


def _laid_out(entries: Sequence[Entry], width: int | None) -> Iterator[Row]:
    names = [visible(entry.name) for entry in entries]
    room = max((display_width(name) for name in names), default=0)
    if width is not None:
        room = min(room, max(width // 3, 12))
    indent = 4 + 9 + room + 3
    for entry, name in zip(entries, names, strict=True):
        lead: Line = (
            Span(f"  {entry.sign} ", entry.style),
            f"{entry.kind:<9}{pad(name, room)}   ",
        )
        if display_width(name) > room:
            yield entry, lead
            lead = (" " * indent,)
        for text in entry.texts:
            for line in _fitted(text, None if width is None else max(width - indent, _NARROW)):
                yield entry, (*lead, *line)
                lead = (" " * indent,)


def _fitted(text: Line, width: int | None) -> Iterator[Line]:
    """Break a text into lines; one of several spans has its sign first."""
    *first, last = text
    words, style = (last, None) if isinstance(last, str) else last
    margin = sum(display_width(one if isinstance(one, str) else one.text) for one in first)
    if width is None or display_width(visible(words)) + margin <= width:
        yield text
        return
    for number, line in enumerate(wrap(visible(words), width - margin)):
        yield (*first, Span(line, style)) if not number else (" " * margin, Span(line, style))


def _rest(plan: Plan, width: int | None) -> Iterator[Line]:
    if plan.same:
        yield (Span("  = ", "dim"), f"{_same_words(plan)} as declared")
    for topic, settings in _kept(plan).items():
        text = f"topic {topic}: {', '.join(settings)} not declared   "
        aside = "(kept; null in the file takes one away, --prune all)"
        yield from _wrapped(text, "  ? ", width, aside)
    for newer in plan.newer:
        text = f"subject {newer.subject}: v{newer.version} is declared, and v{newer.latest} is there   "
        yield from _wrapped(text, "  ? ", width, "(kept)")
    yield from _undeclared(plan, width, deletable=True)


def _undeclared(plan: Plan, width: int | None, *, deletable: bool) -> Iterator[Line]:
    asides = ("(kept; --prune would delete them)", "(kept)")
    prunable = deletable and not plan.prune
    for names, nouns, aside in (
        (plan.other_topics, ("topic is", "topics are"), asides[0 if prunable else 1]),
        (plan.other_subjects, ("subject is", "subjects are"), asides[1]),
    ):
        if names:
            text = f"{counted(len(names), *nouns)} not declared: {_names(names)}   "
            yield from _wrapped(text, "  ? ", width, aside if deletable else None)
    if plan.desired.models:
        text = f"models are not looked at: {_names(plan.desired.models)}   "
        yield from _wrapped(text, "  ? ", width, "(nothing is imported)")


def _wrapped(text: str, sign: str, width: int | None, aside: str | None) -> Iterator[Line]:
    whole = visible(text.rstrip() if aside is None else text)
    told = aside or ""
    if width is None or display_width(sign + whole + told) <= width:
        yield (Span(sign, "dim"), whole, Span(told, "dim")) if sign else (whole,)
        return
    lines = wrap(f"{whole.rstrip()} {told}".rstrip(), max(width - len(sign), _NARROW))
    for number, line in enumerate(lines):
        lead = sign if not number else " " * len(sign)
        yield (Span(lead, "dim"), line) if lead else (line,)


def _kept(plan: Plan) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in plan.kept:
        value = "(secret)" if one.value is None else setting_words(one.setting, one.value)
        found.setdefault(one.topic, []).append(f"{one.setting} {value}")
    return found


def _same_words(plan: Plan) -> str:
    told = []
    for kind in ("topic", "level", "subject"):
        count = sum(one == kind for one, _ in plan.same)
        told += [counted(count, kind, f"{kind}s")] if count else []
    return " and ".join(filter(None, [", ".join(told[:-1]), *told[-1:]])) or "nothing is"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _end(plan: Plan, options: str) -> str:
    if plan.blockers:
        count = counted(len(plan.blockers), "blocker", "blockers")
        return f"{count}: nothing of it can be applied."
    if not plan.steps:
        return "Nothing to change."
    asked = "the broker (validate only)"
    if plan.desired.needs_registry:
        asked += " and the registry"
    prune = " --prune" if plan.prune else ""
    return (
        f"Proven with {asked}. {change_count(plan)}. "
        f"Apply with: flowodm apply {quoted(plan.desired.source)}{prune}{options}"
    )
