"""The source that reads or skips one primitive, fixed or enum value."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flowodm.avro.resolution import Node, Read, ReadEnum, Skip
from flowodm.avro.types import Enum, Fixed, Primitive
from flowodm.codec.blocks import Bulk
from flowodm.codec.limits import Limits
from flowodm.codec.measure import static_size
from flowodm.codec.numbers import adjustment_of, decimal_bytes
from flowodm.codec.source import Function
from flowodm.codec.style import Convert, Style
from flowodm.codec.varint import Malformed, read_index

__all__ = ["Leaves"]

_CODES: Final = {"float": "f", "double": "d", "boolean": "B"}
_BULK: Final = {
    "float": "FLOATS",
    "double": "DOUBLES",
    "boolean": "FLAGS",
    "int": "INTS",
    "long": "LONGS",
}
_LARGEST_IN_RUN: Final = 4_096
"""Bytes of a fixed that is read together with its neighbours."""


@dataclass(frozen=True, slots=True)
class Leaves:
    """Writes the leaves of a decoder.

    Args:
        style: What values become.
        limits: The budgets.
    """

    style: Style
    limits: Limits

    def read(self, function: Function, node: Read, target: str) -> None:
        """Read a primitive or a fixed into a local variable."""
        if isinstance(node.writer, Fixed):
            size = function.constants.add(node.writer.size)
            function.emit(f"{target} = data[p:(p := p + {size})]")
        else:
            self._read_primitive(function, node, node.writer.name, target)
        self._finish(function, node, target)

    def _read_primitive(self, function: Function, node: Read, word: str, target: str) -> None:
        match word:
            case "null":
                function.emit(f"{target} = None")
            case "boolean":
                function.emit(f"{target} = BOOLEANS[data[p]]", "p += 1")
            case "float" | "double":
                size = static_size(node.writer)
                function.emit(f"{target} = {word.upper()}(data, p)[0]", f"p += {size}")
            case "int" | "long":
                self._read_number(function, node, word.upper(), target)
            case _:
                is_text = isinstance(node.reader, Primitive) and node.reader.name == "string"
                read_slice(function, target, is_text=is_text)

    def _read_number(self, function: Function, node: Read, reader: str, target: str) -> None:
        logical = node.writer.logical
        if logical is not None and reader == "LONG":  # a time: never a single byte
            function.emit(f"{target}, p = LONG(data, p)")
            return
        function.emit(
            f"{target} = NUMBERS[data[p]]",
            f"if {target} is None: {target}, p = {reader}(data, p)",
            "else: p += 1",
        )

    def _finish(self, function: Function, node: Read, target: str) -> None:
        logicals = [each for each in (node.writer.logical, node.reader.logical) if each]
        if node.reader.logical is not None and node.reader.logical.name == "decimal":
            most = self.limits.decimal_digits
            if any((each.scale or 0) > most for each in logicals):
                function.emit("raise FAIL")
                return
            function.emit(f"if len({target}) > {decimal_bytes(most)}: raise FAIL")
        for convert in self.conversions(node):
            function.emit(f"{target} = {function.constants.add(convert)}({target})")

    def conversions(self, node: Read) -> list[Convert]:
        """What is done to the value after it was read."""
        both = adjustment_of(node), self.style.convert(node.reader)
        return [convert for convert in both if convert is not None]

    def bulk(self, function: Function, node: Node, target: str) -> Bulk | None:
        """What reads many primitives at once and adds them to a list; None for other types."""
        if not isinstance(node, Read) or not isinstance(node.writer, Primitive):
            return None
        reader = _BULK.get(node.writer.name)
        if reader is None:
            return None
        items = "n"
        for convert in self.conversions(node):
            items = f"map({function.constants.add(convert)}, {items})"
        whole = "n" if items == "n" else f"[*{items}]"
        return lambda count: (
            f"n, p = {reader}(data, p, {count})",
            f"if {target}: {target} += {items}",
            f"else: {target} = {whole}",
        )

    def is_in_run(self, node: object) -> bool:
        """Whether the value takes the same bytes each time, and `struct` reads it."""
        if not isinstance(node, Read):
            return False
        if isinstance(node.writer, Fixed):
            return 0 < node.writer.size <= _LARGEST_IN_RUN
        return node.writer.name in _CODES

    def read_run(self, function: Function, nodes: Sequence[Read], targets: Sequence[str]) -> None:
        """Read neighbours of constant size at once."""
        codes = (
            f"{node.writer.size}s" if isinstance(node.writer, Fixed) else _CODES[node.writer.name]
            for node in nodes
        )
        layout = struct.Struct("<" + "".join(codes))
        unpack = function.constants.add(layout.unpack_from)
        function.emit(f"{', '.join(targets)} = {unpack}(data, p)", f"p += {layout.size}")
        for node, target in zip(nodes, targets, strict=True):
            if isinstance(node.writer, Primitive) and node.writer.name == "boolean":
                function.emit(f"{target} = BOOLEANS[{target}]")
            self._finish(function, node, target)

    def read_enum(self, function: Function, node: ReadEnum, target: str) -> None:
        """Read a symbol into a local variable."""
        convert = self.style.convert(node.reader)
        symbols = [
            symbol if symbol is None or convert is None else convert(symbol)
            for symbol in node.symbols
        ]
        known = [symbol is not None for symbol in node.symbols]
        single: list[Any] = [None] * 256
        single[: min(len(symbols), 64) * 2 : 2] = symbols[:64]
        table = function.constants.add(tuple(single))
        slow = function.constants.add(_symbol_reader(symbols, known))
        function.emit(
            f"{target} = {table}[data[p]]",
            f"if {target} is None: {target}, p = {slow}(data, p)",
            "else: p += 1",
        )

    def skip(self, function: Function, node: Skip) -> None:
        """Pass over a primitive, a fixed or an enum."""
        match node.writer:
            case Enum(symbols=symbols):
                end = function.constants.add(2 * len(symbols))
                index = function.fresh("n")
                function.emit(
                    f"{index} = data[p]",
                    f"if {index} > 127: {index}, p = BRANCH(data, p)",
                    "else: p += 1",
                    f"if {index} & 1 or {index} >= {end}: raise FAIL",
                )
            case Primitive(name="boolean"):
                function.emit("if data[p] > 1: raise FAIL", "p += 1")
            case Primitive(name="int" | "long" as word):
                function.emit(f"p = p + 1 if data[p] < 128 else SKIP_{word.upper()}(data, p)")
            case Primitive(name="bytes" | "string"):
                skip_slice(function)
            case _:
                size = static_size(node.writer)
                if size:
                    function.emit(f"p += {function.constants.add(size)}")


def read_slice(function: Function, target: str, *, is_text: bool) -> None:
    """Read a length, then so many bytes, as bytes or as text."""
    length = _read_length(function)
    decode = ".decode()" if is_text else ""
    function.emit(f"{target} = data[p:(p := p + {length})]{decode}")


def skip_slice(function: Function) -> None:
    """Pass over a length and so many bytes."""
    function.emit(f"p += {_read_length(function)}")


def _read_length(function: Function) -> str:
    function.emit(
        "n = LENGTHS[data[p]]",
        "if n is None: n, p = LENGTH(data, p)",
        "else: p += 1",
    )
    return "n"


def _symbol_reader(
    symbols: Sequence[Any], known: Sequence[bool]
) -> Callable[[bytes, int], tuple[Any, int]]:
    def read(data: bytes, p: int) -> tuple[Any, int]:
        index, p = read_index(data, p)
        if not known[index]:
            raise Malformed
        return symbols[index], p

    return read
