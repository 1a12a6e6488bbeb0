"""More than 150 records that someone wrote to harm whoever reads them."""

import json
import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests.generators import zigzag
from tests.unit.cli.hostile import HOSTILE_TEXTS

__all__ = ["SCHEMAS", "HostileRecord", "hostile_records"]


class HostileRecord(NamedTuple):
    """What is sent, and what it tries."""

    label: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()


SCHEMAS: dict[str, Any] = {
    "everything": {
        "type": "record",
        "name": "hostile.Everything",
        "fields": [
            {
                "name": "color",
                "type": {"type": "enum", "name": "Color", "symbols": ["RED", "BLUE"]},
            },
            {"name": "either", "type": ["null", "string", "long"]},
            {"name": "numbers", "type": {"type": "array", "items": "long"}},
        ],
    },
    "list": {
        "type": "record",
        "name": "hostile.Node",
        "fields": [
            {"name": "value", "type": "int"},
            {"name": "next", "type": ["null", "hostile.Node"]},
        ],
    },
    "itself": {
        "type": "record",
        "name": "hostile.Itself",
        "fields": [{"name": "self", "type": "hostile.Itself"}],
    },
    "nulls": {"type": "array", "items": "null"},
    "empties": {"type": "array", "items": {"type": "record", "name": "hostile.E", "fields": []}},
    "arrays": {"type": "array", "items": {"type": "array", "items": "int"}},
    "strings": {"type": "array", "items": "string"},
    "map": {"type": "map", "values": "string"},
    "string": "string",
    "bytes": "bytes",
    "long": "long",
    "int": "int",
    "boolean": "boolean",
    "float": "float",
    "double": "double",
    "decimal": {"type": "bytes", "logicalType": "decimal", "precision": 40, "scale": 10},
    "millis": {"type": "long", "logicalType": "timestamp-millis"},
    "nanos": {"type": "long", "logicalType": "timestamp-nanos"},
    "date": {"type": "int", "logicalType": "date"},
    "time": {"type": "int", "logicalType": "time-millis"},
    "uuid": {"type": "string", "logicalType": "uuid"},
    "fixed": {"type": "fixed", "name": "hostile.F", "size": 16},
    "enum": {"type": "enum", "name": "hostile.En", "symbols": ["A"]},
    "union": ["null", "int", "string"],
}

_HUGE = 2**62


def hostile_records(ids: dict[str, int]) -> list[HostileRecord]:
    """Return the records, for schemas that have these ids."""

    def avro(name: str, body: bytes) -> bytes:
        return b"\0" + struct.pack(">I", ids[name]) + body

    found = [
        *_values(avro),
        *_frames(ids["string"]),
        *_texts(avro),
        *_json_and_text(),
        *_keys(avro),
    ]
    assert len(found) >= 150
    assert len({record.label for record in found}) == len(found)
    return found


