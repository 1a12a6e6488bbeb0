"""Hostile bytes: an error that says where, or the right value; never a crash, a hang, a wrong value.

What each value costs in memory is measured in a process of its own.
"""

import json
import subprocess
import sys
from typing import Any, NamedTuple

import pytest

from flowodm.avro import parse
from flowodm.codec.decode import compile_decoder
from flowodm.codec.failure import DecodeFailure
from flowodm.codec.limits import Limits
from tests.generators import zigzag

pytestmark = pytest.mark.unit

LARGE = zigzag(2**62)


def record(name: str = "R", **fields: Any) -> dict[str, Any]:
    return {
        "type": "record",
        "name": name,
        "fields": [{"name": key, "type": kind} for key, kind in fields.items()],
    }


def array(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def mapping(values: Any) -> dict[str, Any]:
    return {"type": "map", "values": values}


def fixed(size: int, **attributes: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": "F", "size": size, **attributes}


INT, LONG, STRING, BYTES, NULL, BOOLEAN, DOUBLE, FLOAT = (
    {"type": word}
    for word in ("int", "long", "string", "bytes", "null", "boolean", "double", "float")
)
ENUM = {"type": "enum", "name": "E", "symbols": ["A", "B", "C"]}
NODE = record("Node", v="int", next=["null", "Node"])
TREE = record("Tree", kids=array("Tree"))
PAIR = record("Pair", left=["null", "Pair"], right=["null", "Pair"])
ENDLESS = record("Self", me="Self")
DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}
WIDE_DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 10**9, "scale": 10**9}
SHORT_ENUM = {"type": "enum", "name": "E", "symbols": ["A"]}


class Hostile(NamedTuple):
    """Bytes that are no value of their schema."""

    name: str
    schema: Any
    data: bytes
    position: int
    says: str
    path: str = ""
    reader: Any = None


