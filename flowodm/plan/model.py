"""What a plan is made of: what is to be, what is, and the steps between the two. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from flowodm.avro import CompatibilityLevel
    from flowodm.errors import SchemaError
    from flowodm.subjects.registration import (
        Registered,
        RegistrationStep,
        SubjectState,
        Wanted,
    )
    from flowodm.subjects.settings import Setting, SettingChange
    from flowodm.topics import Alteration, TopicDetail, TopicSpec

__all__ = [
    "AlterTopic",
    "Blocker",
    "CreateTopic",
    "DeleteTopic",
    "Desired",
    "DesiredSubject",
    "DesiredTopic",
    "Done",
    "Kept",
    "Kind",
    "Newer",
    "Plan",
    "RegisterSchema",
    "SetLevel",
    "State",
    "Step",
]

Kind: TypeAlias = Literal["topic", "level", "subject"]


@dataclass(frozen=True, slots=True)
class DesiredTopic:
    """A topic as it is declared; what is not declared of it is the cluster's business."""

    name: str
    partitions: int | None = None
    replication: int | None = None
    config: Mapping[str, str | None] = field(default_factory=dict)
    """Its own settings; None: the cluster's default is to count."""
    where: str = ""
    """Where it is declared: `flowodm.yaml:12`."""


@dataclass(frozen=True, slots=True)
class DesiredSubject:
    """A schema that is to be registered under a subject."""

    wanted: "Wanted"
    where: str = ""
    """Where it is declared; empty for one that a declared schema uses."""

    @property
    def name(self) -> str:
        """The subject."""
        return self.wanted.subject


@dataclass(frozen=True, slots=True)
class Blocker:
    """Why a plan cannot be carried out."""

    kind: Kind
    name: str
    reason: str
    hint: str | None = None
    details: tuple[str, ...] = ()
    """Each reason by itself, where there are several."""
    where: str = ""
    is_forbidden: bool = False
    """Whether it is for want of a permission."""
    is_stale: bool = False
    """Whether brokers say that a topic is not as it was seen."""
    difference: tuple[str, str, str] | None = None
    """What is not as declared, what is declared and what there is; None: nothing is known to."""


@dataclass(frozen=True, slots=True)
class Desired:
    """What a project declares."""

    topics: tuple[DesiredTopic, ...] = ()
    subjects: tuple[DesiredSubject, ...] = ()
    """In order: those that others use stand before them."""
    levels: "Mapping[str, CompatibilityLevel]" = field(default_factory=dict)
    """The compatibility level of each subject for which one is declared."""
    faults: tuple[Blocker, ...] = ()
    """What is declared and cannot be."""
    models: tuple[str, ...] = ()
    """Modules of models that are declared, and not looked at: nothing is imported."""
    source: str = "flowodm.yaml"
    """The name of its file."""

    @property
    def needs_registry(self) -> bool:
        """Whether a registry has to be asked."""
        return bool(self.subjects or self.levels)


@dataclass(frozen=True, slots=True)
class State:
    """What a cluster and its registry have, as far as it is declared."""

    cluster_id: str | None = None
    topics: "Mapping[str, TopicDetail]" = field(default_factory=dict)
    """The declared ones that are there; without their offsets."""
    other_topics: Mapping[str, int] = field(default_factory=dict)
    """The partitions of those that are not declared; Kafka's own are left out."""
    subjects: "Mapping[str, SubjectState]" = field(default_factory=dict)
    levels: "Mapping[str, Setting]" = field(default_factory=dict)
    """What counts for each subject with a declared level."""
    latest: Mapping[str, int | None] = field(default_factory=dict)
    """The number of the latest version of every subject there is; None: not told."""
    troubles: "Mapping[str, SchemaError]" = field(default_factory=dict)
    """By subject, why its versions are nothing to compare with."""


@dataclass(frozen=True, slots=True)
class CreateTopic:
    """A topic comes to be."""

    spec: "TopicSpec"

    kind: Kind = field(default="topic", init=False)
    action: Literal["create"] = field(default="create", init=False)

    @property
    def name(self) -> str:
        """The topic."""
        return self.spec.name


@dataclass(frozen=True, slots=True)
class AlterTopic:
    """A topic gets other settings, or more partitions."""

    alteration: "Alteration"

    kind: Kind = field(default="topic", init=False)
    action: Literal["alter"] = field(default="alter", init=False)

    @property
    def name(self) -> str:
        """The topic."""
        return self.alteration.topic.name


@dataclass(frozen=True, slots=True)
class SetLevel:
    """A subject gets a compatibility level of its own."""

    change: "SettingChange"

    kind: Kind = field(default="level", init=False)
    action: Literal["set"] = field(default="set", init=False)

    @property
    def name(self) -> str:
        """The subject."""
        return self.change.before.subject or ""


@dataclass(frozen=True, slots=True)
class RegisterSchema:
    """A subject gets its first version, or the next."""

    registration: "RegistrationStep"

    kind: Kind = field(default="subject", init=False)
    action: Literal["register"] = field(default="register", init=False)

    @property
    def name(self) -> str:
        """The subject."""
        return self.registration.subject


@dataclass(frozen=True, slots=True)
class DeleteTopic:
    """A topic goes, with all its records."""

    name: str
    partitions: int

    kind: Kind = field(default="topic", init=False)
    action: Literal["delete"] = field(default="delete", init=False)


Step: TypeAlias = CreateTopic | AlterTopic | SetLevel | RegisterSchema | DeleteTopic


@dataclass(frozen=True, slots=True)
class Kept:
    """A setting that a declared topic has, and that is not declared."""

    topic: str
    setting: str
    value: str | None
    """None: it is secret."""


@dataclass(frozen=True, slots=True)
class Newer:
    """A subject that has what is declared, and a later version than that."""

    subject: str
    version: int
    latest: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done, in order, and what stands in the way."""

    desired: Desired
    state: State
    """What it was made of."""
    steps: tuple[Step, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    """With any of them, no step is carried out."""
    same: tuple[tuple[Kind, str], ...] = ()
    """What is as declared."""
    kept: tuple[Kept, ...] = ()
    newer: tuple[Newer, ...] = ()
    other_topics: tuple[str, ...] = ()
    """Topics that are there, not declared, and stay."""
    other_subjects: tuple[str, ...] = ()
    """Subjects that are there and not declared; they always stay."""
    prune: bool = False
    """Whether topics that are not declared go."""
    is_proven: bool = False
    """Whether brokers and registry were asked if they would do it."""

    @property
    def is_applicable(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.blockers

    @property
    def is_stale(self) -> bool:
        """Whether brokers say that a topic is not as it was seen: a look that came too early."""
        return any(blocker.is_stale for blocker in self.blockers)

    @property
    def is_empty(self) -> bool:
        """Whether everything is as declared, and nothing stands in the way."""
        return not self.steps and not self.blockers

    @property
    def deletions(self) -> tuple[DeleteTopic, ...]:
        """The topics that go."""
        return tuple(step for step in self.steps if isinstance(step, DeleteTopic))


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was carried out."""

    step: Step
    registered: "Registered | None" = None
    """What came of it, where a schema was registered."""
