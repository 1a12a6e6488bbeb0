"""Schema resolution: a writer's schema and a reader's → how to read the one into the other.

Pure, and finite for every schema: each pair of types is resolved once, from a list of pairs to
do, never by recursion. What cannot be read becomes a `Mismatch` node, which is an error only for
a value that reaches it (Avro 1.12 spec, "Schema Resolution"; `docs/avro-resolution.md`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from flowodm.avro.default_bytes import default_bytes
from flowodm.avro.matching import (
    Branches,
    FieldMatch,
    is_alike,
    match_fields,
    shift_between,
    shown,
)
from flowodm.avro.resolution import (
    FieldDefault,
    IntoUnion,
    Mismatch,
    Node,
    Read,
    ReadArray,
    ReadEnum,
    ReadMap,
    ReadRecord,
    ReadUnion,
    Resolution,
    Skip,
    Step,
)
from flowodm.avro.schema import Schema
from flowodm.avro.types import (
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    NoDefault,
    Primitive,
    Record,
    Type,
    Union,
)
from flowodm.errors import SchemaError

__all__ = ["resolve"]

_MOST_NODES: Final = 100_000
_MOST_COMPARISONS: Final = 300_000


def resolve(writer: Schema, reader: Schema | None = None) -> Resolution:
    """Settle how values written with one schema are read into another.

    Args:
        writer: The schema that the values were written with.
        reader: The schema to read them into; None: the writer's own.

    Raises:
        SchemaError: The two schemas together are too large to resolve.
    """
    return _Resolver(writer, reader or writer).resolution()


@dataclass(frozen=True, slots=True)
class _Job:
    place: int
    writer: Type
    reader: Type | None
    schema: Schema
    """The one that `writer` belongs to: the reader's own, for the default of a field."""


