"""What a plan of Python classes is made of: plain frozen data, all of it expressible as source."""

from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Literal, TypeAlias
from uuid import UUID

from flowodm.avro.annotations import AvroField, AvroName, AvroType
from flowodm.avro.values import Duration

__all__ = [
    "Annotation",
    "Blueprint",
    "ClassPlan",
    "Constant",
    "DictOf",
    "Digits",
    "EnumPlan",
    "FieldPlan",
    "FixedPlan",
    "Instance",
    "ListOf",
    "Listed",
    "Mapped",
    "Marked",
    "Member",
    "Named",
    "Of",
    "RecordPlan",
    "RootPlan",
    "Scalar",
    "ScalarName",
    "UnionOf",
    "Value",
]

ScalarName = Literal[
    "None",
    "bool",
    "int",
    "float",
    "bytes",
    "str",
    "Decimal",
    "UUID",
    "date",
    "time",
    "datetime",
    "Duration",
]


@dataclass(frozen=True, slots=True)
class Scalar:
    """A Python type that is no container."""

    name: ScalarName


@dataclass(frozen=True, slots=True)
class Named:
    """A planned class, by its Python name."""

    name: str


@dataclass(frozen=True, slots=True)
class ListOf:
    """`list[item]`."""

    item: "Annotation"


@dataclass(frozen=True, slots=True)
class DictOf:
    """`dict[str, value]`."""

    value: "Annotation"


@dataclass(frozen=True, slots=True)
class UnionOf:
    """`first | second`, in this order."""

    branches: tuple["Annotation", ...]


@dataclass(frozen=True, slots=True)
class Digits:
    """`Field(max_digits=…, decimal_places=…)`: a decimal in bytes."""

    max_digits: int
    decimal_places: int


@dataclass(frozen=True, slots=True)
class Marked:
    """`Annotated[type, mark]`."""

    type: "Annotation"
    mark: AvroType | Digits
    fixed: str | None = None
    """The full name of the fixed that it stands for, if it is one."""


Annotation: TypeAlias = Scalar | Named | ListOf | DictOf | UnionOf | Marked


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that cannot change."""

    value: bool | int | float | str | bytes | Decimal | UUID | date | time | Duration | None


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a planned enum: `Color.RED`."""

    name: str
    member: str
    symbol: str


@dataclass(frozen=True, slots=True)
class Of:
    """A value in the class of its fixed: `Md5(b"…")`."""

    name: str
    value: Constant


@dataclass(frozen=True, slots=True)
class Listed:
    """A list."""

    items: tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    """A dict."""

    entries: tuple[tuple[str, "Value"], ...]


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance of a planned record: `Address(street="x")`."""

    name: str
    arguments: tuple[tuple[str, "Value"], ...]
    """Attributes and values; the others have their own defaults."""


Value: TypeAlias = Constant | Member | Of | Listed | Mapped | Instance


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """One attribute of a record's class."""

    attribute: str
    alias: str | None
    """The Avro field's name, where the attribute's is another one."""
    annotation: Annotation
    default: Value | None = None
    """None: the field is required in Python."""
    doc: str | None = None
    mark: AvroField | None = None
    """What else the schema says of the field."""


@dataclass(frozen=True, slots=True)
class RecordPlan:
    """A record's class, a Pydantic model."""

    name: str
    fullname: str
    fields: tuple[FieldPlan, ...]
    doc: str | None = None
    """The docstring."""
    avro: AvroName | None = None
    """Where the class's name and docstring do not say it all."""


@dataclass(frozen=True, slots=True)
class EnumPlan:
    """An enum's class, a `StrEnum`."""

    name: str
    fullname: str
    members: tuple[tuple[str, str], ...]
    """Names and symbols."""
    doc: str | None = None
    avro: AvroName | None = None


@dataclass(frozen=True, slots=True)
class FixedPlan:
    """A class for a fixed, where a union holds another type of the same Python values."""

    name: str
    fullname: str
    base: ScalarName
    """What it is a subclass of."""


ClassPlan: TypeAlias = RecordPlan | EnumPlan | FixedPlan


@dataclass(frozen=True, slots=True)
class RootPlan:
    """The class of a schema's root."""

    name: str
    """A planned record, or a `RootModel` of `annotation`."""
    annotation: Annotation
    references: tuple[str, ...] = ()
    """The full names that its schema leaves to the other schemas, where there are several."""

    @property
    def is_record(self) -> bool:
        """Whether the class is a planned record."""
        return isinstance(self.annotation, Named) and self.annotation.name == self.name


@dataclass(frozen=True, slots=True)
class Blueprint:
    """The classes of a schema, or of several."""

    roots: tuple[RootPlan, ...]
    """Of each schema."""
    classes: tuple[ClassPlan, ...]
    """Each after those that it needs, except that classes may need each other in a circle."""
    by_name: dict[str, ClassPlan] = field(compare=False, repr=False)
    """By Python name."""
    fixeds: dict[str, str] = field(default_factory=dict)
    """The fixeds without a class, by full name: what their annotations may be called."""

    @property
    def name(self) -> str:
        """The class of the first root."""
        return self.roots[0].name

    @property
    def root(self) -> Annotation:
        """What the first root is."""
        return self.roots[0].annotation

    @property
    def is_record(self) -> bool:
        """Whether the first root's class is a planned record."""
        return self.roots[0].is_record
