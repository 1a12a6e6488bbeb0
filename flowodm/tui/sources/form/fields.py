"""The fields of a form: one for each leaf of a record, with what each begins with. Pure.

A nested record is a group of fields; one that may be null is opened first. Arrays, maps, unions of
several types, and what is nested too deep or has too many fields, are one field of JSON.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from flowodm.avro.default_bytes import default_bytes
from flowodm.avro.schema import Schema
from flowodm.avro.type_words import short_words
from flowodm.avro.types import NO_DEFAULT, Enum, Field, Json, Primitive, Record, Type, Union
from flowodm.codec.decode import compile_decoder
from flowodm.json_form import JSON
from flowodm.tui.sources.form.texts import Spelling, spelling_of, write_text

__all__ = ["UNSET", "Defaults", "FormField", "Path", "Unset", "part_of", "plan_fields"]

Path: TypeAlias = tuple[str, ...]
"""Where a field is: `value`, then the names of the fields down to it."""

_DEEPEST: Final = 12
"""Records inside each other that have fields of their own."""
_MOST: Final = 1_000
"""Fields, beyond those of the outermost record."""
_PLAIN_NAMES: Final = frozenset({"null", "boolean", "int", "long", "double", "string"})


class Unset:
    """No value: none was given, and there is no default."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()
Defaults: TypeAlias = dict[Field, tuple[Json | Unset]]
"""The defaults of fields in the JSON form, by the field itself."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One line of a form."""

    path: Path
    words: str
    """Its type."""
    doc: str | None
    spelling: Spelling | None
    """How its text is read; None for a group, which has none."""
    choices: tuple[str, ...] = ()
    """All that it may be, where these are few."""
    is_nullable: bool = False
    """Whether no text at all is null."""
    is_open: bool = True
    """Of a group: whether it has fields, rather than being null."""
    default: str | None = None
    """The text of the schema's default; None where it has none."""
    begins: str = ""
    node: Type | None = field(default=None, repr=False)
    """What it is in the schema, the union included."""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.path[-1]

    @property
    def is_group(self) -> bool:
        """Whether it stands for the fields below it."""
        return self.spelling is None


def plan_fields(
    schema: Schema,
    root: Path,
    given: Json | Unset,
    opened: Mapping[Path, bool],
    defaults: Defaults,
) -> tuple[FormField, ...]:
    """Plan the fields of a schema.

    Args:
        schema: The schema.
        root: The path of the whole.
        given: The JSON form of a value to begin with; of what it lacks the default counts.
        opened: Which groups that may be null were opened, or closed.
        defaults: What is known of defaults; more is added.
    """
    return tuple(_Planner(schema, opened, defaults).plan(schema.root, root, None, None, given, 0))


def part_of(schema: Schema, node: Type) -> Schema:
    """Return a type of a schema as a schema of its own."""
    return Schema(node, schema.names, frozenset(schema.names))


class _Planner:
    def __init__(self, schema: Schema, opened: Mapping[Path, bool], defaults: Defaults) -> None:
        self._schema = schema
        self._defaults = defaults
        self._opened = opened
        self._left = _MOST

    def plan(
        self,
        node: Type,
        path: Path,
        doc: str | None,
        default: Json | Unset | None,
        given: Json | Unset,
        depth: int,
    ) -> Iterator[FormField]:
        """Plan the fields of a type; `default` is None for what cannot have one."""
        inner, is_nullable = self._inner(node)
        stands = UNSET if default is None else default
        if isinstance(given, Unset):
            given = stands
        if isinstance(inner, Record) and self._has_room(inner, depth):
            yield from self._group(inner, node, path, doc, is_nullable, given, depth)
            return
        spelling = spelling_of(inner)
        yield FormField(
            path,
            short_words(node),
            doc or getattr(inner, "doc", None),
            spelling,
            _choices(inner),
            is_nullable,
            default=None if isinstance(stands, Unset) else _written(stands, spelling, is_nullable),
            begins="" if isinstance(given, Unset) else _written(given, spelling, is_nullable),
            node=node,
        )

    def _group(
        self,
        record: Record,
        node: Type,
        path: Path,
        doc: str | None,
        is_nullable: bool,
        given: Json | Unset,
        depth: int,
    ) -> Iterator[FormField]:
        members: dict[str, Json] = given if isinstance(given, dict) else {}
        is_open = not is_nullable or self._opened.get(path, isinstance(given, dict))
        if is_open:
            self._left -= len(record.fields) if depth else 0
        words = short_words(node)
        yield FormField(path, words, doc or record.doc, None, (), is_nullable, is_open, node=node)
        for one in record.fields if is_open else ():
            yield from self.plan(
                one.type,
                (*path, one.name),
                one.doc,
                self._default(one),
                members.get(one.name, UNSET),
                depth + 1,
            )

    def _inner(self, node: Type) -> tuple[Type, bool]:
        """What a field holds when it is not null, and whether it may be."""
        node = self._schema.deref(node)
        if isinstance(node, Union) and len(node.branches) == 2:
            kept = [one for one in node.branches if not _is_null(one)]
            if len(kept) == 1:
                return self._schema.deref(kept[0]), True
        is_nullable = _is_null(node) or (
            isinstance(node, Union) and any(map(_is_null, node.branches))
        )
        return node, is_nullable

    def _has_room(self, record: Record, depth: int) -> bool:
        return depth == 0 or (depth < _DEEPEST and len(record.fields) <= self._left)

    def _default(self, one: Field) -> Json | Unset:
        """A field's default in the JSON form, made once."""
        known = self._defaults.get(one)
        if known is None:
            known = self._defaults[one] = (self._made_default(one),)
        return known[0]

    def _made_default(self, one: Field) -> Json | Unset:
        if one.default is NO_DEFAULT:
            return UNSET
        node = self._schema.deref(one.type)
        if _is_spelled_alike(node) or one.default in ([], {}, None):
            return one.default  # type: ignore[return-value]  # it is one
        data = default_bytes(self._schema, one.type, one.default)  # type: ignore[arg-type]
        if isinstance(data, str):
            return UNSET
        decoded: Json = compile_decoder(part_of(self._schema, one.type), style=JSON).decode(data)
        return decoded


def _written(value: Any, spelling: Spelling, is_nullable: bool) -> str:
    text = write_text(value, spelling)
    return "" if text == '""' and spelling == "text" and not is_nullable else text


def _choices(node: Type) -> tuple[str, ...]:
    if isinstance(node, Enum):
        return node.symbols
    return ("false", "true") if isinstance(node, Primitive) and node.name == "boolean" else ()


def _is_null(node: Type) -> bool:
    return isinstance(node, Primitive) and node.name == "null"


def _is_spelled_alike(node: Type) -> bool:
    """Whether the JSON of defaults is the JSON form."""
    if isinstance(node, Primitive):
        return node.logical is None and node.name in _PLAIN_NAMES
    return isinstance(node, Enum)
