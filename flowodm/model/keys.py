"""A record's key: a value to bytes and back, as `Settings.key_serializer` says.

What cannot be a key is an error when it is written. What cannot be read as one is given as its
raw bytes: the key says where a record lives, and the value is read without it.
"""

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias, Union, get_args
from uuid import UUID

from flowodm.avro.words import shown
from flowodm.errors import SerializationError

if TYPE_CHECKING:
    from pydantic import BaseModel, RootModel

    from flowodm.model.declaration import Declaration

__all__ = ["PLAIN_KEYS", "ReadKey", "WriteKey", "key_model"]

WriteKey: TypeAlias = Callable[[Any], bytes]
ReadKey: TypeAlias = Callable[[bytes], Any]


def _write_text(value: Any) -> bytes:
    """A text as UTF-8; what has one usual text as that."""
    if type(value) is not str:
        value = _text_of(value)
    try:
        return bytes(value, "utf-8")
    except UnicodeEncodeError:
        raise SerializationError("the key is a text with half a surrogate pair") from None


def _text_of(value: Any) -> str:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, int | UUID | Decimal) and not isinstance(value, bool):
        return str(value)
    raise SerializationError(
        f"a `{type(value).__name__}` is no text that a key could be",
        hint='`key_serializer` may also be "json", "bytes" or "avro"',
    )


def _write_json(value: Any) -> bytes:
    from pydantic_core import PydanticSerializationError, to_json

    try:
        return to_json(value)
    except (PydanticSerializationError, ValueError) as error:
        raise SerializationError(f"the key cannot be JSON: {error}") from None


def _write_bytes(value: Any) -> bytes:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    raise SerializationError(
        f"the key is {shown(value) if isinstance(value, str) else 'a ' + type(value).__name__},"
        ' and `key_serializer = "bytes"` takes bytes'
    )


def _read_text(data: bytes) -> Any:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _read_json(data: bytes) -> Any:
    from pydantic_core import from_json

    try:
        return from_json(data, allow_inf_nan=False)
    except ValueError:
        return data


def _read_bytes(data: bytes) -> Any:
    return data


PLAIN_KEYS: Final[dict[str, tuple[WriteKey, ReadKey]]] = {
    "string": (_write_text, _read_text),
    "json": (_write_json, _read_json),
    "bytes": (_write_bytes, _read_bytes),
}
"""How keys are written and read, by serializer; `avro` asks a registry (`writing`, `reading`)."""


def key_model(cls: "type[BaseModel]", declaration: "Declaration") -> "type[RootModel[Any]]":
    """Make the class of the key field's value by itself: an Avro key has the schema of this.

    An optional field is taken without its None: a record without a key has none.
    """
    from pydantic import RootModel

    assert declaration.key_field is not None  # checked with the class
    field = cls.model_fields[declaration.key_field]
    annotation: Any = field.annotation
    parts = get_args(annotation)
    if type(None) in parts:
        annotation = Union[tuple(part for part in parts if part is not type(None))]  # noqa: UP007
    if field.metadata:
        annotation = Annotated[annotation, *field.metadata]
    return RootModel[annotation]
