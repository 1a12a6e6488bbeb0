"""Decoder and encoder against two that nobody here wrote: fastavro, and Apache Avro Java.

Random schemas and values. Where fastavro departs from the specification, the departure is named
here, recognised, and counted: nothing is left out in silence.
"""

import datetime
import gzip
import importlib.util
import io
import json
import struct
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import fastavro
import pytest

from flowodm.avro import Schema, parse
from flowodm.avro.types import Type, Union, type_name
from flowodm.codec.decode import compile_decoder
from flowodm.codec.encode import Branch, compile_encoder
from flowodm.codec.style import PHYSICAL, Convert
from flowodm.errors import DeserializationError
from tests.adapters import resolve
from tests.generators import evolved, random_encoding, random_schema, random_value, zigzag

pytestmark = pytest.mark.unit

VECTORS = Path(__file__).parents[2] / "vectors"

TYPE_WORDS = {"record", "error", "enum", "array", "map", "fixed"}

NAMED_LIKE_A_KIND = "a type of no namespace is named like a kind of type"
WHOLE_FLOAT_DEFAULT = "the default of a float is a whole number"
UNUSABLE_BY_FASTAVRO = {NAMED_LIKE_A_KIND, WHOLE_FLOAT_DEFAULT}
"""Why fastavro cannot use a schema."""


class Unusable(Exception):
    """A schema that fastavro cannot use."""


def fastavro_schema(schema: Schema, document: Any) -> Any:
    """The schema as fastavro parses it."""
    if TYPE_WORDS & set(schema.names):
        raise Unusable(NAMED_LIKE_A_KIND)
    try:
        return fastavro.parse_schema(document)
    except fastavro.schema.SchemaParseException as error:
        if "must match schema type" not in str(error):
            raise
        raise Unusable(WHOLE_FLOAT_DEFAULT) from None


def without_logical_types(document: Any, *, only: set[str] | None = None) -> Any:
    """The schema without its logical types, or without those on `fixed` that are named."""
    if isinstance(document, list):
        return [without_logical_types(each, only=only) for each in document]
    if not isinstance(document, dict):
        return document
    gone = only is None or (document.get("type") == "fixed" and document.get("logicalType") in only)
    return {
        key: without_logical_types(value, only=only)
        for key, value in document.items()
        if not (gone and key == "logicalType")
    }


