"""The Avro 1.12 type tree: frozen nodes, no behaviour beyond looking at themselves.

A named type is defined once, where it first stands, and every later use is a `Ref`, as in the
JSON; so a recursive schema is a finite tree. Nodes compare by identity, because a schema may be
deeper than Python's stack: compare `Schema` objects, which compare by their full text. For the
same reason a node's repr shows itself only.

Parsing, canonical form and fingerprints live in `parse.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

__all__ = [
    "NO_DEFAULT",
    "Array",
    "Enum",
    "Field",
    "Fixed",
    "Json",
    "Logical",
    "Map",
    "NamedType",
    "NoDefault",
    "Order",
    "Primitive",
    "PrimitiveName",
    "Props",
    "Record",
    "Ref",
    "Type",
    "Union",
    "type_name",
]

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
"""A JSON document, as `json.loads` gives it."""

Props: TypeAlias = Mapping[str, Json]
"""Every attribute the specification does not name, in order; `logicalType` and its own too."""

PrimitiveName = Literal["null", "boolean", "int", "long", "float", "double", "bytes", "string"]

Order = Literal["ascending", "descending", "ignore"]


class NoDefault:
    """The absence of a default, which is not the default `null`."""

    def __repr__(self) -> str:
        return "NO_DEFAULT"


NO_DEFAULT: Final = NoDefault()


@dataclass(frozen=True, slots=True)
class Logical:
    """A logical type that is valid on the type that carries it.

    Unknown and invalid ones are ignored, as the specification asks ("Logical Types"): they stay
    in `props` only.
    """

    name: str
    precision: int | None = None
    scale: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """One of the eight primitive types."""

    name: PrimitiveName
    logical: Logical | None = None
    props: Props = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Array:
    """A list of items of one type."""

    items: "Type" = field(repr=False)
    logical: Logical | None = None
    props: Props = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """String keys to values of one type."""

    values: "Type" = field(repr=False)
    logical: Logical | None = None
    props: Props = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Union:
    """One of several types; no union directly inside."""

    branches: tuple["Type", ...] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """`size` bytes under a name."""

    fullname: str
    size: int
    aliases: tuple[str, ...] = ()
    """Full names."""
    doc: str | None = None
    logical: Logical | None = None
    props: Props = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Enum:
    """A name and its symbols."""

    fullname: str
    symbols: tuple[str, ...]
    default: str | None = None
    """The symbol that stands for those this reader does not know."""
    aliases: tuple[str, ...] = ()
    doc: str | None = None
    logical: Logical | None = None
    props: Props = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field of a record."""

    name: str
    type: "Type" = field(repr=False)
    default: Json | NoDefault = NO_DEFAULT
    """In Avro's JSON encoding of defaults (bytes as code points 0-255)."""
    doc: str | None = None
    order: Order = "ascending"
    aliases: tuple[str, ...] = ()
    """Plain field names."""
    props: Props = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A name and its fields; an `error` is a record too."""

    fullname: str
    fields: tuple[Field, ...] = field(repr=False)
    aliases: tuple[str, ...] = ()
    doc: str | None = None
    is_error: bool = False
    logical: Logical | None = None
    props: Props = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Ref:
    """A use of a named type that is defined elsewhere in the schema, or in one it references."""

    fullname: str


NamedType: TypeAlias = Record | Enum | Fixed
Type: TypeAlias = Primitive | Array | Map | Union | Record | Enum | Fixed | Ref


def type_name(node: Type) -> str:
    """Name a type as a union's branches are told apart ("Unions" in the Avro specification).

    Returns:
        The full name of a named type; else the word: `long`, `array`, `map`, `union`.
    """
    match node:
        case Primitive(name=name):
            return name
        case Array():
            return "array"
        case Map():
            return "map"
        case Union():
            return "union"
    return node.fullname