def _values(avro: Callable[[str, bytes], bytes]) -> Iterator[HostileRecord]:
    overlong = b"\xff" * 10 + b"\x01"
    bodies: dict[str, list[bytes]] = {
        "everything": [
            b"",
            zigzag(-1) + zigzag(0) + zigzag(0),
            zigzag(2) + zigzag(0) + zigzag(0),
            zigzag(_HUGE) + zigzag(0) + zigzag(0),
            zigzag(0) + zigzag(-1) + zigzag(0),
            zigzag(0) + zigzag(3) + zigzag(0),
            zigzag(0) + zigzag(1) + zigzag(_HUGE),
            zigzag(0) + zigzag(0) + zigzag(_HUGE),
            zigzag(0) + zigzag(0) + zigzag(-_HUGE) + zigzag(8),
            zigzag(0) + zigzag(0) + zigzag(-1) + zigzag(_HUGE) + zigzag(1),
            zigzag(0) + zigzag(0) + zigzag(3) + zigzag(1),
            overlong,
            b"\x00\x00\x00trailing bytes",
        ],
        "list": [
            (zigzag(1) + zigzag(1)) * 9_000 + zigzag(1) + zigzag(0),
            (zigzag(1) + zigzag(1)) * 150 + zigzag(1) + zigzag(0),
            (zigzag(1) + zigzag(1)) * 400_000,
            zigzag(1) + zigzag(-2),
            zigzag(1) + overlong,
        ],
        "itself": [b"", b"\x00", b"\x00" * 1_000],
        "nulls": [
            zigzag(_HUGE) + b"\0",
            zigzag(2**31) + b"\0",
            zigzag(-_HUGE) + zigzag(0) + b"\0",
            zigzag(2_000_000) + b"\0",
            zigzag(1_000) + b"\0",
        ],
        "empties": [zigzag(_HUGE) + b"\0", zigzag(2**40) + b"\0", zigzag(900_000) + b"\0"],
        "arrays": [
            (zigzag(1)) * 2_000,
            (zigzag(1) + zigzag(0)) * 10_000,
            zigzag(_HUGE),
            zigzag(-5) + zigzag(-1),
        ],
        "strings": [
            zigzag(3) + zigzag(_HUGE),
            zigzag(1) + zigzag(-1),
            zigzag(1) + zigzag(2) + b"\xff\xfe" + b"\0",
            zigzag(1) + zigzag(3) + b"\xed\xa0\x80" + b"\0",
            zigzag(1) + zigzag(2) + b"\xc0\x80" + b"\0",
        ],
        "map": [
            zigzag(_HUGE),
            zigzag(1) + zigzag(2) + b"\xff\xfe" + zigzag(0) + b"\0",
            zigzag(2) + (zigzag(1) + b"k" + zigzag(1) + b"v") * 2 + b"\0",
            zigzag(1) + zigzag(-3),
        ],
        "string": [zigzag(-1), zigzag(_HUGE), zigzag(5) + b"abc", zigzag(2) + b"\xff\xff", b"\x80"],
        "bytes": [zigzag(_HUGE), zigzag(-1), zigzag(2**31), zigzag(4) + b"\x1b[2J", b"\xff" * 20],
        "long": [
            b"",
            b"\x80" * 9,
            b"\x80" * 10 + b"\x01",
            b"\xff" * 9 + b"\x02",
            b"\xff" * 100,
            zigzag(2**63 - 1),
            zigzag(-(2**63)),
            zigzag(5) + b"x",
        ],
        "int": [zigzag(2**31), zigzag(-(2**31) - 1), zigzag(2**31 - 1), b"\xff" * 5 + b"\x01"],
        "boolean": [b"\x02", b"\xff", b"", b"\x01\x01"],
        "float": [b"\x00", struct.pack("<f", float("nan")), struct.pack("<f", float("inf"))],
        "double": [
            b"\x00" * 7,
            struct.pack("<d", float("nan")),
            struct.pack("<d", float("-inf")),
            b"\x01\x00\x00\x00\x00\x00\xf4\x7f",
        ],
        "decimal": [
            zigzag(0),
            zigzag(500_000) + b"\x7f" * 500_000,
            zigzag(1_000) + b"\xff" * 1_000,
            zigzag(_HUGE),
        ],
        "millis": [zigzag(2**63 - 1), zigzag(-(2**63)), zigzag(253_402_300_800_000)],
        "nanos": [zigzag(2**63 - 1), zigzag(-(2**63))],
        "date": [zigzag(2**31 - 1), zigzag(-(2**31))],
        "time": [zigzag(-1), zigzag(2**31 - 1)],
        "uuid": [zigzag(3) + b"\x1b[A", zigzag(36) + b"g" * 36],
        "fixed": [b"short", b"x" * 17],
        "enum": [zigzag(1), zigzag(-1), zigzag(-2**31)],
        "union": [zigzag(3), zigzag(-1), zigzag(-3), zigzag(2**40)],
    }  # fmt: skip
    for name, cases in bodies.items():
        for number, body in enumerate(cases):
            yield HostileRecord(f"{name} {number}", None, avro(name, body))


def _frames(string_id: int) -> Iterator[HostileRecord]:
    body = b"\x02a"
    yield HostileRecord("frame only", None, b"\0" + struct.pack(">I", string_id))
    yield HostileRecord("a lone zero", None, b"\0")
    yield HostileRecord("half an id", None, b"\0\0\0")
    yield HostileRecord("unknown id", None, b"\0" + struct.pack(">I", 2**31 - 1) + body)
    yield HostileRecord("id above the largest", None, b"\0" + struct.pack(">I", 2**32 - 1) + body)
    yield HostileRecord("id zero", None, b"\0" + struct.pack(">I", 0) + body)
    yield HostileRecord("wrong magic", None, b"\x01" + struct.pack(">I", string_id) + body)
    yield HostileRecord("another magic", None, b"\x7f" + struct.pack(">I", string_id) + body)
    guid = ("__value_schema_id", b"\x01" + b"\xff" * 16)
    yield HostileRecord("unknown guid", None, body, (guid,))
    short = ("__value_schema_id", b"\x01\x02")
    yield HostileRecord("half a guid", None, body, (short,))
    empty = ("__value_schema_id", None)
    yield HostileRecord("null guid", None, body, (empty,))
    yield HostileRecord(
        "id in a header", None, body, (("__value_schema_id", b"\0\xff\xff\xff\xff"),)
    )