def is_same(left: Any, right: Any, *, ordered: bool = True) -> bool:
    """Equal in value and type: NaN is NaN, -0.0 is not 0.0, 1 is not True."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return struct.pack("<d", left) == struct.pack("<d", right) or (left != left != right)
    if isinstance(left, dict):
        keys = list(left) == list(right) if ordered else left.keys() == right.keys()
        return keys and all(is_same(left[key], right[key], ordered=ordered) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(
            is_same(one, other, ordered=ordered) for one, other in zip(left, right, strict=True)
        )
    return bool(left == right)


def read_by_fastavro(data: bytes, writer: Any, reader: Any = None) -> Any:
    stream = io.BytesIO(data)
    value = fastavro.schemaless_reader(stream, writer, reader)
    assert stream.read() == b""
    return value


@pytest.mark.parametrize("chunk", range(10))
def test_what_any_writer_may_write_reads_as_fastavro_reads_it(chunk: int) -> None:
    """Bytes in every form that the format allows; values without logical types."""
    seen: Counter[str] = Counter()
    for seed in range(chunk * 60, chunk * 60 + 60):
        random = Random(seed)
        document = without_logical_types(random_schema(random))
        schema = parse(document)
        try:
            theirs = fastavro_schema(schema, document)
        except Unusable as reason:
            seen[str(reason)] += 1
            continue
        decoder = compile_decoder(schema, style=PHYSICAL)
        for _ in range(3):
            data = random_encoding(random, schema)
            assert is_same(decoder.decode(data), read_by_fastavro(data, theirs)), seed
            seen["same"] += 1
    assert seen.keys() <= {"same", *UNUSABLE_BY_FASTAVRO}
    assert seen["same"] >= 150, seen


class Told:
    """Values as they were written, those of a union with their branch."""

    name = "told"

    def convert(self, node: Type) -> Convert | None:
        return None

    def branch(self, union: Union, index: int) -> Convert | None:
        tag = type_name(union.branches[index])
        return lambda value: Branch(tag, value)


@pytest.mark.parametrize("chunk", range(5))
def test_what_the_encoder_writes_reads_as_fastavro_reads_it(chunk: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(chunk * 60, chunk * 60 + 60):
        random = Random(seed)
        document = without_logical_types(random_schema(random))
        schema = parse(document)
        try:
            theirs = fastavro_schema(schema, document)
        except Unusable as reason:
            seen[str(reason)] += 1
            continue
        decoder, encoder = compile_decoder(schema, style=Told()), compile_encoder(schema)
        for _ in range(3):
            data = random_encoding(random, schema)
            written = encoder.encode(decoder.decode(data))
            read = read_by_fastavro(written, theirs)
            assert is_same(read, read_by_fastavro(data, theirs)), seed
            seen["same"] += 1
    assert seen.keys() <= {"same", *UNUSABLE_BY_FASTAVRO}
    assert seen["same"] >= 150, seen


WRITTEN_AS_BYTES_BY_FASTAVRO = {"uuid", "duration"}
"""Logical types of `fixed` that fastavro does not know: taken out of its schemas, and ours."""


@pytest.mark.parametrize("chunk", range(10))
def test_what_fastavro_writes_reads_as_values_alike(chunk: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(chunk * 60, chunk * 60 + 60):
        random = Random(seed)
        document = without_defaults(random_schema(random))
        document = without_logical_types(document, only=WRITTEN_AS_BYTES_BY_FASTAVRO)
        schema = parse(document)
        try:
            theirs = fastavro_schema(schema, document)
        except Unusable as reason:
            seen[str(reason)] += 1
            continue
        decoder = compile_decoder(schema)
        for _ in range(3):
            value = random_value(random, schema)
            seen[written_and_read(decoder.decode, theirs, value)] += 1
    agreed = {"same", "same, in another branch"}
    assert seen.keys() <= {*agreed, *UNUSABLE_BY_FASTAVRO, NO_UUID, NEGATIVE_TIME}
    assert seen["same"] >= 150, seen


NO_UUID = "any text goes into a branch of uuid, and does not come out"
NEGATIVE_TIME = "a negative time of day becomes another"


def without_defaults(document: Any) -> Any:
    """The schema without defaults of fields: whole values need none.

    Fastavro's writer fills them in while it looks for a union's branch, and where a default fits
    its own record, it does so until the process dies.
    """
    if isinstance(document, list):
        return [without_defaults(each) for each in document]
    if not isinstance(document, dict):
        return document
    return {
        key: without_defaults(value)
        for key, value in document.items()
        if key != "default" or "symbols" in document
    }


def written_and_read(decode: Any, schema: Any, value: Any) -> str:
    """Write a value with fastavro and read it with both; how that went."""
    stream = io.BytesIO()
    try:
        fastavro.schemaless_writer(stream, schema, value)
        theirs = read_by_fastavro(stream.getvalue(), schema)
    except ValueError as error:
        if "UUID" not in str(error) and "isoformat" not in str(error):
            raise
        return NO_UUID
    ours = decode(stream.getvalue())
    if not is_same(ours, theirs):
        assert is_same(without_negative_times(ours, theirs), ours)
        return NEGATIVE_TIME
    return "same" if is_same(ours, value) else "same, in another branch"


def without_negative_times(ours: Any, theirs: Any) -> Any:
    """Fastavro's value, with our raw number where the time of day was negative."""
    if isinstance(theirs, datetime.time) and isinstance(ours, int) and ours < 0:
        return ours
    if isinstance(theirs, dict):
        return {key: without_negative_times(ours[key], each) for key, each in theirs.items()}
    if isinstance(theirs, list):
        return [without_negative_times(*pair) for pair in zip(ours, theirs, strict=True)]
    return theirs


