"""How the values of a Pydantic class stand to the nodes of its schema.

Made by `bind.py` together with the schema; the codec writes and reads by it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from flowodm.avro.schema import Schema
from flowodm.avro.types import Type

__all__ = ["Binding", "Conversion", "EnumBinding", "FieldBinding", "RecordBinding"]

Convert: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class FieldBinding:
    """One field of a record and the attribute that holds its value."""

    name: str
    """The Avro field's name."""
    attribute: str
    key: str
    """What Pydantic's validator knows the field by: its alias, else the attribute."""


@dataclass(frozen=True, slots=True)
class RecordBinding:
    """A record and its class."""

    cls: type
    """A Pydantic model."""
    fields: tuple[FieldBinding, ...]
    """In the order of the schema's fields."""


@dataclass(frozen=True, slots=True)
class EnumBinding:
    """An enum and the values that stand for its symbols."""

    cls: type | None
    """A Python enum; None where the annotation is a `Literal` of strings."""
    members: Mapping[str, Any]
    """Each symbol with its member; the symbol itself for a `Literal`."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """For a node whose Python type is not the one that the codec's `VALUES` give."""

    to_avro: Convert
    """The attribute's value to what `VALUES` has for the node: a `timedelta` to a `Duration`.

    Raises `ValueError` or `TypeError`, in words, for a value that is none of the annotation's.
    """
    from_avro: Convert | None = None
    """Back, to what Pydantic's validator takes; None: it takes what `VALUES` gives.

    Raises `Refused` for a value that the annotation cannot hold.
    """


@dataclass(frozen=True, slots=True)
class Binding:
    """A Pydantic class and its schema."""

    model: type
    schema: Schema
    records: Mapping[str, RecordBinding]
    """By full name."""
    enums: Mapping[str, EnumBinding]
    """By full name."""
    conversions: Mapping[Type, Conversion] = field(default_factory=dict)
    """By definition, which is by identity; only where one is needed. A union has none itself.

    A fixed stands for one Python type throughout the schema. The root of a `RootModel` that is
    `model` itself has none: its instances stand for what is in their `root`.
    """
    bare_times: frozenset[Type] = frozenset()
    """The dates, times and timestamps that no `AvroType` marks, by definition.

    Their annotation takes no `RawNumber`, and Pydantic would take one for the seconds of a date,
    or for another branch of a union.
    """
    fixeds: Mapping[str, type] = field(default_factory=dict)
    """By full name: the class of a fixed's values, where they have one of their own.

    It is a subclass of what `VALUES` gives (bytes, `Decimal`, `UUID`, `Duration`), made from one
    by calling it; `type(value)` tells the branch of a union.
    """
