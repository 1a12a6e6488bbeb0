"""A schema's `Blueprint` as live Pydantic classes; no text is ever executed."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final, ForwardRef, cast
from typing import Union as OneOf
from uuid import UUID

from pydantic import BaseModel, RootModel, create_model
from pydantic import Field as pydantic_field

from flowodm.avro.annotations import NAME_ATTRIBUTE, AvroType
from flowodm.avro.blueprint import blueprint
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
    Instance,
    Listed,
    ListOf,
    Mapped,
    Marked,
    Member,
    Named,
    Of,
    RecordPlan,
    Scalar,
    ScalarName,
    UnionOf,
    Value,
)
from flowodm.avro.schema import Schema
from flowodm.avro.values import Duration
from flowodm.avro.words import shown
from flowodm.errors import SchemaError

__all__ = ["build_model"]

_SCALARS: Final[dict[ScalarName, Any]] = {
    "None": type(None),
    "bool": bool,
    "int": int,
    "float": float,
    "bytes": bytes,
    "str": str,
    "Decimal": Decimal,
    "UUID": UUID,
    "date": date,
    "time": time,
    "datetime": datetime,
    "Duration": Duration,
}
_make_enum: Final[Any] = StrEnum  # mypy takes only literal names for a functional enum
_BY_NAME: Final = {"validate_by_alias": True, "validate_by_name": True}
_NO_EXTRA: Final = {"extra": None}
"""A `RootModel` refuses the very setting, which its base may have."""


def build_model(
    schema: Schema,
    *,
    base: type[BaseModel] = BaseModel,
    name: str | None = None,
    namespace: Mapping[str, Any] = {},
    module: str = "flowodm.models",
) -> type[BaseModel]:
    """Make a Pydantic class of a schema; `derive` gives the same schema back.

    Fields take their values by their Avro names and by their attributes, which differ where
    Python or the base has another use for a name. A root that is no record becomes a `RootModel`.
    Nothing of the schema is executed.

    Args:
        schema: The schema.
        base: What the class of the root inherits from; a class without fields. Other records'
            classes are plain models.
        name: The class's name; None: from the schema.
        namespace: More attributes of the class of the root, like an inner `Settings`.
        module: The module that the classes say they come from.

    Raises:
        SchemaError: The schema is too large or too deep for Python classes.
    """
    if base.model_fields:
        listed = ", ".join(shown(each) for each in list(base.model_fields)[:5])
        raise SchemaError(
            f"the base class {shown(base.__name__)} has fields of its own: {listed}",
            hint="they would not be in the schema; give a base class without fields",
        )
    reserved = frozenset(each for each in dir(base) if not each.startswith("_"))
    try:
        plan = blueprint(schema, reserved=reserved | namespace.keys(), root_name=name)
        return _Builder(plan, base, namespace, module).build()
    except RecursionError:
        raise SchemaError(
            f"the types of {shown(schema.name)} lead into one another too deeply for Python classes"
        ) from None


class _Builder:
    """Builds the classes of one plan, each after those that it needs."""

    def __init__(
        self,
        plan: Blueprint,
        base: type[BaseModel],
        namespace: Mapping[str, Any],
        module: str,
    ) -> None:
        self._plan = plan
        self._base = base
        self._namespace = namespace
        self._module = module
        self._classes: dict[str, Any] = {}
        self._awaited: dict[str, str] = {}

    def build(self) -> type[BaseModel]:
        for each in self._plan.classes:
            self._classes[each.name] = self._class(each)
        root = self._classes[self._plan.name] if self._plan.is_record else self._root()
        names = {awaited: self._classes[name] for name, awaited in self._awaited.items()}
        for each in (*self._classes.values(), root):
            if not _is_complete(each):
                each.model_rebuild(_types_namespace=names)
        return cast(type[BaseModel], root)

    def _named(self, name: str) -> Any:
        """A planned class; a name for it while it waits for another.

        The name is no other's: Pydantic looks in the module too, where a user's class may have
        the planned one.
        """
        made = self._classes.get(name)
        if made is not None and _is_complete(made):
            return made
        return ForwardRef(self._awaited.setdefault(name, f"_awaited_{len(self._awaited)}_"))

    def _class(self, plan: ClassPlan) -> type:
        match plan:
            case EnumPlan():
                return self._enum(plan)
            case FixedPlan():
                base = _SCALARS[plan.base]
                return type(plan.name, (base,), {"__module__": self._module, "__slots__": ()})
        return self._record(plan)

    def _enum(self, plan: EnumPlan) -> type:
        made: type = _make_enum(plan.name, dict(plan.members), module=self._module)
        if plan.doc is not None:
            made.__doc__ = plan.doc
        if plan.avro is not None:
            setattr(made, NAME_ATTRIBUTE, plan.avro)
        return made

    def _record(self, plan: RecordPlan) -> type[BaseModel]:
        is_root = plan.name == self._plan.name
        namespace = self._body(plan.name) if is_root else {}
        if plan.avro is not None:
            namespace[NAME_ATTRIBUTE] = plan.avro
        return self._model(
            plan.name,
            (self._base if is_root else BaseModel,),
            {field.attribute: self._field(field) for field in plan.fields},
            namespace,
            plan.doc,
            _BY_NAME if any(field.alias for field in plan.fields) else {},
        )

    def _body(self, name: str) -> dict[str, Any]:
        """The caller's attributes; a class among them is told that it stands inside, for Pydantic."""
        for key, value in self._namespace.items():
            if isinstance(value, type):
                value.__module__, value.__qualname__ = self._module, f"{name}.{key}"
        return dict(self._namespace)

    def _root(self) -> type[BaseModel]:
        base = (RootModel,) if self._base is BaseModel else (self._base, RootModel)
        annotation = self._annotation(self._plan.root)
        fields = {"root": (annotation, ...)}
        return self._model(
            self._plan.name, base, fields, self._body(self._plan.name), None, _NO_EXTRA
        )

    def _model(
        self,
        name: str,
        bases: tuple[type, ...],
        fields: dict[str, Any],
        namespace: dict[str, Any],
        doc: str | None,
        config: dict[str, Any],
    ) -> type[BaseModel]:
        made: type[BaseModel] = create_model(
            name,
            __base__=bases,
            __module__=self._module,
            __qualname__=name,
            __doc__=doc,
            __namespace__=namespace,
            __cls_kwargs__=config,
            **fields,
        )
        return made

    def _field(self, plan: FieldPlan) -> tuple[Any, Any]:
        annotation = self._annotation(plan.annotation)
        if plan.mark is not None:
            annotation = Annotated[annotation, plan.mark]
        said: dict[str, Any] = {}
        if plan.default is not None:
            said |= self._default(plan.default)
        if plan.alias is not None:
            said["alias"] = plan.alias
        if plan.doc is not None:
            said["description"] = plan.doc
        return annotation, pydantic_field(**said) if said else ...

    def _default(self, value: Value) -> dict[str, Any]:
        """How Pydantic is told a default: a fresh one for every instance where it can change."""
        match value:
            case Listed(items=()):
                return {"default_factory": list}
            case Mapped(entries=()):
                return {"default_factory": dict}
        if _needs_classes(value):
            return {"default_factory": self._factory(value)}
        return {"default": self._value(value)}  # of which Pydantic copies what can change

    def _factory(self, value: Value) -> Callable[[], Any]:
        return lambda: self._value(value)

    def _value(self, value: Value) -> Any:
        match value:
            case Constant():
                return value.value
            case Member():
                return self._classes[value.name][value.member]
            case Of():
                return _of(self._classes[value.name], value.value.value)
            case Listed():
                return [self._value(item) for item in value.items]
            case Mapped():
                return {key: self._value(item) for key, item in value.entries}
            case Instance():
                arguments = {name: self._value(item) for name, item in value.arguments}
                return self._classes[value.name](**arguments)

    def _annotation(self, plan: Annotation) -> Any:
        match plan:
            case Scalar():
                return _SCALARS[plan.name]
            case Named():
                return self._named(plan.name)
            case ListOf():
                return list[self._annotation(plan.item)]  # type: ignore[misc]
            case DictOf():
                return dict[str, self._annotation(plan.value)]  # type: ignore[misc]
            case UnionOf():
                branches = tuple(map(self._annotation, plan.branches))
                return OneOf[branches]  # noqa: UP007  # `|` takes no forward reference
            case Marked(mark=Digits() as digits):
                constraint = pydantic_field(
                    max_digits=digits.max_digits, decimal_places=digits.decimal_places
                )
                return Annotated[self._annotation(plan.type), constraint]
            case Marked(mark=AvroType() as mark):
                return Annotated[self._annotation(plan.type), mark]


def _is_complete(cls: Any) -> bool:
    return not issubclass(cls, BaseModel) or cls.__pydantic_complete__


def _needs_classes(value: Value) -> bool:
    """Whether a default holds instances of records, whose classes may not be complete yet."""
    match value:
        case Instance():
            return True
        case Listed():
            return any(map(_needs_classes, value.items))
        case Mapped():
            return any(_needs_classes(item) for _, item in value.entries)
    return False


def _of(cls: Any, value: Any) -> Any:
    """A value in the class of its fixed."""
    if isinstance(value, Duration):
        return cls(*value)
    return cls(bytes=value.bytes) if isinstance(value, UUID) else cls(value)
