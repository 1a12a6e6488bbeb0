"""From the JSON form back to values that `encode.py` writes: the inverse of the `JSON` style.

What a person would write is taken too: a union's value without its tag (the first branch that it
fits), a date as its number, a decimal with fewer digits. What is not exactly a value of its type
is refused with the field's path, what was expected and what was found; nothing is dropped and
nothing is rounded.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, TypeAlias

from flowodm.avro.schema import Schema
from flowodm.avro.types import (
    NO_DEFAULT,
    Array,
    Enum,
    Fixed,
    Json,
    Logical,
    Map,
    Primitive,
    Record,
    Type,
    Union,
)
from flowodm.avro.walk import Walk, run
from flowodm.avro.words import shown, similar
from flowodm.codec.misfit import DEPTH, Misfit, open_container
from flowodm.codec.physical import (
    enum_symbol,
    fixed_bytes,
    primitive_writer,
    unscaled_decimal,
    utf8_text,
)
from flowodm.codec.words import found
from flowodm.json_form import text
from flowodm.json_form.read_union import union_reader

__all__ = ["JsonReader", "compile_json_reader", "from_json"]

Reader: TypeAlias = Callable[[Any, int], Any]
"""Takes a JSON value and how many more containers it may open."""

_UNITS: Final = {"millis": 1_000, "micros": 1_000_000, "nanos": 1_000_000_000}


def from_json(schema: Schema, value: Json, *, any_uuid: bool = False) -> Any:
    """Turn the JSON form of a value into what `Encoder.encode` takes.

    Args:
        schema: What the value is to be written with.
        value: JSON as `json.loads` or `plain.read_json` gives it.
        any_uuid: Take any text for a `uuid` of `string`: what a topic holds may be no UUID, and
            is to come back as it was read.

    Raises:
        SerializationError: If the value does not fit; it carries the field's path.
    """
    return compile_json_reader(schema, any_uuid=any_uuid).read(value)


class JsonReader:
    """Reads the JSON form of one schema's values; make it with `compile_json_reader`."""

    def __init__(self, schema: Schema, read: Reader) -> None:
        self.schema = schema
        self._read = read

    def read(self, value: Json) -> Any:
        """Turn the JSON form of a value into what `Encoder.encode` takes.

        Raises:
            SerializationError: If the value does not fit; it carries the field's path.
        """
        try:
            return self._read(value, DEPTH)
        except Misfit as misfit:
            raise misfit.error() from None


@lru_cache(128)
def compile_json_reader(schema: Schema, *, any_uuid: bool = False) -> JsonReader:
    """Prepare to read the JSON form of a schema's values, as `from_json` does."""
    return JsonReader(schema, run(_Compiler(schema, any_uuid).compile(schema.root)))


class _Compiler:
    """Builds one reader per node; a record that was met before is the same reader."""

    def __init__(self, schema: Schema, any_uuid: bool) -> None:
        self._schema = schema
        self._any_uuid = any_uuid
        self._records: dict[str, Reader] = {}

    def compile(self, node: Type) -> Walk[Reader]:
        node = self._schema.deref(node)
        match node:
            case Record():
                read: Reader = yield self._record(node)
                return read
            case Union():
                read = yield self._union(node)
                return read
            case Array():
                return _array_reader((yield self.compile(node.items)))
            case Map():
                return _map_reader((yield self.compile(node.values)))
        assert isinstance(node, Primitive | Enum | Fixed)
        read_leaf = _leaf_reader(node, self._any_uuid)
        return lambda value, depth: read_leaf(value)

    def _record(self, node: Record) -> Walk[Reader]:
        if node.fullname not in self._records:
            fields: dict[str, Reader] = {}
            self._records[node.fullname] = _record_reader(node, fields)
            for field in node.fields:
                fields[field.name] = yield self.compile(field.type)
        return self._records[node.fullname]

    def _union(self, node: Union) -> Walk[Reader]:
        readers = []
        for branch in node.branches:
            readers.append((yield self.compile(branch)))
        return union_reader(self._schema, node, readers)


