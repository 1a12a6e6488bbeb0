"""Values to Avro bytes: checked and settled here, written by fastavro.

fastavro alone guesses a union's branch, wraps what does not fit, takes True for 1, cuts
microseconds, takes a naive datetime for local time, and falls over on deep values. So it only
ever sees physical values of a schema without names, logical types or defaults that could matter,
each union as (branch, value), and nothing deeper than a decoder would read again.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from io import BytesIO
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
from flowodm.codec.encode_union import UnionBranch, UnionPreparer
from flowodm.codec.misfit import DEPTH, Misfit, open_container
from flowodm.codec.physical import enum_symbol, fixed_writer, primitive_writer, utf8_text
from flowodm.codec.style import VALUES, Convert
from flowodm.codec.words import found
from flowodm.errors import SchemaError

__all__ = ["Branch", "Encoder", "compile_encoder"]

_Compiled: TypeAlias = "tuple[Prepare, Any]"
"""What prepares the values of a node, and the schema that fastavro writes them with."""

Prepare: TypeAlias = Callable[[Any, int], Any]
"""Takes a value and how many more containers it may open; returns what fastavro writes."""

_TALLEST: Final = 1_000
"""fastavro reads a schema on the machine's stack: more of it, and the process would end."""


class Encoder:
    """Writes values of one schema; make it with `compile_encoder`."""

    def __init__(self, schema: Schema, prepare: Prepare, physical: dict[str, Any]) -> None:
        from fastavro import parse_schema, schemaless_writer

        self.schema = schema
        self._prepare = prepare
        self._physical = parse_schema(physical)
        self._write = schemaless_writer

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
            prepared = self._prepare(value, DEPTH)
        except Misfit as misfit:
            raise misfit.error() from None
        buffer = BytesIO()
        buffer.write(prefix)
        self._write(buffer, self._physical, prepared)
        return buffer.getvalue()


@lru_cache(128)
def compile_encoder(schema: Schema) -> Encoder:
    """Prepare to write a schema's values. Encoders are kept: the same schema, the same encoder."""
    prepare, physical = run(_Compiler(schema).compile(schema.root))
    if isinstance(schema.deref(schema.root), Record):
        return Encoder(schema, prepare, physical)
    # A record's bytes are its fields' and nothing else: so every root can be one.
    wrapped = {"type": "record", "name": "Root", "fields": [{"name": "f0", "type": physical}]}
    return Encoder(schema, lambda value, depth: {"f0": prepare(value, depth)}, wrapped)


class _Compiler:
    """Builds, for each node, what prepares its values and the schema that fastavro writes with."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._named: dict[str, tuple[Prepare, str]] = {}

    def compile(self, node: Type, height: int = 0) -> Walk[_Compiled]:
        if height > _TALLEST:
            raise SchemaError(f"types are nested deeper than {_TALLEST} in the schema")
        node = self._schema.deref(node)
        match node:
            case Record():
                compiled: _Compiled = yield self._record(node, height)
                return compiled
            case Union():
                compiled = yield self._union(node, height)
                return compiled
            case Array():
                item, physical = yield self.compile(node.items, height + 1)
                return _array(item), {"type": "array", "items": physical}
            case Map():
                value, physical = yield self.compile(node.values, height + 1)
                return _map(value), {"type": "map", "values": physical}
            case Enum() | Fixed():
                return self._leaf(node)
        assert isinstance(node, Primitive)
        return primitive_writer(node), node.name

    def _record(self, node: Record, height: int) -> Walk[_Compiled]:
        if node.fullname in self._named:
            return self._named[node.fullname]
        fields: dict[str, _FieldPlan] = {}
        name = f"R{len(self._named)}"
        prepare = _record(node, fields)
        self._named[node.fullname] = prepare, name
        physical = []
        for place, field in enumerate(node.fields):
            inner, kind = yield self.compile(field.type, height + 1)
            fields[field.name] = _FieldPlan(f"f{place}", inner, _default_of(self._schema, field))
            physical.append({"name": f"f{place}", "type": kind})
        return prepare, {"type": "record", "name": name, "fields": physical}

    def _leaf(self, node: Enum | Fixed) -> _Compiled:
        if node.fullname in self._named:
            return self._named[node.fullname]
        name = f"{'E' if isinstance(node, Enum) else 'F'}{len(self._named)}"
        if isinstance(node, Enum):
            prepare = _enum(node)
            symbols = [f"s{place}" for place in range(len(node.symbols))]
            physical: dict[str, Any] = {"type": "enum", "name": name, "symbols": symbols}
        else:
            prepare = fixed_writer(node)
            physical = {"type": "fixed", "name": name, "size": node.size}
        self._named[node.fullname] = prepare, name
        return prepare, physical

    def _union(self, node: Union, height: int) -> Walk[_Compiled]:
        branches = []
        kinds = []
        for each in node.branches:
            prepare, physical = yield self.compile(each, height + 1)
            definition = self._schema.deref(each)
            branches.append(UnionBranch(definition, _word(physical), prepare))
            kinds.append(physical)
        return UnionPreparer(tuple(branches)).prepare, kinds


def _word(physical: Any) -> str:
    """How fastavro calls a branch."""
    if isinstance(physical, str):
        return physical
    word: str = physical.get("name", physical["type"])
    return word


class _FieldPlan(NamedTuple):
    """How one field is written."""

    physical: str
    """The name fastavro knows the field by."""
    prepare: Prepare
    default: "_Default | None"


class _Default:
    """A field's default, as a prepared value that is made when it is first needed."""

    def __init__(self, schema: Schema, field: Field) -> None:
        self._schema = schema
        self._field = field
        self._value: list[Any] = []

    def prepared(self, prepare: Prepare) -> Any:
        if not self._value:
            self._value.append(prepare(self._read(), DEPTH))
        return self._value[0]

    def _read(self) -> Any:
        from flowodm.codec.decode import compile_decoder

        assert not isinstance(self._field.default, NoDefault)
        data = default_bytes(self._schema, self._field.type, self._field.default)
        if isinstance(data, str):
            raise Misfit(f"the default cannot be written: {data}")
        schema = Schema(self._field.type, self._schema.names)
        return compile_decoder(schema, style=_HINTED).decode(data)


