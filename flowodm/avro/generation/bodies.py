"""Planned classes as the lines of a module."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from flowodm.avro.annotations import AvroName
from flowodm.avro.blueprint.plan import (
    ClassPlan,
    Constant,
    EnumPlan,
    FieldPlan,
    FixedPlan,
    Instance,
    Listed,
    Mapped,
    RecordPlan,
    RootPlan,
    Scalar,
    UnionOf,
    Value,
)
from flowodm.avro.generation.expressions import Writer
from flowodm.avro.generation.layout import (
    Bracketed,
    Expression,
    Prefixed,
    Text,
    Word,
    annotated,
    assigned,
    call,
    laid_out,
    subscript,
)
from flowodm.avro.generation.literals import docstring
from flowodm.avro.types import NoDefault
from flowodm.avro.values import RawNumber

__all__ = ["Base", "class_text", "root_text"]

_STEP: Final = 4
_AMBIGUOUS: Final = ("I", "O", "l")
"""Names that look like numbers."""


@dataclass(frozen=True, slots=True)
class Base:
    """What the class of a root inherits from, in place of Pydantic's `BaseModel`.

    A class that inherits from it takes values by alias and by name.
    """

    name: str
    module: str
    """Where it is imported from."""
    reserved: frozenset[str] = frozenset()
    """Its public attributes, which no field may have."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What the inner `Settings` of a class say."""


def class_text(writer: Writer, plan: ClassPlan, base: Base | None) -> str:
    """A class.

    Args:
        writer: Of its module.
        plan: The class.
        base: What it inherits from; None: Pydantic's `BaseModel`. Only records have one.
    """
    match plan:
        case RecordPlan():
            return _record(writer, plan, base)
        case EnumPlan():
            members = tuple(assigned(name, Text(symbol), _STEP) for name, symbol in plan.members)
            groups = (*_said(writer, plan.doc, plan.avro), members)
            return _class(writer.name(plan.name), Word(writer.use("StrEnum")), plan.doc, groups)
        case FixedPlan(base=name):
            bare = writer.annotation(Scalar(name))
            return _class(
                writer.name(plan.name), bare, f"Values of the fixed `{plan.fullname}`.", ()
            )


def root_text(writer: Writer, plan: RootPlan) -> str:
    """The class of a root that is no record."""
    lints = set(writer.lints)
    base = subscript(writer.use("RootModel"), writer.annotation(plan.annotation))
    if isinstance(plan.annotation, UnionOf):  # Ruff asks no order of the argument itself
        writer.lints.difference_update({"RUF036"} - lints)
        for branch in plan.annotation.branches:
            writer.annotation(branch)
    said = AvroName(references=plan.references)
    groups = _said(writer, None, said if plan.references else None)
    return _class(writer.name(plan.name), base, "The values of a schema that is no record.", groups)


def _record(writer: Writer, plan: RecordPlan, base: Base | None) -> str:
    groups = list(_said(writer, plan.doc, plan.avro))
    if base is None:
        inherited = writer.use("BaseModel")
        if any(each.alias is not None for each in plan.fields):
            groups.append((assigned("model_config", _by_name(writer), _STEP),))
    else:
        inherited = writer.use_from(base.name, base.module)
        groups.append((_settings(base.settings),))
    groups.append(tuple(_field(writer, each) for each in plan.fields))
    return _class(writer.name(plan.name), Word(inherited), plan.doc, groups)


def _class(name: str, base: Expression, doc: str | None, groups: Iterable[tuple[str, ...]]) -> str:
    """A class of groups of statements, each apart from the next by an empty line."""
    parts = ["\n".join(group) for group in groups if group]
    lines = None if doc is None else docstring(doc)
    if lines is not None:
        parts.insert(0, _docstring(lines, _STEP))
    head = laid_out(Bracketed(f"class {name}", "()", (base,), has_comma=False), 0, "", ":")
    return head + "\n" + ("\n\n".join(parts) or " " * _STEP + "pass")


