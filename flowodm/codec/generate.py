"""The source of a decoder, built from the structure of a resolution and from nothing else.

No name, symbol, default or number of a schema becomes source text: they enter as constants of
the generated module. Every node is written where it is used, as straight code, or as a function
of its own when it is recursive, large and shared, or too deeply nested (CPython allows twenty
nested blocks and a hundred levels of indentation).

The position is `p`, the bytes `data`; `d` counts down the depth that is left, where that is not
known beforehand, and `b[0]` the nodes. Positions only grow, because no length is negative; so it
is enough that every byte is looked up (`IndexError` beyond the end) and that the last position
is the end of the bytes: a slice beyond it is short, and never the result.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import compress
from typing import Any, Final

from flowodm.avro.resolution import (
    FieldDefault,
    IntoUnion,
    Mismatch,
    Read,
    ReadArray,
    ReadEnum,
    ReadMap,
    ReadRecord,
    ReadUnion,
    Resolution,
    Skip,
    Step,
)
from flowodm.avro.types import Array, Map, Record, Union
from flowodm.codec.blocks import write_blocks
from flowodm.codec.leaves import Leaves, read_slice, skip_slice
from flowodm.codec.limits import Limits
from flowodm.codec.measure import Measures, children_of
from flowodm.codec.source import Constants, Function, Generated, Nest
from flowodm.codec.style import PHYSICAL, Convert, Style
from flowodm.codec.trace import Tracer
from flowodm.errors import DeserializationError

__all__ = ["generate"]

_SMALL: Final = 16
"""Nodes that may be written several times rather than called."""
_MOST_BRANCHES: Final = 8
_MOST_STEPS: Final = 500
"""Fields that one function reads."""

_DISPLAY: Final = 15
"""CPython builds a larger display in pieces, slower than it stores items."""


def generate(resolution: Resolution, measures: Measures, style: Style, limits: Limits) -> Generated:
    """Write the decoder of a resolution."""
    return _Generator(resolution, measures, style, limits).generate()


class _Generator:
    def __init__(
        self, resolution: Resolution, measures: Measures, style: Style, limits: Limits
    ) -> None:
        self._resolution = resolution
        self._nodes = resolution.nodes
        self._measures = measures
        self._style = style
        self._limits = limits
        self._leaves = Leaves(style, limits)
        self._constants = Constants()
        self._tables: dict[str, tuple[str, ...]] = {}
        self._functions: list[Function] = []
        self._asked: set[int] = set()
        self._queue: list[int] = []
        root = resolution.root
        self._is_deep = bool(measures.recursive) or measures.height[root] > limits.depth
        self._arguments = "data, p, b, d" if self._is_deep else "data, p, b"

    def generate(self) -> Generated:
        self._functions.append(self._root())
        while self._queue:
            self._functions.append(self._function(self._queue.pop()))
        texts = tuple("\n".join(function.lines) for function in self._functions)
        return Generated(texts, self._constants.values, self._tables)

    def _root(self) -> Function:
        function = Function("def decode(data, start=0):", self._constants)
        root = self._resolution.root
        left = self._limits.nodes - self._measures.weight[root]
        function.emit("p = start")
        with function.block("try:"):
            budget = len(function.lines)
            if self._is_deep:
                function.emit(f"d = {self._constants.add(self._limits.depth)}")
            if left < 0:
                function.emit("raise FAIL")
            self._read(function, root, "v", Nest(blocks=1))
            if function.is_counted:
                function.lines.insert(budget, f"  b = [{self._constants.add(left)}]")
            function.emit("if p == len(data): return v")
        with function.block("except Exception as error:"):
            function.emit("return EXPLAIN(data, start, error)")
        function.emit("return EXPLAIN(data, start, None)")
        return function

    def _function(self, place: int) -> Function:
        function = Function(f"def f{place}({self._arguments}):", self._constants)
        self._write(function, place, "v", Nest())
        function.emit("return p" if isinstance(self._nodes[place], Skip) else "return v, p")
        return function

    def _read(self, function: Function, place: int, target: str, nest: Nest) -> None:
        """Read a node into a local variable, here or by a function; or skip it."""
        if self._is_written_here(function, place, nest):
            self._write(function, place, target, nest)
            return
        result = "p" if isinstance(self._nodes[place], Skip) else f"{target}, p"
        function.emit(f"{result} = {self._ask(place)}({self._passed(function, nest)})")

    def _passed(self, function: Function, nest: Nest, data: str = "data, p") -> str:
        """The arguments of a call."""
        function.is_counted = True
        return f"{data}, b, d - {nest.open}" if self._is_deep else f"{data}, b"

    def _ask(self, place: int) -> str:
        """The name of a node's function, which is then written too."""
        if place not in self._asked:
            self._asked.add(place)
            self._queue.append(place)
        return f"f{place}"

    def _is_written_here(self, function: Function, place: int, nest: Nest) -> bool:
        if _is_leaf(self._nodes[place]):
            return True
        if place in self._measures.recursive or nest.is_full(function):
            return False
        return self._measures.users[place] < 2 or self._is_small(place)

    def _is_small(self, place: int) -> bool:
        stack, seen = [place], 0
        while stack and seen <= _SMALL:
            seen += 1
            stack.extend(children_of(self._nodes[stack.pop()]))
        return seen <= _SMALL

    def _write(self, function: Function, place: int, target: str, nest: Nest) -> None:
        match self._nodes[place]:
            case Read() as node:
                self._leaves.read(function, node, target)
            case ReadEnum() as node:
                self._leaves.read_enum(function, node, target)
            case Mismatch():
                function.emit("raise FAIL")
            case ReadRecord() as node:
                self._record(function, node, target, self._enter(function, nest))
            case ReadArray() as node:
                self._array(function, node, target, self._enter(function, nest, blocks=2))
            case ReadMap() as node:
                self._map(function, node, target, self._enter(function, nest, blocks=2))
            case ReadUnion(branches=branches):
                self._union(function, place, branches, target, nest.inside())
            case IntoUnion() as node:
                self._read(function, node.node, target, nest.inside())
                branch = self._style.branch(node.reader, node.index)
                self._converted(function, branch, target)
            case Skip() as node:
                self._skip(function, place, node, nest)

    def _enter(self, function: Function, nest: Nest, *, blocks: int = 0) -> Nest:
        nest = nest.inside(open=1, blocks=blocks)
        if self._is_deep:
            function.emit(f"if d < {nest.open}: raise FAIL")
        return nest

    def _converted(self, function: Function, convert: Convert | None, target: str) -> None:
        if convert is not None:
            function.emit(f"{target} = {self._constants.add(convert)}({target})")

    def _record(self, function: Function, node: ReadRecord, target: str, nest: Nest) -> None:
        values: dict[str, str] = {}
        pieces = range(0, len(node.steps), _MOST_STEPS)
        for start in pieces:
            steps = node.steps[start : start + _MOST_STEPS]
            read = self._steps if len(pieces) < 2 else self._piece
            names = read(function, steps, nest)
            values.update(
                {step.target: name for step, name in zip(steps, names, strict=True) if step.target}
            )
        for default in node.defaults:
            values[default.name] = self._default(function, default, nest)
        self._display(function, target, [(f.name, values[f.name]) for f in node.reader.fields])
        self._converted(function, self._style.convert(node.reader), target)

    def _steps(self, function: Function, steps: Sequence[Step], nest: Nest) -> list[str]:
        """Read fields one after the other, each into a local variable."""
        names = [function.fresh("v") for _ in steps]
        run: list[tuple[Read, str]] = []
        for step, name in zip(steps, names, strict=True):
            inner = self._nodes[step.node]
            if isinstance(inner, Read) and self._leaves.is_in_run(inner):
                run.append((inner, name))
                continue
            self._end_run(function, run)
            self._read(function, step.node, name, nest)
        self._end_run(function, run)
        return names

    def _piece(self, function: Function, steps: Sequence[Step], nest: Nest) -> list[str]:
        """Read some fields of a very long record in a function of their own."""
        name = f"g{len(self._functions)}"
        piece = Function(f"def {name}({self._arguments}):", self._constants)
        self._functions.append(piece)
        kept = [step.target is not None for step in steps]
        inner = self._steps(piece, steps, Nest())
        piece.emit("return " + ", ".join([*compress(inner, kept), "p"]))
        names = [function.fresh("v") for _ in steps]
        targets = ", ".join([*compress(names, kept), "p"])
        function.emit(f"{targets} = {name}({self._passed(function, nest)})")
        return names

    def _end_run(self, function: Function, run: list[tuple[Read, str]]) -> None:
        if len(run) == 1:
            self._leaves.read(function, *run[0])
        elif run:
            nodes, targets = zip(*run, strict=True)
            self._leaves.read_run(function, nodes, targets)
        run.clear()

    def _display(self, function: Function, target: str, entries: Sequence[tuple[str, str]]) -> None:
        pairs = [(self._constants.add(name), value) for name, value in entries]
        shown = ", ".join(f"{key}: {value}" for key, value in pairs[:_DISPLAY])
        function.emit(f"{target} = {{{shown}}}")
        for key, value in pairs[_DISPLAY:]:
            function.emit(f"{target}[{key}] = {value}")

    def _default(self, function: Function, default: FieldDefault, nest: Nest) -> str:
        """A constant, or a local variable for what a record must not share with the next."""
        try:
            physical, _ = self._traced(default, PHYSICAL)
            value, spent = self._traced(default, self._style)
        except DeserializationError:
            physical = value = {}  # fails again where it is read, and is explained there
        if isinstance(physical, list | dict) or isinstance(value, list | dict):
            target = function.fresh("v")
            passed = self._passed(function, nest, f"{self._constants.add(default.data)}, 0")
            function.emit(f"{target} = {self._ask(default.node)}({passed})[0]")
            return target
        extra = spent - self._measures.weight[default.node]
        if extra:
            function.charge(self._constants.add(extra))
        return self._constants.add(value)

    def _traced(self, default: FieldDefault, style: Style) -> tuple[Any, int]:
        """A default as the slow reader reads it, and the nodes that it is made of."""
        resolution = replace(self._resolution, root=default.node)
        tracer = Tracer(resolution, self._measures, style, self._limits, default.data)
        return tracer.read(), tracer.spent

    def _array(self, function: Function, node: ReadArray, target: str, nest: Nest) -> None:
        items = node.items
        smallest, weight = self._measures.smallest[items], self._measures.weight[items]
        function.emit(f"{target} = []")
        item = function.fresh("v")

        def one() -> None:
            self._read(function, items, item, nest)
            function.emit(f"{target}.append({item})")

        bulk = self._leaves.bulk(function, self._nodes[items], target)
        write_blocks(function, smallest, weight, one, bulk=bulk)
        self._converted(function, self._style.convert(node.reader), target)

    def _map(self, function: Function, node: ReadMap, target: str, nest: Nest) -> None:
        values = node.values
        smallest, weight = self._measures.smallest[values] + 1, self._measures.weight[values] + 1
        function.emit(f"{target} = {{}}")
        key, value = function.fresh("k"), function.fresh("v")

        def one() -> None:
            read_slice(function, key, is_text=True)
            self._read(function, values, value, nest)
            function.emit(f"{target}[{key}] = {value}")

        write_blocks(function, smallest, weight, one)
        self._converted(function, self._style.convert(node.reader), target)

    def _union(
        self,
        function: Function,
        place: int,
        branches: tuple[int, ...],
        target: str,
        nest: Nest,
    ) -> None:
        if len(branches) > _MOST_BRANCHES:
            self._dispatch(function, place, branches, target, nest)
            return
        index = function.fresh("n")
        function.emit(
            f"{index} = data[p]",
            f"if {index} > 127: {index}, p = BRANCH(data, p)",
            "else: p += 1",
        )
        word = "if"
        for number, branch in enumerate(branches):
            with function.block(f"{word} {index} == {2 * number}:"):
                extra = self._measures.weight[branch] - self._measures.weight[place]
                if extra:
                    function.charge(self._constants.add(extra))
                self._read(function, branch, target, nest)
            word = "elif"
        function.emit("else: raise FAIL" if branches else "raise FAIL")

    def _dispatch(
        self,
        function: Function,
        place: int,
        branches: tuple[int, ...],
        target: str,
        nest: Nest,
    ) -> None:
        """Many branches: a function each, looked up in a table."""
        table = f"T{place}"
        self._tables[table] = tuple(self._ask(branch) for branch in branches)
        own = self._measures.weight[place]
        extras = tuple(self._measures.weight[branch] - own for branch in branches)
        function.emit("n, p = INDEX(data, p)")
        function.charge(f"{self._constants.add(extras)}[n]")
        result = "p" if isinstance(self._nodes[place], Skip) else f"{target}, p"
        function.emit(f"{result} = {table}[n]({self._passed(function, nest)})")

    def _skip(self, function: Function, place: int, node: Skip, nest: Nest) -> None:
        match node.writer:
            case Union():
                self._union(function, place, node.parts, "v", nest.inside())
            case Record():
                nest = self._enter(function, nest)
                for part in node.parts:
                    self._read(function, part, "v", nest)
            case Array() | Map():
                self._skip_blocks(function, node, self._enter(function, nest, blocks=2))
            case _:
                self._leaves.skip(function, node)

    def _skip_blocks(self, function: Function, node: Skip, nest: Nest) -> None:
        (part,) = node.parts
        keys = int(isinstance(node.writer, Map))
        smallest = self._measures.smallest[part] + keys
        weight = self._measures.weight[part] + keys

        def one() -> None:
            if keys:
                skip_slice(function)
            self._read(function, part, "v", nest)

        write_blocks(function, smallest, weight, one, jump=True)


def _is_leaf(node: object) -> bool:
    if isinstance(node, Skip):
        return not isinstance(node.writer, Record | Array | Map | Union)
    return isinstance(node, Read | ReadEnum | Mismatch)