def _texts(avro: Callable[[str, bytes], bytes]) -> Iterator[HostileRecord]:
    for number, text in enumerate(HOSTILE_TEXTS):
        data = text.encode(errors="surrogatepass")
        yield HostileRecord(f"text {number} everywhere", data, data, ((_header_name(text), data),))
        body = zigzag(len(data)) + data
        yield HostileRecord(f"text {number} in avro", None, avro("string", body))
        pairs = zigzag(1) + body + body + b"\0"
        yield HostileRecord(f"text {number} as a map's key", None, avro("map", pairs))


def _header_name(text: str) -> str:
    name = text.replace("\0", "")
    return name.encode(errors="replace").decode()


def _json_and_text() -> Iterator[HostileRecord]:
    documents = {
        "nan": b'{"n": NaN}',
        "infinity": b'{"n": -Infinity}',
        "2^63-1": b'{"n": 9223372036854775807}',
        "2^53+1": b'{"n": 9007199254740993}',
        "5000 digits": b'{"n": ' + b"9" * 5_000 + b"}",
        "exponent": b'{"n": 1e999999999}',
        "long exponent": b'{"n": 1e-99999999999999999999}',
        "deep": b"[" * 100_000 + b"]" * 100_000,
        "deep and open": b'{"a":' * 50_000,
        "same key twice": b'{"a": 1, "a": 2}',
        "lone surrogate": b'{"s": "\\ud800"}',
        "escape inside": b'{"s": "\\u001b[2J\\u009b"}',
        "raw escape inside": b'{"s": "\x1b[2J"}',
        "bom": b"\xef\xbb\xbf{}",
        "utf-16": '{"a": 1}'.encode("utf-16"),
        "not utf-8": b"\xff\xfe\xfd",
        "truncated": b'{"a": [1, 2',
        "trailing": b'{"a": 1} x',
        "empty": b"",
        "spaces": b" \t\r\n ",
        "string that looks null": b"null",
        "text that is a number": b"12345678901234567890.123456789",
        "markup": b"[bold red]x[/bold red] [/nope] [@click=app.quit]y[/]",
        "proto": json.dumps({"__proto__": {"admin": True}, "constructor": 1}).encode(),
        "a megabyte of text": b"A" * 900_000,
        "a megabyte of bytes": b"\xff" * 900_000,
        "many lines": b"line\n" * 100_000,
        "wide": json.dumps({str(number): number for number in range(20_000)}).encode(),
    }
    for name, value in documents.items():
        yield HostileRecord(f"json {name}", None, value)


def _keys(avro: Callable[[str, bytes], bytes]) -> Iterator[HostileRecord]:
    yield HostileRecord("bad avro key", avro("long", b"\x80" * 11), b'"good value"')
    yield HostileRecord("bomb as key", avro("nulls", zigzag(_HUGE) + b"\0"), b'"good value"')
    yield HostileRecord("key and value bad", avro("enum", zigzag(7)), avro("enum", zigzag(7)))
    yield HostileRecord("long key", b"k" * 100_000, b'"v"')
    yield HostileRecord("empty key", b"", b'"v"')
    yield HostileRecord("binary key", bytes(range(256)), b'"v"')
    yield HostileRecord("key alone", b"key", None)
    yield HostileRecord("nothing at all", None, None)
    many = tuple((f"h{number}", b"\x1b]0;x\x07") for number in range(1_000))
    yield HostileRecord("a thousand headers", None, b'"v"', many)
    yield HostileRecord("a header of 100 kB", None, b'"v"', (("h", b"\xff" * 100_000),))
    yield HostileRecord("headers of one name", None, b'"v"', (("h", b"1"), ("h", None), ("h", b"")))
    yield HostileRecord("a header without a name", None, b'"v"', (("", b"x"),))
