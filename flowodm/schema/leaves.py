"""Two types without types inside: what the one's values become in the other.

Reading goes by the rules of `avro/matching.py`, as the decoder does; writing by what the encoder
of a type takes.
"""

from typing import Final, TypeAlias

from flowodm.avro.matching import is_alike, shift_between
from flowodm.avro.type_words import logical_words, type_words
from flowodm.avro.types import Fixed, Logical, Primitive

__all__ = ["TAKEN", "Leaf", "is_read", "is_written", "limits", "words"]

Leaf: TypeAlias = Primitive | Fixed

TAKEN: Final = frozenset(
    (
        ("int", "long"),
        ("int", "float"),
        ("int", "double"),
        ("long", "int"),
        ("long", "float"),
        ("long", "double"),
        ("float", "double"),
        ("double", "float"),
    )
)
"""A plain number's type, and another one whose encoder takes it, as far as it fits."""


def words(node: Leaf) -> str:
    """Name a type; a fixed by its size, without its name."""
    if isinstance(node, Primitive):
        return type_words(node)
    logical = "" if node.logical is None else f" {logical_words(node.logical)}"
    return f"`fixed{logical}` of {node.size:,} bytes"


def is_read(model: Leaf, schema: Leaf) -> bool:
    """Whether what was written as `schema` is read as `model`; their names are not looked at."""
    if isinstance(model, Fixed) and isinstance(schema, Fixed):
        is_like = model.size == schema.size
    else:
        is_like = is_alike(schema, model)
    return is_like and shift_between(schema.logical, model.logical) is not None


def is_written(model: Leaf, schema: Leaf) -> bool:
    """Whether the encoder of `schema` takes the values of `model`."""
    ours, theirs = model.logical, schema.logical
    if ours is not None:
        return theirs is not None and shift_between(ours, theirs) is not None
    if theirs is not None and theirs.name == "decimal":
        return False
    if isinstance(model, Primitive) and isinstance(schema, Primitive):
        return model.name == schema.name or (model.name, schema.name) in TAKEN
    return isinstance(model, Fixed) and isinstance(schema, Fixed) and model.size == schema.size


def limits(model: Leaf, schema: Leaf) -> str:
    """Say which values stop at a pair that is read and written; `` when all of them pass."""
    if model.logical is not None and schema.logical is not None:
        return _logical_limits(model.logical, schema.logical)
    if isinstance(model, Primitive) and isinstance(schema, Primitive):
        return _PLAIN_LIMITS.get((model.name, schema.name), "")
    return ""


_PLAIN_LIMITS: Final = {
    ("long", "int"): "a number of more than 32 bits cannot be written",
    ("double", "float"): "a number is rounded when it is written",
}


def _logical_limits(model: Logical, schema: Logical) -> str:
    if model.name == "decimal":
        return _decimal_limits(model, schema)
    shift = shift_between(schema, model) or 0
    if shift > 0:
        return "a finer value cannot be written"
    return "a finer value cannot be read" if shift < 0 else ""


def _decimal_limits(model: Logical, schema: Logical) -> str:
    ours, theirs = _digits(model), _digits(schema)
    is_wider = ours[0] > theirs[0] or ours[1] > theirs[1]
    is_narrower = ours[0] < theirs[0] or ours[1] < theirs[1]
    if is_wider and is_narrower:
        return "values of too many digits can be neither read nor written"
    if is_wider:
        return "a value of too many digits cannot be written"
    return "a value of too many digits cannot be read" if is_narrower else ""


def _digits(logical: Logical) -> tuple[int, int]:
    """How many digits a decimal has before and after the point."""
    scale = logical.scale or 0
    return (logical.precision or 0) - scale, scale
