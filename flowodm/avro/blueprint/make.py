"""The plan itself: a schema's named types as Python classes, its types as annotations."""

import inspect
from collections.abc import Mapping, Set
from typing import Final

from flowodm.avro.annotations import AvroField, AvroName, AvroType
from flowodm.avro.blueprint.combine import combine
from flowodm.avro.blueprint.defaults import Defaults, natural_json
from flowodm.avro.blueprint.names import Names
from flowodm.avro.blueprint.plan import (
    Annotation,
    Blueprint,
    ClassPlan,
    Constant,
    DictOf,
    Digits,
    EnumPlan,
    FieldPlan,
    FixedPlan,
    ListOf,
    Marked,
    Named,
    RecordPlan,
    RootPlan,
    Scalar,
    ScalarName,
    UnionOf,
    Value,
)
from flowodm.avro.blueprint.survey import Survey, survey
from flowodm.avro.schema import Schema
from flowodm.avro.text import json_text
from flowodm.avro.types import (
    NO_DEFAULT,
    Array,
    Enum,
    Field,
    Fixed,
    Json,
    Logical,
    Map,
    NamedType,
    NoDefault,
    Primitive,
    Record,
    Type,
    Union,
)

__all__ = ["blueprint"]

_PLAIN: Final[dict[str, ScalarName]] = {
    "null": "None",
    "boolean": "bool",
    "int": "int",
    "long": "int",
    "float": "float",
    "double": "float",
    "bytes": "bytes",
    "string": "str",
}
_UNMARKED: Final = frozenset(("null", "boolean", "double", "bytes", "string"))
"""What Python's own types say in full."""

_LOGICAL: Final[dict[str, ScalarName]] = {
    "date": "date",
    "decimal": "Decimal",
    "duration": "Duration",
    "local-timestamp-micros": "datetime",
    "local-timestamp-millis": "datetime",
    "time-micros": "time",
    "time-millis": "time",
    "timestamp-micros": "datetime",
    "timestamp-millis": "datetime",
    "uuid": "UUID",
}


def blueprint(
    *schemas: Schema, reserved: Set[str] = frozenset(), root_name: str | None = None
) -> Blueprint:
    """Plan Python classes for a schema: names, types, defaults, and what else it says.

    The same schema, the same plan. Avro names that Python, Pydantic or the classes themselves
    cannot have become other names, with the Avro name kept as alias.

    Args:
        schemas: The schema; or several whose classes are to stand beside each other.
        reserved: Attributes that the class of the root has already.
        root_name: The name of that class; None: from the schema, `Root` if it has no name.

    Raises:
        SchemaError: It is too large or too deep for Python classes, or the schemas contradict
            each other.
    """
    schema, types, roots, references = combine(schemas)
    found = survey(schema, types)
    names = Names(schema, roots, found.types, own=found.own, wanted=root_name, reserved=reserved)
    return _Planner(schema, names, found, references).blueprint(roots)


