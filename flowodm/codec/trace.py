"""The slow reader: says at which byte and field a value goes wrong, and why.

It walks the same resolution as the generated decoder, one node at a time, without Python's stack
and with its own reading of every type; so it is a second implementation too, and the tests hold
the two against each other.
"""

import struct
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from flowodm.avro.resolution import (
    IntoUnion,
    Mismatch,
    Node,
    Read,
    ReadArray,
    ReadEnum,
    ReadMap,
    ReadRecord,
    ReadUnion,
    Resolution,
    Skip,
)
from flowodm.avro.types import Array, Enum, Fixed, Map, Primitive, Record, Union
from flowodm.avro.walk import Walk, run
from flowodm.codec.failure import DecodeFailure, Path, dotted
from flowodm.codec.limits import Limits
from flowodm.codec.measure import Measures
from flowodm.codec.numbers import Unfit, adjustment_of, decimal_bytes
from flowodm.codec.style import Convert, Refused, Style

__all__ = ["Tracer"]

_BITS: Final = {"int": 32, "long": 64}
_STRUCTS: Final = {"float": struct.Struct("<f"), "double": struct.Struct("<d")}


class Tracer:
    """Reads one value.

    Args:
        resolution: How to read.
        measures: Of that resolution.
        style: What values become.
        limits: The budgets.
        data: The bytes.
        start: Where the value begins; positions are counted from here.
    """

    def __init__(
        self,
        resolution: Resolution,
        measures: Measures,
        style: Style,
        limits: Limits,
        data: bytes,
        start: int = 0,
    ) -> None:
        self._resolution = resolution
        self._measures = measures
        self._style = style
        self._limits = limits
        self._data = data
        self._start = start
        self._p = start
        self._fixed_position: int | None = None
        self._nodes = limits.nodes
        self._path: Path = []

    def read(self) -> Any:
        """Read the value.

        Raises:
            DecodeFailure: It is none, or goes over a limit.
        """
        root = self._resolution.root
        self._charge(self._measures.weight[root])
        value = run(self._value(root, self._limits.depth))
        left = len(self._data) - self._p
        if left:
            self._fail(f"{_bytes(left)} too many", "the value ends before them")
        return value

    @property
    def spent(self) -> int:
        """The nodes that were read so far."""
        return self._limits.nodes - self._nodes

    def _fail(
        self,
        subject: str,
        reason: str,
        position: int | None = None,
        cause: BaseException | None = None,
    ) -> None:
        at = self._p if position is None else position
        if self._fixed_position is not None:
            at = self._fixed_position
        path = dotted(self._path)
        raise DecodeFailure(subject, reason, path=path, position=at - self._start) from cause

    def _charge(self, nodes: int, position: int | None = None) -> None:
        self._nodes -= nodes
        if self._nodes < 0:
            reason = f"the value is made of more than {self._limits.nodes} values"
            self._fail("size", reason, position)

    def _take(self, size: int, what: str) -> bytes:
        left = len(self._data) - self._p
        if size > left:
            self._fail("end of data", f"{what} needs {_bytes(size)}, {left} left")
        self._p += size
        return self._data[self._p - size : self._p]

    def _number(self, word: str, what: str) -> int:
        """A variable-length integer of type `int` or `long`."""
        begin, number, bits = self._p, 0, _BITS[word]
        for shift in range(0, (bits + 6) // 7 * 7, 7):
            if self._p >= len(self._data):
                self._fail("end of data", f"{what} is not complete")
            byte = self._data[self._p]
            self._p += 1
            number |= (byte & 127) << shift
            if byte < 128:
                if number >> bits:
                    self._fail(what, f"it does not fit in {bits} bits", begin)
                return -(number >> 1) - 1 if number & 1 else number >> 1
        self._fail(what, f"it is longer than {(bits + 6) // 7} bytes", begin)
        raise AssertionError

    def _length(self) -> int:
        begin = self._p
        length = self._number("long", "length")
        if length < 0:
            self._fail(f"length {length}", "a length is not negative", begin)
        return length

    def _index(self, count: int, what: str) -> int:
        begin = self._p
        index = self._number("int", "index")
        if not 0 <= index < count:
            self._fail(f"index {index}", f"the {what}", begin)
        return index

    def _value(self, place: int, depth: int) -> Walk[Any]:
        node = self._resolution.nodes[place]
        leaf = self._leaf(node)
        if leaf is not None:
            return leaf()
        match node:
            case ReadRecord():
                return (yield self._record(node, self._open(depth)))
            case ReadArray():
                return (yield self._array(node, self._open(depth)))
            case ReadMap():
                return (yield self._map(node, self._open(depth)))
            case ReadUnion(branches=branches):
                return (yield self._value(self._branch(place, branches), depth))
            case IntoUnion(reader=reader, index=index, node=inner):
                value = yield self._value(inner, depth)
                return self._converted(self._style.branch(reader, index), value)
            case Mismatch():
                if node.field is not None:
                    self._path.append(node.field)
                self._fail(node.subject, node.reason)
            case Skip():
                yield self._skip(node, place, depth)
        return None

    def _leaf(self, node: Node) -> Callable[[], Any] | None:
        """What reads a primitive, a fixed or an enum; None for every other node."""
        if isinstance(node, ReadEnum):
            return partial(self._symbol, node, self._style.convert(node.reader))
        if isinstance(node, Read):
            convert = self._style.convert(node.reader)
            return partial(self._primitive, node, adjustment_of(node), convert)
        return None

    def _open(self, depth: int) -> int:
        if depth < 1:
            self._fail("depth", f"more than {self._limits.depth} values are nested")
        return depth - 1

    def _converted(self, convert: Convert | None, value: Any) -> Any:
        if convert is None:
            return value
        try:
            return convert(value)
        except Refused as refused:
            self._fail("value", str(refused), cause=refused.__cause__)
        except Exception as error:  # noqa: BLE001  # whatever a style's own code may raise
            self._fail("value", f"it cannot be shown as {self._style.name}: {_line(error)}")

    def _primitive(self, node: Read, adjust: Convert | None, convert: Convert | None) -> Any:
        begin = self._p
        value = self._physical(node.writer)
        if node.reader.logical is not None and node.reader.logical.name == "decimal":
            self._check_decimal(value, node, begin)
        if adjust is not None:
            try:
                value = adjust(value)
            except Unfit:
                unit = "the reader's unit or scale"
                self._fail("value", f"{unit} cannot hold it exactly", begin)
        if isinstance(node.reader, Primitive) and not isinstance(node.writer, Fixed):
            value = self._text_or_bytes(node.writer.name, node.reader.name, value, begin)
        return self._converted(convert, value)

    def _check_decimal(self, value: Any, node: Read, begin: int) -> None:
        most = self._limits.decimal_digits
        logicals = [each for each in (node.writer.logical, node.reader.logical) if each]
        if any((each.scale or 0) > most for each in logicals):
            self._fail("decimal", f"its scale is over {most} digits", begin)
        if len(value) > decimal_bytes(most):
            self._fail("decimal", f"it has more than {most} digits", begin)

    def _text_or_bytes(self, writer: str, reader: str, value: Any, begin: int) -> Any:
        if reader != "string":
            return value
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            bad = f"byte {error.start} of {len(value)}"
            self._fail("text", f"it is not UTF-8 ({bad})", begin)

    def _physical(self, writer: Primitive | Fixed) -> Any:
        """The value as it was written; a string as its bytes."""
        if isinstance(writer, Fixed):
            return self._take(writer.size, f"fixed {writer.fullname}")
        match writer.name:
            case "null":
                return None
            case "boolean":
                return self._boolean()
            case "int" | "long":
                return self._number(writer.name, writer.name)
            case "float" | "double":
                layout = _STRUCTS[writer.name]
                return layout.unpack(self._take(layout.size, f"a {writer.name}"))[0]
        return self._take(self._length(), f"{writer.name}")

    def _boolean(self) -> bool:
        byte = self._take(1, "a boolean")[0]
        if byte > 1:
            self._fail(f"byte {byte}", "a boolean is 0 or 1", self._p - 1)
        return byte == 1

    def _symbol(self, node: ReadEnum, convert: Convert | None) -> Any:
        begin = self._p
        count = len(node.symbols)
        index = self._index(count, f"enum has {count} symbols")
        symbol = node.symbols[index]
        if symbol is None:
            reason = f"the reader's enum {node.reader.fullname} has neither it nor a default"
            self._fail(f"symbol {node.writer.symbols[index]}", reason, begin)
        return self._converted(convert, symbol)

    def _branch(self, place: int, branches: tuple[int, ...]) -> int:
        count = len(branches)
        branch = branches[self._index(count, f"union has {count} branches")]
        self._charge(self._measures.weight[branch] - self._measures.weight[place])
        return branch

    def _record(self, node: ReadRecord, depth: int) -> Walk[Any]:
        values: dict[str, Any] = {}
        for step in node.steps:
            self._path.append(step.name if step.target is None else step.target)
            value = yield self._value(step.node, depth)
            if step.target is not None:
                values[step.target] = value
            self._path.pop()
        for default in node.defaults:
            self._path.append(default.name)
            values[default.name] = yield self._default(default.node, default.data, depth)
            self._path.pop()
        record = {field.name: values[field.name] for field in node.reader.fields}
        return self._converted(self._style.convert(node.reader), record)

    def _default(self, node: int, data: bytes, depth: int) -> Walk[Any]:
        kept = self._data, self._p, self._fixed_position
        if self._fixed_position is None:
            self._fixed_position = self._p
        self._data, self._p = data, 0
        value = yield self._value(node, depth)
        self._data, self._p, self._fixed_position = kept
        return value

    def _array(self, node: ReadArray, depth: int) -> Walk[Any]:
        items: list[Any] = []
        leaf = self._leaf(self._resolution.nodes[node.items])
        while (block := self._block(self._measures.smallest[node.items], node.items)) is not None:
            count, end = block
            for _ in range(count):
                self._path.append(len(items))
                items.append(leaf() if leaf else (yield self._value(node.items, depth)))
                self._path.pop()
            self._check_end(end)
        return self._converted(self._style.convert(node.reader), items)

    def _map(self, node: ReadMap, depth: int) -> Walk[Any]:
        entries: dict[str, Any] = {}
        smallest = self._measures.smallest[node.values] + 1
        while (block := self._block(smallest, node.values, keys=1)) is not None:
            count, end = block
            for _ in range(count):
                key = self._key()
                self._path.append((key,))
                entries[key] = yield self._value(node.values, depth)
                self._path.pop()
            self._check_end(end)
        return self._converted(self._style.convert(node.reader), entries)

    def _key(self) -> str:
        begin = self._p
        data = self._take(self._length(), "a key")
        return str(self._text_or_bytes("string", "string", data, begin))

    def _block(self, smallest: int, node: int, *, keys: int = 0) -> tuple[int, int | None] | None:
        """The number of items, and where the writer says that they end; None after the last."""
        begin = self._p
        count, end = self._block_header(smallest)
        if count:
            self._charge(count * (self._measures.weight[node] + keys), begin)
        return (count, end) if count else None

    def _block_header(self, smallest: int) -> tuple[int, int | None]:
        begin, end = self._p, None
        count = self._number("long", "count")
        size = self._length() if count < 0 else None
        left = len(self._data) - self._p
        if size is not None:
            if size > left:
                self._fail(f"block of {_bytes(size)}", f"{_bytes(left)} left", begin)
            count, end, left = -count, self._p + size, size
        if count * smallest > left:
            self._fail(f"count {count}", f"so many items do not fit in {_bytes(left)}", begin)
        return count, end

    def _check_end(self, end: int | None) -> None:
        if end is not None and end != self._p:
            self._fail("block", f"its size is wrong by {_bytes(abs(end - self._p))}")

    def _skip(self, node: Skip, place: int, depth: int) -> Walk[None]:
        match node.writer:
            case Union():
                yield self._value(self._branch(place, node.parts), depth)
            case Record(fields=fields):
                depth = self._open(depth)
                for field, part in zip(fields, node.parts, strict=True):
                    self._path.append(field.name)
                    yield self._value(part, depth)
                    self._path.pop()
            case Array() | Map():
                yield self._skip_blocks(node, self._open(depth))
            case Enum(symbols=symbols):
                self._index(len(symbols), f"enum has {len(symbols)} symbols")
            case Primitive() | Fixed():
                self._physical(node.writer)

    def _skip_blocks(self, node: Skip, depth: int) -> Walk[None]:
        (part,) = node.parts
        keys = int(isinstance(node.writer, Map))
        smallest = self._measures.smallest[part] + keys
        while True:
            begin = self._p
            count, end = self._block_header(smallest)
            if not count:
                return
            if end is not None:
                self._p = end
                continue
            self._charge(count * (self._measures.weight[part] + keys), begin)
            for _ in range(count):
                if keys:
                    self._take(self._length(), "a key")
                yield self._value(part, depth)


def _bytes(count: int) -> str:
    return "1 byte" if count == 1 else f"{count} bytes"


def _line(error: Exception) -> str:
    text = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {text[:100]}"
