"""Which of the writer's parts goes to which of the reader's: types by name, fields, branches.

The rules of the Avro 1.12 specification, "Schema Resolution", and "Aliases"; where it is silent,
what `docs/avro-resolution.md` says. Aliases are always the reader's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from flowodm.avro.types import (
    Enum,
    Field,
    Fixed,
    Logical,
    NamedType,
    NoDefault,
    Primitive,
    Record,
    Ref,
    Type,
    Union,
)

__all__ = [
    "PROMOTIONS",
    "Branches",
    "FieldMatch",
    "is_alike",
    "is_named_alike",
    "kind_of",
    "match_fields",
    "shift_between",
    "shown",
]

PROMOTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}
"""What each written primitive may be read as, besides itself."""

_UNITS: Final = {"millis": 3, "micros": 6, "nanos": 9}


def kind_of(node: Type) -> str:
    """The word of a type: a primitive's name, `array`, `record` and so on."""
    return node.name if isinstance(node, Primitive) else type(node).__name__.lower()


def short_name(node: NamedType) -> str:
    """The name without its namespace."""
    return node.fullname.rpartition(".")[2]


def shown(node: Type) -> str:
    """A type in a message: its word, and its name where it has one."""
    if isinstance(node, Record | Enum | Fixed | Ref):
        return f"`{kind_of(node)} {node.fullname}`"
    logical = None if isinstance(node, Union) else node.logical
    return f"`{kind_of(node)}`" if logical is None else f"`{kind_of(node)} {logical.name}`"


def is_alike(writer: Type, reader: Type) -> bool:
    """Whether the types themselves go together, parts left aside; neither is a union.

    Records always do, whatever their names, as in Java.
    """
    match writer, reader:
        case Primitive(), Primitive():
            return writer.name == reader.name or reader.name in PROMOTIONS.get(writer.name, ())
        case Fixed(), Fixed():
            return writer.size == reader.size and is_named_alike(writer, reader)
        case Enum(), Enum():
            return is_named_alike(writer, reader)
    return kind_of(writer) == kind_of(reader)


def is_named_alike(writer: NamedType, reader: NamedType) -> bool:
    """Whether the unqualified names are equal, or the reader's aliases hold the writer's name."""
    return short_name(writer) == short_name(reader) or writer.fullname in reader.aliases


@dataclass(frozen=True, slots=True)
class FieldMatch:
    """Where the fields of a reader's record come from."""

    written: Mapping[str, str]
    """The writer's field → the reader's."""
    missing: tuple[Field, ...]
    """The reader's fields that were not written."""
    ambiguous: str | None = None
    """A reader's field that two written fields claim."""

    @property
    def is_filled(self) -> bool:
        """Whether every field of the reader has a value to take."""
        return self.ambiguous is None and all(
            not isinstance(field.default, NoDefault) for field in self.missing
        )


def match_fields(writer: Record, reader: Record) -> FieldMatch:
    """Give each written field to at most one field of the reader.

    A field goes to the one of its own name; to one that has it as an alias, when that one's own
    name was not written and the field of the same name, if there is one, has a default to fall
    back to (so Java does).
    """
    written = {field.name for field in writer.fields}
    own = {field.name: field for field in reader.fields}
    claims: dict[str, str] = {}
    for needs_it in (False, True):  # who has no default claims last, and so keeps the claim
        for field in reader.fields:
            if isinstance(field.default, NoDefault) is needs_it and field.name not in written:
                claims.update({alias: field.name for alias in field.aliases if alias in written})
    target: dict[str, str] = {}
    for name in written:
        keeper = own.get(name)
        claimed = claims.get(name)
        if keeper is not None and (claimed is None or isinstance(keeper.default, NoDefault)):
            target[name] = name
        elif claimed is not None:
            target[name] = claimed
    missing = set(own) - set(target.values())
    return FieldMatch(
        target,
        tuple(field for field in reader.fields if field.name in missing),
        _ambiguous(reader, target, written, own),
    )


def _ambiguous(
    reader: Record, target: Mapping[str, str], written: set[str], own: Mapping[str, Field]
) -> str | None:
    seen: set[str] = set()
    for name in target.values():
        if name in seen:
            return name
        seen.add(name)
    for field in reader.fields:
        strays = (alias for alias in field.aliases if alias in written and alias not in own)
        if target.get(field.name) == field.name and any(stray not in target for stray in strays):
            return field.name
    return None


_Fits: TypeAlias = Callable[[Record, Record], bool]


class Branches:
    """A reader's union, indexed: which branch takes a written type."""

    def __init__(self, branches: tuple[Type, ...]) -> None:
        self.branches = branches
        """The union's own, each a definition."""
        self.union = Union(branches)
        """The union with them: whoever looks at its branches meets no `Ref`."""
        self._kinds: dict[str, int] = {}
        self._names: dict[tuple[str, str], int] = {}
        self._aliases: dict[tuple[str, str], int] = {}
        self._short: dict[tuple[str, str], list[int]] = {}
        self._records: list[int] = []
        for index, branch in enumerate(branches):
            self._add(index, branch)

    def _add(self, index: int, branch: Type) -> None:
        kind = kind_of(branch)
        self._kinds.setdefault(kind, index)
        if not isinstance(branch, Record | Enum | Fixed):
            return
        self._names[kind, branch.fullname] = index
        self._aliases.update({(kind, alias): index for alias in branch.aliases})
        self._short.setdefault((kind, short_name(branch)), []).append(index)
        if isinstance(branch, Record):
            self._records.append(index)

    def choose(self, writer: Type, fits: _Fits) -> int | None:
        """The branch for a type that is no union: the same type first, a promotion only then.

        Args:
            writer: The written type, a definition.
            fits: Whether a written record fits a reader's by its structure.
        """
        if isinstance(writer, Record | Enum | Fixed):
            return self._named(writer, fits)
        same = self._kinds.get(kind_of(writer))
        if same is not None or not isinstance(writer, Primitive):
            return same
        promoted = (self._kinds.get(kind) for kind in PROMOTIONS.get(writer.name, ()))
        return min((index for index in promoted if index is not None), default=None)

    def _named(self, writer: NamedType, fits: _Fits) -> int | None:
        """By full name, by alias, by short name; a record also by its structure, as Java does."""
        name = (kind_of(writer), writer.fullname)
        for names in (self._names, self._aliases):
            if name in names:
                return names[name]
        alike = self._short.get((name[0], short_name(writer)), [])
        if not isinstance(writer, Record):
            return alike[0] if alike else None
        for index in (*reversed(alike), *self._records):
            branch = self.branches[index]
            assert isinstance(branch, Record)
            if fits(writer, branch):
                return index
        return alike[0] if alike else None


def shift_between(writer: Logical | None, reader: Logical | None) -> int | None:
    """The decimal places between two units or scales; None when the values mean other things.

    Where either side is a plain number, the number is taken as it is.
    """
    if writer is None or reader is None or writer.name == reader.name != "decimal":
        return 0
    if writer.name == reader.name:
        return (reader.scale or 0) - (writer.scale or 0)
    family, _, unit = writer.name.rpartition("-")
    other, _, other_unit = reader.name.rpartition("-")
    if not family or family != other:
        return None
    return _UNITS[other_unit] - _UNITS[unit]
