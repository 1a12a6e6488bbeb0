"""A plan's annotations, marks and values as expressions, and the names that these need."""

import math
from collections.abc import Iterable, Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any, Final, get_args
from uuid import UUID

from flowodm.avro import ready
from flowodm.avro.annotations import AvroField, AvroName, AvroType
from flowodm.avro.blueprint.plan import (
    Annotation,
    Constant,
    DictOf,
    Digits,
    Instance,
    Listed,
    ListOf,
    Mapped,
    Marked,
    Member,
    Named,
    Of,
    Scalar,
    ScalarName,
    UnionOf,
    Value,
)
from flowodm.avro.generation.layout import (
    Bracketed,
    Choice,
    Expression,
    Prefixed,
    Text,
    Word,
    call,
    collection,
    subscript,
)
from flowodm.avro.generation.literals import bytes_literal, text_literal
from flowodm.avro.types import Json, NoDefault
from flowodm.avro.values import Duration, RawNumber
from flowodm.errors import SchemaError

__all__ = ["Writer"]

_DEEPEST: Final = 40
"""Arrays and objects inside one another in one JSON value; Python's parser has its own limit."""

_HOMES: Final[dict[str, str]] = {
    "Annotated": "typing",
    "Any": "typing",
    "Union": "typing",
    "cast": "typing",
    "BaseModel": "pydantic",
    "ConfigDict": "pydantic",
    "Decimal": "decimal",
    "Field": "pydantic",
    "RootModel": "pydantic",
    "StrEnum": "enum",
    "UUID": "uuid",
    **dict.fromkeys(("AvroField", "AvroName", "AvroType", "Duration", "RawNumber"), "flowodm.avro"),
    **dict.fromkeys(ready.__all__, "flowodm.avro"),
}
"""Where each name that a module may use comes from."""

_READY: Final = {
    (base.__name__, repr(mark.type)): name
    for name in ready.__all__
    for base, mark in [get_args(getattr(ready, name))]
}
"""The annotations that have a name in `flowodm.avro`, by Python type and Avro type."""


