"""What Pydantic checks because of an `AvroType` mark: ranges, sizes, digits, zones.

Only tightened, never replaced: constraints of the annotation itself stay.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias
from uuid import UUID

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from flowodm.avro.logical import logical_type
from flowodm.avro.types import Json, Logical
from flowodm.avro.values import Duration, RawNumber

__all__ = ["checked_schema"]

_BITS: Final = {"int": 31, "long": 63}
_FIXED_VALUES: Final[tuple[type, ...]] = (bytes, Decimal, UUID, Duration)

_Checks: TypeAlias = dict[str, Any]
"""A `CoreSchema`, which is a dict of one of a hundred shapes, as something to add checks to."""


def checked_schema(type_: Json, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    """Pydantic's schema of an annotation that an `AvroType` marks.

    Args:
        type_: The mark's type, as an Avro schema writes it.
        source: The annotation.
        handler: Pydantic's, for the annotation without the mark.
    """
    document = type_ if isinstance(type_, Mapping) else {"type": type_}
    word, size = document.get("type"), document.get("size")
    if word == "fixed" and isinstance(size, int):
        return _fixed(source, size, logical_type("fixed", document, size=size), handler)
    schema: _Checks = dict(handler(source))
    if not isinstance(word, str):
        return schema
    return _scalar(schema, word, logical_type(word, document))


def _fixed(
    source: Any, size: int, logical: Logical | None, handler: GetCoreSchemaHandler
) -> CoreSchema:
    base = next((base for base in _FIXED_VALUES if _is_own_class(source, base)), None)
    schema: _Checks = dict(handler(source if base is None else base))
    if schema["type"] == "bytes":
        schema["min_length"] = schema["max_length"] = size
    _add_digits(schema, logical)
    return schema if base is None else _own_class(source, base, schema)


def _is_own_class(source: Any, base: type) -> bool:
    return isinstance(source, type) and issubclass(source, base) and source is not base


def _own_class(cls: type[Any], base: type, schema: CoreSchema) -> CoreSchema:
    """Take instances of the class, and make one of a plain value; refuse another such class's."""

    def plain(value: Any) -> Any:
        if isinstance(value, base) and type(value) is not base and not isinstance(value, cls):
            raise ValueError(f"a `{type(value).__name__}` is no `{cls.__name__}`")
        return value

    def own(value: Any) -> Any:
        if isinstance(value, tuple):
            return cls(*value)
        return cls(bytes=value.bytes) if isinstance(value, UUID) else cls(value)

    made = core_schema.no_info_after_validator_function(
        own, core_schema.no_info_before_validator_function(plain, schema)
    )
    same = core_schema.is_instance_schema(cls)
    lax = core_schema.union_schema([same, made], mode="left_to_right")
    return core_schema.lax_or_strict_schema(lax_schema=lax, strict_schema=same)


def _scalar(schema: _Checks, word: str, logical: Logical | None) -> CoreSchema:
    if schema["type"] == "int" and word in _BITS:
        bound = 1 << _BITS[word]
        schema["ge"] = max(schema.get("ge", -bound), -bound)
        schema["le"] = min(schema.get("le", bound - 1), bound - 1)
    if logical is not None and schema["type"] in ("date", "time", "datetime"):
        return _calendar(schema, logical)
    _add_digits(schema, logical)
    return schema


def _add_digits(schema: _Checks, logical: Logical | None) -> None:
    if schema["type"] == "decimal" and logical is not None and logical.precision is not None:
        schema.setdefault("max_digits", logical.precision)
        schema.setdefault("decimal_places", logical.scale or 0)


def _calendar(schema: _Checks, logical: Logical) -> CoreSchema:
    if schema["type"] != "date":
        is_aware = logical.name.startswith("timestamp-")
        schema.setdefault("tz_constraint", "aware" if is_aware else "naive")
    # Pydantic prefers what is an instance to what it would take for the seconds of a date
    return core_schema.union_schema([schema, core_schema.is_instance_schema(RawNumber)])
