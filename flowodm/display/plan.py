"""A plan and a drift as people read them: a line for each thing, and what is to be known of it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, assert_never

from flowodm.display.sanitize import visible
from flowodm.display.spans import Span, Spans, StyleName
from flowodm.display.text import display_width, pad, wrap
from flowodm.plan import (
    AlterTopic,
    Blocker,
    CreateTopic,
    DeleteTopic,
    Plan,
    RegisterSchema,
    SetLevel,
    Step,
)

if TYPE_CHECKING:

    from flowodm.config import Context
    from flowodm.plan import Difference, Done

__all__ = [
    "Line",
    "cause_lines",
    "change_count",
    "counted",
    "done_words",
    "drift_lines",
    "plan_lines",
    "setting_words",
]

Line = tuple[Spans, ...]

_MOST_NAMES: Final = 5
_NARROW: Final = 24
"""Columns that text gets at least, however narrow the terminal."""
_UNITS: Final = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))
_KEYS_MOVE: Final = "keys move: order per key is not kept across the change"


class Entry(NamedTuple):
    """One thing of a plan, and the lines that are said of it."""

    sign: str
    style: StyleName
    kind: str
    name: str
    texts: tuple[Line, ...]


def plan_lines(
    plan: Plan,
    context: "Context",
    width: int | None,
    *,
    options: str = "",
    is_applied: bool = False,
) -> Iterator[Line]:
    """Lay out a plan.

    Args:
        plan: The plan.
        context: Where it would be carried out.
        width: What a line must fit, where words allow it; None: it may be as long as it is.
        options: What else the command line needs that carries it out.
        is_applied: Whether it is about to be carried out.
    """
    yield from _fitted((_head("Plan for", plan, context),), width)
    entries = [*map(_of_step, plan.steps), *map(_of_blocker, plan.blockers)]
    yield from _laid_out(_by_name(entries), width)
    yield from _rest(plan, width)
    if not (is_applied and plan.steps and plan.is_applicable):
        yield from _wrapped(_end(plan, options), "", width, None)


def drift_lines(
    plan: Plan, found: "Sequence[Difference]", context: "Context", width: int | None
) -> Iterator[Line]:
    """Lay out what is not as declared.

    Args:
        plan: The plan that it was told from.
        found: The differences.
        context: Where they are.
        width: As for `plan_lines`.
    """
    yield from _fitted((_head("Drift in", plan, context),), width)
    yield from _laid_out(_by_name([_of_difference(one) for one in found]), width)
    yield from _undeclared(plan, width, deletable=False)
    count = len({(one.kind, one.name) for one in found})
    if not count:
        yield (f"No drift: {_same_words(plan)} as declared.",)
    else:
        yield (f"{counted(count, 'thing is', 'things are')} not as declared.",)


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


def setting_words(key: str, value: str | None) -> str:
    """Say a setting's value: a duration in its unit, where that says all of it."""
    if value is None:
        return "the cluster's"
    if not key.endswith(".ms") or not value.isascii() or not value.isdigit() or len(value) > 18:
        return value or "''"
    number = int(value)
    for size, unit in _UNITS:
        if number and number % size == 0:
            return f"{number // size:,} {unit}"
    return f"{number:,} ms"


def _head(words: str, plan: Plan, context: "Context") -> Span:
    where = f"{context.bootstrap_servers}, cluster {plan.state.cluster_id or 'unknown'}"
    return Span(f"{words} context {context.name} ({where}), from {plan.desired.source}", "bold")


def _of_step(step: Step) -> Entry:
    match step:
        case CreateTopic():
            return Entry("+", "green", step.kind, step.name, ((_created(step),),))
        case AlterTopic():
            return Entry("~", "yellow", step.kind, step.name, tuple(_altered(step)))
        case SetLevel(change=change):
            whose = "" if change.before.is_own else " (the registry's)"
            text = f"{change.before.value}{whose} → {change.after}"
            return Entry("~", "yellow", step.kind, step.name, ((text,),))
        case RegisterSchema():
            return _registered(step)
        case DeleteTopic():
            text = f"deleted with its {counted(step.partitions, 'partition', 'partitions')}"
            records = " and all their records"
            return Entry("-", "red", step.kind, step.name, ((Span(text + records, "red"),),))
    assert_never(step)


