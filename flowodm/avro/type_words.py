"""How messages name a type: on one line, whatever its depth and width."""

from collections.abc import Callable
from typing import Final

from flowodm.avro.matching import kind_of
from flowodm.avro.types import Array, Logical, Map, Primitive, Ref, Type, Union
from flowodm.avro.words import shown

__all__ = ["logical_words", "short_words", "type_words"]

_MOST_BRANCHES: Final = 8
_DEEPEST: Final = 3


def type_words(node: Type) -> str:
    """Name a type: `null | string`, `array of long timestamp-micros`, `record shop.Order`."""
    return f"`{_words(node, 0, _spaced)}`"


def short_words(node: Type) -> str:
    """Name a type without backticks, its logical type in brackets: `bytes(decimal 12,2)`."""
    return _words(node, 0, _bracketed)


def _words(node: Type, depth: int, with_logical: Callable[[str, Logical], str]) -> str:
    if depth > _DEEPEST:
        return "…"
    match node:
        case Union(branches=branches):
            words = [
                _words(branch, depth + 1, with_logical) for branch in branches[:_MOST_BRANCHES]
            ]
            hidden = len(branches) - len(words)
            return " | ".join([*words, f"{hidden} more"] if hidden else words) or "an empty union"
        case Array(items=items):
            return f"array of {_words(items, depth + 1, with_logical)}"
        case Map(values=values):
            return f"map of {_words(values, depth + 1, with_logical)}"
        case Ref(fullname=name):
            return _bare(name)
    word = kind_of(node)
    if not isinstance(node, Primitive):
        word += f" {_bare(node.fullname)}"
    return word if node.logical is None else with_logical(word, node.logical)


def _spaced(word: str, logical: Logical) -> str:
    return f"{word} {logical_words(logical)}"


def _bracketed(word: str, logical: Logical) -> str:
    if logical.name == "decimal":
        return f"{word}(decimal {logical.precision},{logical.scale})"
    return f"{word}({logical.name})"


def logical_words(logical: Logical) -> str:
    """Name a logical type: `decimal(12, 2)`, `date`."""
    if logical.name == "decimal":
        return f"decimal({logical.precision}, {logical.scale})"
    return logical.name


def _bare(name: str) -> str:
    return shown(name)[1:-1]