class Writer:
    """Writes expressions of one module, and keeps what they need.

    Args:
        fixeds: The planned names of the annotations of fixeds, by full name.
        names: What the module calls each planned class, where that is not its planned name.
        clock: What the module calls `datetime`, so that no field can hide it.
    """

    def __init__(
        self, fixeds: Mapping[str, str], names: Mapping[str, str] = {}, clock: str = "dt"
    ) -> None:
        self._fixeds = fixeds
        self._names = names
        self._clock = clock
        self.imports: dict[str, str] = {}
        """Names, with the modules that they come from; `` for a module itself."""
        self.used: set[str] = set()
        """The planned names that were used."""
        self.lints: set[str] = set()
        """The rules of Ruff that a schema can make a module break."""

    def use(self, name: str) -> str:
        """A name that has to be imported."""
        self.imports[name] = _HOMES[name]
        return name

    def use_from(self, name: str, module: str) -> str:
        """A name of a module that is not one of those that are known."""
        self.imports[name] = module
        return name

    def name(self, planned: str) -> str:
        """What the module calls a planned class."""
        self.used.add(planned)
        return self._names.get(planned, planned)

    def annotation(self, plan: Annotation, *, is_last_null: bool = False) -> Expression:
        """An annotation.

        Args:
            plan: What it says.
            is_last_null: Whether null stands last in a union, wherever the schema has it.
        """
        match plan:
            case Scalar(name=name):
                return Word(self._scalar(name))
            case Named(name=name):
                return Word(self.name(name))
            case ListOf(item=item):
                return subscript("list", self.annotation(item))
            case DictOf(value=value):
                return subscript("dict", Word("str"), self.annotation(value))
            case UnionOf(branches=branches):
                return self._union(branches, is_last_null)
            case Marked():
                return self._marked(plan)

    def _union(self, branches: tuple[Annotation, ...], is_last_null: bool) -> Expression:
        null = Scalar("None")
        if is_last_null:
            branches = (*(branch for branch in branches if branch != null), null)
        elif null in branches[:-1]:
            self.lints.add("RUF036")
        parts = tuple(map(self.annotation, branches))
        if len(parts) > 2 and not all(map(_is_plain, branches)):
            # `typing` takes `A | B | C` for a `B | A | C` that it has seen; not so `Union`
            self.lints.add("UP007")
            return subscript(self.use("Union"), *parts)
        return Choice(parts)

    def _marked(self, plan: Marked) -> Expression:
        if plan.fixed is not None and plan.fixed in self._fixeds:
            return Word(self.name(self._fixeds[plan.fixed]))
        return self.marked(plan)

    def marked(self, plan: Marked) -> Expression:
        """A marked annotation in full, also where the module has a name for it."""
        match plan.mark:
            case Digits(max_digits=digits, decimal_places=places):
                said = [Prefixed("max_digits=", Word(str(digits)))]
                said.append(Prefixed("decimal_places=", Word(str(places))))
                return self.annotated(plan.type, [call(self.use("Field"), *said)])
            case AvroType() as mark:
                name = self._ready_name(plan.type, mark)
                if name is not None:
                    return Word(self.use(name))
                return self.annotated(plan.type, [self._type_mark(mark)])

    def annotated(
        self, plan: Annotation, marks: Iterable[Expression], *, is_last_null: bool = False
    ) -> Expression:
        """`Annotated[annotation, mark]`."""
        inner = self.annotation(plan, is_last_null=is_last_null)
        if isinstance(inner, Bracketed) and inner.head == "Annotated":
            return subscript("Annotated", *inner.items, *marks)
        return subscript(self.use("Annotated"), inner, *marks)

    def _ready_name(self, plan: Annotation, mark: AvroType) -> str | None:
        if mark.props or mark.is_external or mark.is_union or not isinstance(plan, Scalar):
            return None
        return _READY.get((plan.name, repr(mark.type)))

    def _type_mark(self, mark: AvroType) -> Expression:
        said: list[Expression] = []
        if mark.type is not None:
            said.append(self.json(mark.type))
        said += self._said(props=dict(mark.props))
        said += self._said(is_external=mark.is_external, is_union=mark.is_union)
        return call(self.use("AvroType"), *said)

    def field_mark(self, mark: AvroField) -> Expression:
        """`AvroField(…)`."""
        said = self._said(aliases=mark.aliases)
        if mark.order != "ascending":
            said += self._said(order=mark.order)
        if not isinstance(mark.default, NoDefault):
            said.append(Prefixed("default=", self.json(mark.default)))
        said += self._said(props=dict(mark.props))
        return call(self.use("AvroField"), *said)

    def name_mark(self, mark: AvroName) -> Expression:
        """`AvroName(…)`."""
        said: list[Expression] = [] if mark.name is None else [Text(mark.name)]
        said += self._said(aliases=mark.aliases)
        if mark.doc is not None:
            said.append(Prefixed("doc=", Text(mark.doc)))
        said += self._said(
            default=mark.default,
            is_error=mark.is_error,
            is_external=mark.is_external,
            references=mark.references,
            props=dict(mark.props),
        )
        return call(self.use("AvroName"), *said)

    def _said(self, **arguments: Any) -> list[Expression]:
        """The arguments that say something."""
        return [
            Prefixed(
                f"{name}=",
                (
                    collection("()", *map(self.json, value))
                    if isinstance(value, tuple)
                    else self.json(value)
                ),
            )
            for name, value in arguments.items()
            if value
        ]

    def json(self, value: Json, depth: int = 0) -> Expression:
        """A JSON value.

        Raises:
            SchemaError: It is nested too deep for Python's parser.
        """
        if depth > _DEEPEST:
            raise SchemaError(
                f"a default or an attribute is nested more than {_DEEPEST} deep: too deep for"
                " Python source"
            )
        match value:
            case str():
                return Text(value)
            case float():
                return _float(value)
            case list():
                return collection("[]", *(self.json(item, depth + 1) for item in value))
            case dict():
                entries = (
                    Prefixed(f"{text_literal(key)}: ", self.json(item, depth + 1))
                    for key, item in value.items()
                )
                return collection("{}", *entries)
        return Word(repr(value))

    def value(self, plan: Value, *, is_cast: bool = False) -> Expression:
        """A default's value.

        Args:
            plan: The value.
            is_cast: Whether a type checker compares the value with an annotation, of which a
                `RawNumber` is none.
        """
        match plan:
            case Constant(value=RawNumber()) if is_cast:
                raw = self._constant(plan.value)
                return call(self.use("cast"), Word(self.use("Any")), raw)
            case Constant(value=value):
                return self._constant(value)
            case Member(name=name, member=member):
                return Word(f"{self.name(name)}.{member}")
            case Of(name=name, value=Constant(value=value)):
                return call(self.name(name), *self._arguments(value))
            case Listed(items=items):
                return collection("[]", *(self.value(item, is_cast=is_cast) for item in items))
            case Mapped(entries=entries):
                pairs = (
                    Prefixed(f"{text_literal(key)}: ", self.value(item, is_cast=is_cast))
                    for key, item in entries
                )
                return collection("{}", *pairs)
            case Instance(name=name, arguments=arguments):
                said = (
                    Prefixed(f"{key}=", self.value(item, is_cast=True)) for key, item in arguments
                )
                return call(self.name(name), *said)

    def _constant(self, value: object) -> Expression:
        match value:
            case str():
                return Text(value)
            case bytes():
                return Word(bytes_literal(value))
            case float():
                return _float(value)
            case RawNumber():
                return call(self.use("RawNumber"), Word(str(int(value))))
            case Decimal() | UUID() | Duration():
                return call(self.use(type(value).__name__), *self._arguments(value))
            case date() | time():
                return self._clock_value(value)
        return Word(repr(value))

    def _clock_value(self, value: date | time) -> Expression:
        """A date, a time or both, as Python shows it."""
        text = repr(value).replace("datetime.timezone.utc", f"{self._datetime()}.UTC")
        head, _, arguments = text.removeprefix("datetime.").removesuffix(")").partition("(")
        return call(f"{self._datetime()}.{head}", *map(Word, arguments.split(", ")))

    def _arguments(self, value: object) -> list[Expression]:
        """What a class makes a value of."""
        match value:
            case Duration():
                names = zip(Duration._fields, value, strict=True)
                return [Prefixed(f"{name}=", Word(str(number))) for name, number in names]
            case Decimal() | UUID():
                return [Text(str(value))]
        return [self._constant(value)]

    def _scalar(self, name: ScalarName) -> str:
        if name in ("date", "time", "datetime"):
            return f"{self._datetime()}.{name}"
        return self.use(name) if name in _HOMES else name

    def _datetime(self) -> str:
        self.imports[f"datetime as {self._clock}"] = ""
        return self._clock


def _is_plain(plan: Annotation) -> bool:
    """Whether an annotation is a class, or a list or dict of something: nothing of `typing`."""
    return isinstance(plan, Scalar | Named | ListOf | DictOf)


def _float(value: float) -> Expression:
    return Word(repr(value).replace("e+", "e") if math.isfinite(value) else f'float("{value}")')
