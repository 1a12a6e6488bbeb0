"""The difference itself: compare, judge both directions, tell."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from flowodm.avro.compatibility.incompatibility import IncompatibilityType
from flowodm.avro.difference.change import ChangeKind, Safety, SchemaChange
from flowodm.avro.difference.comparison import compare
from flowodm.avro.difference.found import Found, Side
from flowodm.avro.difference.judgement import Judgement, Unexplained
from flowodm.avro.difference.place import dotted, grown, slashed
from flowodm.avro.schema import Schema
from flowodm.avro.types import Array, Map, Record, Type, Union
from flowodm.avro.words import Path

__all__ = ["diff"]

_BACKWARD: Final = "consumers with the new schema cannot read what is in the topic"
_FORWARD: Final = "consumers with the old schema cannot read new records"
_BOTH: Final = (
    "consumers with the new schema cannot read what is in the topic, and those with the old one"
    " cannot read new records"
)


def diff(old: Schema, new: Schema) -> tuple[SchemaChange, ...]:
    """Tell what changed from one schema to another, who it breaks, and what to do.

    What breaks is what `check` reports: some change is `BREAKS` backward exactly when the new
    schema cannot read the old one's records, and forward exactly when the old cannot read the
    new one's. Two equal schemas have no changes.

    Args:
        old: The schema that is in use.
        new: The one that is to follow it.

    Returns:
        The changes, in the order of the new schema.

    Raises:
        SchemaError: The two schemas together are too large to compare.
    """
    if old == new:
        return ()
    backward = Judgement(old, new, reading="new")
    forward = Judgement(old, new, reading="old")
    changes = [_change(found, backward, forward) for found in compare(old, new)]
    changes += _rest(_Left(new, backward), _Left(old, forward))
    return tuple(changes)


def _change(found: Found, backward: Judgement, forward: Judgement) -> SchemaChange:
    there, here = _safety(found.backward, backward), _safety(found.forward, forward)
    effect = "; ".join(_effects(found, there, here))
    cures = [found.backward.cure if there is not Safety.SAFE else ""]
    cures.append(found.forward.cure if here is not Safety.SAFE else "")
    cures.append(found.hazard_cure)
    return SchemaChange(
        kind=found.kind,
        old_path=slashed(found.place.old),
        new_path=slashed(found.place.new),
        field=dotted(found.place.field),
        before=found.before,
        after=found.after,
        backward=there,
        forward=here,
        message=f"{found.what}: {effect}" if effect else found.what,
        effect=effect,
        cure="; ".join(dict.fromkeys(cure for cure in cures if cure)),
        transitive_hazard=bool(found.hazard),
    )


def _safety(side: Side, judgement: Judgement) -> Safety:
    if judgement.breaks(side.claims):
        return Safety.BREAKS
    return Safety.DANGEROUS if side.danger else Safety.SAFE


def _effects(found: Found, backward: Safety, forward: Safety) -> Iterator[str]:
    sides = backward, forward
    if Safety.BREAKS in sides:
        both = backward is forward
        yield _BOTH if both else _BACKWARD if backward is Safety.BREAKS else _FORWARD
    elif Safety.DANGEROUS in sides:
        yield "the registry accepts this"
    if backward is Safety.DANGEROUS:
        other = "with the new one, " if forward is Safety.BREAKS else ""
        yield f"{other}{found.backward.danger}"
    elif forward is Safety.DANGEROUS:
        other = "with the old one" if backward is Safety.BREAKS else "with the old schema"
        yield f"{other}, {found.forward.danger}"
    if found.hazard:
        yield found.hazard


_KINDS: Final[dict[IncompatibilityType, tuple[ChangeKind, ChangeKind]]] = {
    "NAME_MISMATCH": (ChangeKind.TYPE_RENAMED, ChangeKind.TYPE_RENAMED),
    "FIXED_SIZE_MISMATCH": (ChangeKind.FIXED_SIZE_CHANGED, ChangeKind.FIXED_SIZE_CHANGED),
    "MISSING_ENUM_SYMBOLS": (ChangeKind.ENUM_SYMBOL_REMOVED, ChangeKind.ENUM_SYMBOL_ADDED),
    "READER_FIELD_MISSING_DEFAULT_VALUE": (ChangeKind.FIELD_ADDED, ChangeKind.FIELD_REMOVED),
    "TYPE_MISMATCH": (ChangeKind.TYPE_CHANGED, ChangeKind.TYPE_CHANGED),
    "MISSING_UNION_BRANCH": (ChangeKind.UNION_BRANCH_REMOVED, ChangeKind.UNION_BRANCH_ADDED),
    "AMBIGUOUS_FIELD": (ChangeKind.FIELD_AMBIGUOUS, ChangeKind.FIELD_AMBIGUOUS),
}


class _Left(NamedTuple):
    """One direction and the schema that reads in it."""

    reader: Schema
    judgement: Judgement


def _rest(backward: _Left, forward: _Left) -> Iterator[SchemaChange]:
    """What the engine found and no change explains, as changes of their own."""
    there, here = (_by_place(left) for left in (backward, forward))
    for key, left in there.items():
        forward_too = Safety.BREAKS if key in here else Safety.SAFE
        yield _unexplained(left, key[0], Safety.BREAKS, forward_too)
    for key, left in here.items():
        if key not in there:
            yield _unexplained(left, key[0], Safety.SAFE, Safety.BREAKS)


def _by_place(left: _Left) -> dict[tuple[str, str], Unexplained]:
    """By the field and the words, which both directions may share."""
    found = left.judgement.unexplained()
    return {(dotted(_field(left.reader, each.place)), each.told.message): each for each in found}


def _unexplained(left: Unexplained, field: str, backward: Safety, forward: Safety) -> SchemaChange:
    told = left.told
    is_backward = backward is Safety.BREAKS
    effect = _BOTH if backward is forward else _BACKWARD if is_backward else _FORWARD
    subject = f"`{field}`" if field else "the root"
    return SchemaChange(
        kind=_KINDS[told.type][0 if is_backward else 1],
        old_path=slashed(left.place),
        new_path=slashed(left.place),
        field=field,
        before=told.writer if is_backward else told.reader,
        after=told.reader if is_backward else told.writer,
        backward=backward,
        forward=forward,
        message=f"{subject}: {told.message}; {effect}",
        effect=effect,
        cure=told.cure,
        transitive_hazard=False,
    )


def _field(schema: Schema, place: Path) -> tuple[str, ...]:
    """The field at a place, which is counted in the reader; branches are the writer's."""
    steps: list[str | int] = []
    while place is not None:
        place, step = place
        steps.append(step)
    node: Type = schema.deref(schema.root)
    field: tuple[str, ...] = ()
    for step in reversed(steps):
        match node, step:
            case Record(), int():
                field = grown(field, node.fields[step].name)
                node = schema.deref(node.fields[step].type)
            case Array(), "items":
                field, node = grown(field, "[]"), schema.deref(node.items)
            case Map(), "values":
                field, node = grown(field, "{}"), schema.deref(node.values)
            case Union(), _:
                break
    return field
