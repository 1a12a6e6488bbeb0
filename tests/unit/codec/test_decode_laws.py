"""Laws of decoding: the generated decoder and the tracer are two readers of one resolution."""

import math
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowodm.avro import Schema, parse
from flowodm.avro.resolve import resolve
from flowodm.codec.decode import compile_decoder
from flowodm.codec.failure import DecodeFailure
from flowodm.codec.limits import Limits
from flowodm.codec.measure import measure
from flowodm.codec.style import PHYSICAL, VALUES, Style
from flowodm.codec.trace import Tracer
from flowodm.errors import SchemaParseError
from tests.generators import random_encoding, random_schema
from tests.strategies import avro_schemas

pytestmark = pytest.mark.unit

PROMOTIONS = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}
TIGHT = Limits(depth=3, nodes=40, decimal_digits=5)
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def evolved(random: Random, document: Any) -> Any:
    """What a later version of a schema may be: sometimes compatible, sometimes not."""
    if isinstance(document, list):
        branches = [evolved(random, branch) for branch in document]
        if random.random() < 0.3:
            random.shuffle(branches)
        return branches
    if isinstance(document, str):
        if random.random() < 0.2:
            return random.choice(PROMOTIONS.get(document, (document,)))
        return document
    changed = dict(document)
    for part in ("items", "values"):
        if part in changed:
            changed[part] = evolved(random, changed[part])
    if "symbols" in changed and random.random() < 0.5:
        changed["symbols"] = random.sample(changed["symbols"], len(changed["symbols"]))
    if "fields" in changed:
        changed["fields"] = evolved_fields(random, changed["fields"])
    return changed


def evolved_fields(random: Random, fields: list[Any]) -> list[Any]:
    kept = [{**field, "type": evolved(random, field["type"])} for field in fields]
    for field in kept:
        if field["type"] != fields[kept.index(field)]["type"]:
            field.pop("default", None)
    if random.random() < 0.4:
        random.shuffle(kept)
    if random.random() < 0.4:
        added: Any = {"name": "added", "type": {"type": "array", "items": "long"}}
        kept.append({**added, "default": [1, 2]})
    return kept


def evolved_schema(random: Random, document: Any) -> Schema:
    for _ in range(5):
        try:
            return parse(evolved(random, document))
        except SchemaParseError:  # a use now stands before its definition, or two branches agree
            continue
    return parse(document)


def broken(random: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(random.randint(1, 3)):
        place = random.randint(0, len(changed))
        match random.randint(0, 3):
            case 0:
                changed[place : place + 1] = random.choice(
                    (b"\0", b"\1", b"\2", b"\x7f", b"\x80", b"\xff", random.randbytes(1))
                )
            case 1:
                del changed[place:]
            case 2:
                changed[place:place] = random.randbytes(1)
            case 3:
                del changed[place : place + random.randint(1, 3)]
    return bytes(changed)


def alike(one: Any, other: Any) -> bool:
    """Equal in every bit: types, the order of fields, the sign of zero, NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return (math.isnan(one) and math.isnan(other)) or (
            one == other and math.copysign(1, one) == math.copysign(1, other)
        )
    if isinstance(one, dict):
        return list(one) == list(other) and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other)


def both_readers(
    writer: Schema, reader: Schema | None, limits: Limits, style: Style = VALUES
) -> Callable[[bytes], bool]:
    """What reads bytes twice, checks that both agree, and says whether there was a value."""
    resolution = resolve(writer, reader)
    measures = measure(resolution)
    decoder = compile_decoder(writer, reader, style=style, limits=limits)

    def read(data: bytes) -> bool:
        tracer = Tracer(resolution, measures, style, limits, data)
        slow = failure_or_value(tracer.read)
        fast = failure_or_value(lambda: decoder.decode(data))
        if not isinstance(slow, DecodeFailure):
            assert alike(fast, slow)
            return True
        assert isinstance(fast, DecodeFailure)
        assert str(fast) == str(slow)
        assert fast.position is not None
        assert 0 <= fast.position <= len(data)
        return False

    return read


def failure_or_value(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except DecodeFailure as failure:
        return failure


@quick
@given(random=st.randoms(use_true_random=False), limits=st.sampled_from([Limits(), TIGHT]))
def test_both_readers_agree_on_bytes_of_every_kind(random: Random, limits: Limits) -> None:
    schema = parse(random_schema(random))
    data = random_encoding(random, schema)
    read = both_readers(schema, None, limits)
    for each in (data, broken(random, data), random.randbytes(12)):
        read(each)


@quick
@given(random=st.randoms(use_true_random=False), limits=st.sampled_from([Limits(), TIGHT]))
def test_both_readers_agree_on_an_evolved_reader(random: Random, limits: Limits) -> None:
    document = random_schema(random)
    writer, reader = parse(document), evolved_schema(random, document)
    data = random_encoding(random, writer)
    read = both_readers(writer, reader, limits, random.choice((VALUES, PHYSICAL)))
    for each in (data, broken(random, data)):
        read(each)


@quick
@given(random=st.randoms(use_true_random=False))
def test_both_readers_agree_on_strangers(random: Random) -> None:
    writer, reader = parse(random_schema(random, depth=2)), parse(random_schema(random, depth=2))
    both_readers(writer, reader, Limits())(random_encoding(random, writer))


@quick
@given(schema=avro_schemas(), random=st.randoms(use_true_random=False))
def test_what_was_written_is_read(schema: Any, random: Random) -> None:
    """And an equal reader, parsed on its own, changes nothing."""
    writer, reader = parse(schema), parse(schema)
    data = random_encoding(random, writer)
    value = compile_decoder(writer).decode(data)
    assert alike(value, compile_decoder(writer, reader).decode(data))


@quick
@given(schema=avro_schemas(), random=st.randoms(use_true_random=False))
def test_a_value_that_is_cut_short_is_never_a_value(schema: Any, random: Random) -> None:
    """No encoding is the beginning of another, so every cut and every extra byte shows."""
    writer = parse(schema)
    decoder = compile_decoder(writer)
    data = random_encoding(random, writer)
    for end in random.sample(range(len(data)), min(8, len(data))):
        with pytest.raises(DecodeFailure):
            decoder.decode(data[:end])
    with pytest.raises(DecodeFailure, match="too many"):
        decoder.decode(data + b"\0")


def test_evolved_readers_often_read() -> None:
    """The laws above would hold for readers that never read anything."""
    random = Random(1)
    read = 0
    for _ in range(60):
        document = random_schema(random)
        writer, reader = parse(document), evolved_schema(random, document)
        read += both_readers(writer, reader, Limits())(random_encoding(random, writer))
    assert read > 20


@pytest.mark.parametrize("seed", range(40))
def test_both_readers_agree_on_larger_schemas(seed: int) -> None:
    random = Random(seed)
    document = random_schema(random, depth=4)
    writer = parse(document)
    reader = evolved_schema(random, document) if seed % 2 else None
    readers = [both_readers(writer, reader, limits) for limits in (Limits(), TIGHT)]
    for _ in range(15):
        data = random_encoding(random, writer)
        for read in readers:
            read(data)
            read(broken(random, data))
