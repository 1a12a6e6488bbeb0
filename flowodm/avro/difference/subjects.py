"""How a change names what it is about."""

from typing import Final

from flowodm.avro.difference.found import Pair
from flowodm.avro.difference.place import Place, dotted
from flowodm.avro.types import NamedType, Type
from flowodm.avro.words import shown

__all__ = ["MOVE_FIRST", "path_words", "subject", "type_subject"]

MOVE_FIRST: Final = "move consumers to the new schema before producers"


def path_words(place: Place) -> str:
    """The field in backticks, or the root."""
    path = dotted(place.field)
    return f"`{path}`" if path else "the root"


def subject(pair: Pair) -> str:
    """The field that a pair of types is found at, or the type at the root."""
    return path_words(pair.place)


def type_subject(node: Type, place: Place) -> str:
    """A named type with the field that it is found at."""
    name = shown(node.fullname.rpartition(".")[2]) if isinstance(node, NamedType) else "the type"
    path = dotted(place.field)
    return f"{name} (`{path}`)" if path else name
