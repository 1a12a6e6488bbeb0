"""The registry's subjects as the screens list, open, compare and check them."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from flowodm.errors import BrokerError, FlowODMError, RegistryError, SchemaError
from flowodm.tui.sources.patience import Patience

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.registry import RegisteredSchema, SchemaRegistry
    from flowodm.sources import Sources
    from flowodm.sources.comparison import Comparison
    from flowodm.subjects.checking import Check
    from flowodm.subjects.listing import SubjectList
    from flowodm.subjects.settings import Setting

__all__ = ["KafkaSchemas", "SchemasSource", "SubjectDetail", "Use", "VersionText"]

_MOST_VERSIONS: Final = 100
"""Versions of one subject whose ids are asked for; the last ones."""


@dataclass(frozen=True, slots=True)
class Use:
    """A topic that is named after a subject, by TopicNameStrategy."""

    topic: str
    is_key: bool
    exists: bool | None
    """Whether there is such a topic; None: the cluster did not say."""


@dataclass(frozen=True, slots=True)
class SubjectDetail:
    """One subject."""

    name: str
    schema_type: str
    """Of its latest version: `AVRO`, `JSON` or `PROTOBUF`."""
    versions: tuple[int, ...]
    """Their numbers, the latest first."""
    ids: Mapping[int, int]
    """The schema ids of the last versions."""
    level: "Setting"
    mode: "Setting"
    use: Use | None
    """None: it is named after no topic."""
    sharers: tuple[tuple[str, int], ...]
    """Other subjects and versions that have the latest schema too."""
    referrers: tuple[str, ...]
    """Subjects whose schemas reference the latest version."""


@dataclass(frozen=True, slots=True)
class VersionText:
    """One version of a subject, to be read."""

    version: int
    schema_id: int
    text: str
    """In lines, where it is Avro; else as it was registered."""
    problem: str | None = None
    """Why it is shown as it is."""


class SchemasSource(Protocol):
    """Answers for the schemas' screens; each question may block, and raises `FlowODMError`."""

    @property
    def known(self) -> tuple[str, ...]:
        """The names of the last list; never blocks."""

    def subjects(self) -> "SubjectList":
        """List all subjects."""

    def levels(self, names: Iterable[str]) -> "Mapping[str, Setting]":
        """Ask for the levels that count for some subjects."""

    def subject(self, name: str) -> SubjectDetail:
        """Describe one subject."""

    def text(self, subject: str, version: int) -> VersionText:
        """Return one version, to be read."""

    def compare(self, subject: str, old: int, new: int) -> "Comparison":
        """Compare two versions of a subject, at its level."""

    def check(self, subject: str, source: str) -> "Check":
        """Check a file, or what else a source names, against a subject; nothing is registered."""


class KafkaSchemas:
    """The registry of a real cluster.

    Args:
        connection: Its clients.
        patience: How long the brokers are waited for.
        directory: Where relative paths start; None: the working directory.
    """

    def __init__(
        self, connection: "KafkaConnection", patience: Patience, directory: Path | None = None
    ) -> None:
        self._connection = connection
        self._patience = patience
        self._directory = directory
        self._known: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """The names of the last list."""
        return self._known

    def subjects(self) -> "SubjectList":
        """List all subjects, with one question."""
        from flowodm.subjects.listing import list_subjects

        found = list_subjects(self._registry)
        self._known = tuple(subject.name for subject in found.subjects)
        return found

    def levels(self, names: Iterable[str]) -> "Mapping[str, Setting]":
        """Ask for the levels that count for some subjects, several at once."""
        from flowodm.schema.compatibility import own_level
        from flowodm.subjects.asking import asked
        from flowodm.subjects.settings import Setting

        registry, wanted = self._registry, tuple(names)
        if not wanted:
            return {}
        general = registry.compatibility_level() or "NONE"
        own = asked(wanted, lambda name: own_level(registry, name))
        return {
            name: Setting("level", name, level or general, level is not None)
            for name, level in zip(wanted, own, strict=True)
        }

    def subject(self, name: str) -> SubjectDetail:
        """Describe one subject."""
        from flowodm.subjects.asking import asked
        from flowodm.subjects.settings import read_setting

        registry = self._registry
        latest = registry.version(name)
        versions = tuple(sorted(registry.versions(name), reverse=True))
        shown = versions[:_MOST_VERSIONS]
        ids = asked(shown, lambda number: registry.version(name, number).schema.schema_id)
        return SubjectDetail(
            name,
            latest.schema.schema_type,
            versions,
            dict(zip(shown, ids, strict=True)),
            read_setting(registry, "level", name),
            read_setting(registry, "mode", name),
            self._use(name),
            _sharers(registry, name, latest.schema),
            _referrers(registry, name, latest.version),
        )

    def text(self, subject: str, version: int) -> VersionText:
        """Return one version, to be read."""
        registry = self._registry
        schema = registry.version(subject, version).schema
        problem = f"{schema.schema_type} is shown as it was registered"
        if schema.schema_type == "AVRO":
            from flowodm.avro.pretty import pretty_text

            try:
                text = pretty_text(registry.parse(schema))
                return VersionText(version, schema.schema_id, text)
            except (SchemaError, RegistryError) as error:
                problem = error.message
        return VersionText(version, schema.schema_id, schema.text, problem)

    def compare(self, subject: str, old: int, new: int) -> "Comparison":
        """Compare two versions of a subject, at its level."""
        from flowodm.sources.comparison import compare
        from flowodm.sources.standing import level_of

        registry, sources = self._registry, self._sources()
        before = sources.load(str(old), subject=subject)
        after = sources.load(str(new), subject=subject)
        return compare(before, after, level=level_of(registry, subject))

    def check(self, subject: str, source: str) -> "Check":
        """Check what a source names against a subject; nothing is registered."""
        from flowodm.subjects.checking import check_schema

        loaded = self._sources().load(source, subject=subject)
        return check_schema(self._connection, subject, loaded)

    @property
    def _registry(self) -> "SchemaRegistry":
        return self._connection.schema_registry()

    def _sources(self) -> "Sources":
        from flowodm.sources import Sources

        return Sources(self._directory, registry=lambda: self._registry)

    def _use(self, name: str) -> Use | None:
        if not name.endswith(("-value", "-key")):
            return None
        from flowodm.subjects.names import topic_of

        topic, is_key = topic_of(name)
        exists: bool | None = None
        with suppress(BrokerError), self._patience.seconds("use") as seconds:
            exists = topic in self._connection.metadata(seconds).topics
        return Use(topic, is_key, exists)


def _sharers(
    registry: "SchemaRegistry", subject: str, schema: "RegisteredSchema"
) -> tuple[tuple[str, int], ...]:
    with suppress(RegistryError):  # a comfort; the subject is shown without it
        places = sorted(registry.subject_versions(schema.schema_id))
        return tuple(place for place in places if place[0] != subject)
    return ()


def _referrers(registry: "SchemaRegistry", subject: str, version: int) -> tuple[str, ...]:
    with suppress(FlowODMError):  # a comfort too
        from flowodm.subjects.asking import asked

        ids = registry.referenced_by(subject, version)[:_MOST_VERSIONS]
        places = asked(ids, registry.subject_versions)
        return tuple(sorted({name for found in places for name, _ in found}))
    return ()
