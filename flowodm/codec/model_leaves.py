"""The source that writes one scalar of a model: exactly the common Python type, or not at all."""

from collections.abc import Mapping
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation
from typing import Any, Final

from flowodm.avro.binding import Binding, EnumBinding
from flowodm.avro.types import Enum, Fixed, Logical, Primitive
from flowodm.codec.limits import Limits
from flowodm.codec.model_body import Body
from flowodm.codec.varint_write import long_bytes

__all__ = ["ModelLeaves"]

_MOST_DIGITS: Final = Limits().decimal_digits
_TIMES: Final[Mapping[str, str]] = {
    "timestamp-millis": "EPOCH",
    "timestamp-micros": "EPOCH",
    "local-timestamp-millis": "LOCAL_EPOCH",
    "local-timestamp-micros": "LOCAL_EPOCH",
}


class ModelLeaves:
    """Writes the leaves of an encoder.

    Each method checks the value in the local variable `value`, and puts its pieces.
    """

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def write(self, body: Body, node: Primitive | Fixed | Enum, value: str) -> None:
        """Write a value of a scalar type."""
        if isinstance(node, Enum):
            self._enum(body, self._binding.enums[node.fullname], node, value)
        elif isinstance(node, Fixed):
            self._fixed(body, node, value)
        elif node.logical is None or not _logical(body, node, node.logical, value):
            _primitive(body, node.name, value)

    def _enum(self, body: Body, binding: EnumBinding, node: Enum, value: str) -> None:
        written = {symbol: long_bytes(place) for place, symbol in enumerate(node.symbols)}
        if binding.cls is None:
            _check(body, value, "str")
            body.put(f"{body.constants.add(written)}[{value}]")
            return
        members = {id(member): written[symbol] for symbol, member in binding.members.items()}
        piece = body.fresh("x")
        body.emit(f"{piece} = {body.constants.add(members)}.get(id({value}))")
        by_value: dict[type, dict[Any, bytes]] = {str: {}, int: {}}  # `use_enum_values`
        for symbol, member in binding.members.items():
            by_value.get(type(member.value), {})[member.value] = written[symbol]
        values = body.constants.add(by_value)
        body.emit(f"if {piece} is None: {piece} = {values}[type({value})][{value}]")
        body.put(piece)

    def _fixed(self, body: Body, node: Fixed, value: str) -> None:
        own = self._binding.fixeds.get(node.fullname)
        size = body.constants.add(node.size)
        match node.logical:
            case Logical(name="decimal") as logical:
                _check(body, value, "Decimal", own)
                number = _unscaled(body, logical, value)
                body.put(f'{number}.to_bytes({size}, "big", signed=True)')
            case Logical(name="uuid"):
                _check(body, value, "UUID", own)
                body.put(f"{value}.int.to_bytes(16)")
            case Logical(name="duration"):
                _check(body, value, "Duration", own)
                part = body.fresh("x")
                with body.block(f"for {part} in {value}:"):
                    _check(body, part, "int")
                body.put(f"DURATION(*{value})")
            case _:
                _check(body, value, "bytes", own)
                body.emit(f"if len({value}) != {size}: raise FAIL")
                body.put(value)


def _check(body: Body, value: str, kind: str, own: type | None = None) -> None:
    name = kind if own is None else body.constants.add(own)
    body.emit(f"if type({value}) is not {name}: raise FAIL")


def _primitive(body: Body, word: str, value: str) -> None:
    match word:
        case "null":
            body.emit(f"if {value} is not None: raise FAIL")
        case "boolean":
            piece = body.fresh("x")
            body.emit(
                f"if {value} is True: {piece} = TRUE",
                f"elif {value} is False: {piece} = FALSE",
                "else: raise FAIL",
            )
            body.put(piece)
        case "int" | "long":
            _check(body, value, "int")
            body.put(f"SMALL[{value}] if -END <= {value} < END else {word.upper()}({value})")
        case "float" | "double":
            _check(body, value, "float")
            body.pack("f" if word == "float" else "d", value)
        case "bytes":
            _check(body, value, "bytes")
            put_sized(body, value)
        case "string":
            _check(body, value, "str")
            put_text(body, value)