def _record_reader(node: Record, fields: dict[str, Reader]) -> Reader:
    optional = {field.name for field in node.fields if field.default is not NO_DEFAULT}

    def read(value: Any, depth: int) -> dict[str, Any]:
        if type(value) is not dict:
            raise Misfit(
                f"expected an object, for the record `{node.fullname}`; found {found(value)}"
            )
        depth = open_container(depth)
        result = {}
        for name, item in value.items():
            reader = fields.get(name)
            if reader is None:
                raise _unknown_field(node, name)
            try:
                result[name] = reader(item, depth)
            except Misfit as misfit:
                misfit.inside_field(name)
                raise
        if len(result) != len(fields):
            _check_missing(node, optional, result)
        return result

    return read


def _unknown_field(node: Record, name: str) -> Misfit:
    near = similar(name, (field.name for field in node.fields))
    return Misfit(
        f"the record `{node.fullname}` has no field {shown(name)}",
        hint=f"did you mean `{near}`?" if near else None,
    )


def _check_missing(node: Record, optional: set[str], result: dict[str, Any]) -> None:
    """A field that is left out takes its default when the value is written."""
    for field in node.fields:
        if field.name not in result and field.name not in optional:
            raise Misfit(
                f"the field `{field.name}` of the record `{node.fullname}` is missing,"
                " and the schema gives it no default"
            )


def _array_reader(read_item: Reader) -> Reader:
    def read(value: Any, depth: int) -> list[Any]:
        if type(value) is not list:
            raise Misfit(f"expected an array; found {found(value)}")
        depth = open_container(depth)
        result: list[Any] = []
        try:
            for item in value:
                result.append(read_item(item, depth))  # its length is the place
        except Misfit as misfit:
            misfit.inside_item(len(result))
            raise
        return result

    return read


def _map_reader(read_value: Reader) -> Reader:
    def read(value: Any, depth: int) -> dict[str, Any]:
        if type(value) is not dict:
            raise Misfit(f"expected an object, for a map; found {found(value)}")
        depth = open_container(depth)
        result = {}
        for key, item in value.items():
            try:
                result[key] = read_value(item, depth)
            except Misfit as misfit:
                misfit.inside_key(key)
                raise
        return result

    return read


def _leaf_reader(node: Primitive | Enum | Fixed, any_uuid: bool) -> Callable[[Any], Any]:
    if isinstance(node, Enum):
        return enum_symbol(node)
    logical = node.logical
    if logical is None or logical.name == "big-decimal":
        return _fixed_reader(node.size) if isinstance(node, Fixed) else _PRIMITIVES[node.name]
    if logical.name == "decimal":
        return _decimal_reader(logical)
    if isinstance(node, Fixed):
        return text.read_duration if logical.name == "duration" else text.read_uuid_bytes
    if logical.name == "uuid":
        return utf8_text if any_uuid else text.read_uuid_text
    return _checked(_time_reader(logical.name), _PRIMITIVES[node.name])


def _fixed_reader(size: int) -> Callable[[Any], bytes]:
    return _checked(text.read_base64, fixed_bytes(size))


def _decimal_reader(logical: Logical) -> Callable[[Any], Decimal]:
    unscale = unscaled_decimal(logical)

    def read(value: Any) -> Decimal:
        number = text.read_decimal(value)
        unscale(number)
        return number

    return read


def _time_reader(name: str) -> Callable[[Any], int]:
    kind, _, unit = name.rpartition("-")
    if not kind:
        return text.read_date
    if kind == "time":
        return text.read_time(_UNITS[unit])
    return text.read_timestamp(_UNITS[unit], local=kind != "timestamp")


def _checked(read: Callable[[Any], Any], check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: check(read(value))


_PRIMITIVES: Final[dict[str, Callable[[Any], Any]]] = {
    name: primitive_writer(Primitive(name)) for name in ("null", "boolean", "int", "long", "string")
} | {
    "bytes": text.read_base64,
    "float": _checked(text.read_double, primitive_writer(Primitive("float"))),
    "double": _checked(text.read_double, primitive_writer(Primitive("double"))),
}
