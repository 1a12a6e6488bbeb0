"""Model instances to Avro bytes, straight from their attributes.

A generated function (`model_source.py`) writes what is of exactly the usual types. Whatever else
an instance holds, it raises, and the explaining pair of `model_values` and `compile_encoder`
writes the instance or says what is wrong with it: so the fast way is never the more lenient one.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from struct import Struct
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from flowodm.avro.binding import Binding
from flowodm.avro.schema import Schema
from flowodm.avro.values import ARRAYS, Duration
from flowodm.codec.encode import compile_encoder
from flowodm.codec.model_source import generate
from flowodm.codec.model_values import is_root_model, model_values, told
from flowodm.codec.varint_write import SMALL_END, int_bytes, long_bytes, small_numbers
from flowodm.errors import SerializationError

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["compile_checking_encoder", "compile_model_encoder", "model_values"]


def compile_model_encoder(binding: Binding) -> "Callable[[BaseModel, bytes], bytes]":
    """Generate the encoder of a model's instances.

    Args:
        binding: The class and its schema.

    Returns:
        A function of an instance and of what to put in front: the framing. It raises
        `SerializationError`, with the field's path, if the instance does not fit its schema: by
        `model_construct` or an assignment it may hold anything.
    """
    root_attribute = "root" if is_root_model(binding) else None
    names = {**_NAMES, "EXPLAIN": _explainer(binding), "SMALL": small_numbers()}
    module = generate(binding, root_attribute=root_attribute).load("model encoder", names)
    encode: Callable[[BaseModel, bytes], bytes] = module["encode"]
    return encode


def _explainer(binding: Binding) -> "Callable[[BaseModel, bytes], bytes]":
    """What an encoder calls when it has failed: writes the instance, or says what is wrong."""

    @cache
    def checking() -> "Callable[[BaseModel, bytes], bytes]":
        return compile_checking_encoder(binding, binding.schema, every_branch=True)

    return lambda instance, prefix: checking()(instance, prefix)


def compile_checking_encoder(
    binding: Binding, schema: Schema, *, every_branch: bool = False
) -> "Callable[[BaseModel, bytes], bytes]":
    """Prepare to write a model's instances with any schema, value by value.

    Args:
        binding: The class and its own schema.
        schema: What to write with.
        every_branch: As for `model_values`: only for the class's own schema.

    Returns:
        A function as `compile_model_encoder` gives.
    """
    values, encoder = model_values(binding, every_branch=every_branch), compile_encoder(schema)

    def encode(instance: "BaseModel", prefix: bytes) -> bytes:
        plain = values(instance)
        try:
            return encoder.encode(plain, prefix)
        except SerializationError as error:
            raise told(binding, error) from None

    return encode


class _Unusual(Exception):
    """A value that the generated code does not write."""


_NAMES: Final[dict[str, Any]] = {
    "ARRAYS": frozenset(ARRAYS),
    "DASHED": b"-".join,
    "DURATION": Struct("<3I").pack,
    "Decimal": Decimal,
    "Duration": Duration,
    "Exception": Exception,
    "END": SMALL_END,
    "END_BLOCK": b"\0",
    "EPOCH": datetime(1970, 1, 1, tzinfo=UTC),
    "FAIL": _Unusual,
    "FALSE": b"\0",
    "FIRST_DAY": date(1970, 1, 1).toordinal(),
    "GROUPS": Struct("8s4s4s4s12s").unpack,
    "INT": int_bytes,
    "JOIN": b"".join,
    "LOCAL_EPOCH": datetime(1970, 1, 1),
    "LONG": long_bytes,
    "MICROSECOND": timedelta(microseconds=1),
    "MILLISECOND": timedelta(milliseconds=1),
    "TRUE": b"\x01",
    "UUID": UUID,
    "bytes": bytes,
    "date": date,
    "datetime": datetime,
    "dict": dict,
    "float": float,
    "id": id,
    "int": int,
    "len": len,
    "str": str,
    "time": time,
    "type": type,
}
"""Everything that generated code may name besides its constants."""
