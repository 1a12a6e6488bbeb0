"""What the comparison hands on: a change that is not judged yet, and a pair still to compare."""

from dataclasses import dataclass
from typing import NamedTuple

from flowodm.avro.compatibility.incompatibility import IncompatibilityType
from flowodm.avro.difference.change import ChangeKind
from flowodm.avro.difference.place import Place
from flowodm.avro.types import Field, Type

__all__ = ["NOTHING", "Claim", "Found", "Pair", "Side"]


class Claim(NamedTuple):
    """Reasons of the engine's that a change would explain: those between two types."""

    old: Type
    new: Type
    type: IncompatibilityType | None = None
    """None: any between the two, and any between their parts."""
    field: Field | None = None
    """The field that has no value, or too many."""


class Side(NamedTuple):
    """One direction of reading."""

    claims: tuple[Claim, ...] = ()
    """What breaks it, where the engine says so."""
    danger: str = ""
    """Why it is dangerous, where it does not break; `` when it is safe."""
    cure: str = ""
    """What to do where it breaks or is dangerous."""


NOTHING = Side()


@dataclass(frozen=True, slots=True)
class Found:
    """A change, to be judged."""

    kind: ChangeKind
    place: Place
    before: str
    after: str
    what: str
    """The change in words."""
    backward: Side = NOTHING
    forward: Side = NOTHING
    hazard: str = ""
    """What happens with versions before the last one; `` for nothing."""
    hazard_cure: str = ""
    """What to do about the hazard."""


class Pair(NamedTuple):
    """Two types to compare."""

    place: Place
    old: Type
    new: Type
    fields: tuple[Field, Field] | None = None
    """The fields whose types these are."""
    unions: tuple[Type, Type] | None = None
    """What the two are branches of, or what stands for it on a side that has no union."""
