"""Registering: what would become which version, what it references, then the deed."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from flowodm.errors import SchemaCompatibilityError, SchemaNotFound, SubjectNotFound, UsageError
from flowodm.registry.model import Reference, SchemaDocument
from flowodm.registry.rules import subject_words
from flowodm.sources.standing import standing
from flowodm.subjects.names import check_change

if TYPE_CHECKING:
    from flowodm.avro import CompatibilityLevel
    from flowodm.connection import KafkaConnection
    from flowodm.registry import SchemaRegistry
    from flowodm.sources import LoadedSchema
    from flowodm.sources.comparison import Comparison
    from flowodm.sources.standing import Standing

__all__ = [
    "Registered",
    "Registration",
    "RegistrationStep",
    "SubjectState",
    "Wanted",
    "apply_registration",
    "in_order",
    "plan_registration",
    "plan_step",
    "read_subject",
]


@dataclass(frozen=True, slots=True)
class RegistrationStep:
    """One schema that is to be registered, or is there."""

    subject: str
    loaded: "LoadedSchema"
    references: tuple[Reference, ...]
    """With the versions that they have, or would get."""
    state: Literal["present", "next", "first"]
    version: int
    """The one that it has, or would become."""
    schema_id: int | None = None
    """None: it is not there yet."""
    comparison: "Comparison | None" = None
    """Of a next version: with what it follows."""

    @property
    def is_refused(self) -> bool:
        """Whether the level of its subject does not allow it."""
        verdict = None if self.comparison is None else self.comparison.verdict
        return verdict is not None and not verdict.is_compatible

    @property
    def document(self) -> SchemaDocument:
        """What is sent."""
        return SchemaDocument(self.loaded.schema.to_json(), references=self.references)


@dataclass(frozen=True, slots=True)
class Registration:
    """What registering would do, in order: what is referenced stands first."""

    steps: tuple[RegistrationStep, ...]

    @property
    def refused(self) -> tuple[RegistrationStep, ...]:
        """What stands in the way."""
        return tuple(step for step in self.steps if step.is_refused)

    @property
    def is_done(self) -> bool:
        """Whether everything is there already."""
        return all(step.state == "present" for step in self.steps)


@dataclass(frozen=True, slots=True)
class Registered:
    """A schema that is there now."""

    subject: str
    version: int
    schema_id: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """A schema that is meant for a subject, and the subjects of those whose types it uses."""

    subject: str
    loaded: "LoadedSchema"
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubjectState:
    """What a registry has under a subject, as far as one schema that is meant for it goes."""

    present: tuple[int, int] | None = None
    """The version and the id that the schema has; None: it is not there."""
    taken: int = 0
    """The highest version that was ever given, where the schema is not there."""
    standing: "Standing | None" = None
    """What a next version has to follow, where the schema is not there and others are."""


def plan_registration(
    registry: "SchemaRegistry",
    wanted: Iterable[tuple[str, "LoadedSchema"]],
    subject_of: Callable[["LoadedSchema"], str],
) -> Registration:
    """Look at what registering schemas would do, with all that they use.

    Args:
        registry: Where.
        wanted: Each subject and its schema.
        subject_of: The subject of a file that another one uses.

    Raises:
        UsageError: Two different schemas are meant for one subject.
        SchemaError: A version that is there is no Avro schema.
        RegistryError: The registry cannot be asked.
    """
    steps: dict[str, RegistrationStep] = {}
    for one in in_order(wanted, subject_of):
        steps[one.subject] = plan_step(one, read_subject(registry, one, steps), steps)
    return Registration(tuple(steps.values()))


def in_order(
    wanted: Iterable[tuple[str, "LoadedSchema"]], subject_of: Callable[["LoadedSchema"], str]
) -> tuple[Wanted, ...]:
    """Put schemas and all that they use in order: what is used stands before its users.

    Args:
        wanted: Each subject and its schema.
        subject_of: The subject of a file that another one uses.

    Raises:
        UsageError: Two different schemas are meant for one subject.
    """
    pairs = tuple(wanted)  # one schema may be meant for several subjects
    named = {id(loaded): name for name, loaded in reversed(pairs)}
    found: dict[str, Wanted] = {}

    def subject(loaded: "LoadedSchema") -> str:
        return named.get(id(loaded)) or subject_of(loaded)

    for name, loaded in pairs:
        for used in loaded.closure():
            _add(found, Wanted(subject(used), used, tuple(map(subject, used.uses))))
        _add(found, Wanted(name, loaded, tuple(map(subject, loaded.uses))))
    return tuple(found.values())


def read_subject(
    registry: "SchemaRegistry",
    wanted: Wanted,
    before: Mapping[str, RegistrationStep],
    *,
    level: "CompatibilityLevel | None" = None,
) -> SubjectState:
    """Ask a registry what it has under a subject.

    Args:
        registry: Which.
        wanted: The schema that is meant for it.
        before: What is planned of the subjects that it uses.
        level: The level that a next version is to be judged by; None: the one in force.

    Raises:
        SchemaError: A version that is there is no Avro schema.
        RegistryError: The registry cannot be asked.
    """
    if all(before[used].state == "present" for used in wanted.uses):
        document = _first(wanted, before).document
        with suppress(SubjectNotFound, SchemaNotFound):
            found = registry.lookup(wanted.subject, document)
            return SubjectState((found.version, found.schema.schema_id))
    versions: tuple[int, ...] = ()
    with suppress(SubjectNotFound):
        versions = registry.versions(wanted.subject, deleted=True)
    taken = max(versions, default=0)
    try:
        return SubjectState(None, taken, standing(registry, wanted.subject, level=level))
    except SubjectNotFound:
        return SubjectState(None, taken)


def plan_step(
    wanted: Wanted, state: SubjectState, before: Mapping[str, RegistrationStep]
) -> RegistrationStep:
    """Plan one schema out of what was read; nothing is asked.

    Args:
        wanted: The schema, and its subject.
        state: What the registry has there.
        before: What is planned of the subjects that it uses.

    Raises:
        SchemaError: It and the latest version together are too large to compare.
    """
    step = _first(wanted, before)
    if state.present is not None and all(before[name].state == "present" for name in wanted.uses):
        version, schema_id = state.present
        return replace(step, state="present", version=version, schema_id=schema_id)
    step = replace(step, version=state.taken + 1)
    if state.standing is None:
        return step
    return replace(step, state="next", comparison=state.standing.compare(wanted.loaded))


def apply_registration(
    connection: "KafkaConnection", registration: Registration
) -> tuple[Registered, ...]:
    """Register what was planned, and return all of it with its ids.

    Args:
        connection: In whose registry.
        registration: The plan.

    Raises:
        ChangeRefused: The context does not allow it; nothing was sent.
        SchemaCompatibilityError: A level does not allow it; what was registered before it stays.
        RegistryError: The registry refuses, or cannot be asked.
    """
    for step in registration.steps:
        check_change(connection, "registry register", step.subject)
    if registration.refused:
        named = ", ".join(subject_words(step.subject) for step in registration.refused[:3])
        raise SchemaCompatibilityError(f"the level of {named} does not allow it; nothing was sent")
    registry = connection.schema_registry()
    versions: dict[str, int] = {}
    done: list[Registered] = []
    for step in registration.steps:
        found = _registered(registry, step, versions)
        versions[step.subject] = found.version
        done.append(found)
    return tuple(done)


def _registered(
    registry: "SchemaRegistry", step: RegistrationStep, versions: dict[str, int]
) -> Registered:
    if step.state == "present":
        assert step.schema_id is not None
        return Registered(step.subject, step.version, step.schema_id, is_new=False)
    references = tuple(
        Reference(one.name, one.subject, versions.get(one.subject, one.version))
        for one in step.references
    )
    document = replace(step, references=references).document
    schema_id = registry.register(step.subject, document).schema_id
    version = registry.lookup(step.subject, document).version
    return Registered(step.subject, version, schema_id, is_new=True)


def _first(wanted: Wanted, before: Mapping[str, RegistrationStep]) -> RegistrationStep:
    """The step of a schema as if it were the first, with what it references."""
    used = [before[name] for name in wanted.uses]
    references = wanted.loaded.references or tuple(
        Reference(one.loaded.schema.name, one.subject, one.version) for one in used
    )
    return RegistrationStep(wanted.subject, wanted.loaded, references, "first", 1)


def _add(found: dict[str, Wanted], new: Wanted) -> None:
    known = found.setdefault(new.subject, new)
    if known.loaded.schema != new.loaded.schema:
        raise UsageError(
            f"`{known.loaded.label}` and `{new.loaded.label}` are two schemas for "
            f"{subject_words(new.subject)}",
            hint="name each with its own `--subject`, or declare it in flowodm.yaml",
        )
