"""Schemas that cover every row of the type table, each with values, for the laws of classes.

A case is a schema that goes through a class and back without a loss, and values of it that go
through an instance, and through Kafka, without one. Values are as the style `VALUES` has them; a
`Branch` says a union's branch where the value alone would not.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from flowodm.avro import Schema, parse
from flowodm.avro.values import Duration
from flowodm.codec.branch import Branch

__all__ = ["CASES", "Case"]


@dataclass(frozen=True, slots=True)
class Case:
    """A schema and values of it."""

    name: str
    schema: Any
    values: tuple[Any, ...]
    references: tuple[Any, ...] = ()
    unread: str = ""
    """Why confluent's deserializer (fastavro) does not read the values as they are, if so."""
    unwritten: str = ""
    """Why confluent's serializer does not write the values, if so."""

    def parsed(self) -> Schema:
        """The schema, with the schemas that it references."""
        return parse(self.schema, references=self.known())

    def known(self) -> list[Schema]:
        """The schemas that it references, each after those that it references itself."""
        found: list[Schema] = []
        for each in self.references:
            found.append(parse(each, references=found))
        return found


def record(name: str, *fields: Any, **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def field(name: str, kind: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def one(kind: Any, **more: Any) -> dict[str, Any]:
    """A record of one field `v`."""
    return record("Holder", field("v", kind, **more))


def enum(name: str, *symbols: str, **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": name, "symbols": list(symbols), **more}


def fixed(name: str, size: int, **more: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": name, "size": size, **more}


def array(items: Any, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


def map_(values: Any, **more: Any) -> dict[str, Any]:
    return {"type": "map", "values": values, **more}


def logical(word: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": word, "logicalType": name, **more}


def v(*values: Any) -> tuple[Any, ...]:
    return tuple({"v": value} for value in values)


MOMENT = datetime(2024, 2, 29, 23, 59, 59, 123456, UTC)
MILLIS = MOMENT.replace(microsecond=123000)
LOCAL = MOMENT.replace(tzinfo=None)
SOME_UUID = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
OTHER_UUID = UUID("ffffffff-ffff-ffff-ffff-fffffffffffe")

NO_BODY = "it takes a record without a body for one that is cut off"
NO_NAME = "it wants a schema with a name"
RAW_UUID = "a uuid in a fixed stays bytes"
DATE_FIRST = "a datetime is written as a date, where a union has one"

PRIMITIVES = (
    Case("null", one("null"), v(None), unread=NO_BODY),
    Case("boolean", one("boolean"), v(True, False)),
    Case("int", one("int"), v(0, -1, 2**31 - 1, -(2**31))),
    Case("long", one("long"), v(0, 64, 2**63 - 1, -(2**63))),
    Case("float", one("float"), v(0.0, -1.5, float("inf"), 2.0**100)),
    Case("double", one("double"), v(0.0, 0.1, 1e300, -5e-324, float("-inf"))),
    Case("bytes", one("bytes"), v(b"", b"\x00\xff\x80")),
    Case("string", one("string"), v("", "ä€😀", "a\x00b")),
    Case(
        "every primitive",
        record(
            "All",
            field("n", "null"),
            field("b", "boolean"),
            field("i", "int"),
            field("l", "long"),
            field("f", "float"),
            field("d", "double"),
            field("y", "bytes"),
            field("s", "string"),
        ),
        ({"n": None, "b": True, "i": 7, "l": 8, "f": 0.5, "d": 0.1, "y": b"\x01", "s": "x"},),
    ),
)

LOGICAL = (
    Case(
        "decimal in bytes",
        one(logical("bytes", "decimal", precision=9, scale=2)),
        v(Decimal("12.30"), Decimal("0.00"), Decimal("-9999999.99")),
    ),
    Case(
        "decimal of whole numbers",
        one(logical("bytes", "decimal", precision=20)),
        v(Decimal(0), Decimal("99999999999999999999")),
    ),
    Case(
        "decimal that is all fraction",
        one(logical("bytes", "decimal", precision=4, scale=4)),
        v(Decimal("0.0001"), Decimal("-0.9999")),
    ),
    Case(
        "decimal in a fixed",
        one(fixed("Price", 8, logicalType="decimal", precision=18, scale=4)),
        v(Decimal("1.0000"), Decimal("-99999999999999.9999")),
    ),
    Case(
        "big-decimal",
        one(logical("bytes", "big-decimal")),
        v(b"\x02\x05\x04"),
    ),
    Case("uuid in a string", one(logical("string", "uuid")), v(SOME_UUID, OTHER_UUID)),
    Case(
        "uuid in a fixed",
        one(fixed("Id", 16, logicalType="uuid")),
        v(SOME_UUID),
        unread=RAW_UUID,
        unwritten=RAW_UUID,
    ),
    Case(
        "date",
        one(logical("int", "date")),
        v(date(1970, 1, 1), date(1, 1, 1), date(9999, 12, 31)),
    ),
    Case("time-millis", one(logical("int", "time-millis")), v(time(0), time(23, 59, 59, 999000))),
    Case("time-micros", one(logical("long", "time-micros")), v(time(0), time(23, 59, 59, 999999))),
    Case(
        "timestamp-millis",
        one(logical("long", "timestamp-millis")),
        v(MILLIS, datetime(1, 1, 1, tzinfo=UTC)),
    ),
    Case(
        "timestamp-micros",
        one(logical("long", "timestamp-micros")),
        v(MOMENT, datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)),
    ),
    Case("timestamp-nanos", one(logical("long", "timestamp-nanos")), v(2**63 - 1, -1)),
    Case(
        "local-timestamp-millis",
        one(logical("long", "local-timestamp-millis")),
        v(LOCAL.replace(microsecond=1000)),
    ),
    Case("local-timestamp-micros", one(logical("long", "local-timestamp-micros")), v(LOCAL)),
    Case("local-timestamp-nanos", one(logical("long", "local-timestamp-nanos")), v(17, -17)),
    Case(
        "duration",
        one(fixed("Span", 12, logicalType="duration")),
        v(Duration(0, 0, 0), Duration(13, 40, 2**32 - 1)),
    ),
    Case(
        "dates beyond Python's",
        record(
            "Far",
            field("day", logical("int", "date")),
            field("at", logical("long", "timestamp-micros")),
            field("clock", logical("int", "time-millis")),
            field("local", logical("long", "local-timestamp-millis")),
        ),
        ({"day": 86400 * 1000, "at": 2**62, "clock": -1, "local": -(2**62)},),
        unread="Python's dates are all that it reads",
    ),
    Case(
        "logical types that are not known",
        record(
            "Odd",
            field("a", logical("string", "made-up", more=[1])),
            field("b", logical("int", "timestamp-millis")),
            field("c", fixed("Four", 4, logicalType="uuid")),
            field("d", logical("bytes", "decimal", precision=0)),
        ),
        ({"a": "x", "b": 5, "c": b"1234", "d": b"\x01"},),
        unread="it does not ignore a precision of 0",
        unwritten="it does not ignore a precision of 0",
    ),
)

NAMED = (
    Case("fixed", one(fixed("Md5", 16)), v(b"\x00" * 16, bytes(range(16)))),
    Case("fixed of no size", one(fixed("Nothing", 0)), v(b""), unread=NO_BODY),
    Case(
        "fixed that is used twice",
        record("Pair", field("a", fixed("Half", 2)), field("b", "Half"), field("c", array("Half"))),
        ({"a": b"12", "b": b"34", "c": [b"56", b"78"]},),
    ),
    Case("enum", one(enum("Color", "RED", "GREEN")), v("RED", "GREEN")),
    Case("enum with a default", one(enum("Color", "RED", "OTHER", default="OTHER")), v("RED")),
    Case(
        "enum with any legal symbol",
        one(enum("Words", "None", "True", "mro", "name", "value", "class", "_", "__x__", "title")),
        v("None", "True", "mro", "name", "value", "class", "_", "__x__", "title"),
    ),
    Case(
        "enum with symbols that differ in case",
        one(enum("Cases", "a", "A", "aB", "AB")),
        v("a", "A", "aB", "AB"),
    ),
    Case(
        "record in a record",
        one(record("Inner", field("x", "int"), field("y", "string"))),
        v({"x": 1, "y": "z"}),
    ),
    Case("record without fields", one(record("Empty")), v({}), unread=NO_BODY),
    Case(
        "recursive record",
        record("Node", field("id", "long"), field("next", ["null", "Node"], default=None)),
        ({"id": 1, "next": {"id": 2, "next": {"id": 3, "next": None}}},),
    ),
    Case(
        "recursive through arrays and maps",
        record("Tree", field("kids", array("Tree")), field("named", map_("Tree"))),
        ({"kids": [{"kids": [], "named": {}}], "named": {"a": {"kids": [], "named": {}}}},),
    ),
    Case(
        "mutually recursive records",
        record(
            "Person",
            field("name", "string"),
            field(
                "home",
                ["null", record("House", field("owner", ["null", "Person"]), field("no", "int"))],
                default=None,
            ),
        ),
        (
            {"name": "a", "home": None},
            {"name": "a", "home": {"owner": {"name": "b", "home": None}, "no": 7}},
        ),
    ),
    Case(
        "three records in a circle",
        record(
            "A",
            field(
                "b",
                ["null", record("B", field("c", ["null", record("C", field("a", ["null", "A"]))]))],
            ),
            field("again", array("C")),
        ),
        ({"b": {"c": {"a": {"b": None, "again": []}}}, "again": [{"a": None}]},),
    ),
    Case(
        "error",
        {**record("Failure", field("code", "int")), "type": "error"},
        ({"code": 5},),
    ),
    Case(
        "error in a record",
        one(["null", {**record("Failure", field("code", "int")), "type": "error"}]),
        v(None, {"code": 5}),
    ),
)

CONTAINERS = (
    Case("array", one(array("long")), v([], [1, 2, 3])),
    Case("array of arrays", one(array(array("string"))), v([], [["a"], [], ["b", "c"]])),
    Case(
        "array of records",
        one(array(record("Item", field("n", "int")))),
        v([{"n": 1}, {"n": 2}]),
    ),
    Case("map", one(map_("double")), v({}, {"a": 1.5, "": -0.5, "ä": 0.0})),
    Case("map of maps", one(map_(map_("bytes"))), v({"a": {"b": b"\x01"}, "c": {}})),
    Case(
        "array of optional enums",
        one(array(["null", enum("Size", "S", "M")])),
        v([None, "S", "M"]),
    ),
    Case(
        "array of logical values",
        one(array(logical("long", "timestamp-micros"))),
        v([MOMENT, datetime(1970, 1, 1, tzinfo=UTC)]),
    ),
    Case(
        "map of decimals",
        one(map_(logical("bytes", "decimal", precision=6, scale=3))),
        v({"a": Decimal("1.500")}),
    ),
)

SAME = (field("a", "int"), field("b", "string"))

UNIONS = (
    Case("optional", one(["null", "string"], default=None), v(None, "x")),
    Case("optional without a default", one(["null", "string"]), v(None, "x")),
    Case("optional with null last", one(["string", "null"], default="x"), v(None, "y")),
    Case("optional with null last and no default", one(["string", "null"]), v(None, "y")),
    Case("optional in the middle", one(["int", "null", "string"]), v(None, 1, "x")),
    Case(
        "union of many kinds",
        one(["null", "boolean", "long", "double", "string", "bytes", array("int"), map_("int")]),
        v(None, True, 7, 0.5, "x", b"x", [1], {"a": 1}),
    ),
    Case("union of one branch", one(["string"]), v("x")),
    Case("union of one record", one([record("Only", field("x", "int"))]), v({"x": 1})),
    Case(
        "records of the same shape",
        one([record("Created", *SAME), record("Deleted", *SAME), record("Moved", *SAME)]),
        v(
            Branch("Created", {"a": 1, "b": "x"}),
            Branch("Deleted", {"a": 1, "b": "x"}),
            Branch("Moved", {"a": 1, "b": "x"}),
        ),
    ),
    Case(
        "records of the same shape in an array",
        one(array([record("Created", *SAME), record("Deleted", *SAME)])),
        v([Branch("Deleted", {"a": 1, "b": "x"}), Branch("Created", {"a": 2, "b": "y"})]),
    ),
    Case(
        "enums with the same symbols",
        one([enum("Left", "A", "B"), enum("Right", "A", "B")]),
        v(Branch("Left", "A"), Branch("Right", "A")),
    ),
    Case(
        "an enum and a string",
        one(["string", enum("Word", "A", "B")]),
        v(Branch("string", "A"), Branch("Word", "A"), Branch("string", "C")),
    ),
    Case(
        "fixeds of the same size",
        one([fixed("Md5", 2), fixed("Token", 2), "bytes"]),
        v(Branch("Md5", b"12"), Branch("Token", b"12"), Branch("bytes", b"12")),
    ),
    Case(
        "a uuid in a string and in two fixeds",
        one(
            [
                fixed("A", 16, logicalType="uuid"),
                logical("string", "uuid"),
                fixed("B", 16, logicalType="uuid"),
            ]
        ),
        v(Branch("A", SOME_UUID), Branch("string", SOME_UUID), Branch("B", SOME_UUID)),
        unread=RAW_UUID,
        unwritten=RAW_UUID,
    ),
    Case(
        "decimals of two fixeds",
        one(
            [
                fixed("Net", 4, logicalType="decimal", precision=6, scale=2),
                fixed("Gross", 4, logicalType="decimal", precision=6, scale=2),
            ]
        ),
        v(Branch("Net", Decimal("1.00")), Branch("Gross", Decimal("1.00"))),
    ),
    Case(
        "two durations",
        one(
            [
                fixed("Work", 12, logicalType="duration"),
                fixed("Rest", 12, logicalType="duration"),
                array("int"),
            ]
        ),
        v(Branch("Work", Duration(1, 2, 3)), Branch("Rest", Duration(1, 2, 3)), [1, 2, 3]),
    ),
    Case(
        "a record and a map of the same keys",
        one([map_("int"), record("Point", field("x", "int"), field("y", "int"))]),
        v(Branch("map", {"x": 1, "y": 2}), Branch("Point", {"x": 1, "y": 2})),
    ),
    Case(
        "a date, a timestamp and a time",
        one(
            [
                logical("int", "date"),
                logical("long", "timestamp-micros"),
                "string",
            ]
        ),
        v(date(2024, 1, 1), datetime(2024, 1, 1, tzinfo=UTC), "2024-01-01"),
        unwritten=DATE_FIRST,
    ),
    Case(
        "whole numbers and fractions",
        one(["null", "long", "double", "boolean"]),
        v(1, 1.0, True, 0, 0.0, False, None),
    ),
    Case(
        "a union that holds itself",
        record("Expr", field("v", ["long", array("Expr"), "Expr"])),
        ({"v": 1}, {"v": [{"v": 2}, {"v": {"v": 3}}]}),
    ),
)

NAMES = (
    Case(
        "names of Python and Pydantic",
        record(
            "Names",
            *(
                field(name, "int")
                for name in ("class", "None", "from", "int", "list", "copy", "json", "model_dump")
            ),
        ),
        (dict.fromkeys(("class", "None", "from", "int", "list", "copy", "json", "model_dump"), 3),),
    ),
    Case(
        "names with underscores",
        record("Names", *(field(name, "int") for name in ("_id", "id", "__id", "_", "__", "id_"))),
        ({"_id": 1, "id": 2, "__id": 3, "_": 4, "__": 5, "id_": 6},),
    ),
    Case(
        "names that differ in case",
        record("Names", *(field(name, "int") for name in ("id", "ID", "Id", "iD"))),
        ({"id": 1, "ID": 2, "Id": 3, "iD": 4},),
    ),
    Case(
        "names that a model has",
        record(
            "Names",
            *(field(name, "int") for name in ("meta", "produce", "Settings", "topic", "key")),
        ),
        ({"meta": 1, "produce": 2, "Settings": 3, "topic": 4, "key": 5},),
    ),
    Case(
        "types with names of Python",
        record(
            "Decimal",
            field("a", record("list", field("x", "int"))),
            field("b", record("None", field("x", "int"))),
            field("c", enum("Exception", "A")),
            field("d", record("_", field("x", "int"))),
        ),
        ({"a": {"x": 1}, "b": {"x": 2}, "c": "A", "d": {"x": 3}},),
    ),
    Case(
        "one name in two namespaces",
        record(
            "com.shop.Order",
            field("new", record("Line", field("sku", "string"))),
            field("old", record("com.legacy.Line", field("code", "int"))),
            field("any", ["Line", "com.legacy.Line"]),
        ),
        (
            {"new": {"sku": "a"}, "old": {"code": 1}, "any": {"code": 2}},
            {"new": {"sku": "a"}, "old": {"code": 1}, "any": {"sku": "b"}},
        ),
    ),
    Case(
        "a name without a namespace inside one",
        record(
            "a.b.Outer",
            field("x", {**record("Bare", field("y", "int")), "namespace": ""}),
            field("z", {**fixed("Raw", 1), "namespace": ""}),
        ),
        ({"x": {"y": 1}, "z": b"1"},),
    ),
    Case(
        "aliases of everything",
        record(
            "New",
            field("a", "int", aliases=["b", "c"]),
            field("e", enum("E2", "A", aliases=["E1"])),
            field("f", fixed("F2", 1, aliases=["x.F1"])),
            aliases=["Old", "ns.Older"],
        ),
        ({"a": 1, "e": "A", "f": b"x"},),
    ),
)

SAID = (
    Case(
        "docs of everything",
        record(
            "Documented",
            field("a", "int", doc="The first."),
            field("e", enum("E", "A", doc="An enum.")),
            field("f", fixed("F", 1, doc="A fixed.")),
            field("r", record("R", doc="A record.")),
            doc="All is said.",
        ),
        ({"a": 1, "e": "A", "f": b"x", "r": {}},),
    ),
    Case(
        "docs of any shape",
        record(
            "Documented",
            field("a", "int", doc=""),
            field("b", "int", doc='  """ quoted \\ and\n   indented\t '),
            field("r", record("R", doc="")),
            field("s", record("S", doc="  first\n    second\n")),
            doc="line\n\n  more\n",
        ),
        ({"a": 1, "b": 2, "r": {}, "s": {}},),
    ),
    Case(
        "order",
        record(
            "Sorted",
            field("a", "int", order="descending"),
            field("b", "int", order="ignore"),
            field("c", "int", order="ascending"),
        ),
        ({"a": 1, "b": 2, "c": 3},),
    ),
    Case(
        "custom properties",
        record(
            "Custom",
            field("a", {"type": "string", "avro.java.string": "String"}, pii=True),
            field("b", array({"type": "int", "unit": "m"}, **{"java-class": "java.util.List"})),
            field("c", map_("int", sorted=False, n=[1, {"x": None}])),
            field("e", enum("E", "A", owner="me")),
            field("f", fixed("F", 1, owner=2.5)),
            owner={"team": "core"},
        ),
        ({"a": "x", "b": [1], "c": {"k": 1}, "e": "A", "f": b"x"},),
    ),
    Case(
        "properties beside a logical type",
        record(
            "Custom",
            field("at", logical("long", "timestamp-millis", zone="UTC")),
            field("sum", {"precision": 5, "type": "bytes", "logicalType": "decimal", "cur": "€"}),
            field("id", logical("string", "uuid", version=4)),
        ),
        ({"at": MILLIS, "sum": Decimal(7), "id": SOME_UUID},),
    ),
)

DEFAULTS = (
    Case(
        "defaults of primitives",
        record(
            "D",
            field("n", "null", default=None),
            field("b", "boolean", default=True),
            field("i", "int", default=-5),
            field("l", "long", default=2**53 + 1),
            field("f", "float", default=0.1),
            field("d", "double", default=3),
            field("y", "bytes", default="\u0000\u00ff"),
            field("s", "string", default='q"\\\n'),
        ),
        ({"n": None, "b": False, "i": 1, "l": 2, "f": 0.5, "d": 0.5, "y": b"", "s": ""},),
    ),
    Case(
        "defaults of containers",
        record(
            "D",
            field("a", array("int"), default=[]),
            field("b", array("int"), default=[1, 2]),
            field("c", map_("int"), default={}),
            field("d", map_(array("string")), default={"k": ["v"]}),
        ),
        ({"a": [], "b": [3], "c": {"x": 1}, "d": {}},),
    ),
    Case(
        "defaults of named types",
        record(
            "D",
            field("e", enum("E", "A", "None"), default="None"),
            field("f", fixed("F", 2), default="\u0001\u00fe"),
            field(
                "r", record("R", field("x", "int", default=4), field("y", "int")), default={"y": 1}
            ),
            field("s", array("R"), default=[{"y": 2}, {"x": 3, "y": 4}]),
        ),
        ({"e": "A", "f": b"12", "r": {"x": 1, "y": 2}, "s": []},),
    ),
    Case(
        "defaults of logical types",
        record(
            "D",
            field("m", logical("bytes", "decimal", precision=6, scale=2), default="\u0004\u00d2"),
            field(
                "p", fixed("P", 3, logicalType="decimal", precision=5), default="\u0000\u0000\u0007"
            ),
            field("u", logical("string", "uuid"), default=str(SOME_UUID)),
            field("day", logical("int", "date"), default=19_000),
            field("t", logical("int", "time-millis"), default=1_500),
            field("q", logical("long", "time-micros"), default=1_500),
            field("at", logical("long", "timestamp-millis"), default=1_700_000_000_123),
            field("us", logical("long", "timestamp-micros"), default=-1),
            field("ns", logical("long", "timestamp-nanos"), default=5),
            field("lo", logical("long", "local-timestamp-micros"), default=1),
            field("du", fixed("Du", 12, logicalType="duration"), default="\u0001\0\0\0" * 3),
        ),
        (
            {
                "m": Decimal("1.00"),
                "p": Decimal(3),
                "u": OTHER_UUID,
                "day": date(2024, 1, 1),
                "t": time(1),
                "q": time(2),
                "at": MILLIS,
                "us": MOMENT,
                "ns": 1,
                "lo": LOCAL,
                "du": Duration(1, 2, 3),
            },
        ),
    ),
    Case(
        "default of a uuid in a fixed",
        one(fixed("W", 16, logicalType="uuid"), default="\u0001" * 16),
        v(OTHER_UUID),
        unread=RAW_UUID,
        unwritten=RAW_UUID,
    ),
    Case(
        "defaults of unions",
        record(
            "D",
            field("a", ["null", "int"], default=None),
            field("b", ["int", "null"], default=5),
            field("c", [enum("E", "A"), "null"], default="A"),
            field("d", [array("int"), "null"], default=[1]),
            field("e", ["string", "int", "null"], default="x"),
            field("f", [record("R", field("x", "int")), "null"], default={"x": 1}),
            field("g", ["null", "R", "E"], default=None),
        ),
        ({"a": 1, "b": None, "c": "A", "d": [], "e": 3, "f": None, "g": {"x": 2}},),
    ),
    Case(
        "default of a later branch",
        record(
            "D", field("a", ["null", "int"], default=3), field("b", ["int", "null"], default=None)
        ),
        ({"a": None, "b": 4},),
    ),
    Case(
        "default that is not a number",
        record(
            "D",
            field("a", "double", default="NaN"),
            field("b", "float", default="-Infinity"),
            field("c", "double", default=1e30),
        ),
        ({"a": 1.5, "b": 0.5, "c": 0.25},),
    ),
    Case(
        "default beyond Python's dates",
        record(
            "D",
            field("day", logical("int", "date"), default=2**31 - 1),
            field("at", logical("long", "timestamp-micros"), default=-(2**63)),
        ),
        ({"day": date(2024, 1, 1), "at": MOMENT},),
    ),
    Case(
        "default beyond its precision",
        one(logical("bytes", "decimal", precision=2), default="\u0001\u0000\u0000"),
        v(Decimal(99)),
    ),
    Case(
        "default of a record that is defined later",
        record(
            "D",
            field("x", ["null", "D"], default=None),
            field("r", record("R", field("d", ["null", "D"], default=None)), default={}),
        ),
        ({"x": None, "r": {"d": {"x": None, "r": {"d": None}}}},),
    ),
)

ROOTS = (
    Case("root of a primitive", "string", ("", "x"), unwritten=NO_NAME),
    Case("root of a long", "long", (0, 2**62), unwritten=NO_NAME),
    Case("root of a logical type", logical("long", "timestamp-micros"), (MOMENT,)),
    Case("root of an array", array("int"), ([], [1, 2])),
    Case("root of a map", map_(["null", "string"]), ({}, {"a": None, "b": "x"})),
    Case("root of an enum", enum("Color", "RED", "GREEN"), ("RED", "GREEN")),
    Case("root of a fixed", fixed("Two", 2), (b"12",)),
    Case(
        "root of a union",
        [record("A", *SAME), record("B", *SAME)],
        (Branch("A", {"a": 1, "b": ""}), Branch("B", {"a": 1, "b": ""})),
    ),
    Case(
        "root of a record with a namespace",
        record("Order", field("id", "long"), namespace="com.shop"),
        ({"id": 1},),
    ),
)

REFERENCED = (
    Case(
        "a record of another schema",
        record("shop.Order", field("to", "shop.Address"), field("also", ["null", "shop.Address"])),
        ({"to": {"zip": "1", "kind": "HOME"}, "also": None},),
        references=(
            record("shop.Address", field("zip", "string"), field("kind", enum("Kind", "HOME"))),
        ),
    ),
    Case(
        "types of two schemas, one on the other",
        record("Order", field("md5", "Md5"), field("line", "Line"), field("c", "Color")),
        ({"md5": b"12", "line": {"md5": b"34", "c": "RED"}, "c": "BLUE"},),
        references=(
            fixed("Md5", 2),
            enum("Color", "RED", "BLUE"),
            record("Line", field("md5", "Md5"), field("c", "Color")),
        ),
    ),
)

CASES: tuple[Case, ...] = (
    *PRIMITIVES,
    *LOGICAL,
    *NAMED,
    *CONTAINERS,
    *UNIONS,
    *NAMES,
    *SAID,
    *DEFAULTS,
    *ROOTS,
    *REFERENCED,
)