class _Resolver:
    """The table as it grows, and the pairs still to do."""

    def __init__(self, writer: Schema, reader: Schema) -> None:
        self._writer = writer
        self._reader = reader
        self._nodes: list[Node | None] = []
        self._places: dict[tuple[int, int, bool], int] = {}
        self._jobs: list[_Job] = []
        self._unions: dict[int, Branches] = {}
        self._comparisons = _MOST_COMPARISONS

    def resolution(self) -> Resolution:
        root = self._place(self._writer.root, self._reader.root, self._writer)
        while self._jobs:
            job = self._jobs.pop()
            self._nodes[job.place] = self._node(job)
        nodes = tuple(node for node in self._nodes if node is not None)
        return Resolution(self._writer, self._reader, nodes, root)

    def _place(self, writer: Type, reader: Type | None, schema: Schema) -> int:
        """Where the node of this pair stands, or will."""
        writer = schema.deref(writer)
        reader = reader if reader is None else self._reader.deref(reader)
        pair = (id(writer), id(reader), schema is self._reader)
        place = self._places.setdefault(pair, len(self._nodes))
        if place == len(self._nodes):
            if place >= _MOST_NODES:
                raise SchemaError(
                    f"`{self._writer.name}` read as `{self._reader.name}` is too large: over"
                    f" {_MOST_NODES} pairs of types"
                )
            self._nodes.append(None)
            self._jobs.append(_Job(place, writer, reader, schema))
        return place

    def _node(self, job: _Job) -> Node:
        if job.reader is None:
            return self._skip(job)
        if isinstance(job.writer, Union):
            return ReadUnion(tuple(self._parts(job, job.writer.branches, job.reader)))
        if isinstance(job.reader, Union):
            return self._into_union(job, job.reader)
        return self._pair(job, job.writer, job.reader)

    def _parts(self, job: _Job, writers: tuple[Type, ...], reader: Type | None) -> list[int]:
        return [self._place(writer, reader, job.schema) for writer in writers]

    def _skip(self, job: _Job) -> Skip:
        match job.writer:
            case Union(branches=parts):
                return Skip(job.writer, tuple(self._parts(job, parts, None)))
            case Array(items=part) | Map(values=part):
                return Skip(job.writer, tuple(self._parts(job, (part,), None)))
            case Record(fields=fields):
                types = tuple(field.type for field in fields)
                return Skip(job.writer, tuple(self._parts(job, types, None)))
        return Skip(job.writer)

    def _into_union(self, job: _Job, union: Union) -> Node:
        branches = self._branches(union)
        index = branches.choose(
            job.writer, lambda writer, reader: self._fits_record(writer, reader, job.schema)
        )
        if index is None:
            reason = f"{shown(job.writer)} was written, and no branch of the union reads it"
            return Mismatch("type", reason)
        return IntoUnion(
            branches.union, index, self._place(job.writer, branches.branches[index], job.schema)
        )

    def _branches(self, union: Union) -> Branches:
        known = self._unions.get(id(union))
        if known is None:
            definitions = tuple(self._reader.deref(branch) for branch in union.branches)
            known = self._unions[id(union)] = Branches(definitions)
        return known

    def _pair(self, job: _Job, writer: Type, reader: Type) -> Node:
        if not is_alike(writer, reader):
            return _mismatch(writer, reader)
        match writer, reader:
            case (Primitive() | Fixed()), (Primitive() | Fixed()):
                return _read(writer, reader)
            case Enum(), Enum():
                return _read_enum(writer, reader)
            case Array(), Array():
                return ReadArray(reader, self._place(writer.items, reader.items, job.schema))
            case Map(), Map():
                return ReadMap(reader, self._place(writer.values, reader.values, job.schema))
        assert isinstance(writer, Record)
        assert isinstance(reader, Record)
        return self._record(job, writer, reader)

    def _record(self, job: _Job, writer: Record, reader: Record) -> Node:
        match = match_fields(writer, reader)
        if match.ambiguous:
            return Mismatch("field", "two written fields claim it", match.ambiguous)
        defaults: list[FieldDefault] = []
        for field in match.missing:
            filled = self._default(field)
            if isinstance(filled, Mismatch):
                return filled
            defaults.append(filled)
        return ReadRecord(reader, tuple(self._steps(job, writer, reader, match)), tuple(defaults))

    def _default(self, field: Field) -> FieldDefault | Mismatch:
        if isinstance(field.default, NoDefault):
            return Mismatch("field", "it was not written, and has no default", field.name)
        data = default_bytes(self._reader, field.type, field.default)
        if isinstance(data, str):
            return Mismatch("default", data, field.name)
        return FieldDefault(field.name, self._place(field.type, field.type, self._reader), data)

    def _steps(
        self, job: _Job, writer: Record, reader: Record, match: FieldMatch
    ) -> Iterator[Step]:
        types = {field.name: field.type for field in reader.fields}
        for field in writer.fields:
            target = match.written.get(field.name)
            wanted = None if target is None else types[target]
            yield Step(field.name, target, self._place(field.type, wanted, job.schema))

    def _fits_record(self, writer: Record, reader: Record, schema: Schema) -> bool:
        """Whether no field is sure to fail, as far as the fields themselves show it."""
        match = match_fields(writer, reader)
        self._comparisons -= len(writer.fields) + len(reader.fields) + 1
        if self._comparisons < 0:
            raise SchemaError(
                f"`{self._writer.name}` read as `{self._reader.name}`: too many records to compare"
            )
        if not match.is_filled:
            return False
        types = {field.name: field.type for field in reader.fields}
        written = {field.name: field.type for field in writer.fields}
        return all(
            self._fits(schema.deref(written[name]), self._reader.deref(types[target]))
            for name, target in match.written.items()
        )

    def _fits(self, writer: Type, reader: Type) -> bool:
        if isinstance(writer, Union):
            return True
        if isinstance(reader, Union):
            return self._branches(reader).choose(writer, _is_filled) is not None
        if isinstance(writer, Record) and isinstance(reader, Record):
            return _is_filled(writer, reader)
        return is_alike(writer, reader)


def _is_filled(writer: Record, reader: Record) -> bool:
    return match_fields(writer, reader).is_filled


def _read(writer: Primitive | Fixed, reader: Primitive | Fixed) -> Read | Mismatch:
    shift = shift_between(writer.logical, reader.logical)
    if shift is None:
        return _mismatch(writer, reader)
    return Read(writer, reader, shift)


def _read_enum(writer: Enum, reader: Enum) -> ReadEnum:
    known = set(reader.symbols)
    default = reader.default if reader.default in known else None
    symbols = tuple(symbol if symbol in known else default for symbol in writer.symbols)
    return ReadEnum(writer, reader, symbols)


def _mismatch(writer: Type, reader: Type) -> Mismatch:
    return Mismatch("type", f"{shown(writer)} was written, {shown(reader)} is read")
