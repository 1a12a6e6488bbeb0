"""Two types of which one at least has no types inside, or which are of different kinds."""

from collections.abc import Iterator
from typing import Final

from flowodm.avro.difference.change import ChangeKind
from flowodm.avro.difference.examples import decimal_example, float_example, unit_example
from flowodm.avro.difference.found import Claim, Found, Pair, Side
from flowodm.avro.difference.subjects import MOVE_FIRST, subject
from flowodm.avro.matching import PROMOTIONS, kind_of
from flowodm.avro.type_words import short_words
from flowodm.avro.types import Logical, Type, Union
from flowodm.avro.words import shown

__all__ = ["changed_kind", "logical_changes", "reading_danger"]

_LOSSY: Final = frozenset((("int", "float"), ("long", "float"), ("long", "double")))
_NOT_TEXT: Final = "bytes that are not UTF-8 cannot be read as a string"


def changed_kind(pair: Pair) -> Iterator[Found]:
    """Two types of different kinds: promoted, narrowed, or changed for good."""
    old, new = pair.old, pair.new
    before, after = short_words(old), short_words(new)
    kind = _kind(kind_of(old), kind_of(new))
    lasting = _new_field_cure(pair)
    danger = _danger(old, new)
    is_promoted = not danger and kind_of(new) in PROMOTIONS.get(kind_of(old), ())
    yield Found(
        kind,
        pair.place,
        before,
        after,
        f"{subject(pair)} was `{before}` and is `{after}`",
        Side(_claims(pair, reads_new=True), danger, lasting),
        Side(
            _claims(pair, reads_new=False),
            _danger(new, old),
            MOVE_FIRST if is_promoted else lasting,
        ),
    )


def logical_changes(pair: Pair) -> Iterator[Found]:
    """Two types of one kind: what their logical types make of the same bytes."""
    old, new = _logical(pair.old), _logical(pair.new)
    if old == new:
        return
    if old is not None and new is not None and old.name == new.name == "decimal":
        yield from _decimals(pair, old, new)
        return
    kind = ChangeKind.LOGICAL_TYPE_CHANGED
    if old is None:
        kind = ChangeKind.LOGICAL_TYPE_ADDED
    elif new is None:
        kind = ChangeKind.LOGICAL_TYPE_REMOVED
    before, after = short_words(pair.old), short_words(pair.new)
    cure = _new_field_cure(pair)
    yield Found(
        kind,
        pair.place,
        before,
        after,
        f"{subject(pair)} was `{before}` and is `{after}`",
        Side(danger=_meaning(pair.old, pair.new), cure=cure),
        Side(danger=_meaning(pair.new, pair.old), cure=cure),
    )


def reading_danger(writer: str, reader: str) -> str:
    """Why a kind that is read as another one is not quite the same; `` when it is."""
    if (writer, reader) == ("bytes", "string"):
        return _NOT_TEXT
    if (writer, reader) in _LOSSY:
        return float_example(reader)
    return ""


def _kind(old: str, new: str) -> ChangeKind:
    match old, new:
        case "long", ("float" | "double"):
            return ChangeKind.LONG_TO_FLOAT
        case "string", "bytes":
            return ChangeKind.STRING_TO_BYTES
        case "bytes", "string":
            return ChangeKind.BYTES_TO_STRING
    if new in PROMOTIONS.get(old, ()):
        return ChangeKind.TYPE_PROMOTED
    return ChangeKind.TYPE_NARROWED if old in PROMOTIONS.get(new, ()) else ChangeKind.TYPE_CHANGED


def _claims(pair: Pair, *, reads_new: bool) -> tuple[Claim, ...]:
    """What is between the two, or between one of them and the union that the other is in."""
    between = Claim(pair.old, pair.new)
    if pair.unions is None:
        return (between,)
    old, new = pair.unions
    return between, Claim(pair.old, new) if reads_new else Claim(old, pair.new)


def _danger(writer: Type, reader: Type) -> str:
    written, read = _logical(writer), _logical(reader)
    reasons = [reading_danger(kind_of(writer), kind_of(reader))]
    if written != read:
        reasons.insert(0, _meaning(writer, reader))
    return "; ".join(reason for reason in reasons if reason)


def _logical(node: Type) -> Logical | None:
    return getattr(node, "logical", None)


def _meaning(writer: Type, reader: Type) -> str:
    """What a value becomes when only the bytes go by."""
    written, read = _logical(writer), _logical(reader)
    example = unit_example(written.name, read.name) if written and read else ""
    return example or f"what was written as {_plainly(writer)} would be read as {_plainly(reader)}"


def _plainly(node: Type) -> str:
    plain = "" if _logical(node) else "plain "
    return f"{plain}`{short_words(node)}`"


def _decimals(pair: Pair, old: Logical, new: Logical) -> Iterator[Found]:
    """Scale and precision, each on its own."""
    before, after = old.scale or 0, new.scale or 0
    if before != after:
        yield Found(
            ChangeKind.DECIMAL_SCALE_CHANGED,
            pair.place,
            f"scale {before}",
            f"scale {after}",
            f"{subject(pair)} had scale {before} and has scale {after}",
            Side(danger=decimal_example(before, after), cure=_SCALE_CURE),
            Side(danger=decimal_example(after, before), cure=_SCALE_CURE),
        )
    yield from _precisions(pair, old.precision or 0, new.precision or 0)


_SCALE_CURE: Final = "keep the scale, or add a field with the new one"


def _precisions(pair: Pair, old: int, new: int) -> Iterator[Found]:
    if old == new:
        return
    is_up = new > old
    danger = f"values of more than {min(old, new)} digits do not fit"
    side = Side(danger=danger, cure=f"{MOVE_FIRST}, or keep the precision")
    down = Side(danger=danger, cure="keep the precision")
    yield Found(
        ChangeKind.DECIMAL_PRECISION_UP if is_up else ChangeKind.DECIMAL_PRECISION_DOWN,
        pair.place,
        f"precision {old}",
        f"precision {new}",
        f"{subject(pair)} had precision {old} and has precision {new}",
        Side() if is_up else down,
        side if is_up else Side(),
    )


def _new_field_cure(pair: Pair) -> str:
    """Renaming in three steps, with a name to take."""
    name = pair.place.name
    if name in ("", "[]", "{}"):
        return f"keep `{short_words(pair.old)}`"
    name = shown(name)[1:-1]
    suggestion = f"{name}_{_suffix(pair.new)}"
    return (
        f"add a field such as `{suggestion}`, fill both, and drop `{name}` when readers have moved"
    )


def _suffix(node: Type) -> str:
    logical = _logical(node)
    if logical is not None:
        return logical.name.rpartition("-")[2]
    return {"string": "text"}.get(
        kind_of(node), "new" if isinstance(node, Union) else kind_of(node)
    )
