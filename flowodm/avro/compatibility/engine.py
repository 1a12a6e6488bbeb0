"""The judgement: every pair of types that meet, each judged once, in Java's own order.

Java's order matters: a pair in progress counts as compatible, and what was judged meanwhile is
kept. What is found is kept as a graph, because a type that is used in many places has the same
reasons in each; `report.py` writes the places out.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from flowodm.avro.compatibility.candidates import Candidates
from flowodm.avro.compatibility.incompatibility import IncompatibilityType
from flowodm.avro.matching import PROMOTIONS, is_named_alike, kind_of
from flowodm.avro.schema import Schema
from flowodm.avro.survey import survey
from flowodm.avro.text import java_part_text
from flowodm.avro.types import (
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    NamedType,
    NoDefault,
    Primitive,
    Record,
    Type,
    Union,
)
from flowodm.avro.walk import Walk, run
from flowodm.avro.words import Path
from flowodm.errors import SchemaError

__all__ = ["Cause", "Engine", "Reason", "Verdict"]

_MOST_WORK: Final = 10_000_000
_PAIR: Final = 12
"""What a pair costs of that; a field costs one."""
_REASON: Final = 20
"""What a reason costs: it is kept."""
_FEW_BRANCHES: Final = 8
"""Of a union that is judged branch by branch: an index would cost more."""


class Cause(NamedTuple):
    """What is wrong between two types."""

    type: IncompatibilityType
    reader: Type
    writer: Type
    java_message: str
    field: Field | None = None
    """The reader's field that has no value."""


class Reason(NamedTuple):
    """Why a pair of types is incompatible: itself, or a pair inside it."""

    steps: tuple[str | int, ...]
    """From the pair to the place of the cause, or to the pair inside."""
    cause: "Cause | Verdict"


class Verdict:
    """Every reason against a pair of types; none, when it is compatible."""

    __slots__ = ("is_settled", "place", "reasons")

    def __init__(self, place: Path) -> None:
        self.place = place
        """Where the pair was first met; for Java, inside a union, counted from the branch."""
        self.reasons: list[Reason] = []
        self.is_settled = False


_COMPATIBLE: Final = Verdict(None)


