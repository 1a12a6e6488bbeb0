"""What a Python annotation cannot say of Avro by itself, and how a class says it.

`derive` reads these marks off Pydantic classes and enums, and `build_model` puts them on the
classes that it makes, so that a schema survives the way through a class and back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from flowodm.avro.types import NO_DEFAULT, Json, NoDefault, Order

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

__all__ = ["NAME_ATTRIBUTE", "AvroField", "AvroName", "AvroType"]

NAME_ATTRIBUTE: Final = "__avro__"
"""The class attribute that holds an `AvroName`."""


@dataclass(frozen=True, slots=True, eq=False)
class AvroType:
    """Say an annotation's Avro type: `Annotated[int, AvroType("int")]`.

    Pydantic then holds values to it: the range of an `int`, the size of a `fixed`, the digits of
    a decimal, a zone for a timestamp. A fixed may have a class of its own, a subclass of the
    Python type of its values: `Annotated[Md5, AvroType(…)]`; a union of two needs it. Marks
    compare by identity, because a union's branches must be hashable.

    Args:
        type: The type as a schema writes it (`"int"`, `{"type": "fixed", "name": "ns.Md5",
            "size": 16}`), for a type without types inside; None leaves it to the annotation.
        props: Attributes of the type that the specification does not name, on any type.
        is_external: Whether another schema, which this one references, defines a fixed.
        is_union: Whether a union stands around the type, though it has no other branch: Python
            has none for `["string"]`. The empty union is `AvroType([])`, on `None`.
    """

    type: Json = None
    props: Mapping[str, Json] = field(default_factory=dict)
    is_external: bool = False
    is_union: bool = False

    def __get_pydantic_core_schema__(
        self, source: Any, handler: "GetCoreSchemaHandler"
    ) -> "CoreSchema":
        """Hold values to the type; Pydantic calls it."""
        from flowodm.avro.checks import checked_schema

        return checked_schema(self.type, source, handler)


@dataclass(frozen=True, slots=True, eq=False)
class AvroField:
    """Say more of a record's field, in its `Annotated`; its doc is Pydantic's `description`.

    Args:
        aliases: Other names that writers may have given the field.
        order: How the field counts when records are sorted.
        default: The default in Avro's JSON, where it is not what the class's own default gives.
            With it, the branches of a union keep the order of the annotation.
        props: Attributes that the specification does not name.
    """

    aliases: tuple[str, ...] = ()
    order: Order = "ascending"
    default: Json | NoDefault = NO_DEFAULT
    props: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AvroName:
    """Say more of a record or an enum: `__avro__ = AvroName("com.example.Order")` in its class.

    Args:
        name: Its name, with a namespace if it has one; None: the class's name.
        aliases: Full names that it had before.
        doc: Its doc; None: the docstring of the class itself, if it has one.
        default: Of an enum: the symbol that stands for those a reader does not know.
        is_error: Whether a record is an `error`.
        is_external: Whether another schema, which this one references, defines it.
        references: The full names of types that other schemas define, where this class is the
            root of its schema. Unlike with `is_external`, each may be the root of its own.
        props: Attributes that the specification does not name.
    """

    name: str | None = None
    aliases: tuple[str, ...] = ()
    doc: str | None = None
    default: str | None = None
    is_error: bool = False
    is_external: bool = False
    references: tuple[str, ...] = ()
    props: Mapping[str, Json] = field(default_factory=dict)