def _docstring(lines: tuple[str, ...], indent: int) -> str:
    start = " " * indent
    text = "\n".join(start + line if line and index else line for index, line in enumerate(lines))
    return f'{start}"""{text}"""' if len(lines) == 1 else f'{start}"""{text}\n{start}"""'


def _said(writer: Writer, doc: str | None, avro: AvroName | None) -> Iterator[tuple[str, ...]]:
    """What the class's name and docstring do not say."""
    is_told = doc is None or docstring(doc) is not None
    said = replace(avro or AvroName(), doc=None if is_told else doc)
    if said != AvroName():
        yield (assigned("__avro__", writer.name_mark(said), _STEP),)


def _by_name(writer: Writer) -> Expression:
    said = (Prefixed(f"validate_by_{way}=", Word("True")) for way in ("alias", "name"))
    return call(writer.use("ConfigDict"), *said)


def _settings(settings: Mapping[str, str]) -> str:
    said = (assigned(name, Text(value), 2 * _STEP) for name, value in settings.items())
    return "\n".join((" " * _STEP + "class Settings:", *said))


def _field(writer: Writer, plan: FieldPlan) -> str:
    annotation = _annotation(writer, plan)
    said: list[Expression] = []
    if plan.attribute in _AMBIGUOUS:
        writer.lints.add("E741")
    if plan.doc is not None and plan.alias is None:
        said.append(Prefixed("description=", Text(plan.doc)))
    return annotated(plan.attribute, annotation, _value(writer, plan.default, said), _STEP)


def _annotation(writer: Writer, plan: FieldPlan) -> Expression:
    """The annotation with its marks.

    An alias stands in it, and not in the field's value: type checkers would take it for the name
    of the constructor's argument, and the attribute for none.
    """
    marks: list[Expression] = []
    if plan.alias is not None:
        said = [Prefixed("alias=", Text(plan.alias))]
        if plan.doc is not None:
            said.append(Prefixed("description=", Text(plan.doc)))
        marks.append(call(writer.use("Field"), *said))
    if plan.mark is not None:
        marks.append(writer.field_mark(plan.mark))
    is_last_null = _is_optional(plan)
    if not marks:
        return writer.annotation(plan.annotation, is_last_null=is_last_null)
    return writer.annotated(plan.annotation, marks, is_last_null=is_last_null)


def _is_optional(plan: FieldPlan) -> bool:
    """Whether null stands first in the schema because it is the default, wherever it stands here."""
    return (
        isinstance(plan.annotation, UnionOf)
        and plan.annotation.branches[0] == Scalar("None")
        and plan.default == Constant(None)
        and (plan.mark is None or isinstance(plan.mark.default, NoDefault))
    )


def _value(writer: Writer, default: Value | None, said: list[Expression]) -> Expression | None:
    """What stands after the `=`; None for nothing."""
    match default:
        case None:
            arguments: list[Expression] = []
        case Listed(items=()):
            arguments = [Prefixed("default_factory=", Word("list"))]
        case Mapped(entries=()):
            arguments = [Prefixed("default_factory=", Word("dict"))]
        case Listed() | Mapped() | Instance() if _holds(Instance, default):
            made = writer.value(default, is_cast=True)
            arguments = [Prefixed("default_factory=lambda: ", made)]
        case Constant() | Listed() | Mapped() if _holds(RawNumber, default):
            # it is none of the annotation's type, which only a default to be validated may be
            arguments = [Prefixed("default=", writer.value(default))]
            arguments.append(Prefixed("validate_default=", Word("True")))
        case Listed() | Mapped():
            arguments = [Prefixed("default=", writer.value(default))]
        case _ if not said:
            return writer.value(default)
        case _:
            arguments = [Prefixed("default=", writer.value(default))]
    arguments += said
    return call(writer.use("Field"), *arguments) if arguments else None


def _holds(kind: type, value: Value) -> bool:
    """Whether a value is, or holds, one of a kind: records, of which every instance needs its own."""
    match value:
        case Listed(items=items):
            return any(_holds(kind, item) for item in items)
        case Mapped(entries=entries):
            return any(_holds(kind, item) for _, item in entries)
        case Constant(value=constant):
            return isinstance(constant, kind)
    return isinstance(value, kind)
