"""What is said of each thing of a plan, and of a drift: its sign, its name, its texts."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, assert_never

from flowodm.display.sanitize import visible
from flowodm.display.spans import Span, Spans, StyleName
from flowodm.display.text import counted, display_width, pad
from flowodm.plan import (
    AlterTopic,
    Blocker,
    CreateTopic,
    DeleteTopic,
    RegisterSchema,
    SetLevel,
    Step,
)

if TYPE_CHECKING:
    from flowodm.plan import Difference

__all__ = [
    "Entry",
    "Line",
    "entry_of_blocker",
    "entry_of_difference",
    "entry_of_step",
    "entry_text",
    "joined_by_name",
    "setting_words",
]

Line: TypeAlias = tuple[Spans, ...]

_UNITS: Final = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))
_KEYS_MOVE: Final = "keys move: order per key is not kept across the change"


class Entry(NamedTuple):
    """One thing of a plan, and the lines that are said of it."""

    sign: str
    style: StyleName
    kind: str
    name: str
    texts: tuple[Line, ...]


def entry_text(entry: Entry) -> str:
    """Return all that is said of a thing, a line for each text of it."""
    head = f"{entry.sign} {entry.kind} {entry.name}"
    told = (
        "".join(one if isinstance(one, str) else one.text for one in text) for text in entry.texts
    )
    return "\n".join(map(visible, (head, *(f"  {text}" for text in told))))


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


def entry_of_step(step: Step) -> Entry:
    """Say what a step does."""
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


def entry_of_blocker(blocker: Blocker) -> Entry:
    """Say what stands in the way, and the cure."""
    where = f" ({blocker.where})" if blocker.where else ""
    texts: list[Line] = [(Span(f"{blocker.reason}{where}", "red"),)]
    texts += [(one,) for one in blocker.details]
    texts += [(Span(f"Cure: {blocker.hint}", "dim"),)] if blocker.hint else []
    return Entry("✗", "red", blocker.kind, blocker.name, tuple(texts))


def entry_of_difference(one: "Difference") -> Entry:
    """Say what is not as declared."""
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


def joined_by_name(entries: Iterable[Entry]) -> list[Entry]:
    """Join what is said of one thing under one sign."""
    joined: dict[tuple[str, str, str], Entry] = {}
    for one in entries:
        key = (one.sign, one.kind, one.name)
        known = joined.get(key)
        joined[key] = one if known is None else known._replace(texts=(*known.texts, *one.texts))
    return [*joined.values()]