def put_text(body: Body, value: str) -> None:
    """Write a text with its length in front."""
    data = body.fresh("x")
    body.emit(f"{data} = {value}.encode()")
    put_sized(body, data)


def put_sized(body: Body, data: str) -> None:
    """Write bytes with their length in front."""
    length = body.fresh("n")
    body.emit(f"{length} = len({data})")
    body.put(f"SMALL[{length}] if {length} < END else LONG({length})", data)


def _logical(body: Body, node: Primitive, logical: Logical, value: str) -> bool:
    """Write a value of a logical type; False: it is one whose values are the written ones."""
    match logical.name:
        case "decimal":
            _check(body, value, "Decimal")
            _decimal(body, _unscaled(body, logical, value))
        case "uuid":
            _uuid(body, value)
        case "date":
            _check(body, value, "date")
            body.put(f"LONG({value}.toordinal() - FIRST_DAY)")
        case "time-millis" | "time-micros":
            _time(body, logical.name, value)
        case name if name in _TIMES:
            _timestamp(body, name, value)
        case _:
            return False
    return True


def _unscaled(body: Body, logical: Logical, value: str) -> str:
    """The digits of a decimal as one integer; the context refuses what is too long or cut."""
    precision, scale = min(logical.precision or 0, _MOST_DIGITS), logical.scale or 0
    context = body.constants.add(
        Context(prec=precision, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact, InvalidOperation])
    )
    unit = body.constants.add(Decimal((0, (1,), -scale)))
    places = body.constants.add(Decimal(scale))
    number = body.fresh("x")
    body.emit(f"{number} = {value}.quantize({unit}, None, {context})")
    if scale:
        body.emit(f"{number} = {number}.scaleb({places}, {context})")
    body.emit(f"{number} = int({number})")
    return number


def _decimal(body: Body, number: str) -> None:
    data = body.fresh("x")
    body.emit(
        f"if {number} < 0: {data} = {number}.to_bytes((~{number}).bit_length() // 8 + 1,"
        ' "big", signed=True)',
        f"else: {data} = {number}.to_bytes({number}.bit_length() // 8 + 1)",
    )
    put_sized(body, data)


def _uuid(body: Body, value: str) -> None:
    """A UUID, or a text where the annotation is `str`."""
    data = body.fresh("x")
    body.emit(
        f'if type({value}) is UUID: {data} = DASHED(GROUPS(b"%032x" % {value}.int))',
        f"elif type({value}) is str: {data} = {value}.encode()",
        "else: raise FAIL",
    )
    put_sized(body, data)


def _time(body: Body, name: str, value: str) -> None:
    _check(body, value, "time")
    body.emit(f"if {value}.tzinfo is not None: raise FAIL")
    seconds = f"(({value}.hour * 60 + {value}.minute) * 60 + {value}.second)"
    if name == "time-micros":
        body.put(f"LONG({seconds} * 1000000 + {value}.microsecond)")
        return
    body.emit(f"if {value}.microsecond % 1000: raise FAIL")
    body.put(f"LONG({seconds} * 1000 + {value}.microsecond // 1000)")


def _timestamp(body: Body, name: str, value: str) -> None:
    _check(body, value, "datetime")
    delta = body.fresh("x")
    body.emit(f"{delta} = {value} - {_TIMES[name]}")  # refuses the other sort of datetime
    if name.endswith("micros"):
        body.put(f"LONG({delta} // MICROSECOND)")
        return
    body.emit(f"if {delta}.microseconds % 1000: raise FAIL")
    body.put(f"LONG({delta} // MILLISECOND)")
