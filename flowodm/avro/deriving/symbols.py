"""Python's enums and `Literal`s: which symbols they have in Avro, and what else may hold them."""

from collections.abc import Mapping
from enum import Enum as PythonEnum
from enum import Flag
from types import NoneType
from typing import Any, Final, get_args

from flowodm.avro.binding import Conversion
from flowodm.avro.deriving.place import Place, annotation_text
from flowodm.avro.names import is_name
from flowodm.avro.words import shown

__all__ = ["literal_values", "members_of", "symbol_mapping", "value_conversion"]

_AS_TEXT: Final = 'to write the values as text: `Annotated[…, AvroType("string")]`'


def members_of(cls: type[PythonEnum], place: Place) -> Mapping[str, PythonEnum]:
    """The members of an enum by symbol: by their values where all are texts, else by their names.

    Raises:
        SchemaError: It has values that no symbol stands for.
    """
    if issubclass(cls, Flag):
        raise place.fault(
            f"`{cls.__name__}` combines its members, and an Avro enum cannot",
            'write the number: `Annotated[…, AvroType("long")]`',
        )
    members = list(cls)
    by_value = all(isinstance(member.value, str) for member in members)
    return symbol_mapping(
        {str.__str__(each.value) if by_value else each.name: each for each in members}, place
    )


def symbol_mapping(members: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    """The same, if every key may be a symbol.

    Raises:
        SchemaError: One may not.
    """
    for symbol in members:
        if not is_name(symbol):
            raise place.fault(
                f"{shown(symbol)} cannot be the symbol of an Avro enum",
                f"a symbol is a letter or `_`, then letters, digits and `_`; {_AS_TEXT}",
            )
    return members


def literal_values(bare: Any, place: Place) -> tuple[tuple[Any, ...], bool]:
    """The values of a `Literal` that are not None, and whether None is one too.

    Raises:
        SchemaError: They are of several types, or of one that Avro has no values of.
    """
    given = get_args(bare)
    values = tuple(value for value in given if value is not None)
    kinds = {type(value) for value in values}
    if len(kinds) > 1:
        raise place.fault(
            f"the values of {annotation_text(bare)} are of several types",
            "write a union of one `Literal` for each type",
        )
    return values, NoneType in {type(value) for value in given}


def value_conversion(cls: type[PythonEnum], kind: type) -> Conversion | None:
    """What writes the members of an enum as their values; None where not all are of that type."""
    if not all(type(member.value) is kind for member in cls):
        return None
    values = {member.value for member in cls}

    def to_avro(value: Any) -> Any:
        if isinstance(value, cls):
            return value.value
        if value in values:  # Pydantic's `use_enum_values`
            return value
        raise TypeError(f"expected a `{cls.__name__}`, not a `{type(value).__name__}`")

    return Conversion(to_avro)
