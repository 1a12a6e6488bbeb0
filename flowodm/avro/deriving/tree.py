"""One walk over a Pydantic class that builds its tree, and the binding beside it."""

import collections.abc
import types
import typing
from dataclasses import replace
from enum import Enum as PythonEnum
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel, RootModel

from flowodm.avro.annotations import AvroField, AvroType
from flowodm.avro.binding import Binding, EnumBinding, RecordBinding
from flowodm.avro.deriving.annotation import Peeled, field_mark, peel
from flowodm.avro.deriving.fields import FieldPlan, complete, field_plans
from flowodm.avro.deriving.meaningless import no_type, twice
from flowodm.avro.deriving.naming import aliases_of, doc_of, fullname_of, name_mark, short_name
from flowodm.avro.deriving.place import Place
from flowodm.avro.deriving.props import type_props
from flowodm.avro.deriving.said import said_type
from flowodm.avro.deriving.scalars import CLOCKS, Kind, converter, kind_of, own_type, shape_of
from flowodm.avro.deriving.settle import Defaulted, settle
from flowodm.avro.deriving.symbols import literal_values, members_of, symbol_mapping
from flowodm.avro.deriving.table import Table
from flowodm.avro.logical import logical_type
from flowodm.avro.names import full_name, is_name, namespace_of
from flowodm.avro.schema import Schema
from flowodm.avro.types import (
    Array,
    Enum,
    Field,
    Map,
    Primitive,
    Record,
    Ref,
    Type,
    Union,
    type_name,
)
from flowodm.avro.walk import Walk, run
from flowodm.avro.words import shown

__all__ = ["Tree"]

_UNIONS: Final = (typing.Union, types.UnionType)
_LISTS: Final = (
    list,
    set,
    frozenset,
    collections.abc.Sequence,
    collections.abc.MutableSequence,
    collections.abc.Set,
    collections.abc.MutableSet,
)
_DICTS: Final = (dict, collections.abc.Mapping, collections.abc.MutableMapping)


