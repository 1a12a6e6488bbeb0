"""Parsing Canonical Form and fingerprints (Avro 1.12 spec, "Transforming into Parsing Canonical Form")."""

from functools import cache
from typing import Final, Literal, TypeAlias

from flowodm.avro.parse import parse
from flowodm.avro.schema import Schema
from flowodm.avro.types import Array, Enum, Fixed, Json, Map, Primitive, Record, Ref, Type, Union
from flowodm.avro.walk import Walk, run
from flowodm.errors import UsageError

__all__ = ["Algorithm", "canonical_form", "fingerprint"]

Algorithm: TypeAlias = Literal["CRC-64-AVRO", "MD5", "SHA-256"]

_EMPTY: Final = 0xC15D213AA4D7A795
"""The CRC-64-AVRO fingerprint of no bytes, and its polynomial."""


def canonical_form(schema: Schema | str | bytes | dict[str, Json] | list[Json]) -> str:
    """Write a schema in Parsing Canonical Form.

    A type that a referenced schema defines is written out at its first use, as Java does: the
    form stands alone.

    Args:
        schema: A parsed schema, or anything that `parse` takes.
    """
    parsed = schema if isinstance(schema, Schema) else parse(schema)
    parts: list[str] = []
    run(_write(parsed, parsed.root, set(), parts))
    return "".join(parts)


def fingerprint(
    schema: Schema | str | bytes | dict[str, Json] | list[Json],
    algorithm: Algorithm = "CRC-64-AVRO",
) -> bytes:
    """Compute the fingerprint of a schema's canonical form.

    Args:
        schema: A parsed schema, or anything that `parse` takes.
        algorithm: `CRC-64-AVRO` gives 8 bytes, the lowest first, as single-object encoding and
            Java's `parsingFingerprint` have them; `MD5` 16; `SHA-256` 32.
    """
    data = canonical_form(schema).encode("ascii")
    if algorithm == "CRC-64-AVRO":
        return _crc64(data).to_bytes(8, "little")
    import hashlib  # loads OpenSSL

    match algorithm:
        case "MD5":
            return hashlib.md5(data, usedforsecurity=False).digest()
        case "SHA-256":
            return hashlib.sha256(data).digest()
    raise UsageError("a fingerprint's algorithm must be `CRC-64-AVRO`, `MD5` or `SHA-256`")


def _write(schema: Schema, node: Type, written: set[str], parts: list[str]) -> Walk[None]:
    put = parts.append
    match node:
        case Primitive(name=name):
            put(f'"{name}"')
        case Ref(fullname=fullname) if fullname in written:
            put(f'"{fullname}"')
        case Ref(fullname=fullname):
            yield _write(schema, schema.names[fullname], written, parts)
        case Array(items=items):
            put('{"type":"array","items":')
            yield _write(schema, items, written, parts)
            put("}")
        case Map(values=values):
            put('{"type":"map","values":')
            yield _write(schema, values, written, parts)
            put("}")
        case Union(branches=branches):
            put("[")
            for index, branch in enumerate(branches):
                put("," if index else "")
                yield _write(schema, branch, written, parts)
            put("]")
        case Enum(fullname=fullname, symbols=symbols):
            written.add(fullname)
            names = ",".join(f'"{symbol}"' for symbol in symbols)
            put(f'{{"name":"{fullname}","type":"enum","symbols":[{names}]}}')
        case Fixed(fullname=fullname, size=size):
            written.add(fullname)
            put(f'{{"name":"{fullname}","type":"fixed","size":{size}}}')
        case Record(fullname=fullname, fields=fields):
            written.add(fullname)
            put(f'{{"name":"{fullname}","type":"record","fields":[')
            for index, each in enumerate(fields):
                put(f'{"," if index else ""}{{"name":"{each.name}","type":')
                yield _write(schema, each.type, written, parts)
                put("}")
            put("]}")


def _crc64(data: bytes) -> int:
    table = _crc64_table()
    value = _EMPTY
    for byte in data:
        value = (value >> 8) ^ table[(value ^ byte) & 0xFF]
    return value


@cache
def _crc64_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (_EMPTY if value & 1 else 0)
        table.append(value)
    return tuple(table)