HOSTILE = [
    # variable-length integers
    Hostile("int without bytes", INT, b"", 0, "int is not complete"),
    Hostile("int that never ends", INT, b"\x80" * 4, 4, "int is not complete"),
    Hostile("int of six bytes", INT, b"\x80" * 5 + b"\0", 0, "longer than 5 bytes"),
    Hostile("int of eleven bytes", INT, b"\xff" * 10 + b"\1", 0, "longer than 5 bytes"),
    Hostile("int of 33 bits", INT, b"\xff\xff\xff\xff\x1f", 0, "does not fit in 32 bits"),
    Hostile("int 2^31", INT, zigzag(2**31), 0, "does not fit in 32 bits"),
    Hostile("int -2^31-1", INT, zigzag(-(2**31) - 1), 0, "does not fit in 32 bits"),
    Hostile("int of all ones", INT, b"\xff\xff\xff\xff\x7f", 0, "does not fit in 32 bits"),
    Hostile("long without bytes", LONG, b"", 0, "long is not complete"),
    Hostile("long that never ends", LONG, b"\xff" * 9, 9, "long is not complete"),
    Hostile("long of eleven bytes", LONG, b"\x80" * 10 + b"\0", 0, "longer than 10 bytes"),
    Hostile("long of a megabyte", LONG, b"\x80" * 10**6, 0, "longer than 10 bytes"),
    Hostile("long of 65 bits", LONG, b"\xff" * 9 + b"\2", 0, "does not fit in 64 bits"),
    Hostile("long of 70 bits", LONG, b"\xff" * 9 + b"\x7f", 0, "does not fit in 64 bits"),
    # lengths
    Hostile("string without bytes", STRING, b"", 0, "length is not complete"),
    Hostile("string length -1", STRING, b"\1x", 0, "length -1"),
    Hostile("string length -2^63", STRING, zigzag(-(2**63)), 0, "length -9223372036854775808"),
    Hostile("string of two bytes, one left", STRING, b"\4x", 1, "needs 2 bytes, 1 left"),
    Hostile("string of 2^62 bytes", STRING, LARGE + b"x", 10, "1 left"),
    Hostile("string of 2^63-1 bytes", STRING, zigzag(2**63 - 1), 10, "0 left"),
    Hostile("string of an overlong length", STRING, b"\x80" * 10 + b"\0", 0, "longer than 10"),
    Hostile("bytes length -1", BYTES, b"\1", 0, "length -1"),
    Hostile("bytes of 2^40", BYTES, zigzag(2**40) + b"x" * 50, 6, "50 left"),
    Hostile("bytes, one missing", BYTES, b"\x06ab", 1, "needs 3 bytes, 2 left"),
    Hostile("fixed, one missing", fixed(4), b"abc", 0, "needs 4 bytes, 3 left"),
    Hostile("fixed of 2^30", fixed(2**30), b"abc", 0, "3 left"),
    Hostile("double, one missing", DOUBLE, b"\0" * 7, 0, "needs 8 bytes, 7 left"),
    Hostile("float, one missing", FLOAT, b"\0" * 3, 0, "needs 4 bytes, 3 left"),
    # text
    Hostile("text of one bad byte", STRING, b"\2\xff", 0, "not UTF-8"),
    Hostile("text cut in a character", STRING, b"\4\xe2\x82", 0, "not UTF-8"),
    Hostile("text of a surrogate", STRING, b"\6\xed\xa0\x80", 0, "not UTF-8"),
    Hostile("text of a pair of surrogates", STRING, b"\x0c\xed\xa0\xbd\xed\xb8\x80", 0, "UTF-8"),
    Hostile("text of an overlong NUL", STRING, b"\4\xc0\x80", 0, "not UTF-8"),
    Hostile("text beyond Unicode", STRING, b"\x08\xf4\x90\x80\x80", 0, "not UTF-8"),
    Hostile("text in UTF-16", STRING, b"\x08\xff\xfea\0", 0, "not UTF-8"),
    Hostile("map key that is no text", mapping(INT), b"\2\2\xff\2\0", 1, "not UTF-8"),
    Hostile("bytes read as text", BYTES, b"\2\xff", 0, "not UTF-8", reader=STRING),
    # booleans and null
    Hostile("boolean without bytes", BOOLEAN, b"", 0, "needs 1 byte, 0 left"),
    Hostile("boolean 2", BOOLEAN, b"\2", 0, "a boolean is 0 or 1"),
    Hostile("boolean 255", BOOLEAN, b"\xff", 0, "a boolean is 0 or 1"),
    Hostile("null of one byte", NULL, b"\0", 0, "1 byte too many"),
    # indexes
    Hostile("enum without bytes", ENUM, b"", 0, "index is not complete"),
    Hostile("enum index 3 of 3", ENUM, zigzag(3), 0, "index 3"),
    Hostile("enum index -1", ENUM, b"\1", 0, "index -1"),
    Hostile("enum index -3", ENUM, zigzag(-3), 0, "index -3"),
    Hostile("enum index 64", ENUM, zigzag(64), 0, "index 64"),
    Hostile("enum index 2^31-1", ENUM, zigzag(2**31 - 1), 0, "index 2147483647"),
    Hostile("enum index 2^32", ENUM, zigzag(2**32), 0, "does not fit in 32 bits"),
    Hostile("enum index -2^31", ENUM, zigzag(-(2**31)), 0, "index -2147483648"),
    Hostile("enum symbol the reader lacks", ENUM, b"\2", 0, "symbol B", reader=SHORT_ENUM),
    Hostile("union without bytes", ["null", INT], b"", 0, "index is not complete"),
    Hostile("union index 2 of 2", ["null", INT], b"\4", 0, "index 2: the union has 2 branches"),
    Hostile("union index -1", ["null", INT], b"\1", 0, "index -1"),
    Hostile("union index -2", ["null", INT], zigzag(-2), 0, "index -2"),
    Hostile("union index -2^31", ["null", INT], zigzag(-(2**31)), 0, "index -2147483648"),
    Hostile("union index 2^32", ["null", INT], zigzag(2**32), 0, "does not fit in 32 bits"),
    Hostile("union index of six bytes", ["null"], b"\x80" * 5 + b"\0", 0, "longer than 5 bytes"),
    Hostile("empty union", [], b"\0", 0, "the union has 0 branches"),
    Hostile(
        "large union, index beyond",
        [record(f"R{number}") for number in range(40)],
        zigzag(40),
        0,
        "index 40",
    ),
    Hostile(
        "large union, index -1",
        [record(f"R{number}") for number in range(40)],
        b"\1",
        0,
        "index -1",
    ),
    # arrays and maps
    Hostile("array without bytes", array(INT), b"", 0, "count is not complete"),
    Hostile("array without an end", array(INT), b"\2\2", 2, "count is not complete"),
    Hostile("array of 2^62 ints", array(INT), LARGE + b"\2\0", 0, "do not fit in 2 bytes"),
    Hostile("array of 2^63-1 ints", array(INT), zigzag(2**63 - 1), 0, "do not fit"),
    Hostile("array of -2^63 ints", array(INT), zigzag(-(2**63)) + b"\2\2", 0, "do not fit"),
    Hostile("array of 2^62 nulls", array(NULL), LARGE + b"\0", 0, "500000 values"),
    Hostile("array of 500,001 nulls", array(NULL), zigzag(500_001) + b"\0", 0, "500000 values"),
    Hostile(
        "array of nulls in many blocks", array(NULL), zigzag(63) * 10_000 + b"\0", 7_936, "values"
    ),
    Hostile("array of 2^40 empty records", array(record()), zigzag(2**40) + b"\0", 0, "values"),
    Hostile("array of 2^40 empty fixed", array(fixed(0)), zigzag(2**40) + b"\0", 0, "values"),
    Hostile("array of 2^40 endless", array(ENDLESS), zigzag(2**40) + b"\0", 0, "do not fit"),
    Hostile("array of records of nulls", array(record(a=NULL, b=NULL)), zigzag(2**20), 0, "values"),
    Hostile("array of 2^60 large fixed", array(fixed(2**30)), zigzag(2**60), 0, "do not fit"),
    Hostile("array of doubles, one missing", array(DOUBLE), zigzag(9) + bytes(71), 0, "do not fit"),
    Hostile("array of floats, one missing", array(FLOAT), zigzag(9) + bytes(35), 0, "do not fit"),
    Hostile("array of booleans, one bad", array(BOOLEAN), b"\x26" + b"\1" * 18 + b"\2\0", 19, "2"),
    Hostile(
        "array of ints, one too long",
        array(INT),
        zigzag(100) + b"\2" * 50 + b"\x80" * 5 + b"\0" + b"\2" * 49 + b"\0",
        52,
        "longer than 5 bytes",
        "[50]",
    ),
    Hostile(
        "array of ints, one too large",
        array(INT),
        zigzag(100) + b"\x82\1" * 50 + b"\xff\xff\xff\xff\x1f" + b"\x82\1" * 49 + b"\0",
        102,
        "does not fit in 32 bits",
        "[50]",
    ),
    Hostile(
        "array of wide ints, one too large",
        array(INT),
        zigzag(20) + zigzag(2**30) * 19 + b"\xff\xff\xff\xff\x1f\0",
        96,
        "does not fit in 32 bits",
        "[19]",
    ),
    Hostile(
        "array of longs, one of eleven bytes",
        array(LONG),
        zigzag(100) + zigzag(2**40) * 50 + b"\x80" * 10 + b"\0" + zigzag(2**40) * 49 + b"\0",
        302,
        "longer than 10 bytes",
        "[50]",
    ),
    Hostile(
        "array of longs, one of 65 bits",
        array(LONG),
        zigzag(100) + zigzag(2**40) * 99 + b"\xff" * 9 + b"\2\0",
        596,
        "does not fit in 64 bits",
        "[99]",
    ),
    Hostile(
        "array of longs, one of 70 bits, in short numbers",
        array(LONG),
        zigzag(100) + b"\x82\1" * 99 + b"\xff" * 9 + b"\x7f\0",
        200,
        "does not fit in 64 bits",
        "[99]",
    ),
    Hostile(
        "array of longs, last cut",
        array(LONG),
        zigzag(100) + b"\x82\1" * 99 + b"\x82",
        201,
        "long is not complete",
        "[99]",
    ),
    Hostile(
        "array of longs with an overlong end",
        array(LONG),
        zigzag(100) + b"\x82\1" * 100 + b"\x80" * 10 + b"\0",
        202,
        "longer than 10 bytes",
    ),
    Hostile("block size too small", array(INT), b"\3\2\2\2\0", 0, "do not fit in 1 byte"),
    Hostile("block size too large", array(INT), b"\3\x06\2\2\2\2\0", 4, "size is wrong by 1 byte"),
    Hostile("block size beyond the end", array(INT), b"\1\x0c\2\0", 0, "block of 6 bytes"),
    Hostile("block size 2^62", array(INT), b"\1" + LARGE + b"\2\0", 0, "block of"),
    Hostile("block size negative", array(INT), b"\1\1\2\0", 1, "length -1"),
    Hostile("block size missing", array(INT), b"\1", 1, "length is not complete"),
    Hostile("block size of strings wrong", array(STRING), b"\1\6\2x\0", 4, "wrong by 1 byte"),
    Hostile("map without bytes", mapping(INT), b"", 0, "count is not complete"),
    Hostile("map of 2^62", mapping(INT), LARGE + b"\2a\2\0", 0, "do not fit"),
    Hostile("map of nulls", mapping(NULL), zigzag(300_000) + b"\0" * 300_001, 0, "values"),
    Hostile("map key length -1", mapping(INT), b"\2\1\2\0", 1, "length -1"),
    Hostile("map key beyond the end", mapping(INT), b"\2\x7e\2\0", 2, "needs 63 bytes"),
    Hostile("map value cut", mapping(INT), b"\2\2a\x80", 4, "int is not complete", '["a"]'),
    Hostile("map block size wrong", mapping(INT), b"\1\x08\2a\2\0\0", 5, "wrong by 1 byte"),
    # recursion
    Hostile("a record that holds itself", ENDLESS, b"\0" * 100, 0, "500000 values"),
    Hostile("a list of 9,000", NODE, b"\2\2" * 9_000 + b"\2\0", 400, "depth", "next.next"),
    Hostile("a tree of 300", TREE, b"\2" * 300 + b"\0" * 300, 100, "depth", "kids[0].kids"),
    Hostile("a tree of a megabyte", TREE, b"\2" * 10**6, 100, "depth", "kids[0].kids"),
    Hostile("a chain on the left", PAIR, b"\2" * 300 + b"\0" * 301, 200, "depth", "left.left"),
    Hostile("a cut list", NODE, b"\2\2\2\2\2", 5, "index is not complete", "next.next.next"),
    Hostile(
        "a deep list that is skipped",
        record(a=NODE),
        b"\2\2" * 5_000,
        398,
        "depth",
        "a.next",
        record(),
    ),
    Hostile(
        "a deep tree that is skipped",
        record(a=TREE),
        b"\2" * 5_000,
        99,
        "depth",
        "a.kids",
        record(),
    ),
    # decimals
    Hostile("a decimal of a megabyte", DECIMAL, zigzag(10**6) + b"\x7f" * 10**6, 0, "2000 digits"),
    Hostile("a decimal of 2,500 digits", DECIMAL, zigzag(1039) + b"\x7f" * 1039, 0, "2000 digits"),
    Hostile("a decimal of a billion places", WIDE_DECIMAL, b"\2\1", 0, "scale is over 2000"),
    Hostile("a decimal that is cut", DECIMAL, b"\x08\1\2", 1, "needs 4 bytes, 2 left"),
    Hostile(
        "a fixed decimal of a megabyte",
        fixed(10**6, logicalType="decimal", precision=9),
        b"\1" * 10**6,
        0,
        "2000 digits",
    ),
    # places
    Hostile("trailing bytes", INT, b"\2\2", 1, "1 byte too many"),
    Hostile("a trailing megabyte", STRING, b"\2x" + bytes(10**6), 2, "1000000 bytes too many"),
    Hostile("in a field", record(a=INT, b=["null", INT]), b"\2\x0e", 1, "index 7 at b", "b"),
    Hostile("in a nested field", record(a=record("I", b=BOOLEAN)), b"\7", 0, "byte 7", "a.b"),
    Hostile(
        "in an item",
        record(a=array(record("I", b=BOOLEAN))),
        b"\4\1\7\0",
        2,
        "7 at a[1].b",
        "a[1].b",
    ),
    Hostile("in a value of a map", record(m=mapping(BOOLEAN)), b"\2\2k\7\0", 3, "byte 7", 'm["k"]'),
    Hostile("in a later block", array(BOOLEAN), b"\4\1\0\2\7\0", 4, "byte 7", "[2]"),
    Hostile(
        "after a key of escapes",
        mapping(BOOLEAN),
        b'\2\x0c\x1b[2J\n"\7\0',
        8,
        "byte 7",
        '["\\u001b[2J\\n\\""]',
    ),
    Hostile(
        "in a skipped field", record(a=BOOLEAN, b=INT), b"\7\2", 0, "byte 7", "a", record(b=INT)
    ),
    Hostile("in a skipped enum", record(a=ENUM, b=INT), b"\6\2", 0, "index 3", "a", record(b=INT)),
    Hostile("in a skipped negative enum", record(a=ENUM), b"\1", 0, "index -1", "a", record()),
    Hostile("in a skipped union", record(a=["null"]), b"\2", 0, "index 1", "a", record()),
    Hostile("in a skipped length", record(a=STRING), b"\1", 0, "length -1", "a", record()),
    Hostile(
        "a skipped string beyond the end", record(a=STRING), LARGE, 10, "0 left", "a", record()
    ),
    Hostile(
        "a skipped int too long", record(a=INT), b"\x80" * 5 + b"\0", 0, "longer", "a", record()
    ),
    Hostile(
        "a skipped long too large", record(a=LONG), b"\xff" * 9 + b"\2", 0, "fit", "a", record()
    ),
    Hostile(
        "a skipped fixed beyond the end", record(a=fixed(9)), b"abc", 0, "3 left", "a", record()
    ),
    Hostile(
        "a skipped array of 2^62 nulls",
        record(a=array(NULL)),
        LARGE + b"\0",
        0,
        "values",
        "a",
        record(),
    ),
    Hostile(
        "a skipped block beyond the end",
        record(a=array(INT)),
        b"\1\x0c\0",
        0,
        "block of",
        "a",
        record(),
    ),
    Hostile("a field without a default", record(a=INT), b"\2", 0, "no default", "b", record(b=INT)),
    Hostile(
        "a type that does not match", record(a=STRING), b"\2x", 0, "was written", "a", record(a=INT)
    ),
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_the_error_says_where_and_why(hostile: Hostile) -> None:
    reader = None if hostile.reader is None else parse(hostile.reader)
    decoder = compile_decoder(parse(hostile.schema), reader)
    with pytest.raises(DecodeFailure) as caught:
        decoder.decode(hostile.data)
    message = str(caught.value)
    assert hostile.says in message
    assert caught.value.position == hostile.position
    assert caught.value.path.startswith(hostile.path)
    assert message.isprintable()
    assert len(message) < 400


def test_there_are_enough_hostile_values() -> None:
    assert len({hostile.name for hostile in HOSTILE}) == len(HOSTILE) >= 120


LEGAL = [
    ("int 1 in five bytes", INT, b"\x82\x80\x80\x80\0", 1),
    ("long 0 in ten bytes", LONG, b"\x80" * 9 + b"\0", 0),
    ("length in ten bytes", STRING, b"\x82" + b"\x80" * 8 + b"\0x", "x"),
    ("union index in five bytes", ["null", INT], b"\x82\x80\x80\x80\0\2", 1),
    ("enum index in two bytes", ENUM, b"\x84\0", "C"),
    ("count in two bytes", array(INT), b"\x82\0\2\0", [1]),
    ("end in three bytes", array(INT), b"\2\2\x80\x80\0", [1]),
    ("blocks of one", array(INT), b"\2\2\2\4\1\2\6\0", [1, 2, 3]),
    ("one key many times", mapping(INT), b"\4\2a\2\2a\4\2\2a\6\0", {"a": 3}),
    ("an empty key", mapping(INT), b"\2\0\2\0", {"": 1}),
    ("NUL in text", STRING, b"\2\0", "\0"),
    ("escapes in text", STRING, b"\x0a\x1b[2J\x07", "\x1b[2J\x07"),
    ("text beyond the BMP", STRING, b"\x08\xf0\x9f\x98\x80", "😀"),
    ("an empty decimal", DECIMAL, b"\0", 0),
    ("200 nested lists", TREE, b"\2" * 99 + b"\0" * 100, None),
    ("499,999 nulls", array(NULL), zigzag(499_999) + b"\0", None),
    (
        "an overlong number among longs",
        array(LONG),
        zigzag(12) + b"\x82\x80\0" * 12 + b"\0",
        [1] * 12,
    ),
]


@pytest.mark.parametrize(
    ("schema", "data", "value"), [case[1:] for case in LEGAL], ids=[case[0] for case in LEGAL]
)
def test_what_is_odd_but_legal_is_read(schema: Any, data: bytes, value: Any) -> None:
    found = compile_decoder(parse(schema)).decode(data)
    if value is not None:
        assert found == value


EVERYTHING = record(
    a=INT,
    b=["null", STRING],
    c=array(record("Item", price=DECIMAL, tags=mapping(STRING))),
    d=DOUBLE,
    e=ENUM,
    f=fixed(3),
    g=array(LONG),
    h=BOOLEAN,
    i=NODE,
)
WHOLE = (
    zigzag(-70_000)
    + b"\2\x08\xf0\x9f\x98\x80"
    + b"\3\x1a\x04\x04\xd2\2\2k\2v\0\x04\xff\xff\0\0"
    + b"\0" * 8
    + b"\4"
    + b"abc"
    + zigzag(12)
    + zigzag(2**40) * 12
    + b"\0"
    + b"\1"
    + b"\2\2\4\0"
)


READS_ALL = compile_decoder(parse(EVERYTHING))
SKIPS_ALL = compile_decoder(parse(EVERYTHING), parse(record()))


def test_the_whole_message_is_read() -> None:
    value = READS_ALL.decode(WHOLE)
    assert SKIPS_ALL.decode(WHOLE) == {}
    assert value["b"] == "😀"
    assert value["c"][0]["tags"] == {"k": "v"}
    assert value["g"] == [2**40] * 12
    assert value["i"] == {"v": 1, "next": {"v": 2, "next": None}}


@pytest.mark.parametrize("end", range(len(WHOLE)))
def test_a_message_cut_at_any_byte_is_an_error(end: int) -> None:
    for decoder in (READS_ALL, SKIPS_ALL):
        with pytest.raises(DecodeFailure) as caught:
            decoder.decode(WHOLE[:end])
        assert caught.value.position is not None
        assert caught.value.position <= end
        assert caught.value.path


@pytest.mark.parametrize("extra", [b"\0", b"\2", b"\xff", b"\0\0\0\0\1", b"\x80" * 20])
def test_bytes_after_the_message_are_an_error(extra: bytes) -> None:
    with pytest.raises(DecodeFailure, match="too many") as caught:
        READS_ALL.decode(WHOLE + extra)
    assert caught.value.position == len(WHOLE)


@pytest.mark.parametrize("place", range(len(WHOLE)))
def test_a_changed_byte_is_an_error_or_a_value_of_the_schema(place: int) -> None:
    for byte in (0x00, 0x01, 0x7F, 0x80, 0xFF):
        try:
            value = READS_ALL.decode(WHOLE[:place] + bytes([byte]) + WHOLE[place + 1 :])
        except DecodeFailure as failure:
            assert failure.position is not None  # noqa: PT017  # either outcome is right
            continue
        assert list(value) == list("abcdefghi")
        assert value["e"] in ("A", "B", "C")
        assert -(2**31) <= value["a"] < 2**31


@pytest.mark.parametrize("depth", [1, 2, 5, 50])
def test_the_depth_limit_is_exact(depth: int) -> None:
    decoder = compile_decoder(parse(TREE), limits=Limits(depth=2 * depth))
    assert decoder.decode(b"\2" * (depth - 1) + b"\0" * depth)
    with pytest.raises(DecodeFailure, match="depth"):
        decoder.decode(b"\2" * depth + b"\0" * (depth + 1))


def test_the_depth_limit_holds_without_recursion() -> None:
    schema = array(array(array(INT)))
    assert compile_decoder(parse(schema), limits=Limits(depth=3)).decode(b"\2\2\2\2\0\0\0")
    shallow = compile_decoder(parse(schema), limits=Limits(depth=2))
    assert shallow.decode(b"\2\0\0") == [[]]
    with pytest.raises(DecodeFailure, match="depth"):
        shallow.decode(b"\2\2\0\0\0")


def test_the_node_limit_is_exact() -> None:
    decoder = compile_decoder(parse(array(NULL)), limits=Limits(nodes=10))
    assert decoder.decode(b"\x12\0") == [None] * 9
    with pytest.raises(DecodeFailure, match="10 values"):
        decoder.decode(b"\x14\0")


def test_defaults_count_as_values() -> None:
    reader = {
        **record(),
        "fields": [{"name": f"f{number}", "type": "null", "default": None} for number in range(9)],
    }
    decoder = compile_decoder(
        parse(array(record())), parse(array(reader)), limits=Limits(nodes=100)
    )
    assert len(decoder.decode(zigzag(9) + b"\0")) == 9
    with pytest.raises(DecodeFailure, match="100 values"):
        decoder.decode(zigzag(10) + b"\0")


def test_a_default_of_a_heavy_branch_counts_whole() -> None:
    decimal = {"type": "bytes", "logicalType": "decimal", "precision": 2_000, "scale": 160}
    reader = {
        **record(),
        "fields": [{"name": "f", "type": ["null", decimal], "default": "\1"}],
    }
    decoder = compile_decoder(
        parse(array(record())), parse(array(reader)), limits=Limits(nodes=100)
    )
    assert len(decoder.decode(zigzag(7) + b"\0")) == 7
    with pytest.raises(DecodeFailure, match="100 values"):
        decoder.decode(zigzag(8) + b"\0")


def test_the_places_of_a_decimal_count_as_values() -> None:
    decimal = {"type": "bytes", "logicalType": "decimal", "precision": 2_000, "scale": 1_600}
    decoder = compile_decoder(parse(array(decimal)), limits=Limits(nodes=1_011))
    assert len(decoder.decode(zigzag(10) + b"\2\1" * 10 + b"\0")) == 10
    with pytest.raises(DecodeFailure, match="values"):
        decoder.decode(zigzag(11) + b"\2\1" * 11 + b"\0")


def test_a_default_that_holds_itself_is_an_error_where_it_is_needed() -> None:
    reader = {
        "type": "record",
        "name": "R",
        "fields": [
            {
                "name": "x",
                "type": [
                    "null",
                    {
                        "type": "record",
                        "name": "X",
                        "fields": [
                            {"name": "again", "type": ["null", "X"], "default": None},
                        ],
                    },
                ],
                "default": None,
            }
        ],
    }
    assert compile_decoder(parse(record()), parse(reader)).decode(b"") == {"x": None}


BOMBS = """
import json, sys
from flowodm.avro import parse
from flowodm.codec.decode import compile_decoder
from flowodm.codec.failure import DecodeFailure
for schema, data in json.load(sys.stdin):
    text, times = data
    try:
        compile_decoder(parse(schema)).decode(bytes.fromhex(text[0]) + bytes.fromhex(text[1]) * times
                                              + bytes.fromhex(text[2]))
    except DecodeFailure:
        pass
# VmHWM, because ru_maxrss keeps what the parent had before the exec
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak.split()[1]) // 1024)
"""


def bomb(schema: Any, head: bytes, part: bytes, times: int, tail: bytes) -> Any:
    return schema, ((head.hex(), part.hex(), tail.hex()), times)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_bomb_takes_two_hundred_megabytes() -> None:
    item = record("I", **{f"f{number}": "null" for number in range(50)})
    duration = fixed(12, logicalType="duration")
    bombs = [
        bomb(array(NULL), LARGE, b"", 0, b"\0"),
        bomb(array(NULL), zigzag(499_999), b"", 0, b"\0"),
        bomb(array(record()), zigzag(249_999), b"", 0, b"\0"),
        bomb(array(record(n="null")), zigzag(166_666), b"", 0, b"\0"),
        bomb(array(item), zigzag(9_600), b"", 0, b"\0"),
        bomb(array(array(INT)), zigzag(499_999), b"\0", 499_999, b"\0"),
        bomb(array(mapping(NULL)), zigzag(166_666), b"\2\2k\0", 166_666, b"\0"),
        bomb(array(DECIMAL), zigzag(499_999), b"\4\1\1", 499_999, b"\0"),
        bomb(array(duration), zigzag(499_999), b"abcdefghijkl", 499_999, b"\0"),
        bomb(array(STRING), zigzag(499_999), b"\4\xc3\xa9", 499_999, b"\0"),
        bomb(array(LONG), zigzag(499_999), zigzag(2**62), 499_999, b"\0"),
        bomb(array(LONG), zigzag(400_000), zigzag(2**62) * 4 + b"\x82\1" * 60, 7_000, b"\0"),
        bomb(array(["null", "int"]), zigzag(400_000), b"\2\x82\1", 400_000, b"\0\0"),
        bomb(PAIR, b"", b"\2", 180, b"\0" * 1_000),
        bomb(TREE, b"", b"\2", 1_000_000, b""),
        bomb(DECIMAL, zigzag(10**6), b"\x7f", 10**6, b""),
        bomb(STRING, LARGE, b"x", 10, b""),
    ]
    result = subprocess.run(
        [sys.executable, "-c", BOMBS],
        input=json.dumps(bombs),
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(result.stdout) < 200, result.stdout
