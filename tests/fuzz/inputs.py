"""What the fuzz tests share: pairs of schemas, the stored corpus, mutation, and the verdict."""

import base64
import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from flowodm.avro import Schema, parse
from flowodm.avro.resolve import resolve
from flowodm.codec.decode import Decode, Decoder, compile_decoder
from flowodm.codec.limits import Limits
from flowodm.codec.measure import measure
from flowodm.codec.style import VALUES, Style
from flowodm.codec.trace import Tracer
from flowodm.errors import DeserializationError
from tests.generators import evolved, random_encoding, random_schema, zigzag

__all__ = ["CORPUS", "Pair", "Stored", "example", "judge", "load", "mutated", "new_pairs", "save"]

CORPUS = Path(__file__).with_name("corpus.json.gz")

LIMITS = Limits(nodes=20_000)
"""Fewer values than a real decoder takes: else the bombs alone would take the time of the rest."""

EDGES = (0, 1, -1, 2, 63, 64, -64, -65, 8191, 2**31 - 1, -(2**31), 2**31, 2**63 - 1, -(2**63))
INTERESTING = (
    *map(zigzag, EDGES),
    b"\xff" * 10,
    b"\x80" * 10,
    b"\x80" * 9 + b"\x02",
    b"\x00" * 8,
)
"""Numbers at the bounds of their sizes, overlong ones, and zeros."""


@dataclass(frozen=True)
class Pair:
    """A writer's schema, a reader's, and how values of the one become values of the other."""

    documents: tuple[Any, Any]
    schemas: tuple[Schema, Schema]
    decoder: Decoder
    tracer: Any

    @classmethod
    def of(cls, writer: Any, reader: Any) -> "Pair":
        """Compile a pair given as documents; without a reader, the writer's schema is read."""
        written = parse(json.dumps(writer))
        read = written if reader is None else parse(json.dumps(reader))
        resolution = resolve(written, read)
        measures = measure(resolution)

        def trace(data: bytes) -> Any:
            return Tracer(resolution, measures, VALUES, LIMITS, data).read()

        decoder = compile_decoder(written, read, limits=LIMITS)
        return cls((writer, reader), (written, read), decoder, trace)

    def styled(self, style: Style) -> Decode:
        """The decoder of the same pair into values of another style."""
        written, read = self.schemas
        return compile_decoder(written, read, style=style, limits=LIMITS).decode

    @property
    def decode(self) -> Decode:
        return self.decoder.decode


@dataclass(frozen=True)
class Stored:
    """The corpus: schemas, and for each of them inputs that reached something new."""

    pairs: tuple[tuple[Any, Any], ...]
    inputs: tuple[tuple[int, bytes], ...]


def load() -> Stored:
    """Read the corpus."""
    document = json.loads(gzip.decompress(CORPUS.read_bytes()))
    pairs = tuple((writer, reader) for writer, reader in document["pairs"])
    inputs = tuple((index, base64.b64decode(data)) for index, data in document["inputs"])
    return Stored(pairs, inputs)


def save(stored: Stored) -> None:
    """Write the corpus, the same bytes for the same content."""
    inputs = [[index, base64.b64encode(data).decode()] for index, data in sorted(stored.inputs)]
    document = {"pairs": stored.pairs, "inputs": inputs}
    text = json.dumps(document, separators=(",", ":"))
    CORPUS.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def new_pairs(count: int = 340) -> tuple[tuple[Any, Any], ...]:
    """Pairs of schemas: the special ones below, then random ones, most with a reader of its own."""
    pairs: list[tuple[Any, Any]] = [(document, None) for document in _special()]
    seed = 0
    while len(pairs) < count:
        random = Random(seed)
        seed += 1
        writer = random_schema(random, tangled=True)
        if isinstance(writer, str):
            continue
        reader = evolved(random, writer) if random.random() < 0.6 else None
        pairs.append((writer, reader))
    return tuple(pairs)


def _special() -> list[Any]:
    """Shapes that random schemas seldom have."""
    primitives = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"]
    node = {
        "type": "record",
        "name": "Node",
        "fields": [{"name": "next", "type": ["null", "Node"]}, {"name": "x", "type": "long"}],
    }
    itself = {"type": "record", "name": "R", "fields": [{"name": "r", "type": "R"}]}
    empty = {"type": "record", "name": "Empty", "fields": []}
    wide = [{"name": f"f{n}", "type": primitives[n % 8]} for n in range(80)]
    many = [{"type": "enum", "name": f"E{n}", "symbols": ["A", "B"]} for n in range(60)]
    decimal = {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 10}
    return [
        *primitives,
        *({"type": "array", "items": word} for word in primitives),
        *({"type": "map", "values": word} for word in primitives),
        {"type": "array", "items": {"type": "array", "items": {"type": "array", "items": "null"}}},
        {"type": "array", "items": empty},
        {"type": "map", "values": {"type": "fixed", "name": "F0", "size": 0}},
        {"type": "array", "items": {"type": "array", "items": decimal}},
        {"type": "record", "name": "Wide", "fields": wide},
        {"type": "array", "items": {"type": "record", "name": "Wide", "fields": wide}},
        [],
        ["null", *many],
        {"type": "array", "items": ["null", *many]},
        {"type": "array", "items": ["null"]},
        node,
        itself,
        {"type": "array", "items": node},
        {"type": "map", "values": {"type": "array", "items": node}},
    ]


def example(random: Random, writer: Any) -> bytes:
    """Bytes of a value of the writer's schema; any bytes where it has no finite value."""
    try:
        return random_encoding(random, parse(json.dumps(writer)), depth=4)
    except (RecursionError, ValueError):
        return random.randbytes(random.randint(0, 20))


def mutated(random: Random, data: bytes, other: bytes) -> bytes:
    """The bytes with one to four things changed; `other` is what may be spliced in."""
    out = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4))):
        at = random.randint(0, len(out))
        end = min(len(out), at + random.choice((1, 1, 2, 8)))
        match random.randint(0, 7):
            case 0 if at < len(out):
                out[at] ^= 1 << random.randint(0, 7)
            case 1 if at < len(out):
                out[at] = random.choice((0, 1, 2, 3, 0x7F, 0x80, 0xFE, 0xFF))
            case 2:
                out[at:at] = random.choice(INTERESTING)
            case 3:
                out[at:end] = random.choice(INTERESTING)
            case 4:
                del out[at:end]
            case 5:
                del out[at:]
            case 6:
                out[at:at] = out[max(0, at - 8) : at] * random.choice((1, 2, 16))
            case _:
                out[at:] = other[random.randint(0, len(other)) :]
    return bytes(out)


def judge(pair: Pair, data: bytes) -> str:
    """Decode, and hold the outcome against the slow reader.

    Returns:
        `value` or `refused`.

    Raises:
        AssertionError: The two do not agree, or an error is not fit to be shown.
        Exception: Whatever else a decoder must never raise.
    """
    try:
        value = pair.decode(data)
    except DeserializationError as error:
        _judge_error(pair, data, error)
        return "refused"
    slow = pair.tracer(data)
    assert repr(value) == repr(slow), f"{pair.documents} on {data.hex()}"
    return "value"


def _judge_error(pair: Pair, data: bytes, error: DeserializationError) -> None:
    """The generated decoder and the slow reader both refused, in words that are fit to be shown."""
    where = f"{error.message} for {pair.documents} on {data.hex()}"
    assert "it cannot be read" not in error.message, where
    assert error.position is not None, where
    assert 0 <= error.position <= len(data), where
    assert len(error.message) < 1_000, where
    assert error.message.isprintable(), where
