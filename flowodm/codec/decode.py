"""Reading: one decoder generated for each pair of a writer's and a reader's schema.

Safe by construction: every step of the generated code is bounded (`limits.py`), whatever the
bytes are. It only knows that something is wrong; `trace.py` then reads again, slowly, and says
where and what.
"""

from collections.abc import Callable
from itertools import repeat
from struct import Struct
from typing import Any, Final, Protocol

from flowodm.avro.resolution import Resolution
from flowodm.avro.resolve import resolve
from flowodm.avro.schema import Schema
from flowodm.codec import bulk, varint
from flowodm.codec.failure import DecodeFailure
from flowodm.codec.generate import generate
from flowodm.codec.limits import Limits
from flowodm.codec.measure import Measures, measure
from flowodm.codec.style import VALUES, Style
from flowodm.codec.trace import Tracer

__all__ = ["Decode", "Decoder", "compile_decoder"]

_NO_LIMITS_GIVEN: Final = Limits()


class Decode(Protocol):
    """Reads one value that ends where the bytes end."""

    def __call__(self, data: bytes, start: int = 0) -> Any:
        """Read the value.

        Args:
            data: The bytes, after any framing from `start`.
            start: Where the value begins.

        Raises:
            DecodeFailure: The bytes are no value of the schema, or the reader cannot take it.
        """


class Decoder:
    """The generated decoder of a pair of schemas; make one with `compile_decoder`.

    It keeps no state between calls, so threads may share it.
    """

    __slots__ = ("decode", "schema", "source")

    decode: Decode
    """Read one value; the generated function itself, so that nothing stands in front of it."""
    schema: Schema
    """The schema of what comes out: the reader's, else the writer's."""
    source: str
    """The generated source."""

    def __init__(self, decode: Decode, schema: Schema, source: str) -> None:
        self.decode = decode
        self.schema = schema
        self.source = source


def compile_decoder(
    writer: Schema,
    reader: Schema | None = None,
    *,
    style: Style = VALUES,
    limits: Limits = _NO_LIMITS_GIVEN,
) -> Decoder:
    """Generate the decoder of what one schema wrote into what another, or itself, wants.

    Args:
        writer: The schema that the bytes were written with.
        reader: The schema to read them into; None: the writer's own.
        style: What values become.
        limits: What one value may cost.

    Raises:
        SchemaError: The two schemas together are too large to resolve.
    """
    resolution = resolve(writer, reader)
    measures = measure(resolution)
    generated = generate(resolution, measures, style, limits)
    explain = _explainer(resolution, measures, style, limits)
    source = "\n\n".join(generated.functions)
    decode: Decode = generated.load("decoder", {**_NAMES, "EXPLAIN": explain})["decode"]
    return Decoder(decode, resolution.reader, source)


def _explainer(
    resolution: Resolution, measures: Measures, style: Style, limits: Limits
) -> Callable[[bytes, int, Exception | None], Any]:
    """What a decoder calls when it has failed: raises what the slow reader finds."""

    def explain(data: bytes, start: int, error: Exception | None) -> Any:
        if isinstance(error, MemoryError):
            raise error
        if not isinstance(data, bytes):
            raise TypeError(f"a decoder reads bytes, not {type(data).__name__}")
        try:
            value = Tracer(resolution, measures, style, limits, data, start).read()
        except DecodeFailure as failure:
            raise failure from failure.__cause__
        if isinstance(error, RecursionError):  # the caller's stack was nearly full
            return value
        raise DecodeFailure("value", f"it cannot be read ({error!r})", position=0) from error

    return explain


_NAMES: Final[dict[str, Any]] = {
    "BLOCK": varint.read_block,
    "BOOLEANS": (False, True),
    "BRANCH": varint.read_branch,
    "DOUBLE": Struct("<d").unpack_from,
    "DOUBLES": bulk.read_doubles,
    "Exception": Exception,
    "FAIL": varint.Malformed,
    "FLAGS": bulk.read_booleans,
    "FLOAT": Struct("<f").unpack_from,
    "FLOATS": bulk.read_floats,
    "INDEX": varint.read_index,
    "INT": varint.read_int,
    "INTS": bulk.read_ints,
    "LENGTH": varint.read_length,
    "LENGTHS": varint.LENGTHS,
    "LONG": varint.read_long,
    "LONGS": bulk.read_longs,
    "NUMBERS": varint.NUMBERS,
    "SKIP_INT": varint.skip_int,
    "SKIP_LONG": varint.skip_long,
    "len": len,
    "map": map,
    "repeat": repeat,
}
"""Everything that generated code may name besides its constants."""