class _Hinted:
    """Python's values, with every value of a union saying its branch."""

    name = "hinted"

    def convert(self, node: Type) -> Convert | None:
        return VALUES.convert(node)

    def branch(self, union: Union, index: int) -> Convert | None:
        tag = type_name(union.branches[index])
        return lambda value: Branch(tag, value)


_HINTED: Final = _Hinted()


def _default_of(schema: Schema, field: Field) -> _Default | None:
    return None if isinstance(field.default, NoDefault) else _Default(schema, field)


def _record(node: Record, fields: dict[str, _FieldPlan]) -> Prepare:
    def prepare(value: Any, depth: int) -> dict[str, Any]:
        if type(value) is not dict and not isinstance(value, Mapping):
            raise Misfit(
                f"expected a mapping, for the record `{node.fullname}`; found {found(value)}"
            )
        depth = open_container(depth)
        result = {}
        left_out = 0
        name = ""
        try:
            for name, (physical, prepare_field, default) in fields.items():
                if name in value:
                    result[physical] = prepare_field(value[name], depth)
                    continue
                left_out += 1
                if default is None:
                    raise _missing(node)
                result[physical] = default.prepared(prepare_field)
        except Misfit as misfit:
            misfit.inside_field(name)
            raise
        if len(value) != len(fields) - left_out:
            raise _unknown(node, value)
        return result

    return prepare


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


def _array(prepare_item: Prepare) -> Prepare:
    def prepare(value: Any, depth: int) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise Misfit(f"expected a list; found {found(value)}")
        depth = open_container(depth)
        result: list[Any] = []
        try:
            for item in value:
                result.append(prepare_item(item, depth))  # its length is the place
        except Misfit as misfit:
            misfit.inside_item(len(result))
            raise
        return result

    return prepare


def _map(prepare_value: Prepare) -> Prepare:
    def prepare(value: Any, depth: int) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise Misfit(f"expected a mapping; found {found(value)}")
        depth = open_container(depth)
        result = {}
        for key, item in value.items():
            try:
                result[utf8_text(key)] = prepare_value(item, depth)
            except Misfit as misfit:
                misfit.inside_key(key)
                raise
        return result

    return prepare


def _enum(node: Enum) -> Prepare:
    check = enum_symbol(node)
    physical = {symbol: f"s{place}" for place, symbol in enumerate(node.symbols)}

    def prepare(value: Any, depth: int) -> str:
        found = physical.get(value) if type(value) is str else None
        return physical[check(value)] if found is None else found

    return prepare