def _created(step: CreateTopic) -> str:
    spec = step.spec
    count, copies = spec.partitions, spec.replication
    parts = "default partitions" if count is None else counted(count, "partition", "partitions")
    told = [parts, "default replication" if copies is None else f"replication {copies}"]
    told += [f"{key} {setting_words(key, value)}" for key, value in spec.config.items()]
    return ", ".join(told)


def _altered(step: AlterTopic) -> Iterator[Line]:
    alteration = step.alteration
    rows = [
        (one.name, f"{setting_words(one.name, one.before)} → {setting_words(one.name, one.after)}")
        for one in alteration.settings
    ]
    if alteration.partitions is not None:
        count = len(alteration.topic.partitions)
        rows.append(("partitions", f"{count:,} → {alteration.partitions:,}"))
    left = max(display_width(visible(key)) for key, _ in rows)
    for key, text in rows:
        yield (f"{pad(visible(key), left)}  {text}",)
    if alteration.partitions is not None:
        yield (Span(_KEYS_MOVE, "yellow"),)


def _registered(step: RegisterSchema) -> Entry:
    one = step.registration
    comparison = one.comparison
    if comparison is None:
        text = f"{one.loaded.label} becomes v{one.version}, the first version"
        return Entry("+", "green", step.kind, step.name, ((text,),))
    route = f"v{comparison.old.version} → v{one.version}"
    count = len(comparison.history)
    checked = f"{counted(count, 'version', 'versions')} checked"
    told = "which the registry will judge"
    if comparison.level is not None:
        told = f"compatible ({comparison.level}, {checked})"
    texts: list[Line] = [(f"{route}, {told}",)]
    for change, cure in _dangers(step):
        texts.append((Span("! ", "yellow"), change))
        texts += [(Span(f"Cure: {cure}", "dim"),)] if cure else []
    return Entry("~", "yellow", step.kind, step.name, tuple(texts))


def _dangers(step: RegisterSchema) -> Iterator[tuple[str, str]]:
    """What the level allows, and would be read as something else."""
    from flowodm.avro import Severity

    comparison = step.registration.comparison
    assert comparison is not None
    level = comparison.level
    for change in comparison.changes:
        severity = change.severity if level is None else change.severity_at(level)
        if severity is Severity.DANGEROUS:
            yield change.message, change.cure


def _of_blocker(blocker: Blocker) -> Entry:
    where = f" ({blocker.where})" if blocker.where else ""
    texts: list[Line] = [(Span(f"{blocker.reason}{where}", "red"),)]
    texts += [(one,) for one in blocker.details]
    texts += [(Span(f"Cure: {blocker.hint}", "dim"),)] if blocker.hint else []
    return Entry("✗", "red", blocker.kind, blocker.name, tuple(texts))


def _of_difference(one: "Difference") -> Entry:
    if one.attribute is None:
        return Entry("✗", "red", one.kind, one.name, ((Span("is not there", "red"),),))
    declared = "not declared" if one.declared is None else f"declared {_value(one, one.declared)}"
    actual = "none of its own" if one.actual is None else _value(one, one.actual)
    if one.kind == "topic" and one.declared is None and one.actual is not None:
        text = f"{one.attribute}  {actual}, not declared"
    elif one.kind == "topic" and one.declared is None:
        text = f"{one.attribute}  none"
    else:
        attribute = "" if one.attribute == one.kind else f"{one.attribute}  "
        text = f"{attribute}{actual}, {declared}"
    return Entry("≠", "yellow", one.kind, one.name, ((text,),))


def _value(one: "Difference", value: str) -> str:
    if one.kind == "topic" and one.attribute is not None:
        return setting_words(one.attribute, value)
    return value


def _by_name(entries: Iterable[Entry]) -> list[Entry]:
    """Join what is said of one thing under one sign."""
    joined: dict[tuple[str, str, str], Entry] = {}
    for one in entries:
        key = (one.sign, one.kind, one.name)
        known = joined.get(key)
        joined[key] = one if known is None else known._replace(texts=(*known.texts, *one.texts))
    return [*joined.values()]


def _laid_out(entries: Sequence[Entry], width: int | None) -> Iterator[Line]:
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
            yield lead
            lead = (" " * indent,)
        for text in entry.texts:
            for line in _fitted(text, None if width is None else max(width - indent, _NARROW)):
                yield (*lead, *line)
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
        f"Apply with: flowodm apply {plan.desired.source}{prune}{options}"
    )


def counted(count: int, one: str, many: str) -> str:
    """Say how many there are."""
    return f"{count:,} {one if count == 1 else many}"
