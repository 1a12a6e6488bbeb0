"""What holds for every pair of schemas; and where "compatible" does not mean "read"."""

from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flowodm.avro import Schema, check, parse
from flowodm.avro.resolution import Mismatch
from flowodm.avro.resolve import resolve
from flowodm.codec.decode import Decoder, compile_decoder
from flowodm.errors import DeserializationError, SchemaParseError
from tests.generators import random_encoding, random_schema
from tests.generators.evolution import evolved

pytestmark = pytest.mark.unit

randoms = st.randoms(use_true_random=False)


def plain(document: Any) -> Any:
    """A schema without logical types: what they mean is not the check's matter."""
    if isinstance(document, dict):
        return {key: plain(value) for key, value in document.items() if key != "logicalType"}
    return [plain(part) for part in document] if isinstance(document, list) else document


def parsed(document: Any) -> Schema:
    try:
        return parse(f'"{document}"' if isinstance(document, str) else document)
    except SchemaParseError:  # its defaults hold a `logicalType` of their own
        assume(False)
        raise


def pair(random: Random, *, swapped: float = 0.0) -> tuple[Schema, Schema]:
    """A reader's and a writer's schema, mostly of one family.

    Some may be swapped; then the writer's may be one that has no value.
    """
    document = random_schema(random, tangled=random.random() < 0.3)
    if random.random() < 0.2:
        other = random_schema(random, depth=2)
    else:
        other = evolved(random, document, edits=4)
    schemas = parsed(plain(other)), parsed(plain(document))
    return schemas if random.random() >= swapped else schemas[::-1]


def unreadable(reader: Schema, writer: Schema) -> list[Mismatch]:
    """What the decoder of the pair knows that it can never read, whatever the default."""
    nodes = resolve(writer, reader).nodes
    return [node for node in nodes if isinstance(node, Mismatch) and node.subject != "default"]


@given(random=randoms)
def test_a_schema_reads_itself(random: Random) -> None:
    schema = parsed(random_schema(random))
    assert check(schema, schema) == ()
    assert check(schema, schema, exact=True) == ()


@given(random=randoms)
def test_a_copy_of_a_schema_reads_it(random: Random) -> None:
    document = random_schema(random)
    assert check(parsed(document), parsed(document)) == ()


@given(random=randoms)
def test_both_modes_have_one_verdict(random: Random) -> None:
    reader, writer = pair(random, swapped=0.3)
    found, exact = check(reader, writer), check(reader, writer, exact=True)
    assert bool(found) == bool(exact)
    types = Counter(reason.type for reason in found)
    assert types["AMBIGUOUS_FIELD"] == sum(reason.type == "AMBIGUOUS_FIELD" for reason in exact)
    if not types["AMBIGUOUS_FIELD"]:  # where Java tells nothing else
        assert len(found) == len(exact)
    for reason in found:
        assert reason.message
        assert reason.cure
        assert reason.location.startswith("/")


@given(random=randoms)
def test_what_can_never_be_read_is_reported(random: Random) -> None:
    reader, writer = pair(random, swapped=0.3)
    if unreadable(reader, writer):
        assert check(reader, writer)


@given(random=randoms)
def test_what_is_compatible_decodes(random: Random) -> None:
    reader, writer = pair(random)
    assume(not check(reader, writer))
    defaults = [node for node in resolve(writer, reader).nodes if isinstance(node, Mismatch)]
    assume(not defaults)  # an enum's symbol that is none: Java's parser takes such a default
    decoder = compile_decoder(writer, reader)
    for _ in range(5):
        failure = failure_of(decoder, random_encoding(random, writer))
        assert failure is None or "UTF-8" in failure  # bytes that are no text, read as a string


def failure_of(decoder: Decoder, data: bytes) -> str | None:
    try:
        decoder.decode(data)
    except DeserializationError as error:
        return str(error)
    return None


def record(name: str, *fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields)}


def field(name: str, kind: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


LONG_MILLIS = {"type": "long", "logicalType": "timestamp-millis"}
INT_DATE = {"type": "int", "logicalType": "date"}
INT_TIME = {"type": "int", "logicalType": "time-millis"}
Q = record("Q", field("p", ["null", "x.P"]))
ANY_P = [
    "null",
    record("x.P", field("q", Q), field("v", "string")),
    record("y.P", field("v", "int")),
]


class TestCompatibleAndStillUnreadable:
    """As Java judges: where a registry says yes, and some value does not come through."""

    @pytest.mark.parametrize(
        ("reader", "writer", "data"),
        [
            pytest.param("string", "bytes", b"\x02\xff", id="bytes that are no text"),
            pytest.param(
                {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 1},
                {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2},
                b"\x02\x07",
                id="a decimal with more places than the reader's",
            ),
            pytest.param(INT_TIME, INT_DATE, b"\x02", id="a date as a time of day"),
            pytest.param(
                record(
                    "R", field("e", {"type": "enum", "name": "E", "symbols": ["A"]}, default="B")
                ),
                record("R"),
                b"",
                id="a default that is no symbol",
            ),
            pytest.param(
                record("R", field("a", "int"), field("b", "int", aliases=["a"])),
                record("R", field("a", "int")),
                b"\x02",
                id="two fields for one that was written",
            ),
            pytest.param(
                [record("n.R", field("s", record("S", field("v", "string")))), record("m.R")],
                record("n.R", field("s", record("S", field("v", "int")))),
                b"\x02",
                id="another branch than the one of the same name",
            ),
            pytest.param(
                record("Root", field("u", ANY_P), field("other", "x.Q")),
                record(
                    "Root",
                    field(
                        "u",
                        [
                            "null",
                            record(
                                "x.P",
                                field("q", record("Q", field("p", ["null", "x.P"]))),
                                field("v", "int"),
                            ),
                        ],
                    ),
                    field("other", "x.Q"),
                ),
                b"\x00\x02\x00\x00",
                id="a recursive type that was compatible while it was judged",
            ),
        ],
    )
    def test_the_decoder_refuses_what_the_check_lets_pass(
        self, reader: Any, writer: Any, data: bytes
    ) -> None:
        reads, writes = parsed(reader), parsed(writer)
        assert check(reads, writes) == ()
        with pytest.raises(DeserializationError):
            compile_decoder(writes, reads).decode(data)
