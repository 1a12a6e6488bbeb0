"""Values to Avro bytes, exactly or not at all; whatever does not fit is told with its place.

For every node a function is made that checks a value and writes it. No value is guessed, wrapped,
cut or padded (`physical.py`), which branch of a union is meant is settled by rules
(`encode_union.py`), and nothing is nested deeper than a decoder would read again. Instances of
models mostly go a faster way (`model_encode.py`).
"""

import struct
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from flowodm.avro.default_bytes import default_bytes
from flowodm.avro.schema import Schema
from flowodm.avro.types import (
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    NoDefault,
    Primitive,
    Record,
    Type,
    Union,
    type_name,
)
from flowodm.avro.walk import Walk, run
from flowodm.avro.words import shown, similar
from flowodm.codec.branch import Branch
from flowodm.codec.bulk_write import BULK
from flowodm.codec.encode_union import UnionWriter
from flowodm.codec.misfit import DEPTH, Misfit, open_container
from flowodm.codec.physical import enum_symbol, fixed_writer, primitive_writer, utf8_text
from flowodm.codec.style import VALUES, Convert
from flowodm.codec.varint_write import SMALL_END, SMALLEST, long_bytes, small_numbers
from flowodm.codec.words import found

__all__ = ["Branch", "Encoder", "compile_encoder"]

_Write: TypeAlias = Callable[[Any, int], bytes]
"""Takes a value and how many more containers it may open."""


class Encoder:
    """Writes values of one schema; make it with `compile_encoder`."""

    def __init__(self, schema: Schema, write: _Write) -> None:
        self.schema = schema
        self._write = write

    def encode(self, value: Any, prefix: bytes = b"") -> bytes:
        """Write a value.

        Takes what the decoder gives in the `VALUES` style and what `from_json` gives: dicts for
        records, `Decimal`, aware datetimes, and so on; the raw number in place of a date or time;
        a `Branch` wherever a union's value alone does not tell which branch it is.

        Args:
            value: The value.
            prefix: What to put in front: the framing.

        Raises:
            SerializationError: If the value does not fit; it carries the field's path.
        """
        try:
            return prefix + self._write(value, DEPTH)
        except Misfit as misfit:
            raise misfit.error() from None


@lru_cache(128)
def compile_encoder(schema: Schema) -> Encoder:
    """Prepare to write a schema's values. Encoders are kept: the same schema, the same encoder."""
    return Encoder(schema, run(_Compiler(schema).compile(schema.root)))


class _Compiler:
    """Builds what writes the values of each node."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._records: dict[str, _Write] = {}

    def compile(self, node: Type) -> Walk[_Write]:
        node = self._schema.deref(node)
        match node:
            case Record():
                record: _Write = yield self._record(node)
                return record
            case Union():
                union: _Write = yield self._union(node)
                return union
            case Array():
                return _array((yield self.compile(node.items)), self._bulk(node.items))
            case Map():
                return _map((yield self.compile(node.values)))
            case Enum():
                return _enum(node)
            case Fixed():
                check = fixed_writer(node)
                return lambda value, depth: check(value)
        assert isinstance(node, Primitive)
        return _primitive(node)

    def _bulk(self, items: Type) -> Callable[[list[Any]], bytes] | None:
        match self._schema.deref(items):
            case Primitive(name=name, logical=None):
                return BULK.get(name)
        return None

    def _record(self, node: Record) -> Walk[_Write]:
        if node.fullname in self._records:
            return self._records[node.fullname]
        fields: dict[str, _FieldPlan] = {}
        record = self._records[node.fullname] = _record(node, fields)
        for field in node.fields:
            write: _Write = yield self.compile(field.type)
            fields[field.name] = _FieldPlan(write, _default_of(self._schema, field, write))
        return record

    def _union(self, node: Union) -> Walk[_Write]:
        branches = tuple(self._schema.deref(branch) for branch in node.branches)
        writes: list[_Write] = []
        for branch in branches:
            write: _Write = yield self.compile(branch)
            writes.append(write)
        return UnionWriter(branches, tuple(writes)).write


class _FieldPlan(NamedTuple):
    """How one field is written."""

    write: _Write
    default: Callable[[], bytes] | None
    """Writes the default; None where the schema gives none."""


def _default_of(schema: Schema, field: Field, write: _Write) -> Callable[[], bytes] | None:
    default = field.default
    if isinstance(default, NoDefault):
        return None

    @cache
    def written() -> bytes:
        from flowodm.codec.decode import compile_decoder

        data = default_bytes(schema, field.type, default)
        if isinstance(data, str):
            raise Misfit(f"the default cannot be written: {data}")
        decoder = compile_decoder(Schema(field.type, schema.names), style=_HINTED)
        return write(decoder.decode(data), DEPTH)  # checked as any other value

    return written


class _Hinted:
    """Python's values, with every value of a union saying its branch."""

    name = "hinted"

    def convert(self, node: Type) -> Convert | None:
        return VALUES.convert(node)

    def branch(self, union: Union, index: int) -> Convert | None:
        tag = type_name(union.branches[index])
        return lambda value: Branch(tag, value)


