"""One direction of reading: what the engine holds against it, and which change explains what.

The engine decides what breaks. A change breaks readers when it claims a reason that counts; a
reason that no change claims becomes a change of its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple, TypeAlias

from flowodm.avro.compatibility.engine import Cause, Engine, Verdict
from flowodm.avro.compatibility.incompatibility import Incompatibility
from flowodm.avro.compatibility.places import location
from flowodm.avro.compatibility.words import Words
from flowodm.avro.difference.found import Claim
from flowodm.avro.schema import Schema
from flowodm.avro.types import Type, Union
from flowodm.avro.words import Path

__all__ = ["Judgement", "Unexplained"]

_Key: TypeAlias = tuple[str, int, int, int]
_Node: TypeAlias = Cause | Verdict
_BETWEEN: Final = ("TYPE_MISMATCH", "MISSING_UNION_BRANCH")
"""What the engine may say of two types without going into them."""


class Unexplained(NamedTuple):
    """A reason that no change claims."""

    place: Path
    """In the reader's schema; branches of unions are counted in the writer's."""
    cause: Cause
    told: Incompatibility


class Judgement:
    """What the engine says of one direction.

    Args:
        old: The old schema.
        new: The new schema.
        reading: Which of them reads.
    """

    def __init__(self, old: Schema, new: Schema, *, reading: Literal["old", "new"]) -> None:
        reader, writer = (new, old) if reading == "new" else (old, new)
        self._engine = Engine(reader, writer, exact=False)
        self._reads_new = reading == "new"
        self._users: defaultdict[int, list[_Node]] = defaultdict(list)
        """By the id of a cause or verdict: what it is a reason of, or explains."""
        self._places: dict[int, Path] = {}
        self._causes: list[Cause] = []
        self._known: defaultdict[_Key, list[Cause]] = defaultdict(list)
        self._claimed: set[int] = set()
        root = self._engine.verdict()
        if root.reasons:
            self._collect(root)
        for place, cause in self._engine.ambiguous:
            self._add(cause, place)

    def breaks(self, claims: Iterable[Claim]) -> bool:
        """Whether any of the reasons that a change claims is one; they are explained then."""
        found = [self._claim(claim) for claim in claims]  # each is tried
        return any(found)

    def unexplained(self) -> Iterator[Unexplained]:
        """What was found and not claimed, each once."""
        explained = self._explained()
        words = Words(self._engine, exact=False, changing="reader" if self._reads_new else "writer")
        for cause in self._causes:
            if id(cause) not in explained:
                place = self._places[id(cause)]
                yield Unexplained(place, cause, words.told(location(place), cause))

    def _collect(self, root: Verdict) -> None:
        """Walk the graph of verdicts, each once, and keep what counts."""
        self._places[id(root)] = None
        todo = [root]
        while todo:
            verdict = todo.pop()
            place = self._places[id(verdict)]
            for steps, reason in verdict.reasons:
                self._users[id(reason)].append(verdict)
                here = place
                for step in steps:
                    here = (here, step)
                if isinstance(reason, Verdict):
                    todo += self._first_met(reason, here)
                    continue
                self._add(reason, here)
                for inner in self._explanations(reason):
                    self._users[id(inner)].append(reason)
                    todo += self._first_met(inner, here)

    def _first_met(self, verdict: Verdict, place: Path) -> Iterator[Verdict]:
        if id(verdict) not in self._places:
            self._places[id(verdict)] = place
            yield verdict

    def _add(self, cause: Cause, place: Path) -> None:
        self._places[id(cause)] = place
        self._causes.append(cause)
        key = (cause.type, id(cause.reader), id(cause.writer), _field(cause.field))
        self._known[key].append(cause)

    def _explanations(self, cause: Cause) -> Iterator[Verdict]:
        """Of a branch that is there and does not fit: what is against it."""
        if cause.type == "MISSING_UNION_BRANCH":
            assert isinstance(cause.reader, Union)
            for branch in self._engine.like(cause.reader, cause.writer):
                inner = self._engine.settled(branch, cause.writer)
                if inner is not None and inner.reasons:
                    yield inner

    def _claim(self, claim: Claim) -> bool:
        reader, writer = (claim.new, claim.old) if self._reads_new else (claim.old, claim.new)
        pair = id(reader), id(writer)
        types = _BETWEEN if claim.type is None else (claim.type,)
        field = _field(claim.field)
        found = [cause for type_ in types for cause in self._known.get((type_, *pair, field), ())]
        self._claimed.update(map(id, found))
        inner = self._settled(reader, writer) if claim.type is None else None
        if inner is not None:
            self._claim_all(inner)
        return bool(found) or inner is not None

    def _settled(self, reader: Type, writer: Type) -> Verdict | None:
        """The verdict on a pair, when it counts."""
        verdict = self._engine.settled(reader, writer)
        return verdict if verdict is not None and id(verdict) in self._places else None

    def _claim_all(self, verdict: Verdict) -> None:
        todo: list[_Node] = [verdict]
        while todo:
            node = todo.pop()
            if id(node) not in self._claimed:
                self._claimed.add(id(node))
                if isinstance(node, Verdict):
                    todo += (reason.cause for reason in node.reasons)

    def _explained(self) -> set[int]:
        """What was claimed, and each missing branch that is missing because of it."""
        explained = set(self._claimed)
        todo = list(explained)
        while todo:
            for user in self._users.get(todo.pop(), ()):
                if id(user) not in explained:
                    explained.add(id(user))
                    todo.append(id(user))
        return explained


def _field(field: object) -> int:
    return 0 if field is None else id(field)
