"""What the vector runners call: FlowODM's functions in the runners' shapes."""

from typing import Any

from flowodm.avro import Incompatibility, Schema, build_model, canonical_form, parse
from flowodm.avro import check as check_schemas
from flowodm.avro.bind import bind
from flowodm.avro.types import Enum, Fixed, Map, Primitive, Record, Type, Union
from flowodm.codec.decode import compile_decoder
from flowodm.codec.model_encode import compile_model_encoder
from flowodm.codec.model_style import model_style
from flowodm.codec.style import Convert

__all__ = ["canonical", "check", "check_exactly", "resolve", "resolve_in_class"]


def canonical(schema: Any) -> str:
    """The Parsing Canonical Form of a schema given as parsed JSON."""
    return canonical_form(_parsed(schema))


def check(reader: Any, writer: Any) -> list[Incompatibility]:
    """Why a reader cannot read what a writer wrote, with right places."""
    return list(check_schemas(_stored(reader), _stored(writer)))


def check_exactly(reader: Any, writer: Any) -> list[Incompatibility]:
    """Why a reader cannot read what a writer wrote, as Java says it."""
    return list(check_schemas(_stored(reader), _stored(writer), exact=True))


def resolve(writer: Any, reader: Any, data: bytes) -> Any:
    """A value resolved into the reader's schema, in the encoding of the resolution vectors.

    Their values are physical, so logical types are taken out of the schemas first.
    """
    decoder = compile_decoder(
        _parsed(_plain(writer)), _parsed(_plain(reader)), style=_VectorEncoding()
    )
    return decoder.decode(data)


def resolve_in_class(writer: Any, reader: Any, data: bytes) -> Any:
    """The same, on the way through an instance of the reader's class."""
    schema = _parsed(_plain(reader))
    binding = bind(build_model(schema))
    style = model_style(binding)
    decode = compile_decoder(_parsed(_plain(writer)), binding.schema, style=style).decode
    validator: Any = binding.model.__dict__["__pydantic_validator__"]
    instance = validator.validate_python(decode(data))
    written = compile_model_encoder(binding)(instance, b"")
    return compile_decoder(schema, style=_VectorEncoding()).decode(written)


def _plain(schema: Any) -> Any:
    """A schema without its logical types."""
    if isinstance(schema, dict):
        return {key: _plain(value) for key, value in schema.items() if key != "logicalType"}
    return [_plain(item) for item in schema] if isinstance(schema, list) else schema


class _VectorEncoding:
    """The values of `resolution_cases.json`, as its `format` describes them."""

    name = "resolution vectors"

    def convert(self, node: Type) -> Convert | None:
        match node:
            case Primitive(name="float" | "double"):
                return lambda number: repr(number).replace("inf", "Infinity").replace("nan", "NaN")
            case Primitive(name="bytes") | Fixed():
                return lambda data: {"b": data.hex()}
            case Enum():
                return lambda symbol: {"e": symbol}
            case Map():
                return lambda entries: {"m": entries}
            case Record(fullname=fullname):
                return lambda fields: {"r": fullname, "f": fields}
        return None

    def branch(self, union: Union, index: int) -> Convert | None:
        return None


def _stored(schema: Any) -> Schema:
    """A schema as some registries hold it: its defaults may not fit."""
    return parse(f'"{schema}"' if isinstance(schema, str) else schema, validate_defaults=False)


def _parsed(schema: Any) -> Schema:
    """A JSON string is the name of a type here, never a text to read."""
    return parse(f'"{schema}"' if isinstance(schema, str) else schema)
