"""Whether values of one schema can be written with another: its fields, and its bytes.

Reading is another question, which resolution answers (`resolve.py`).
"""

from typing import NamedTuple

from flowodm.avro.schema import Schema
from flowodm.avro.types import NO_DEFAULT, Array, Enum, Fixed, Map, Primitive, Record, Type, Union
from flowodm.avro.walk import Walk, run

__all__ = ["field_misfits", "has_layout"]


def field_misfits(own: Schema, other: Schema) -> list[str]:
    """Say which fields would be dropped, or are wanted and not there.

    Types are not compared: whether a value fits is found when it is written.

    Args:
        own: The schema of the values.
        other: The schema that they are to be written with.
    """
    errors: list[str] = []
    run(_compare(_Pair(own, other, set(), errors), own.root, other.root, ""))
    return errors


def has_layout(schema: Schema, other: Schema) -> bool:
    """Tell whether two schemas write the same values as the same bytes; names do not matter."""
    return schema is other or _layout(schema) == _layout(other)


class _Pair(NamedTuple):
    own: Schema
    other: Schema
    seen: set[tuple[str, str]]
    errors: list[str]


def _compare(pair: _Pair, own: Type, other: Type, path: str) -> Walk[None]:
    own, other = pair.own.deref(own), pair.other.deref(other)
    match own, other:
        case Record(), Record():
            if (own.fullname, other.fullname) not in pair.seen:
                pair.seen.add((own.fullname, other.fullname))
                yield _compare_fields(pair, own, other, path)
        case Array(), Array():
            yield _compare(pair, own.items, other.items, f"{path}[]")
        case Map(), Map():
            yield _compare(pair, own.values, other.values, f"{path}{{}}")
        case Union(), _:
            for branch in own.branches:
                yield _compare(pair, branch, other, path)
        case _, Union():
            for branch in other.branches:
                if _is_alike(own, pair.other.deref(branch)):
                    yield _compare(pair, own, branch, path)


def _compare_fields(pair: _Pair, own: Record, other: Record, path: str) -> Walk[None]:
    dot = f"{path}." if path else ""
    others = {field.name: field for field in other.fields}
    for field in own.fields:
        if field.name not in others:
            pair.errors.append(f"it has no field `{dot}{field.name}`")
        else:
            yield _compare(pair, field.type, others[field.name].type, f"{dot}{field.name}")
    names = {field.name for field in own.fields}
    for field in other.fields:
        if field.name not in names and field.default is NO_DEFAULT:
            pair.errors.append(f"it wants a field `{dot}{field.name}`, which has no default")


def _is_alike(own: Type, other: Type) -> bool:
    """Tell whether values of a type are meant for a branch of a union."""
    if isinstance(own, Record) and isinstance(other, Record):
        return own.fullname.rpartition(".")[2] == other.fullname.rpartition(".")[2]
    return type(own) is type(other)


def _layout(schema: Schema) -> list[object]:
    parts: list[object] = []
    run(_write_layout(schema, schema.root, {}, parts))
    return parts


def _write_layout(
    schema: Schema, node: Type, known: dict[str, int], parts: list[object]
) -> Walk[None]:
    node = schema.deref(node)
    match node:
        case Primitive():
            parts.append((node.name, node.logical))
        case Array():
            parts.append("array")
            yield _write_layout(schema, node.items, known, parts)
        case Map():
            parts.append("map")
            yield _write_layout(schema, node.values, known, parts)
        case Union():
            parts.append(len(node.branches))
            for branch in node.branches:
                yield _write_layout(schema, branch, known, parts)
        case Fixed():
            parts.append((node.size, node.logical))
        case Enum():
            parts.append(node.symbols)
        case Record() if node.fullname in known:
            parts.append(known[node.fullname])
        case Record():
            known[node.fullname] = len(known)
            parts.append(tuple(field.name for field in node.fields))
            for field in node.fields:
                yield _write_layout(schema, field.type, known, parts)
