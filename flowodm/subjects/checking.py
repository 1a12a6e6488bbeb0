"""Whether a schema may be a subject's next version: what its level says, and what the data says."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowodm.avro import Safety
from flowodm.errors import SubjectNotFound
from flowodm.sources.standing import standing
from flowodm.subjects.asking import asked
from flowodm.subjects.names import topic_of
from flowodm.subjects.trial import Trial, try_schema

if TYPE_CHECKING:
    from flowodm.avro import CompatibilityLevel, SchemaChange
    from flowodm.connection import KafkaConnection
    from flowodm.registry import SchemaRegistry
    from flowodm.sources import LoadedSchema
    from flowodm.sources.comparison import Comparison

__all__ = ["Check", "check_schema"]


@dataclass(frozen=True, slots=True)
class Check:
    """What was found of a schema and a subject."""

    subject: str
    loaded: "LoadedSchema"
    comparison: "Comparison | None"
    """With what is registered; None: nothing is, and it would be the first version."""
    trial: Trial | None = None
    """With the records of a topic; None: none were asked for."""

    @property
    def is_allowed(self) -> bool:
        """Whether the level allows it."""
        verdict = None if self.comparison is None else self.comparison.verdict
        return verdict is None or verdict.is_compatible

    @property
    def is_clean(self) -> bool:
        """Whether every record means the same with it."""
        return self.trial is None or self.trial.is_clean

    @property
    def dangerous(self) -> "tuple[SchemaChange, ...]":
        """The changes that are read without an error and may mean something else."""
        changes = () if self.comparison is None else self.comparison.changes
        return tuple(change for change in changes if change.backward is Safety.DANGEROUS)

    @property
    def untouched(self) -> "tuple[SchemaChange, ...]":
        """The dangerous changes that no record showed."""
        issues = () if self.trial is None else self.trial.issues
        touched = {issue.path for issue in issues}
        return tuple(change for change in self.dangerous if change.field not in touched)


def check_schema(
    connection: "KafkaConnection",
    subject: str,
    loaded: "LoadedSchema",
    *,
    level: "CompatibilityLevel | None" = None,
    topic: str | None = None,
    last: int = 1_000,
    on_progress: Callable[[int], None] = lambda done: None,
) -> Check:
    """Check a schema against a subject's versions, and against the records of a topic.

    Args:
        connection: The cluster and its registry; without a topic, only the registry is asked.
        subject: The subject.
        loaded: The schema.
        level: The level to judge by; None: the one in force.
        topic: Whose last records are read with the schema; None: no records.
        last: How many records.
        on_progress: Called with how many records were tried.

    Raises:
        SchemaError: A version of the subject is no Avro schema.
        RegistryError: The registry cannot be asked.
        TopicNotFound: There is no such topic.
        BrokerError: The cluster cannot be read.
    """
    registry = connection.schema_registry()
    try:
        comparison = standing(registry, subject, level=level).compare(loaded)
    except SubjectNotFound:
        comparison = None
    if topic is None:
        return Check(subject, loaded, comparison)
    _, is_key = topic_of(subject)
    trial = try_schema(
        connection,
        topic,
        loaded.schema,
        last=last,
        side="key" if is_key else "value",
        latest=None if comparison is None else comparison.old.schema,
        own_ids=() if comparison is None else _ids(registry, subject),
        on_progress=on_progress,
    )
    return Check(subject, loaded, comparison, trial)


def _ids(registry: "SchemaRegistry", subject: str) -> frozenset[int]:
    versions = registry.versions(subject)
    return frozenset(
        asked(versions, lambda number: registry.version(subject, number).schema.schema_id)
    )
