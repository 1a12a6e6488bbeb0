"""The source of a model's encoder, built from the structure of its schema and nothing else.

No name, symbol, default or number of a schema becomes source text: they enter as constants of
the generated module, as in a decoder (`generate.py`). Only values of exactly the usual Python
types are written; at anything else the code raises, and who called it lets the explaining encoder
have the value.

The instance is `v`, what was put out `o`, and `d` the depth that is left where that is not known
beforehand. Containers are copied before their length is written, so that nobody can change them
in between.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from flowodm.avro.binding import Binding
from flowodm.avro.survey import parts_of, survey
from flowodm.avro.types import Array, Enum, Fixed, Map, Primitive, Record, Type, Union
from flowodm.codec.bulk_write import BULK
from flowodm.codec.misfit import DEPTH
from flowodm.codec.model_body import Body, display
from flowodm.codec.model_kinds import UnionKinds, union_kinds
from flowodm.codec.model_leaves import ModelLeaves, put_text
from flowodm.codec.source import Constants, Generated, Nest
from flowodm.codec.varint_write import long_bytes

__all__ = ["generate"]

_SMALL: Final = 16
"""Nodes that may be written several times rather than called."""
_MOST_BRANCHES: Final = 200
"""Branches of a union that are told; CPython cannot nest many more."""


def generate(binding: Binding, *, root_attribute: str | None) -> Generated:
    """Write the encoder of a binding.

    Args:
        binding: The class and its schema.
        root_attribute: What holds the value of an instance; None: the instance is the record.
    """
    return _Generator(binding, root_attribute).generate()


class _Generator:
    def __init__(self, binding: Binding, root_attribute: str | None) -> None:
        self._binding = binding
        self._schema = binding.schema
        self._root_attribute = root_attribute
        self._survey = survey(binding.schema)
        self._leaves = ModelLeaves(binding)
        self._constants = Constants()
        self._functions: list[Body] = []
        self._asked: dict[int, str] = {}
        self._queue: list[Type] = []
        self._is_deep = bool(self._survey.recursive) or self._survey.height > DEPTH
        self._arguments = "o, d" if self._is_deep else "o"

    def generate(self) -> Generated:
        self._functions.append(self._root())
        while self._queue:
            self._functions.append(self._function(self._queue.pop()))
        texts = tuple("\n".join(body.lines) for body in self._functions)
        return Generated(texts, self._constants.values)

    def _root(self) -> Body:
        body = Body("def encode(instance, prefix):", self._constants)
        with body.block("try:"):
            if self._is_deep:
                body.emit(f"d = {self._constants.add(DEPTH)}")
            before = len(body.lines)
            value = self._root_value(body)
            self._write(body, self._schema.deref(self._schema.root), value, Nest(blocks=1))
            if body.uses_list:
                body.lines.insert(before, "  o = [prefix]")
                body.flush()
                body.emit("return JOIN(o)")
            else:
                body.emit(f"return JOIN({display(['prefix', *body.take()])})")
        body.emit("except Exception: return EXPLAIN(instance, prefix)")
        return body

    def _root_value(self, body: Body) -> str:
        if self._root_attribute is None:
            return "instance"
        model, attribute = map(self._constants.add, (self._binding.model, self._root_attribute))
        body.emit(
            f"if type(instance) is not {model}: raise FAIL", f"v = instance.__dict__[{attribute}]"
        )
        return "v"

    def _function(self, node: Type) -> Body:
        body = Body(f"def {self._asked[id(node)]}(v, {self._arguments}):", self._constants)
        self._plain(body, node, "v", Nest())
        body.flush()
        body.emit("return")
        return body

    def _write(self, body: Body, node: Type, value: str, nest: Nest) -> None:
        """Write the value in a local variable, here or by a function."""
        conversion = self._binding.conversions.get(node)
        if conversion is not None:
            converted = body.fresh("v")
            body.emit(f"{converted} = {self._constants.add(conversion.to_avro)}({value})")
            value = converted
        if self._is_written_here(body, node, nest):
            self._plain(body, node, value, nest)
            return
        body.flush()
        body.uses_list = True
        body.emit(f"{self._ask(node)}({value}, {self._passed(nest)})")

    def _passed(self, nest: Nest) -> str:
        """The arguments of a call."""
        return f"o, d - {nest.open}" if self._is_deep else "o"

    def _ask(self, node: Type) -> str:
        """The name of a node's function, which is then written too."""
        name = self._asked.get(id(node))
        if name is None:
            name = self._asked[id(node)] = f"f{len(self._asked)}"
            self._queue.append(node)
        return name

    def _is_written_here(self, body: Body, node: Type, nest: Nest) -> bool:
        if isinstance(node, Primitive | Fixed | Enum):
            return True
        if id(node) in self._survey.recursive or nest.is_full(body):
            return False
        return self._survey.users[id(node)] < 2 or self._is_small(node)

    def _is_small(self, node: Type) -> bool:
        stack, seen = [node], 0
        while stack and seen <= _SMALL:
            seen += 1
            stack.extend(parts_of(self._schema, stack.pop()))
        return seen <= _SMALL

    def _plain(self, body: Body, node: Type, value: str, nest: Nest) -> None:
        match node:
            case Primitive() | Fixed() | Enum():
                self._leaves.write(body, node, value)
            case Record():
                self._record(body, node, value, self._enter(body, nest))
            case Array():
                self._array(body, node, value, self._enter(body, nest, blocks=1))
            case Map():
                self._map(body, node, value, self._enter(body, nest, blocks=1))
            case Union():
                self._union(body, union_kinds(self._binding, node), value, nest)

    def _enter(self, body: Body, nest: Nest, *, blocks: int = 0) -> Nest:
        nest = nest.inside(open=1, blocks=blocks)
        if self._is_deep:
            body.emit(f"if d < {nest.open}: raise FAIL")
        return nest

    def _record(self, body: Body, node: Record, value: str, nest: Nest) -> None:
        binding = self._binding.records[node.fullname]
        attributes = body.fresh("s")
        body.emit(
            f"if type({value}) is not {self._constants.add(binding.cls)}: raise FAIL",
            f"{attributes} = {value}.__dict__",
        )
        for field, bound in zip(node.fields, binding.fields, strict=True):
            inner = body.fresh("v")
            body.emit(f"{inner} = {attributes}[{self._constants.add(bound.attribute)}]")
            self._write(body, self._schema.deref(field.type), inner, nest)

    def _array(self, body: Body, node: Array, value: str, nest: Nest) -> None:
        items = body.fresh("a")
        body.emit(f"if type({value}) not in ARRAYS: raise FAIL", f"{items} = [*{value}]")
        body.flush()
        with body.block(f"if {items}:"):
            put_length(body, items)
            inner = self._schema.deref(node.items)
            bulk = self._bulk(inner)
            if bulk is not None:
                body.put(f"{bulk}({items})")
            body.flush()
            if bulk is None:
                item = body.fresh("v")
                with body.block(f"for {item} in {items}:"):
                    self._write(body, inner, item, nest)
                    body.flush()
        body.put("END_BLOCK")

    def _bulk(self, node: Type) -> str | None:
        """What writes all items of an array at once; None where they are written one by one."""
        if not isinstance(node, Primitive) or node.logical or node in self._binding.conversions:
            return None
        write = BULK.get(node.name)
        return write and self._constants.add(write)

    def _map(self, body: Body, node: Map, value: str, nest: Nest) -> None:
        entries = body.fresh("a")
        body.emit(f"if type({value}) is not dict: raise FAIL", f"{entries} = {{**{value}}}")
        body.flush()
        with body.block(f"if {entries}:"):
            put_length(body, entries)
            body.flush()
            key, item = body.fresh("k"), body.fresh("v")
            with body.block(f"for {key}, {item} in {entries}.items():"):
                body.emit(f"if type({key}) is not str: raise FAIL")
                put_text(body, key)
                self._write(body, self._schema.deref(node.values), item, nest)
                body.flush()
        body.put("END_BLOCK")

    def _union(self, body: Body, kinds: UnionKinds, value: str, nest: Nest) -> None:
        cases = self._cases(kinds, value)
        if all(_is_leaf(kinds.branches[index]) for _, index in cases):
            self._leaf_union(body, kinds, cases, value, nest)
            return
        body.flush()
        for test, index in cases:
            with body.block(test):
                self._branch(body, kinds, index, value, nest)
                body.flush()
        _end_cases(body, cases)

    def _leaf_union(
        self, body: Body, kinds: UnionKinds, cases: "_Cases", value: str, nest: Nest
    ) -> None:
        """Every branch is a scalar: one piece."""
        outside = body.take()
        piece = body.fresh("x")
        for test, index in cases:
            with body.block(test):
                self._branch(body, kinds, index, value, nest)
                body.emit(f"{piece} = {_concatenated(body.take())}")
        _end_cases(body, cases)
        body.put(*outside, piece)

    def _branch(self, body: Body, kinds: UnionKinds, index: int, value: str, nest: Nest) -> None:
        body.put(self._constants.add(long_bytes(index)))
        if index != kinds.null:
            self._write(body, kinds.branches[index], value, nest.inside())

    def _cases(self, kinds: UnionKinds, value: str) -> "_Cases":
        tests = [] if kinds.null is None else [(f"{value} is None", kinds.null)]
        tests += [(self._type_test(value, types), index) for index, types in kinds.told.items()]
        cases = [(f"elif {test}:", index) for test, index in tests[:_MOST_BRANCHES]]
        if kinds.rest is not None and len(tests) <= _MOST_BRANCHES:
            cases.append(("else:", kinds.rest))
        if cases:
            first, index = cases[0]
            cases[0] = ("if True:" if first == "else:" else first.removeprefix("el"), index)
        return cases

    def _type_test(self, value: str, types: frozenset[type]) -> str:
        if len(types) == 1:
            return f"type({value}) is {self._constants.add(*types)}"
        return f"type({value}) in {self._constants.add(types)}"


_Cases: TypeAlias = "list[tuple[str, int]]"
"""The branches that are told, in order: the statement that tells each, and its index."""


def _end_cases(body: Body, cases: _Cases) -> None:
    if not cases:
        body.emit("raise FAIL")
    elif cases[-1][0] not in ("else:", "if True:"):
        body.emit("else: raise FAIL")


def put_length(body: Body, items: str) -> None:
    """Write how many items follow."""
    length = body.fresh("n")
    body.emit(f"{length} = len({items})")
    body.put(f"SMALL[{length}] if {length} < END else LONG({length})")


def _concatenated(pieces: Sequence[str]) -> str:
    if len(pieces) == 1:
        return pieces[0]
    return " + ".join(f"({piece})" if " " in piece else piece for piece in pieces)


def _is_leaf(node: Type) -> bool:
    return isinstance(node, Primitive | Fixed | Enum)