_HINTED: Final = _Hinted()


def _record(node: Record, fields: dict[str, _FieldPlan]) -> _Write:
    def write(value: Any, depth: int) -> bytes:
        if type(value) is not dict and not isinstance(value, Mapping):
            raise Misfit(
                f"expected a mapping, for the record `{node.fullname}`; found {found(value)}"
            )
        depth = open_container(depth)
        written = []
        left_out = 0
        name = ""
        try:
            for name, (write_field, default) in fields.items():
                if name in value:
                    written.append(write_field(value[name], depth))
                    continue
                left_out += 1
                if default is None:
                    raise _missing(node)
                written.append(default())
        except Misfit as misfit:
            misfit.inside_field(name)
            raise
        if len(value) != len(fields) - left_out:
            raise _unknown(node, value)
        return b"".join(written)

    return write


def _missing(node: Record) -> Misfit:
    return Misfit(f"the record `{node.fullname}` needs it, and the schema gives it no default")


def _unknown(node: Record, value: Mapping[Any, Any]) -> Misfit:
    names = [field.name for field in node.fields]
    wrong = next(name for name in value if name not in names)
    near = similar(wrong, names) if isinstance(wrong, str) else None
    return Misfit(
        f"the record `{node.fullname}` has no field {shown(wrong)}",
        hint=f"did you mean `{near}`?" if near else None,
    )


def _array(write_item: _Write, bulk: Callable[[list[Any]], bytes] | None) -> _Write:
    def write(value: Any, depth: int) -> bytes:
        if not isinstance(value, list | tuple):
            raise Misfit(f"expected a list; found {found(value)}")
        depth = open_container(depth)
        if bulk is not None and value:
            try:
                return _block(len(value), bulk([*value]))
            except (TypeError, OverflowError):
                pass  # one by one, it is taken or told
        written: list[bytes] = []
        try:
            for item in value:
                written.append(write_item(item, depth))  # its length is the place
        except Misfit as misfit:
            misfit.inside_item(len(written))
            raise
        return _block(len(written), b"".join(written))

    return write


def _map(write_value: _Write) -> _Write:
    def write(value: Any, depth: int) -> bytes:
        if not isinstance(value, Mapping):
            raise Misfit(f"expected a mapping; found {found(value)}")
        depth = open_container(depth)
        written: list[bytes] = []
        for key, item in value.items():
            try:
                written.append(_sized(utf8_text(key).encode()) + write_value(item, depth))
            except Misfit as misfit:
                misfit.inside_key(key)
                raise
        return _block(len(written), b"".join(written))

    return write


def _enum(node: Enum) -> _Write:
    check = enum_symbol(node)
    symbols = {symbol: long_bytes(place) for place, symbol in enumerate(node.symbols)}

    def write(value: Any, depth: int) -> bytes:
        found = symbols.get(value) if type(value) is str else None
        return symbols[check(value)] if found is None else found

    return write


def _primitive(node: Primitive) -> _Write:
    check, to_bytes = primitive_writer(node), _BYTES[node.name]
    return lambda value, depth: to_bytes(check(value))


def _block(count: int, items: bytes) -> bytes:
    """Items as one block, and the empty one that ends them."""
    return _number(count) + items + b"\0" if count else b"\0"


def _number(number: int) -> bytes:
    return _SMALL[number] if SMALLEST <= number < SMALL_END else long_bytes(number)


def _sized(data: bytes) -> bytes:
    length = len(data)
    return (_SMALL[length] if length < SMALL_END else long_bytes(length)) + data


_SMALL: Final = small_numbers()
_BYTES: Final[dict[str, Callable[[Any], bytes]]] = {
    "null": lambda value: b"",
    "boolean": lambda value: b"\1" if value else b"\0",
    "int": _number,
    "long": _number,
    "float": struct.Struct("<f").pack,
    "double": struct.Struct("<d").pack,
    "bytes": _sized,
    "string": lambda text: _sized(text.encode()),
}
"""What stands for a physical value, by its primitive type."""
