"""When a union's branch shows in the JSON, and when it must be said: the rule of both directions.

A branch has a kind of JSON value that its values are (`primary`), and perhaps one that a few are
(`rare`: a NaN is text, a day beyond the year 9999 is a number).

- Branches that share a primary kind are ambiguous: their values are tagged, `{"long": 5}`. Once a
  union has such branches its objects are tagged too, because an untagged one could pass for a tag.
- Otherwise only a value of a rare kind that another branch also has is tagged, and an object that
  looks like such a tag.

Tags are those of Avro's JSON encoding: a named type's full name, else the type's word.
"""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from flowodm.avro.types import Array, Fixed, Map, Primitive, Record, Type, type_name

__all__ = [
    "BranchForm",
    "Kind",
    "Tagging",
    "UnionForm",
    "kind_of",
    "kinds_of",
    "union_form",
]

Kind = Literal["null", "boolean", "number", "string", "array", "object"]

Tagging: TypeAlias = Literal["never", "always", "rare", "look_alike"]
"""Which values of a branch carry its tag: none, all, those of its rare kind, objects like a tag."""

_KINDS: Final[dict[type, Kind]] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    Decimal: "number",
    str: "string",
    list: "array",
    dict: "object",
}
_PRIMITIVE_KINDS: Final[dict[str, Kind]] = {
    "null": "null",
    "boolean": "boolean",
    "int": "number",
    "long": "number",
    "float": "number",
    "double": "number",
    "bytes": "string",
    "string": "string",
}


@dataclass(frozen=True, slots=True)
class BranchForm:
    """How one branch stands in the JSON."""

    tag: str
    primary: Kind
    rare: Kind | None
    tagging: Tagging


@dataclass(frozen=True, slots=True)
class UnionForm:
    """How the branches of one union stand in the JSON."""

    branches: tuple[BranchForm, ...]
    certain_tags: frozenset[str]
    """An object whose only key is one of these is a tag, whatever else it could be."""


def kind_of(value: object) -> Kind | None:
    """The kind of a JSON value; None for what is no JSON value."""
    return _KINDS.get(type(value))


def union_form(branches: tuple[Type, ...]) -> UnionForm:
    """Settle how a union's branches, given as definitions, stand in the JSON."""
    kinds = [kinds_of(node) for node in branches]
    primaries = Counter(primary for primary, _ in kinds)
    rares = Counter(rare for _, rare in kinds)
    is_ambiguous = any(count > 1 for count in primaries.values())
    tags = [type_name(node) for node in branches]
    taggings: list[Tagging] = []
    for primary, rare in kinds:
        if primaries[primary] > 1 or (is_ambiguous and primary == "object"):
            taggings.append("always")
        elif rare is not None and primaries[rare] + rares[rare] > 1:
            taggings.append("rare")
        else:
            taggings.append("never")
    if not is_ambiguous and "rare" in taggings:
        taggings = [
            "look_alike" if kinds[i][0] == "object" else each for i, each in enumerate(taggings)
        ]
    certain = (
        tags
        if is_ambiguous
        else [
            tag for tag, each in zip(tags, taggings, strict=True) if each in ("rare", "look_alike")
        ]
    )
    forms = zip(tags, kinds, taggings, strict=True)
    return UnionForm(
        tuple(BranchForm(tag, *kind, tagging) for tag, kind, tagging in forms), frozenset(certain)
    )


def kinds_of(node: Type) -> tuple[Kind, Kind | None]:
    """The JSON kind of most values of a type, given as a definition, and of the few."""
    match node:
        case Array():
            return "array", None
        case Map() | Record():
            return "object", None
        case Fixed(logical=logical) if logical is not None and logical.name == "duration":
            return "object", None
        case Primitive(name="float" | "double"):
            return "number", "string"
        case Primitive(name="int" | "long", logical=logical) if logical is not None:
            return "string", "number"
        case Primitive(name=name):
            return _PRIMITIVE_KINDS[name], None
    return "string", None
