"""The tree as JSON text: Java's `Schema.toString()`, and JSON values as Jackson writes them.

Canonical form is `canonical.py`'s.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from flowodm.avro.names import PRIMITIVES, namespace_of
from flowodm.avro.types import (
    Array,
    Enum,
    Field,
    Fixed,
    Json,
    Map,
    NamedType,
    NoDefault,
    Primitive,
    Props,
    Record,
    Ref,
    Type,
    Union,
)
from flowodm.avro.walk import Walk, run

__all__ = [
    "definition_text",
    "exact_text",
    "java_part_text",
    "java_text",
    "json_string",
    "json_text",
]

_TYPE_WORDS: Final = PRIMITIVES | {"record", "enum", "array", "map", "union", "fixed"}

_ESCAPED = re.compile('["\\\\\x00-\x1f\ud800-\udfff]')
_SHORT_ESCAPES: Final = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
}


def java_text(root: Type) -> str:
    """Write a tree as Java's `Schema.toString()`; every `Ref` as a name."""
    return _Writer(None).text(root)


def java_part_text(part: Type, names: Mapping[str, NamedType]) -> str:
    """Write a part of a tree as Java does: what is defined outside it, at its first use."""
    return _Writer(names, is_exact=False).text(part)


def exact_text(root: Type, names: Mapping[str, NamedType]) -> str:
    """Write a tree so that equal texts mean equal schemas.

    Unlike `java_text`, a definition that stands elsewhere is written at its first use, and an
    alias without a namespace keeps a leading dot.
    """
    return _Writer(names).text(root)


def definition_text(node: NamedType, names: Mapping[str, NamedType]) -> str:
    """Write one definition exactly; every other named type in it by its name."""
    return _Writer(names, names.keys() - {node.fullname}).text(node)


class _Writer:
    """One text in the making."""

    def __init__(
        self,
        names: Mapping[str, NamedType] | None,
        written: Iterable[str] = (),
        *,
        is_exact: bool = True,
    ) -> None:
        self.names = names
        self.name_of = _qualified if names is None or not is_exact else _absolute
        self.written = set(written)
        self.parts: list[str] = []

    def text(self, root: Type) -> str:
        """The whole text of a tree."""
        run(self._type(root, None))
        return "".join(self.parts)

    def _type(self, node: Type, namespace: str | None) -> Walk[None]:
        put = self.parts.append
        match node:
            case Primitive():
                put(self._primitive(node))
            case Ref():
                yield from self._reference(node, namespace)
            case Array():
                put('{"type":"array","items":')
                yield self._type(node.items, namespace)
                put(_props(node.props) + "}")
            case Map():
                put('{"type":"map","values":')
                yield self._type(node.values, namespace)
                put(_props(node.props) + "}")
            case Union():
                separator = "["
                for branch in node.branches:
                    put(separator)
                    yield self._type(branch, namespace)
                    separator = ","
                put("]" if node.branches else "[]")
            case _:
                yield from self._named(node, namespace)

    def _primitive(self, node: Primitive) -> str:
        if not node.props:
            return f'"{node.name}"'
        return f'{{"type":"{node.name}"{_props(node.props)}}}'

    def _reference(self, node: Ref, namespace: str | None) -> Walk[None]:
        if self.names is None or node.fullname in self.written:
            self.parts.append(json_string(self.name_of(node.fullname, namespace)))
        else:
            yield self._type(self.names[node.fullname], namespace)

    def _named(self, node: NamedType, namespace: str | None) -> Walk[None]:
        put = self.parts.append
        if node.fullname in self.written:
            return put(json_string(self.name_of(node.fullname, namespace)))
        self.written.add(node.fullname)
        put(f'{{"type":"{_word(node)}"{_name(node.fullname, namespace)}')
        if node.doc is not None:
            put(f',"doc":{json_string(node.doc)}')
        match node:
            case Record():
                yield from self._fields(node)
            case Enum():
                put(f',"symbols":[{",".join(map(json_string, node.symbols))}]')
                if node.default is not None:
                    put(f',"default":{json_string(node.default)}')
            case Fixed():
                put(f',"size":{node.size}')
        put(_props(node.props) + self._aliases(node) + "}")

    def _fields(self, node: Record) -> Walk[None]:
        put = self.parts.append
        namespace = namespace_of(node.fullname) or None
        separator = ',"fields":['
        for each in node.fields:
            put(f'{separator}{{"name":"{each.name}","type":')
            if isinstance(each.type, Primitive):
                put(self._primitive(each.type))
            else:
                yield self._type(each.type, namespace)
            put(_field_end(each))
            separator = ","
        put("]" if node.fields else separator + "]")

    def _aliases(self, node: NamedType) -> str:
        if not node.aliases:
            return ""
        space = namespace_of(node.fullname) or None
        written = (self.name_of(alias, space) for alias in node.aliases)
        return f',"aliases":[{",".join(map(json_string, written))}]'


