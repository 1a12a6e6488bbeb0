"""One change between two schemas: what it is, who it breaks, what to do; and a level's verdict."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from flowodm.avro.compatibility import CompatibilityLevel, known_level

__all__ = ["ChangeKind", "Safety", "SchemaChange", "Severity", "verdict"]


class ChangeKind(StrEnum):
    """What changed."""

    FIELD_ADDED = "FIELD_ADDED"
    FIELD_REMOVED = "FIELD_REMOVED"
    FIELD_RENAMED = "FIELD_RENAMED"
    FIELD_ALIAS_ADDED = "FIELD_ALIAS_ADDED"
    FIELD_ALIAS_REMOVED = "FIELD_ALIAS_REMOVED"
    FIELD_AMBIGUOUS = "FIELD_AMBIGUOUS"
    FIELD_DEFAULT_ADDED = "FIELD_DEFAULT_ADDED"
    FIELD_DEFAULT_CHANGED = "FIELD_DEFAULT_CHANGED"
    FIELD_DEFAULT_REMOVED = "FIELD_DEFAULT_REMOVED"
    FIELD_ORDER = "FIELD_ORDER"
    TYPE_PROMOTED = "TYPE_PROMOTED"
    TYPE_NARROWED = "TYPE_NARROWED"
    LONG_TO_FLOAT = "LONG_TO_FLOAT"
    STRING_TO_BYTES = "STRING_TO_BYTES"
    BYTES_TO_STRING = "BYTES_TO_STRING"
    TYPE_CHANGED = "TYPE_CHANGED"
    TYPE_RENAMED = "TYPE_RENAMED"
    TYPE_ALIAS_ADDED = "TYPE_ALIAS_ADDED"
    TYPE_ALIAS_REMOVED = "TYPE_ALIAS_REMOVED"
    NAMESPACE_CHANGED = "NAMESPACE_CHANGED"
    MADE_NULLABLE = "MADE_NULLABLE"
    MADE_REQUIRED = "MADE_REQUIRED"
    UNION_BRANCH_ADDED = "UNION_BRANCH_ADDED"
    UNION_BRANCH_REMOVED = "UNION_BRANCH_REMOVED"
    UNION_REORDERED = "UNION_REORDERED"
    ENUM_SYMBOL_ADDED = "ENUM_SYMBOL_ADDED"
    ENUM_SYMBOL_REMOVED = "ENUM_SYMBOL_REMOVED"
    ENUM_REORDERED = "ENUM_REORDERED"
    ENUM_DEFAULT_ADDED = "ENUM_DEFAULT_ADDED"
    ENUM_DEFAULT_CHANGED = "ENUM_DEFAULT_CHANGED"
    ENUM_DEFAULT_REMOVED = "ENUM_DEFAULT_REMOVED"
    FIXED_SIZE_CHANGED = "FIXED_SIZE_CHANGED"
    LOGICAL_TYPE_ADDED = "LOGICAL_TYPE_ADDED"
    LOGICAL_TYPE_CHANGED = "LOGICAL_TYPE_CHANGED"
    LOGICAL_TYPE_REMOVED = "LOGICAL_TYPE_REMOVED"
    DECIMAL_SCALE_CHANGED = "DECIMAL_SCALE_CHANGED"
    DECIMAL_PRECISION_UP = "DECIMAL_PRECISION_UP"
    DECIMAL_PRECISION_DOWN = "DECIMAL_PRECISION_DOWN"
    DOC = "DOC"
    ORDER = "ORDER"
    PROP = "PROP"


class Safety(StrEnum):
    """What a change means for one direction of reading."""

    SAFE = "SAFE"
    DANGEROUS = "DANGEROUS"
    """It is read without an error, mostly, and may mean something else; no registry objects."""
    BREAKS = "BREAKS"
    """It cannot be read: what `flowodm.avro.check` reports."""


class Severity(StrEnum):
    """How much a change matters, the worst first."""

    BREAKING = "breaking"
    DANGEROUS = "dangerous"
    SAFE = "safe"
    NOTE = "note"
    """Nothing that a reader or a writer acts on: docs, order, attributes."""


_NOTES: Final = frozenset(
    (
        ChangeKind.DOC,
        ChangeKind.ENUM_REORDERED,
        ChangeKind.FIELD_ORDER,
        ChangeKind.ORDER,
        ChangeKind.PROP,
    )
)
_WORST_FIRST: Final = tuple(Severity)


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """One change from an old schema to a new one."""

    kind: ChangeKind
    old_path: str
    """A JSON pointer into the old schema, `/` for its root; of what was added, to what it was
    added to."""
    new_path: str
    """A JSON pointer into the new schema, `/` for its root; of what was removed, to what it was
    removed from."""
    field: str
    """The field, dotted from the root: `items[].price`, `labels{}`; `` for the root. A type that
    is used in several places is told of at the first."""
    before: str
    """What the old schema has there, in a few words; `` for nothing."""
    after: str
    """What the new schema has there, in a few words; `` for nothing."""
    backward: Safety
    """For consumers with the new schema, which read what was written with the old one."""
    forward: Safety
    """For consumers with the old schema, which read what is written with the new one."""
    message: str
    """The change and what follows from it, in one line."""
    effect: str
    """What follows from it, as the message has it; `` for nothing."""
    cure: str
    """What to do instead; `` where nothing needs to be done."""
    transitive_hazard: bool
    """Whether the last version is read and older ones may not be: levels without `_TRANSITIVE`
    do not see it."""

    @property
    def severity(self) -> Severity:
        """How much it matters, both directions taken together."""
        return self._severity((self.backward, self.forward))

    def severity_at(self, level: CompatibilityLevel) -> Severity:
        """How much it matters where a subject has this level.

        At `BACKWARD` it is what consumers with the new schema meet, at `FORWARD` those with the
        old one, at `FULL` both. At `NONE` nothing is refused, so what breaks is dangerous.

        Raises:
            UsageError: There is no such level.
        """
        match known_level(level).partition("_")[0]:
            case "BACKWARD":
                return self._severity((self.backward,))
            case "FORWARD":
                return self._severity((self.forward,))
            case "NONE" if self.severity is Severity.BREAKING:
                return Severity.DANGEROUS
        return self.severity

    def _severity(self, sides: tuple[Safety, ...]) -> Severity:
        if Safety.BREAKS in sides:
            return Severity.BREAKING
        if Safety.DANGEROUS in sides:
            return Severity.DANGEROUS
        return Severity.NOTE if self.kind in _NOTES else Severity.SAFE


def verdict(
    changes: Iterable[SchemaChange], level: CompatibilityLevel | None = None
) -> Severity | None:
    """The worst of some changes.

    Args:
        changes: What `diff` found.
        level: The level that is in force; by default both directions count.

    Returns:
        The severity; None when nothing changed.

    Raises:
        UsageError: There is no such level.
    """
    found = {each.severity if level is None else each.severity_at(level) for each in changes}
    return next((severity for severity in _WORST_FIRST if severity in found), None)
