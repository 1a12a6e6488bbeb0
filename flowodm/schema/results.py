"""What a validation and a compatibility check say."""

from dataclasses import dataclass

from flowodm.avro import HistoryVerdict

__all__ = ["CompatibilityResult", "ValidationResult"]


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """How a model's schema stands to another one.

    Each line names the field, what the model has, what the schema has, and what follows.
    """

    is_valid: bool
    """Whether there is no error."""
    errors: tuple[str, ...] = ()
    """What keeps records from being written with the schema, or read into the model."""
    warnings: tuple[str, ...] = ()
    """What only looks different, or matters for some values only."""


@dataclass(frozen=True, slots=True)
class CompatibilityResult:
    """Whether a schema may become a subject's next version."""

    is_compatible: bool
    incompatibilities: tuple[str, ...] = ()
    """Every reason against it: in the registry's own words, or in ours, with place and cure."""
    compatibility_level: str = ""
    """The level that was checked: `BACKWARD`, `FULL_TRANSITIVE`, …"""
    message: str = ""
    """The verdict as one line."""
    version: int | None = None
    """The version that it may not follow, where that was found here."""
    verdict: HistoryVerdict | None = None
    """What was found here, reason by reason."""
