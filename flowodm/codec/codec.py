"""Records to decoded records: which decoder a key or a value needs, found once and kept.

The key and the value are on their own. Left to itself (`auto`), a side is what its framing says,
through the registry; without a framing JSON, else UTF-8 text, else bytes. A configured format is
never second-guessed. What cannot be understood is an `Undecodable` value and the run goes on; only
a registry that cannot be asked is an exception, because a guess would be wrong data.
"""

from functools import partial
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from flowodm.codec.failure import DecodeFailure
from flowodm.codec.framing import KEY_HEADER, VALUE_HEADER, Framed, unframe
from flowodm.codec.plain import NotJson, bytes_text, read_json
from flowodm.codec.plans import Compile, Plan, Plans
from flowodm.codec.style import VALUES, Style
from flowodm.record import Decoded, DecodedRecord, Headers, Record, Undecodable

if TYPE_CHECKING:
    from flowodm.avro import Schema
    from flowodm.codec.decode import Decoder
    from flowodm.registry import SchemaRegistry

__all__ = ["FORMATS", "Codec", "Format"]

Format = Literal["auto", "avro", "json", "text", "base64"]
"""What a side is: found out, or one of these and nothing else."""

FORMATS: Final[tuple[Format, ...]] = ("auto", "avro", "json", "text", "base64")

_MOST_USUAL: Final = 100

_MAY_START_JSON: Final = frozenset('{["-0123456789tfn \t\r\n')

_PREFIX: Final = 5
_NO_BYTES: Final = Decoded(None, "null")
_Side: TypeAlias = Decoded | Undecodable


class Codec:
    """Decodes records; threads may share it.

    Args:
        registry: Where schemas come from; None when there is none.
        key: What keys are.
        value: What values are.
        reader: The schema to read Avro values into; None: the one they were written with.
        style: What Avro values become.
        compile: What makes the decoders of values instead of `reader` and `style`.
    """

    def __init__(
        self,
        registry: "SchemaRegistry | None",
        *,
        key: Format = "auto",
        value: Format = "auto",
        reader: "Schema | None" = None,
        style: Style = VALUES,
        compile: "Compile | None" = None,
    ) -> None:
        keys = Plans(registry, partial(_compile, None, style))
        values = Plans(registry, compile or partial(_compile, reader, style))
        self._key = _SideCodec("key", key, keys).decode
        self._value = _SideCodec("value", value, values).decode

    def decode(self, record: Record) -> DecodedRecord:
        """Decode a record's key and value, each on its own.

        Returns:
            The record with both; a side that is not understood is an `Undecodable`.

        Raises:
            RegistryUnreachable: A schema is needed and no registry answers.
            RegistryError: The registry refuses the credentials.
        """
        headers = record.headers
        return DecodedRecord(
            record, self._key(record.key, headers), self._value(record.value, headers)
        )


def _compile(reader: "Schema | None", style: Style, writer: "Schema") -> "Decoder":
    from flowodm.codec.decode import compile_decoder

    return compile_decoder(writer, reader, style=style)


class _SideCodec:
    """Decodes one side of records: keys, or values."""

    def __init__(self, side: Literal["key", "value"], form: Format, plans: Plans) -> None:
        self._side = side
        self._header = KEY_HEADER if side == "key" else VALUE_HEADER
        self._plans = plans
        self._usual: dict[bytes, Plan] = {}
        """The plans of the prefixes that came last: one lookup a message."""
        self.decode = {
            "auto": self._auto,
            "avro": self._avro,
            "json": self._json,
            "text": self._text,
            "base64": self._base64,
        }[form]

    def _auto(self, data: bytes | None, headers: Headers) -> _Side:
        if data is None:
            return _NO_BYTES
        if headers:
            for name, _ in headers:  # a loop is faster than `any` with a generator
                if name == self._header:
                    return self._unusual(data, headers)
        if data[:1] == b"\0":
            plan = self._usual.get(data[:_PREFIX])
            if plan is not None and plan.decode is not None:
                return self._avro_body(data, _PREFIX, plan)
            return self._unusual(data, ())
        return self._unframed(data)

    def _unusual(self, data: bytes, headers: Headers) -> _Side:
        """Decode what may be framed in any way, or looks like it."""
        framed = unframe(data, headers, is_key=self._side == "key")
        if framed is None or framed.schema_id == 0:
            return self._unframed(data)
        return self._framed(data, framed)

    def _unframed(self, data: bytes) -> _Side:
        text = bytes_text(data)
        if text is None:
            return Decoded(data, "base64")
        if text[:1] in _MAY_START_JSON:
            try:
                return Decoded(read_json(text), "json")
            except NotJson:
                pass
        return Decoded(text, "text")

    def _avro(self, data: bytes | None, headers: Headers) -> _Side:
        if data is None:
            return _NO_BYTES
        framed = unframe(data, headers, is_key=self._side == "key")
        if framed is None:
            start = f"it starts with byte 0x{data[0]:02x}" if data else "it is empty"
            return Undecodable(f"not framed Avro: {start} and names no schema", data)
        return self._framed(data, framed)

    def _framed(self, data: bytes, framed: Framed) -> _Side:
        plan = self._plans.find(framed)
        if isinstance(plan, str):
            return Undecodable(plan, data, framed.schema_id)
        if plan.decode is None:
            return self._json_body(data, framed.start, plan.schema_id)
        if framed.start:
            if len(self._usual) >= _MOST_USUAL:
                self._usual.clear()
            self._usual[data[: framed.start]] = plan
        return self._avro_body(data, framed.start, plan)

    def _avro_body(self, data: bytes, start: int, plan: Plan) -> _Side:
        decode, schema_id, schema = plan
        assert decode is not None
        try:
            return Decoded(decode(data, start), "avro", schema_id, schema)
        except DecodeFailure as failure:
            return Undecodable(
                failure.under(self._side), data, schema_id, failure.position, failure.path
            )

    def _json(self, data: bytes | None, headers: Headers) -> _Side:
        return _NO_BYTES if data is None else self._json_body(data, 0, None)

    def _json_body(self, data: bytes, start: int, schema_id: int | None) -> _Side:
        try:
            return Decoded(read_json(data[start:].decode()), "json", schema_id)
        except UnicodeDecodeError as error:
            reason = f"not UTF-8 (byte {error.start})"
        except NotJson as error:
            reason = str(error)
        return Undecodable(f"not JSON: {reason}", data, schema_id)

    def _text(self, data: bytes | None, headers: Headers) -> _Side:
        if data is None:
            return _NO_BYTES
        try:
            return Decoded(data.decode(), "text")
        except UnicodeDecodeError as error:
            return Undecodable(f"not UTF-8 text (byte {error.start})", data)

    def _base64(self, data: bytes | None, headers: Headers) -> _Side:
        return _NO_BYTES if data is None else Decoded(data, "base64")