class Tree:
    """The tree of one class in the making."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._model = model
        self._table = Table()
        self._outside: list[tuple[type[BaseModel], Place]] = []
        self._defaulted: list[Defaulted] = []

    def binding(self) -> Binding:
        """Walk the class, then the classes of other schemas that it uses, then the defaults."""
        root = run(self._root())
        self._table.is_outside = True
        while self._outside:
            run(self._definition(*self._outside.pop()))
        self._table.settle()
        table = self._table
        schema = Schema(root, table.names, frozenset(table.external))
        settle(self._defaulted, schema, table)
        return Binding(
            self._model,
            schema,
            table.records,
            table.enums,
            table.conversions,
            frozenset(table.bare_times),
            table.fixeds,
        )

    def _root(self) -> Walk[Type]:
        place = Place(self._model, None, "", "")
        self._table.references = frozenset(name_mark(self._model, place).references)
        if not issubclass(self._model, RootModel):
            return (yield from self._record(self._model, place))
        return (yield from self._in_root(self._model, place))

    def _type(self, annotation: Any, metadata: tuple[Any, ...], place: Place) -> Walk[Type]:
        peeled = peel(annotation, metadata, place)
        if any(isinstance(each, AvroField) for each in peeled.metadata):
            raise place.fault(
                "an `AvroField` says something of a whole field, and stands inside its annotation",
                "`Annotated[int | None, AvroField(…)]` instead of `Annotated[int, …] | None`",
            )
        return (yield from self._peeled(peeled))

    def _peeled(self, peeled: Peeled) -> Walk[Type]:
        node = yield from self._bare(peeled)
        if not peeled.mark.is_union:
            return node
        if isinstance(node, Union):
            raise peeled.place.fault(
                "a union may not stand directly in a union", "leave `is_union` out"
            )
        return Union((node,))

    def _bare(self, peeled: Peeled) -> Walk[Type]:
        bare, origin = peeled.bare, get_origin(peeled.bare)
        if peeled.mark.type is not None:
            return said_type(peeled, self._table, peeled.mark.type)
        if origin in _UNIONS:
            return (yield from self._union(peeled))
        if origin is Literal:
            return self._literal(peeled)
        if origin in _LISTS or origin is tuple:
            return (yield from self._array(peeled))
        if origin in _DICTS:
            return (yield from self._map(peeled))
        kind = kind_of(bare)
        if kind is not None:
            return self._scalar(peeled, kind)
        if isinstance(bare, type) and issubclass(bare, PythonEnum):
            return self._enum(peeled, bare)
        if isinstance(bare, type) and issubclass(bare, BaseModel):
            self._refuse_props(peeled, f"`{bare.__name__}`")
            if issubclass(bare, RootModel):
                return (yield from self._root_model(bare, peeled.place))
            return (yield from self._record(bare, peeled.place))
        raise no_type(peeled)

    def _refuse_props(self, peeled: Peeled, what: str) -> None:
        if peeled.mark.props:
            raise peeled.place.fault(
                f"the attributes of {what} are said where it is defined",
                "`__avro__ = AvroName(props={…})` in the class",
            )

    def _scalar(self, peeled: Peeled, kind: Kind) -> Type:
        own = own_type(kind, peeled)
        node: Type
        if not isinstance(own, Primitive):
            return said_type(peeled, self._table, own)
        if peeled.mark.props:
            props = {**own.props, **peeled.mark.props}
            node = said_type(peeled, self._table, {"type": own.name, **props})
        else:
            node = own
            conversion = converter(kind, own)
            if conversion is not None:
                self._table.conversions[own] = conversion
        if shape_of(node) in CLOCKS and node not in self._table.conversions:
            self._table.bare_times.add(node)
        return node

    def _union(self, peeled: Peeled) -> Walk[Type]:
        self._refuse_props(peeled, "a union")
        place = peeled.place.deeper(1)
        constraints = tuple(
            each for each in peeled.metadata if not isinstance(each, AvroType | AvroField)
        )
        nodes: list[Type] = []
        annotations = get_args(peeled.bare)
        for annotation in annotations:
            nodes.append((yield self._type(annotation, constraints, place)))
        union = _united(nodes, peeled)
        if isinstance(union, Union) and _is_of_several(union):
            for annotation, node in zip(annotations, nodes, strict=True):
                self._table.tell(node, _annotated(annotation, constraints))
        return union

    def _literal(self, peeled: Peeled) -> Type:
        values, has_none = literal_values(peeled.bare, peeled.place)
        if not values:
            return Primitive("null")
        node = self._literal_type(values, peeled)
        if not has_none:
            return node
        is_first = get_args(peeled.bare)[0] is None
        return Union((Primitive("null"), node) if is_first else (node, Primitive("null")))

    def _literal_type(self, values: tuple[Any, ...], peeled: Peeled) -> Type:
        match values[0]:
            case PythonEnum() as member:
                return self._enum(peeled, type(member))
            case bool() | int() as value:
                kind = kind_of(type(value))
                if all(-(2**63) <= each < 2**63 for each in values) and kind is not None:
                    return self._scalar(peeled, kind)
            case str():
                return self._symbols(values, peeled)
        raise no_type(peeled)

    def _symbols(self, values: tuple[str, ...], peeled: Peeled) -> Type:
        place = peeled.place
        members = symbol_mapping({value: value for value in values}, place)
        fullname = full_name(place.label, place.namespace)
        if not is_name(place.label):
            raise place.fault(
                (
                    f"its enum would be named {shown(place.label)}, which cannot be a name"
                    if place.label
                    else "nothing gives its enum a name"
                ),
                'name it: `AvroType({"type": "enum", "name": …, "symbols": […]})`',
            )
        if not self._table.take(fullname, (f"the enum of {shown(values[0])}, …", values), place):
            return Ref(fullname)
        self._table.enums[fullname] = EnumBinding(None, members)
        props = peeled.mark.props
        return self._table.define(
            Enum(fullname, values, logical=logical_type("enum", props), props=props)
        )

    def _enum(self, peeled: Peeled, cls: type[PythonEnum]) -> Type:
        self._refuse_props(peeled, f"`{cls.__name__}`")
        place = replace(peeled.place, cls=cls, attribute=None)
        mark = name_mark(cls, place)
        fullname = fullname_of(cls, mark, place)
        if not self._table.take(fullname, cls, peeled.place):
            return Ref(fullname)
        members = members_of(cls, peeled.place)
        if mark.default is not None and mark.default not in members:
            raise place.fault(
                f"its default {shown(mark.default)} is not one of its symbols",
                f"they are {', '.join(map(shown, list(members)[:12]))}",
            )
        self._table.enums[fullname] = EnumBinding(cls, members)
        props = type_props(mark.props, place, is_enum=True)
        node = Enum(
            fullname,
            tuple(members),
            mark.default,
            aliases_of(mark, place),
            doc_of(cls, mark),
            logical_type("enum", props),
            props,
        )
        return self._table.define(node, is_external=mark.is_external)

    def _array(self, peeled: Peeled) -> Walk[Type]:
        arguments = get_args(peeled.bare)
        if get_origin(peeled.bare) is tuple:
            arguments = arguments[:1] if _is_of_one_type(arguments) else ()
        if len(arguments) != 1:
            raise no_type(peeled)
        items = yield self._type(arguments[0], (), peeled.place.deeper(1))
        props = peeled.mark.props
        return Array(items, logical_type("array", props), props)

    def _map(self, peeled: Peeled) -> Walk[Type]:
        keys, values = get_args(peeled.bare) or (Any, Any)
        if not _is_text(keys, peeled.place):
            raise no_type(peeled)
        node = yield self._type(values, (), peeled.place.deeper(1))
        props = peeled.mark.props
        return Map(node, logical_type("map", props), props)

    def _root_model(self, cls: type[RootModel[Any]], place: Place) -> Walk[Type]:
        node = yield from self._in_root(cls, place)
        self._table.wrap(node, cls)
        return node

    def _in_root(self, cls: type[BaseModel], place: Place) -> Walk[Type]:
        if cls in place.open:
            raise place.fault(
                f"`{cls.__name__}` holds itself with no record between",
                "make it a BaseModel: only records may hold themselves",
            )
        complete(cls, place)
        info = cls.model_fields["root"]
        mark = name_mark(cls, place)
        fullname = fullname_of(cls, mark, place) if mark.name or is_name(cls.__name__) else ""
        inside = Place(
            cls,
            "root",
            namespace_of(fullname) if mark.name else place.namespace,
            fullname.rpartition(".")[2] or place.label,
            place.depth,
            (*place.open, cls),
            place,
        )
        node: Type = yield self._type(info.annotation, tuple(info.metadata), inside)
        if mark.name is not None and type_name(node) != fullname:
            raise place.fault(
                f"`__avro__` of `{cls.__name__}` names nothing, as its root has no name of its own",
                "leave it out",
            )
        return node

    def _record(self, cls: type[BaseModel], place: Place) -> Walk[Type]:
        if cls is BaseModel:
            raise place.fault("any model is no type of Avro", "say which classes: `A | B`")
        mark = name_mark(cls, place)
        fullname = fullname_of(cls, mark, place)
        if not self._table.take(fullname, cls, place):
            return Ref(fullname)
        is_external = mark.is_external or fullname in self._table.references
        if is_external and place.attribute is not None:
            self._outside.append((cls, Place(cls, None, "", "")))
            self._table.external.add(fullname)
            return Ref(fullname)
        return (yield from self._definition(cls, place))

    def _definition(self, cls: type[BaseModel], place: Place) -> Walk[Type]:
        mark = name_mark(cls, place)
        fullname = fullname_of(cls, mark, place)
        complete(cls, place)
        depth = place.deeper(3).depth
        space, _, short = fullname.rpartition(".")
        inside = Place(cls, None, space, short, depth, outer=place)
        plans = field_plans(cls, inside)
        fields = []
        for plan in plans:
            field = yield from self._field(plan, inside)
            fields.append(field)
        self._table.records[fullname] = RecordBinding(cls, tuple(plan.binding for plan in plans))
        props = type_props(mark.props, place)
        node = Record(
            fullname,
            tuple(fields),
            aliases_of(mark, place),
            doc_of(cls, mark),
            mark.is_error,
            logical_type("record", props),
            props,
        )
        return self._table.define(node)

    def _field(self, plan: FieldPlan, record: Place) -> Walk[Field]:
        attribute = plan.binding.attribute
        place = replace(record, attribute=attribute, label=short_name(record.label, attribute))
        peeled = peel(plan.info.annotation, tuple(plan.info.metadata), place)
        mark = field_mark(peeled)
        node = yield self._peeled(peeled)
        field = Field(
            plan.binding.name,
            node,
            doc=plan.info.description,
            order=mark.order,
            aliases=mark.aliases,
            props=mark.props,
        )
        self._defaulted.append(Defaulted(field, plan.info, mark.default, place))
        return field


def _annotated(annotation: Any, metadata: tuple[Any, ...]) -> Any:
    for each in metadata:
        annotation = Annotated[annotation, each]
    return annotation


def _is_of_several(union: Union) -> bool:
    """Whether a union has more than one branch besides null."""
    return sum(type_name(branch) != "null" for branch in union.branches) > 1


def _united(nodes: list[Type], peeled: Peeled) -> Type:
    """The union of types, once there is no union in it."""
    known: dict[str, Type] = {}
    branches: list[Type] = []
    for node in nodes:
        branches += node.branches if isinstance(node, Union) else (node,)
    for branch in branches:
        name = type_name(branch)
        if name in known and name != "null":
            raise twice(branch, peeled)
        known.setdefault(name, branch)
    if len(known) == 1:
        return branches[0]
    return Union(tuple(known.values()))


def _is_of_one_type(arguments: tuple[Any, ...]) -> bool:
    """Whether a tuple's items all have one type: `tuple[T, ...]`, `tuple[T, T]`."""
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return True
    return bool(arguments) and all(each == arguments[0] for each in arguments)


def _is_text(annotation: Any, place: Place) -> bool:
    """Whether the values of an annotation are texts to Python too, as keys must be."""
    peeled = peel(annotation, (), place)
    if get_origin(peeled.bare) is Literal:
        return all(isinstance(each, str) for each in get_args(peeled.bare))
    return isinstance(peeled.bare, type) and issubclass(peeled.bare, str)