def _word(node: NamedType) -> Literal["error", "record", "enum", "fixed"]:
    match node:
        case Record():
            return "error" if node.is_error else "record"
        case Enum():
            return "enum"
    return "fixed"


def _name(fullname: str, namespace: str | None) -> str:
    """`name`, and `namespace` where it is not the one around it."""
    space, _, short = fullname.rpartition(".")
    if space == (namespace or ""):
        return f',"name":"{short}"'
    return f',"name":"{short}","namespace":"{space}"'


def _qualified(fullname: str, namespace: str | None) -> str:
    """A use of a name: short inside its own namespace, unless a type's word hides it."""
    space, _, short = fullname.rpartition(".")
    return short if space and space == namespace and short not in _TYPE_WORDS else fullname


def _absolute(fullname: str, _: str | None) -> str:
    """A full name that no namespace around it can change."""
    return fullname if "." in fullname else f".{fullname}"


def _field_end(node: Field) -> str:
    parts = []
    if node.doc is not None:
        parts.append(f',"doc":{json_string(node.doc)}')
    if not isinstance(node.default, NoDefault):
        parts.append(f',"default":{json_text(node.default)}')
    if node.order != "ascending":
        parts.append(f',"order":"{node.order}"')
    if node.aliases:
        parts.append(f',"aliases":[{",".join(map(json_string, node.aliases))}]')
    parts.append(_props(node.props) + "}")
    return "".join(parts)


def _props(props: Props) -> str:
    return "".join(f",{json_string(key)}:{json_text(value)}" for key, value in props.items())


def json_string(text: str) -> str:
    """Quote a string as Jackson does; a lone surrogate, which UTF-8 cannot hold, is escaped."""
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _SHORT_ESCAPES.get(character) or f"\\u{ord(character):04X}"


def json_text(value: Json) -> str:
    """Write a JSON value as Jackson does: no spaces, every digit, doubles as Java's."""
    if isinstance(value, list | dict):
        return "".join(_flatten(value))
    return _scalar_text(value)


def _flatten(value: Json) -> Iterable[str]:
    """The text of a container, piece by piece, without recursion."""
    todo: list[Json | _Piece] = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, _Piece):
            yield item.text
        elif isinstance(item, list):
            todo.append(_Piece("]"))
            for index in range(len(item) - 1, -1, -1):
                todo += (item[index], _COMMA) if index else (item[index],)
            yield "["
        elif isinstance(item, dict):
            todo.append(_Piece("}"))
            for index, (key, inner) in reversed(list(enumerate(item.items()))):
                comma = "," if index else ""
                todo += (inner, _Piece(f"{comma}{json_string(key)}:"))
            yield "{"
        else:
            yield _scalar_text(item)


class _Piece:
    """Text that is ready, among values that are not."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


_COMMA: Final = _Piece(",")


def _scalar_text(value: bool | int | float | str | None) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _double_text(value)
    return json_string(value)


def _double_text(value: float) -> str:
    """Java's `Double.toString`; quoted where JSON has no such number."""
    if value != value:
        return '"NaN"'
    if value in (float("inf"), float("-inf")):
        return '"Infinity"' if value > 0 else '"-Infinity"'
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    # Java writes at least two digits, and then the two that are nearest
    two = f"{value:.1e}"
    mantissa, _, exponent = (two if float(two) == value else _scientific(value)).partition("e")
    return f"{mantissa}E{int(exponent)}"


def _scientific(value: float) -> str:
    """The fewest digits that mean this double, as `d.ddde±n`."""
    return next(text for digits in range(2, 17) if float(text := f"{value:.{digits}e}") == value)
