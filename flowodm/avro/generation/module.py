"""A plan's classes as a module: imports, annotations with a name, classes, what ends the circles."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from flowodm.avro.blueprint.plan import (
    Annotation,
    ClassPlan,
    DictOf,
    ListOf,
    Marked,
    Named,
    RecordPlan,
    RootPlan,
    UnionOf,
)
from flowodm.avro.generation.bodies import Base, class_text, root_text
from flowodm.avro.generation.expressions import Writer
from flowodm.avro.generation.imports import import_block
from flowodm.avro.generation.layout import Expression, Text, assigned, collection
from flowodm.avro.words import shown
from flowodm.errors import SchemaError

__all__ = ["Parts", "annotations_of", "marked_in", "module_text", "named_in"]


@dataclass(frozen=True, slots=True)
class Parts:
    """What one module holds."""

    classes: tuple[ClassPlan, ...]
    """Each after those that it needs, as far as it can."""
    roots: tuple[RootPlan, ...]
    """The roots that are no record."""
    fixeds: Mapping[str, Marked]
    """Annotations that get a name, by it."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What it calls planned classes, where that is not their planned name."""
    homes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Planned names that another module holds: that module, and its name there."""
    handed_on: tuple[str, ...] = ()
    """Those of them that are to be imported from here."""


def module_text(
    header: str,
    parts: Parts,
    fixeds: Mapping[str, str],
    base: Base | None = None,
    roots: frozenset[str] = frozenset(),
) -> str:
    """The text of a module, which is Python for sure.

    Args:
        header: Its docstring.
        parts: What it holds.
        fixeds: The planned names of annotations of fixeds, by full name.
        base: What the classes of roots inherit from.
        roots: Their planned names.

    Raises:
        SchemaError: Python's own parser cannot take it.
    """
    writer = Writer(fixeds, parts.names, _clock(parts.classes))
    aliases = [
        assigned(writer.name(name), writer.marked(marked), 0)
        for name, marked in parts.fixeds.items()
    ]
    bodies = [
        class_text(writer, each, base if each.name in roots else None) for each in parts.classes
    ]
    bodies += (root_text(writer, each) for each in parts.roots)
    for name in (writer.used | set(parts.handed_on)) & parts.homes.keys():
        module, its_name = parts.homes[name]
        called = writer.name(name)
        writer.use_from(its_name if its_name == called else f"{its_name} as {called}", module)
    waiting = _waiting(parts.classes)
    imports = import_block(writer.imports, is_lazy=_is_lazy(parts.classes))
    public = [assigned("__all__", _listed(map(writer.name, parts.handed_on)), 0)]
    blocks = (
        header,
        _allowances(writer.lints),
        imports,
        public[0] if parts.handed_on else "",
        "\n".join(aliases),
    )
    top = "\n\n".join(block for block in blocks if block)
    rebuilt = "\n".join(f"{writer.name(name)}.model_rebuild()" for name in waiting)
    return _checked("\n\n\n".join(block for block in (top, *bodies, rebuilt) if block) + "\n")


def _allowances(lints: set[str]) -> str:
    """The rules of Ruff that do not hold in a module, with the reason."""
    if not lints:
        return ""
    reason = "# The names of fields and the order of unions are the schema's."
    return f"{reason}\n# ruff: noqa: {', '.join(sorted(lints))}"


def _listed(names: Iterable[str]) -> Expression:
    return collection("[]", *map(Text, sorted(names)))


def _checked(text: str) -> str:
    try:
        compile(text, "<generated>", "exec", dont_inherit=True)
        text.encode()
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise SchemaError(
            f"Python's parser does not take the classes of this schema: {shown(str(error))}"
        ) from error
    return text


def _clock(classes: Sequence[ClassPlan]) -> str:
    """What the module calls `datetime`: nothing that a field is called."""
    attributes = {
        field.attribute for each in classes if isinstance(each, RecordPlan) for field in each.fields
    }
    return "_dt" if "dt" in attributes else "dt"


def _is_lazy(classes: Sequence[ClassPlan]) -> bool:
    """Whether a class names itself, or one that stands below it."""
    known: set[str] = set()
    here = {each.name for each in classes}
    for each in classes:
        if any(name in here and name not in known for name in named_in(each)):
            return True
        known.add(each.name)
    return False


def _waiting(classes: Sequence[ClassPlan]) -> list[str]:
    """The classes that Pydantic cannot complete where they stand."""
    below = {each.name for each in classes}
    waiting: dict[str, None] = {}
    for each in classes:
        below.discard(each.name)
        if any(name in below or name in waiting for name in named_in(each)):
            waiting[each.name] = None
    return list(waiting)


def named_in(plan: ClassPlan) -> Iterator[str]:
    """The planned classes that the annotations of a class name."""
    for annotation in annotations_of(plan):
        yield from _names(annotation)


def annotations_of(plan: ClassPlan) -> Iterator[Annotation]:
    """The annotations of a class."""
    if isinstance(plan, RecordPlan):
        yield from (field.annotation for field in plan.fields)


def _names(plan: Annotation) -> Iterator[str]:
    match plan:
        case Named(name=name):
            yield name
        case _:
            for part in _parts(plan):
                yield from _names(part)


def marked_in(plan: Annotation) -> Iterator[Marked]:
    """The marked annotations in an annotation."""
    if isinstance(plan, Marked):
        yield plan
    for part in _parts(plan):
        yield from marked_in(part)


def _parts(plan: Annotation) -> tuple[Annotation, ...]:
    match plan:
        case ListOf(item=part) | DictOf(value=part) | Marked(type=part):
            return (part,)
        case UnionOf(branches=branches):
            return branches
    return ()
