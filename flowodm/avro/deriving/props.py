"""The attributes that marks add to types and fields: JSON, and none that Avro names itself."""

from collections.abc import Mapping

from flowodm.avro.attributes import FIELD_RESERVED, RESERVED
from flowodm.avro.deriving.place import Place
from flowodm.avro.document import copy_document
from flowodm.avro.types import Json, Props
from flowodm.avro.words import shown
from flowodm.errors import SchemaParseError

__all__ = ["field_props", "type_props"]


def type_props(props: Mapping[str, Json], place: Place, *, is_enum: bool = False) -> Props:
    """The attributes of a type.

    Raises:
        SchemaError: One is not JSON, or the specification names it.
    """
    return _checked(props, RESERVED | {"default"} if is_enum else RESERVED, place)


def field_props(props: Mapping[str, Json], place: Place) -> Props:
    """The attributes of a field.

    Raises:
        SchemaError: One is not JSON, or the specification names it.
    """
    return _checked(props, FIELD_RESERVED, place)


def _checked(props: Mapping[str, Json], reserved: frozenset[str], place: Place) -> Props:
    if not props:
        return {}
    for name in props:
        if name in reserved:
            raise place.fault(
                f"the attribute {shown(name)} is one that Avro itself names",
                "marks and classes have arguments for those; `props` is for all others",
            )
    try:
        copy = copy_document(dict(props))
    except SchemaParseError as error:
        raise place.fault(f"its `props`: {error.message}", error.hint) from error
    assert isinstance(copy, dict)
    return copy
