"""An old schema and a new one: what changed, and what a subject's level says of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowodm.avro import check_history, diff
from flowodm.sources.loaded import LoadedSchema

if TYPE_CHECKING:
    from flowodm.avro import CompatibilityLevel, HistoryVerdict, SchemaChange

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What separates two schemas."""

    old: LoadedSchema
    new: LoadedSchema
    changes: tuple["SchemaChange", ...]
    level: "CompatibilityLevel | None" = None
    """Who must read what; None where nothing says so."""
    verdict: "HistoryVerdict | None" = None
    """What the level says."""
    history: tuple[LoadedSchema, ...] = ()
    """The versions that the verdict is over, oldest first."""

    @property
    def refused_by(self) -> LoadedSchema | None:
        """The version that the new schema may not follow."""
        if self.verdict is None or self.verdict.index is None:
            return None
        return self.history[self.verdict.index]


def compare(
    old: LoadedSchema,
    new: LoadedSchema,
    *,
    level: "CompatibilityLevel | None" = None,
    history: Sequence[LoadedSchema] = (),
) -> Comparison:
    """Compare two schemas.

    Args:
        old: The one before.
        new: The one after.
        level: Who must read what.
        history: The versions that the level is about, oldest first; by default the old schema.

    Raises:
        SchemaError: The two together are too large to compare.
    """
    changes = diff(old.schema, new.schema)
    if level is None:
        return Comparison(old, new, changes)
    versions = tuple(history) or (old,)
    verdict = check_history(level, new.schema, [each.schema for each in versions])
    return Comparison(old, new, changes, level, verdict, versions)
