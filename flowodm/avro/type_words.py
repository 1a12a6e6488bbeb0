"""How messages name a type: on one line, whatever its depth and width."""

from typing import Final

from flowodm.avro.matching import kind_of
from flowodm.avro.types import Array, Logical, Map, Primitive, Ref, Type, Union
from flowodm.avro.words import shown

__all__ = ["logical_words", "type_words"]

_MOST_BRANCHES: Final = 8
_DEEPEST: Final = 3


def type_words(node: Type) -> str:
    """Name a type: `null | string`, `array of long timestamp-micros`, `record shop.Order`."""
    return f"`{_words(node, 0)}`"


def _words(node: Type, depth: int) -> str:
    if depth > _DEEPEST:
        return "…"
    match node:
        case Union(branches=branches):
            words = [_words(branch, depth + 1) for branch in branches[:_MOST_BRANCHES]]
            hidden = len(branches) - len(words)
            return " | ".join([*words, f"{hidden} more"] if hidden else words) or "an empty union"
        case Array(items=items):
            return f"array of {_words(items, depth + 1)}"
        case Map(values=values):
            return f"map of {_words(values, depth + 1)}"
        case Ref(fullname=name):
            return _bare(name)
    word = kind_of(node)
    if not isinstance(node, Primitive):
        word += f" {_bare(node.fullname)}"
    return word if node.logical is None else f"{word} {logical_words(node.logical)}"


def logical_words(logical: Logical) -> str:
    """Name a logical type: `decimal(12, 2)`, `date`."""
    if logical.name == "decimal":
        return f"decimal({logical.precision}, {logical.scale})"
    return logical.name


def _bare(name: str) -> str:
    return shown(name)[1:-1]
