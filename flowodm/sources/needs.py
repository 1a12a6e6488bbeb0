"""Which names a JSON document defines, and which it uses without defining them.

Looser than `flowodm.avro.parse`, which judges: what has no meaning is passed over here.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from flowodm.avro.names import PRIMITIVES, find_name, full_name, namespace_of
from flowodm.avro.types import Json

__all__ = ["Needs", "needs_of"]

_NAMED: Final = ("record", "error", "enum", "fixed")
_WORDS: Final = PRIMITIVES | {*_NAMED, "array", "map"}


class Needs(NamedTuple):
    """The names of one document."""

    defines: frozenset[str]
    """Full names."""
    uses: tuple[tuple[str, str], ...]
    """Each name that it uses and does not define, with the namespace around it."""
    root: str
    """The full name of the root; `` when it has none."""


def needs_of(document: Json) -> Needs:
    """Find the names of a document, without recursion."""
    defines: dict[str, None] = {}
    uses: dict[tuple[str, str], None] = {}
    todo: list[tuple[Json, str]] = [(document, "")]
    while todo:
        node, namespace = todo.pop()
        if isinstance(node, str):
            if node not in PRIMITIVES:
                uses[node, namespace] = None
        elif isinstance(node, list):
            todo.extend((inner, namespace) for inner in node)
        elif isinstance(node, dict):
            if (name := _defined(node, namespace)) is not None:
                defines[name] = None
                namespace = namespace_of(name)
            todo.extend((inner, namespace) for inner in _inside(node))
    open_ = (use for use in uses if find_name(*use, defines) is None)
    root = _defined(document, "") if isinstance(document, dict) else None
    return Needs(frozenset(defines), tuple(open_), root or "")


def _defined(node: dict[str, Json], namespace: str) -> str | None:
    name, space = node.get("name"), node.get("namespace")
    if node.get("type") not in _NAMED or not isinstance(name, str):
        return None
    return full_name(name, space if isinstance(space, str) else namespace)


def _inside(node: dict[str, Json]) -> Iterator[Json]:
    """The types that stand in a type."""
    word, fields = node.get("type"), node.get("fields")
    if word in ("record", "error"):
        for field in fields if isinstance(fields, list) else ():
            if isinstance(field, dict):
                yield field.get("type")
    elif word == "array":
        yield node.get("items")
    elif word == "map":
        yield node.get("values")
    elif not (isinstance(word, str) and word in _WORDS):
        yield word
