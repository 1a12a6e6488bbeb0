"""What a cluster and its registry have of what is declared; and the same as a text to compare.

However much is declared, the cluster is asked two questions; the registry is asked for all its
subjects at once, then for each that is declared.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flowodm.connection.changes import is_internal
from flowodm.connection.kafka import PATIENCE
from flowodm.errors import ConfigurationError, SchemaError
from flowodm.plan.model import Desired, DesiredSubject, State
from flowodm.schema.compatibility import own_level
from flowodm.subjects.asking import asked
from flowodm.subjects.listing import list_subjects
from flowodm.subjects.registration import (
    RegistrationStep,
    SubjectState,
    plan_step,
    read_subject,
)
from flowodm.subjects.settings import Setting, read_setting
from flowodm.topics.together import describe_together

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.registry import SchemaRegistry

__all__ = ["read_state"]


def read_state(
    connection: "KafkaConnection",
    desired: Desired,
    *,
    timeout: float = PATIENCE,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> State:
    """Read what there is of what is declared; nothing is created or changed.

    Args:
        connection: The cluster and its registry; the registry is asked only where a schema or a
            level is declared.
        desired: What is declared.
        timeout: Seconds to wait for each answer of the cluster.
        on_progress: Called with how many subjects were asked for, and of how many.

    Raises:
        ConfigurationError: The context names no registry, and one is needed.
        BrokerError: The cluster cannot be asked.
        RegistryError: The registry cannot be asked.
    """
    registry = _registry(connection, desired) if desired.needs_registry else None
    metadata = connection.metadata(timeout)
    names = {topic.name for topic in desired.topics}
    others = {
        name: len(found.partitions)
        for name, found in sorted(metadata.topics.items())
        if name not in names and not is_internal(name)
    }
    topics = describe_together(connection, metadata, names, timeout=timeout)
    state = State(metadata.cluster_id, topics, others)
    return state if registry is None else _with_subjects(state, registry, desired, on_progress)


def _registry(connection: "KafkaConnection", desired: Desired) -> "SchemaRegistry":
    try:
        registry = connection.schema_registry()
    except ConfigurationError as error:
        subject = next((one.name for one in desired.subjects), None) or next(iter(desired.levels))
        raise ConfigurationError(
            f"`{desired.source}` declares subject `{subject}`, and {error.message}", hint=error.hint
        ) from error
    registry.forget()  # what it said a while ago is no state to plan from
    return registry


def _with_subjects(
    state: State,
    registry: "SchemaRegistry",
    desired: Desired,
    on_progress: Callable[[int, int], None],
) -> State:
    listed = {one.name: one.latest for one in list_subjects(registry).subjects}
    reading = _Reading(registry, desired)
    for done, _ in enumerate(reading.all(), start=1):
        on_progress(done, len(desired.subjects))
    return State(
        state.cluster_id,
        state.topics,
        state.other_topics,
        reading.subjects,
        _levels(registry, desired),
        listed,
        reading.troubles,
    )


def _levels(registry: "SchemaRegistry", desired: Desired) -> dict[str, Setting]:
    if not desired.levels:
        return {}
    names = [*desired.levels]
    above = read_setting(registry, "level").value
    own = asked(names, lambda name: own_level(registry, name))
    return {
        name: Setting("level", name, above if level is None else level, level is not None)
        for name, level in zip(names, own, strict=True)
    }


@dataclass
class _Reading:
    """The subjects, those that others use before them, each with what is planned of it so far."""

    registry: "SchemaRegistry"
    desired: Desired
    subjects: dict[str, SubjectState] = field(default_factory=dict)
    troubles: dict[str, SchemaError] = field(default_factory=dict)
    steps: dict[str, RegistrationStep] = field(default_factory=dict)

    def all(self) -> Iterator[None]:
        """Ask for each: those that use none several at once, then the others in order."""
        alone = [one for one in self.desired.subjects if not one.wanted.uses]
        for one, found in zip(alone, asked(alone, self._ask), strict=True):
            self._take(one, found)
            yield
        for one in self.desired.subjects:
            if one.wanted.uses:
                self._take(one, self._ask(one))
                yield

    def _ask(self, one: DesiredSubject) -> SubjectState | SchemaError:
        level = self.desired.levels.get(one.name)
        try:
            return read_subject(self.registry, one.wanted, self.steps, level=level)
        except SchemaError as error:
            return error

    def _take(self, one: DesiredSubject, found: SubjectState | SchemaError) -> None:
        if isinstance(found, SchemaError):
            self.troubles[one.name] = found
            found = SubjectState()
        self.subjects[one.name] = found
        is_there = SubjectState(found.present, found.taken)  # what it follows is no matter here
        self.steps[one.name] = plan_step(one.wanted, is_there, self.steps)
