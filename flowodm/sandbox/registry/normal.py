"""A schema's normal form: two that differ only in the order of their props have the same."""

from dataclasses import replace

from flowodm import avro
from flowodm.avro.text import java_text
from flowodm.avro.types import Array, Field, Map, Props, Record, Ref, Type, Union
from flowodm.avro.walk import Walk, run

__all__ = ["normal_text"]


def normal_text(schema: avro.Schema) -> str:
    """Write a schema as Java does, with the props of every type and field sorted by name."""
    return java_text(run(_sorted(schema.root)))


def _sorted(node: Type) -> Walk[Type]:
    match node:
        case Ref():
            return node
        case Union():
            branches = []
            for branch in node.branches:
                branches.append((yield _sorted(branch)))
            return replace(node, branches=tuple(branches))
        case Array():
            return replace(node, items=(yield _sorted(node.items)), props=_by_name(node.props))
        case Map():
            return replace(node, values=(yield _sorted(node.values)), props=_by_name(node.props))
        case Record():
            fields: list[Field] = []
            for field in node.fields:
                kind = yield _sorted(field.type)
                fields.append(replace(field, type=kind, props=_by_name(field.props)))
            return replace(node, fields=tuple(fields), props=_by_name(node.props))
    return replace(node, props=_by_name(node.props))


def _by_name(props: Props) -> Props:
    return dict(sorted(props.items()))