class Engine:
    """Judges one reader's schema against one writer's.

    Args:
        reader: The reader's.
        writer: The writer's.
        exact: Whether places and the kinds of reasons are Java's where Java is wrong.
    """

    def __init__(self, reader: Schema, writer: Schema, *, exact: bool) -> None:
        self._reader = reader
        self._writer = writer
        self._exact = exact
        self._verdicts: dict[tuple[int, int], Verdict] = {}
        self._written: dict[int, dict[str, Field]] = {}
        self._unions: dict[int, Candidates] = {}
        self._finite: bool | None = None
        self._work = _MOST_WORK
        self.ambiguous: list[tuple[Path, Cause]] = []
        """Fields that several written ones claim, wherever they were met: Java gives up there."""

    def verdict(self) -> Verdict:
        """Judge the two roots.

        Raises:
            SchemaError: The two schemas together are too large to compare.
        """
        return run(self._judge(self._reader.root, self._writer.root, None))

    def settled(self, reader: Type, writer: Type) -> Verdict | None:
        """The verdict on a pair that was met."""
        return self._verdicts.get((id(self._reader.deref(reader)), id(self._writer.deref(writer))))

    def like(self, union: Union, writer: Type) -> Iterable[Type]:
        """The branches of a reader's union whose kind and name let them read a type."""
        known = self._unions.get(id(union))
        if known is None:
            branches = (self._reader.deref(branch) for branch in union.branches)
            known = self._unions[id(union)] = Candidates(branches)
        return known.for_writer(writer)

    def _judge(self, reader: Type, writer: Type, place: Path) -> Walk[Verdict]:
        reader, writer = self._reader.deref(reader), self._writer.deref(writer)
        pair = (id(reader), id(writer))
        known = self._verdicts.get(pair)
        if known is not None:
            return known if known.is_settled else _COMPATIBLE
        self._spend(_PAIR)
        verdict = self._verdicts[pair] = Verdict(place)
        if isinstance(reader, Union) or isinstance(writer, Union):
            yield from self._union(verdict, reader, writer)
        elif kind_of(reader) == kind_of(writer):
            yield from self._alike(verdict, reader, writer)
        elif not _is_promoted(reader, writer):
            self._add(verdict, (), _type_mismatch(reader, writer))
        verdict.is_settled = True
        return verdict

    def _spend(self, work: int) -> None:
        self._work -= work
        if self._work < 0:
            raise SchemaError(
                f"`{self._writer.name}` read as `{self._reader.name}`: too many types to compare",
                hint="unions of very many records cost the most: make them smaller",
            )

    def _add(self, verdict: Verdict, steps: tuple[str | int, ...], cause: Cause | Verdict) -> None:
        """Add a reason; a compatible pair inside is none."""
        if isinstance(cause, Cause) or cause.reasons:
            self._spend(_REASON)
            verdict.reasons.append(Reason(steps, cause))

    def _union(self, verdict: Verdict, reader: Type, writer: Type) -> Walk[None]:
        if not isinstance(writer, Union):
            assert isinstance(reader, Union)
            place = self._in_union(verdict.place)
            for branch in self._candidates(reader, writer):
                if not (yield self._judge(branch, writer, place)).reasons:
                    return
            self._add(verdict, (), _missing_branch(reader, writer))
        elif isinstance(reader, Union):
            for index, branch in enumerate(writer.branches):
                place = self._in_union((verdict.place, index))
                if (yield self._judge(reader, branch, place)).reasons:
                    self._add(
                        verdict, (index,), _missing_branch(reader, self._writer.deref(branch))
                    )
        else:
            for index, branch in enumerate(writer.branches):
                yield from self._inside(verdict, (index,), reader, branch)

    def _candidates(self, union: Union, writer: Type) -> Iterable[Type]:
        """The branches to judge.

        Java judges each. Those that can only fail are left out where that changes nothing: where
        no pair can be in progress, and where its places are not asked for.
        """
        if len(union.branches) <= _FEW_BRANCHES or not self._is_finite():
            return union.branches
        return self.like(union, writer)

    def _is_finite(self) -> bool:
        if self._finite is None:
            self._finite = not self._exact and not (
                survey(self._reader).recursive and survey(self._writer).recursive
            )
        return self._finite

    def _in_union(self, place: Path) -> Path:
        """Where a branch is: Java counts from the branch."""
        return None if self._exact else place

    def _inside(
        self, verdict: Verdict, steps: tuple[str | int, ...], reader: Type, writer: Type
    ) -> Walk[None]:
        """Judge a pair inside another one."""
        if isinstance(reader, Primitive) and isinstance(writer, Primitive):
            if reader.name != writer.name and not _is_promoted(reader, writer):
                self._add(verdict, steps, _type_mismatch(reader, writer))
            return
        place = verdict.place
        for step in steps:
            place = (place, step)
        self._add(verdict, steps, (yield self._judge(reader, writer, place)))

    def _alike(self, verdict: Verdict, reader: Type, writer: Type) -> Walk[None]:
        """Judge two types of one kind by their names and parts."""
        match reader, writer:
            case Array(), Array():
                yield from self._inside(verdict, ("items",), reader.items, writer.items)
            case Map(), Map():
                yield from self._inside(verdict, ("values",), reader.values, writer.values)
            case (Record() | Enum() | Fixed()), (Record() | Enum() | Fixed()):
                if not is_named_alike(writer, reader):
                    self._add(verdict, ("name",), _name_mismatch(reader, writer))
                yield from self._named(verdict, reader, writer)

    def _named(self, verdict: Verdict, reader: NamedType, writer: NamedType) -> Walk[None]:
        match reader, writer:
            case Fixed(), Fixed():
                if reader.size != writer.size:
                    message = f"expected: {writer.size}, found: {reader.size}"
                    cause = Cause("FIXED_SIZE_MISMATCH", reader, writer, message)
                    self._add(verdict, ("size",), cause)
            case Enum(), Enum():
                missing = set(writer.symbols).difference(reader.symbols)
                if missing and reader.default not in reader.symbols:
                    message = f"[{', '.join(sorted(missing))}]"
                    cause = Cause("MISSING_ENUM_SYMBOLS", reader, writer, message)
                    self._add(verdict, ("symbols",), cause)
            case Record(), Record():
                yield from self._fields(verdict, reader, writer)

    def _fields(self, verdict: Verdict, reader: Record, writer: Record) -> Walk[None]:
        written = self._written_fields(writer)
        self._spend(len(reader.fields))
        for index, field in enumerate(reader.fields):
            sources = [written[name] for name in (field.name, *field.aliases) if name in written]
            if len(sources) > 1:
                place = ((verdict.place, "fields"), index)
                kind = _java_kind(self._reader.deref(field.type))
                message = (
                    f"Reader record field {field.name} type:{kind} pos:{index} matches multiple"
                    f" fields in writer record schema {self._java_record(writer)}"
                )
                cause = Cause("AMBIGUOUS_FIELD", reader, writer, message, field)
                self.ambiguous.append((place, cause))
            elif sources:
                steps = ("fields", index, "type")
                yield from self._inside(verdict, steps, field.type, sources[0].type)
            elif isinstance(field.default, NoDefault):
                yield from self._unwritten(verdict, index, field, reader, writer)

    def _unwritten(
        self, verdict: Verdict, index: int, field: Field, reader: Record, writer: Record
    ) -> Walk[None]:
        """Judge a field that has no value; Java compares some enums with the whole record."""
        kind = self._reader.deref(field.type)
        if self._exact and isinstance(kind, Enum) and kind.default is not None:
            yield from self._inside(verdict, ("fields", index, "type"), kind, writer)
            return
        cause = Cause("READER_FIELD_MISSING_DEFAULT_VALUE", reader, writer, field.name, field)
        self._add(verdict, ("fields", index), cause)

    def _java_record(self, writer: Record) -> str:
        """A record as Java writes it out; once, as Java gives up at the first ambiguous field."""
        if not self._exact or self.ambiguous:
            return writer.fullname
        return java_part_text(writer, self._writer.names)

    def _written_fields(self, writer: Record) -> dict[str, Field]:
        known = self._written.get(id(writer))
        if known is None:
            known = self._written[id(writer)] = {field.name: field for field in writer.fields}
        return known


def _is_promoted(reader: Type, writer: Type) -> bool:
    return (
        isinstance(reader, Primitive)
        and isinstance(writer, Primitive)
        and reader.name in PROMOTIONS.get(writer.name, ())
    )


def _java_kind(node: Type) -> str:
    return kind_of(node).upper()


def _type_mismatch(reader: Type, writer: Type) -> Cause:
    kinds = _java_kind(reader), _java_kind(writer)
    message = "reader type: {} not compatible with writer type: {}".format(*kinds)
    return Cause("TYPE_MISMATCH", reader, writer, message)


def _name_mismatch(reader: NamedType, writer: NamedType) -> Cause:
    return Cause("NAME_MISMATCH", reader, writer, f"expected: {writer.fullname}")


def _missing_branch(reader: Union, writer: Type) -> Cause:
    message = f"reader union lacking writer type: {_java_kind(writer)}"
    return Cause("MISSING_UNION_BRANCH", reader, writer, message)