class _Planner:
    """Plans the classes of one schema."""

    def __init__(
        self,
        schema: Schema,
        names: Names,
        found: Survey,
        references: Mapping[str | int, tuple[str, ...]],
    ) -> None:
        self._schema = schema
        self._references = references
        self._names = names
        self._found = found
        self._defaults = Defaults(schema, names)
        self._has_namespaces = any("." in node.fullname for node in found.types)

    def blueprint(self, roots: tuple[Type, ...]) -> Blueprint:
        classes = tuple(
            self._class(node) for node in self._found.order if node.fullname in self._names.classes
        )
        return Blueprint(
            tuple(
                RootPlan(name, self._annotation(root), self._references.get(id(root), ()))
                for name, root in zip(self._names.roots, roots, strict=True)
            ),
            classes,
            {each.name: each for each in classes},
            self._names.fixeds,
        )

    def _class(self, node: NamedType) -> ClassPlan:
        name = self._names.classes[node.fullname]
        match node:
            case Record():
                fields = tuple(self._field(node, field) for field in node.fields)
                return RecordPlan(name, node.fullname, fields, node.doc, self._avro_name(node))
            case Enum():
                members = tuple(
                    (member, symbol)
                    for symbol, member in self._names.members(node.fullname).items()
                )
                return EnumPlan(name, node.fullname, members, node.doc, self._avro_name(node))
        base = "bytes" if node.logical is None else _LOGICAL[node.logical.name]
        return FixedPlan(name, node.fullname, base)

    def _avro_name(self, node: Record | Enum) -> AvroName | None:
        """What the class's name and docstring do not say of the type; None when they say it all."""
        said = AvroName(
            None if node.fullname == self._names.classes[node.fullname] else node.fullname,
            node.aliases,
            None if _is_docstring(node.doc) else node.doc,
            node.default if isinstance(node, Enum) else None,
            isinstance(node, Record) and node.is_error,
            node.fullname in self._schema.external,
            self._references.get(node.fullname, ()),
            node.props,
        )
        return None if said == AvroName() else said

    def _field(self, record: Record, field: Field) -> FieldPlan:
        attribute = self._names.attributes(record.fullname)[field.name]
        default = self._defaults.plan(field)
        said = AvroField(field.aliases, field.order, _said(field, default), field.props)
        return FieldPlan(
            attribute,
            None if attribute == field.name else field.name,
            self._annotation(field.type),
            default,
            field.doc,
            None if _says_nothing(said) else said,
        )

    def _annotation(self, node: Type) -> Annotation:
        match node:
            case Array(items=items):
                return _with_props(ListOf(self._annotation(items)), node)
            case Map(values=values):
                return _with_props(DictOf(self._annotation(values)), node)
            case Union(branches=branches):
                return self._union(branches)
            case Primitive():
                return _primitive(node)
        definition = self._schema.deref(node)
        if isinstance(definition, Fixed):
            return self._fixed(definition)
        assert isinstance(definition, Record | Enum)
        return Named(self._names.classes[definition.fullname])

    def _union(self, branches: tuple[Type, ...]) -> Annotation:
        if not branches:
            return Marked(Scalar("None"), AvroType([]))
        if len(branches) == 1:
            return Marked(self._annotation(branches[0]), AvroType(is_union=True))
        return UnionOf(tuple(map(self._annotation, branches)))

    def _fixed(self, node: Fixed) -> Annotation:
        plain = "bytes" if node.logical is None else _LOGICAL[node.logical.name]
        own = self._names.classes.get(node.fullname)
        document: dict[str, Json] = {"type": "fixed", "name": node.fullname}
        if self._has_namespaces and "." not in node.fullname:
            document["namespace"] = ""
        if node.doc is not None:
            document["doc"] = node.doc
        document["size"] = node.size
        document.update(node.props)
        if node.aliases:
            document["aliases"] = list(node.aliases)
        is_external = node.fullname in self._schema.external
        mark = AvroType(document, is_external=is_external)
        return Marked(Named(own) if own else Scalar(plain), mark, node.fullname)


def _primitive(node: Primitive) -> Annotation:
    if node.logical is not None and node.logical.name == "decimal":
        return Marked(Scalar("Decimal"), _decimal_mark(node, node.logical))
    if node.logical is not None and node.logical.name == "uuid" and len(node.props) == 1:
        return Scalar("UUID")
    name = _LOGICAL.get(node.logical.name) if node.logical is not None else None
    scalar = Scalar(name or _PLAIN[node.name])
    if not node.props:
        return scalar if node.name in _UNMARKED else Marked(scalar, AvroType(node.name))
    return Marked(scalar, AvroType({"type": node.name, **node.props}))


def _decimal_mark(node: Primitive, logical: Logical) -> Digits | AvroType:
    assert logical.precision is not None
    usual = {"logicalType": "decimal", "precision": logical.precision, "scale": logical.scale}
    if list(node.props.items()) == list(usual.items()):
        return Digits(logical.precision, logical.scale or 0)
    return AvroType({"type": "bytes", **node.props})


def _with_props(annotation: Annotation, node: Array | Map) -> Annotation:
    return Marked(annotation, AvroType(props=node.props)) if node.props else annotation


def _is_docstring(doc: str | None) -> bool:
    """Whether a class's docstring can say a doc: one that is shown as it is written."""
    return doc is None or (doc != "" and doc.isprintable() and inspect.cleandoc(doc) == doc)


def _said(field: Field, default: Value | None) -> Json | NoDefault:
    """The default, where the class's own does not give it back."""
    if isinstance(field.default, NoDefault) or default is None:
        return field.default
    if isinstance(field.type, Union) and not _is_usual(field.type, default):
        return field.default
    natural = natural_json(default)
    if isinstance(natural, NoDefault) or json_text(natural) != json_text(field.default):
        return field.default
    return NO_DEFAULT


def _is_usual(union: Union, default: Value) -> bool:
    """Whether a union is that of an optional field, with the default's branch first."""
    is_null = isinstance(default, Constant) and default.value is None
    nulls = [isinstance(branch, Primitive) and branch.name == "null" for branch in union.branches]
    if is_null:
        return nulls[0]
    return nulls == [False, True]


def _says_nothing(said: AvroField) -> bool:
    return (
        not said.aliases
        and not said.props
        and said.order == "ascending"
        and isinstance(said.default, NoDefault)
    )
