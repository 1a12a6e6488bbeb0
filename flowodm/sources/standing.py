"""What is registered under a subject, as far as a next version has to follow it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowodm.errors import UsageError
from flowodm.schema.compatibility import level_in_force
from flowodm.sources.comparison import Comparison, compare
from flowodm.sources.loaded import LoadedSchema
from flowodm.sources.sources import loaded_version

if TYPE_CHECKING:
    from flowodm.avro import CompatibilityLevel
    from flowodm.registry import SchemaRegistry

__all__ = ["Standing", "level_of", "standing"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A subject's level, and the versions that it is about."""

    level: "CompatibilityLevel | None"
    """None: one that only this registry knows."""
    history: tuple[LoadedSchema, ...]
    """The oldest first: the latest alone, or all where the level says so."""

    @property
    def latest(self) -> LoadedSchema:
        """The latest version."""
        return self.history[-1]

    def compare(self, new: LoadedSchema) -> Comparison:
        """Compare a schema with the latest version, and judge it by the level.

        Raises:
            SchemaError: The two together are too large to compare.
        """
        return compare(self.latest, new, level=self.level, history=self.history)


def standing(
    registry: "SchemaRegistry", subject: str, *, level: "CompatibilityLevel | None" = None
) -> Standing:
    """Ask for what a next version of a subject has to follow.

    Args:
        registry: Whose subject.
        subject: The subject.
        level: The level to judge by; None: the one in force.

    Raises:
        SubjectNotFound: There is no such subject.
        SchemaError: A version of it is no Avro schema.
        RegistryError: The registry cannot be asked.
    """
    latest = loaded_version(registry, registry.version(subject))
    level = level or level_of(registry, subject)
    if level is None or not level.endswith("_TRANSITIVE"):
        return Standing(level, (latest,))
    assert latest.version is not None
    before = (number for number in registry.versions(subject) if number < latest.version)
    history = [loaded_version(registry, registry.version(subject, number)) for number in before]
    return Standing(level, (*history, latest))


def level_of(registry: "SchemaRegistry", subject: str) -> "CompatibilityLevel | None":
    """The level in force for a subject; None for one that only this registry knows."""
    from flowodm.avro.compatibility import known_level

    try:
        return known_level(level_in_force(registry, subject))
    except UsageError:
        return None