def vectors() -> list[dict[str, Any]]:
    with gzip.open(VECTORS / "evolved_cases.json.gz") as file:
        cases: list[dict[str, Any]] = json.load(file)["cases"]
    return cases


def test_evolved_readers_read_as_java_reads() -> None:
    """800 random schemas and readers evolved from them, with what Avro Java 1.12.2 read."""
    spec = importlib.util.spec_from_file_location("run_resolution", VECTORS / "run_resolution.py")
    assert spec is not None
    assert spec.loader is not None
    runner = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(runner)
    cases = vectors()
    failures = [(case["name"], why) for case in cases if (why := runner.failure(resolve, case))]
    assert len(cases) == 800
    assert not failures, failures[:3]


SHORT_NAME = "in a union, the first record of the same short name wins"

DEPARTURES_IN_RESOLUTION = {
    "the default of bytes or fixed stays text",
    "the fields of a record's default are not filled",
    "a number read as a float is not rounded to one",
    "a promotion wins over the same type",
    "an empty union takes any value",
    "an enum's default need not be a symbol",
    "in a union, the first short name or a promotion is tried, and fails",
    SHORT_NAME,
}


@pytest.mark.parametrize("chunk", range(10))
def test_evolved_readers_read_as_fastavro_reads(chunk: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(chunk * 60, chunk * 60 + 60):
        random = Random(seed)
        document = without_logical_types(random_schema(random))
        evolution = without_logical_types(evolved(random, document))
        writer, reader = parse(document), parse(evolution)
        try:
            theirs = fastavro_schema(writer, document), fastavro_schema(reader, evolution)
        except Unusable as reason:
            seen[str(reason)] += 1
            continue
        decoder = compile_decoder(writer, reader, style=PHYSICAL)
        for _ in range(2):
            data = random_encoding(random, writer)
            seen[compared(decoder.decode, data, *theirs)] += 1
    assert seen.keys() <= {
        "same",
        "both refuse",
        *UNUSABLE_BY_FASTAVRO,
        *DEPARTURES_IN_RESOLUTION,
    }
    assert seen["same"] >= 80, seen
    assert seen[SHORT_NAME] <= 1, seen


def compared(decode: Any, data: bytes, writer: Any, reader: Any) -> str:
    """How our reading and fastavro's relate: the same, or which departure it is."""
    ours: Any
    theirs: Any
    try:
        ours = decode(data)
    except DeserializationError as error:
        ours = error
    try:
        theirs = read_by_fastavro(data, writer, reader)
    except (fastavro.schema.SchemaParseException, ValueError, KeyError, TypeError) as error:
        theirs = error
    except fastavro.read.SchemaResolutionError as error:
        theirs = error
    if isinstance(theirs, Exception):
        same = "both refuse" if isinstance(ours, Exception) else None
        return same or "in a union, the first short name or a promotion is tried, and fails"
    if isinstance(ours, Exception):
        return refusal(ours)
    if is_same(ours, theirs, ordered=False):
        return "same"
    found = departure(ours, theirs)
    assert found is not None, (ours, theirs)
    return found


def refusal(error: DeserializationError) -> str:
    """Why we refuse what fastavro reads."""
    if "is no value of the field's type" in error.message:
        return "an enum's default need not be a symbol"
    assert "no branch of the union reads it" in error.message, error
    return "an empty union takes any value"


def departure(ours: Any, theirs: Any) -> str | None:
    """The first departure that explains the difference of two values."""
    match ours, theirs:
        case bytes(), str() if theirs.encode("latin-1", "replace") == ours:
            return "the default of bytes or fixed stays text"
        case (bytes(), str()) | (str(), bytes()) | (int(), float()):
            return "a promotion wins over the same type"
        case float(), int() | float() if struct.pack("<f", theirs) == struct.pack("<f", ours):
            return "a number read as a float is not rounded to one"
        case dict(), dict() if theirs.keys() < ours.keys():
            return "the fields of a record's default are not filled"
        case dict(), dict() if theirs.keys() == ours.keys():
            pairs = [(ours[key], theirs[key]) for key in ours]
        case dict(), dict():
            return SHORT_NAME
        case list(), list() if len(ours) == len(theirs):
            pairs = list(zip(ours, theirs, strict=True))
        case _:
            return None
    found = [departure(*pair) for pair in pairs if not is_same(*pair, ordered=False)]
    return None if None in found else next(iter(found), None)


class TestFastavroStillDeparts:
    """When one of these fails, fastavro has mended it: take the departure off its list."""

    def read(self, writer: Any, reader: Any, data: bytes) -> Any:
        return read_by_fastavro(data, *(fastavro.parse_schema(each) for each in (writer, reader)))

    def record(self, *fields: Any) -> Any:
        return {"type": "record", "name": "R", "fields": list(fields)}

    def test_types_named_like_a_kind_of_type(self) -> None:
        enum = {"type": "record", "name": "enum", "fields": []}
        document = self.record({"name": "f", "type": enum}, {"name": "g", "type": ["null", "enum"]})
        with pytest.raises(TypeError):
            read_by_fastavro(b"\x02\x00", fastavro.parse_schema(document))

    def test_whole_numbers_as_defaults_of_floats(self) -> None:
        with pytest.raises(fastavro.schema.SchemaParseException, match="must match schema type"):
            fastavro.parse_schema(
                self.record({"name": "f", "type": {"type": "double"}, "default": 1})
            )

    def test_defaults_of_bytes(self) -> None:
        reader = self.record({"name": "f", "type": "bytes", "default": "\xff"})
        assert self.read(self.record(), reader, b"") == {"f": "\xff"}

    def test_defaults_of_records(self) -> None:
        inner = {**self.record({"name": "g", "type": "int", "default": 1}), "name": "S"}
        reader = self.record({"name": "f", "type": inner, "default": {}})
        assert self.read(self.record(), reader, b"") == {"f": {}}

    def test_rounding_to_float(self) -> None:
        assert self.read("int", "float", zigzag(16_777_217)) == 16_777_217

    def test_promotion_before_the_same_type(self) -> None:
        assert isinstance(self.read("int", ["double", "int"], b"\x02"), float)

    def test_empty_unions(self) -> None:
        assert self.read(["int"], [], b"\x00\x02") == 1

    def test_enum_defaults(self) -> None:
        enum = {"type": "enum", "name": "E", "symbols": ["A"]}
        reader = self.record({"name": "f", "type": enum, "default": "Z"})
        assert self.read(self.record(), reader, b"") == {"f": "Z"}

    def test_short_names(self) -> None:
        left = {"type": "record", "name": "a.R", "fields": []}
        field = {"name": "f", "type": "int", "default": 7}
        right = {"type": "record", "name": "b.R", "fields": [field]}
        assert self.read(left, [right, left], b"") == {"f": 7}

    def test_strings_before_bytes(self) -> None:
        with pytest.raises(UnicodeDecodeError):
            self.read("bytes", ["string", "bytes"], b"\x02\xff")

    def test_negative_times_of_day(self) -> None:
        time = {"type": "int", "logicalType": "time-millis"}
        assert self.read(time, time, b"\x01") == datetime.time(0, 0, 0, 999_000)

    def test_text_that_is_no_uuid(self) -> None:
        uuid = {"type": "string", "logicalType": "uuid"}
        with pytest.raises(ValueError, match="hexadecimal UUID"):
            self.read(uuid, uuid, b"\x02a")
