"""The seven levels: a new schema against the versions before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

from flowodm.avro.compatibility.incompatibility import Incompatibility
from flowodm.avro.compatibility.report import compare
from flowodm.avro.schema import Schema
from flowodm.avro.words import shown, similar
from flowodm.errors import UsageError

__all__ = ["CompatibilityLevel", "HistoryVerdict", "check_history", "known_level"]

CompatibilityLevel: TypeAlias = Literal[
    "NONE",
    "BACKWARD",
    "BACKWARD_TRANSITIVE",
    "FORWARD",
    "FORWARD_TRANSITIVE",
    "FULL",
    "FULL_TRANSITIVE",
]
"""Who must read what. BACKWARD: the new schema reads the old records; FORWARD: the old schemas
read the new records; FULL: both. With the latest version only, or `_TRANSITIVE` with every one."""


@dataclass(frozen=True, slots=True)
class HistoryVerdict:
    """Whether a schema may follow the versions before it; the first that it may not, and why."""

    level: CompatibilityLevel
    index: int | None = None
    """Which of the history fails, counted from its oldest; None: none does."""
    forward: tuple[Incompatibility, ...] = ()
    """Why that version cannot read the new records."""
    backward: tuple[Incompatibility, ...] = ()
    """Why the new schema cannot read that version's records."""

    @property
    def is_compatible(self) -> bool:
        """Whether no version fails."""
        return self.index is None

    @property
    def incompatibilities(self) -> tuple[Incompatibility, ...]:
        """Every reason, in a registry's order."""
        return self.forward + self.backward

    def registry_texts(self) -> tuple[str, ...]:
        """Every reason as a schema registry writes it; its own words need `exact`."""
        return (
            *(reason.registry_text("old", "new") for reason in self.forward),
            *(reason.registry_text("new", "old") for reason in self.backward),
        )


def check_history(
    level: CompatibilityLevel, new: Schema, history: Sequence[Schema], *, exact: bool = False
) -> HistoryVerdict:
    """Tell whether a schema may follow the versions before it.

    Versions are compared from the newest to the oldest, and the first that fails ends it. The
    cures speak of the new schema, the only one that can still be changed.

    Args:
        level: Who must read what.
        new: The new schema.
        history: The versions that are live, oldest first.
        exact: As in `check`.

    Raises:
        UsageError: There is no such level.
        SchemaError: Two schemas together are too large to compare.
    """
    base, _, is_transitive = known_level(level).partition("_")
    if base == "NONE":
        return HistoryVerdict(level)
    oldest = 0 if is_transitive else max(len(history) - 1, 0)
    for index in range(len(history) - 1, oldest - 1, -1):
        verdict = HistoryVerdict(
            level,
            index,
            forward=_forward(base, new, history[index], exact),
            backward=_backward(base, new, history[index], exact),
        )
        if verdict.incompatibilities:
            return verdict
    return HistoryVerdict(level)


def known_level(level: str) -> CompatibilityLevel:
    """A level by its name.

    Raises:
        UsageError: There is none of that name.
    """
    levels = get_args(CompatibilityLevel)
    if level in levels:
        return cast(CompatibilityLevel, level)
    near = similar(level, levels)
    raise UsageError(
        f"there is no compatibility level {shown(level)}",
        hint=f"did you mean `{near}`?" if near else f"there are {', '.join(levels)}",
    )


def _forward(base: str, new: Schema, old: Schema, exact: bool) -> tuple[Incompatibility, ...]:
    if base == "BACKWARD":
        return ()
    return compare(old, new, exact=exact, changing="writer")


def _backward(base: str, new: Schema, old: Schema, exact: bool) -> tuple[Incompatibility, ...]:
    if base == "FORWARD":
        return ()
    return compare(new, old, exact=exact, changing="reader")
