"""Registering: what would become which version, what it references, then the deed."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from flowodm.errors import SchemaCompatibilityError, SchemaNotFound, SubjectNotFound, UsageError
from flowodm.registry.model import Reference, SchemaDocument
from flowodm.registry.rules import subject_words
from flowodm.sources.standing import standing
from flowodm.subjects.names import check_change

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.registry import SchemaRegistry
    from flowodm.sources import LoadedSchema
    from flowodm.sources.comparison import Comparison

__all__ = [
    "Registered",
    "Registration",
    "RegistrationStep",
    "apply_registration",
    "plan_registration",
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
    plan = _Plan(registry, dict(_by_identity(wanted)), subject_of)
    for _, (subject, loaded) in plan.wanted.items():
        for used in loaded.closure():
            plan.add(plan.subject(used), used)
        plan.add(subject, loaded)
    return Registration(tuple(plan.steps.values()))


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


def _by_identity(
    wanted: Iterable[tuple[str, "LoadedSchema"]],
) -> Iterable[tuple[int, tuple[str, "LoadedSchema"]]]:
    for subject, loaded in wanted:
        yield id(loaded), (subject, loaded)


class _Plan:
    """The steps so far."""

    def __init__(
        self,
        registry: "SchemaRegistry",
        wanted: dict[int, tuple[str, "LoadedSchema"]],
        subject_of: Callable[["LoadedSchema"], str],
    ) -> None:
        self._registry = registry
        self._subject_of = subject_of
        self.wanted = wanted
        self.steps: dict[str, RegistrationStep] = {}

    def subject(self, loaded: "LoadedSchema") -> str:
        """The subject of a schema: the one it is wanted under, else the one of its file."""
        known = self.wanted.get(id(loaded))
        return self._subject_of(loaded) if known is None else known[0]

    def add(self, subject: str, loaded: "LoadedSchema") -> None:
        """Plan one schema; what it uses was planned before."""
        known = self.steps.get(subject)
        if known is None:
            self.steps[subject] = self._step(subject, loaded)
        elif known.loaded.schema != loaded.schema:
            raise UsageError(
                f"`{known.loaded.label}` and `{loaded.label}` are two schemas for "
                f"{subject_words(subject)}",
                hint="name each with its own `--subject`, or declare it in flowodm.yaml",
            )

    def _step(self, subject: str, loaded: "LoadedSchema") -> RegistrationStep:
        used = [self.steps[self.subject(one)] for one in loaded.uses]
        references = loaded.references or tuple(
            Reference(one.loaded.schema.name, one.subject, one.version) for one in used
        )
        step = RegistrationStep(subject, loaded, references, "first", 1)
        if all(one.state == "present" for one in used):
            with suppress(SubjectNotFound, SchemaNotFound):
                found = self._registry.lookup(subject, step.document)
                return replace(
                    step,
                    state="present",
                    version=found.version,
                    schema_id=found.schema.schema_id,
                )
        versions: tuple[int, ...] = ()
        with suppress(SubjectNotFound):
            versions = self._registry.versions(subject, deleted=True)
        step = replace(step, version=max(versions, default=0) + 1)
        try:
            comparison = standing(self._registry, subject).compare(loaded)
        except SubjectNotFound:
            return step
        return replace(step, state="next", comparison=comparison)
