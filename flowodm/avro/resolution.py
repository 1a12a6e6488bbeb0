"""How to read what one schema wrote into what another wants: a finite table of nodes.

Only the shape of the answer; `resolve.py` finds it, `flowodm.codec` reads with it. The nodes name
each other by their place in the table, so a recursive schema is a finite table and nothing here
recurses.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from flowodm.avro.schema import Schema
from flowodm.avro.types import Array, Enum, Fixed, Map, Primitive, Record, Type, Union

__all__ = [
    "FieldDefault",
    "IntoUnion",
    "Mismatch",
    "Node",
    "Read",
    "ReadArray",
    "ReadEnum",
    "ReadMap",
    "ReadRecord",
    "ReadUnion",
    "Resolution",
    "Skip",
    "Step",
]


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """Read a primitive or a fixed, and promote it to the reader's type."""

    writer: Primitive | Fixed
    reader: Primitive | Fixed
    shift: int = 0
    """Decimal places that the number moves: the reader's unit or scale less the writer's."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadEnum:
    """Read the index of a symbol."""

    writer: Enum
    reader: Enum
    symbols: tuple[str | None, ...]
    """The reader's symbol for each of the writer's; None where it has none and no default."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadArray:
    """Read blocks of items."""

    reader: Array
    items: int


@dataclass(frozen=True, slots=True, eq=False)
class ReadMap:
    """Read blocks of string keys, each with a value."""

    reader: Map
    values: int


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One field as it was written."""

    name: str
    """The writer's."""
    target: str | None
    """The reader's field that takes the value; None: it is skipped."""
    node: int


@dataclass(frozen=True, slots=True, eq=False)
class FieldDefault:
    """A field of the reader that was not written."""

    name: str
    node: int
    """How to read `data`."""
    data: bytes
    """The default, as a writer with the reader's own schema would have written it."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadRecord:
    """Read fields in the writer's order; give them in the reader's."""

    reader: Record
    steps: tuple[Step, ...]
    defaults: tuple[FieldDefault, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ReadUnion:
    """Read the index of the branch that was written, then that branch."""

    branches: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class IntoUnion:
    """Read a value that becomes one branch of the reader's union."""

    reader: Union
    """Its branches are definitions, never `Ref`."""
    index: int
    node: int


@dataclass(frozen=True, slots=True, eq=False)
class Mismatch:
    """No value of this type can be read: an error, but only where a value gets here."""

    subject: Literal["type", "field", "default"]
    reason: str
    field: str | None = None
    """The reader's field that cannot be filled, for `field` and `default`."""


@dataclass(frozen=True, slots=True, eq=False)
class Skip:
    """Pass over a value that the reader does not want."""

    writer: Type
    parts: tuple[int, ...] = ()
    """The items, the values, the fields or the branches."""


Node: TypeAlias = (
    Read | ReadEnum | ReadArray | ReadMap | ReadRecord | ReadUnion | IntoUnion | Mismatch | Skip
)


@dataclass(frozen=True, slots=True, eq=False)
class Resolution:
    """A reader's schema resolved against a writer's."""

    writer: Schema
    reader: Schema
    nodes: tuple[Node, ...]
    root: int
