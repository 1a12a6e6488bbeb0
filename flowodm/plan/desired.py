"""What a project's `flowodm.yaml` wants to be there: topics, schemas, levels. Nothing is imported."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from flowodm.config.expand import has_variable
from flowodm.connection.changes import is_internal, is_internal_subject
from flowodm.errors import ConfigurationError, FlowODMError
from flowodm.plan.model import Blocker, Desired, DesiredSubject, DesiredTopic
from flowodm.sources.declared import (
    Declared,
    declared_models,
    declared_paths,
    declared_schemas,
    subjects_of,
)
from flowodm.sources.loaded import LoadedSchema, Unloadable
from flowodm.subjects.registration import in_order
from flowodm.topics.changes import check_name

if TYPE_CHECKING:
    from flowodm.avro import CompatibilityLevel
    from flowodm.config.files import ConfigFile
    from flowodm.registry import SchemaRegistry
    from flowodm.sources import Sources

__all__ = ["load_desired", "read_desired"]


def load_desired(
    path: Path,
    *,
    directory: Path | None = None,
    registry: "Callable[[], SchemaRegistry] | None" = None,
) -> Desired:
    """Read what a `flowodm.yaml` declares, and load its schemas, as `read_desired` does.

    Args:
        path: The file.
        directory: The working directory, which it is named from; None: the process's.
        registry: Gives the registry when a declared schema is a version in one.

    Raises:
        ConfigurationError: The file cannot be read, or something in it is wrong.
    """
    from flowodm.config.files import read_config_file
    from flowodm.sources import Sources

    directory = Path.cwd() if directory is None else directory
    file = read_config_file(path, directory=directory, is_own=False)
    sources = Sources(directory, registry=registry, library=lambda: declared_paths(file, directory))
    return read_desired(file, sources, directory)


def read_desired(file: "ConfigFile", sources: "Sources", directory: Path | None = None) -> Desired:
    """Read what a project declares, and load its schemas.

    No module is imported: what stands under `models` is only named, and a `model:` for a key or a
    value is a fault.

    Args:
        file: Its `flowodm.yaml`.
        sources: What loads the schemas.
        directory: The working directory, which files are named from; None: the process's.

    Raises:
        ConfigurationError: Something is declared that has no meaning, with file and line.
        UsageError: Two different schemas are meant for one subject.
    """
    directory = Path.cwd() if directory is None else directory
    declared = declared_schemas(file, sources, directory, imports=False)
    topics = tuple(_topics(file))
    return Desired(
        topics,
        _subjects(declared),
        _levels(file, declared),
        (*_faulty_topics(topics), *_faulty_schemas(declared)),
        declared_models(file),
        file.document.source,
    )


def _declared_topics(file: "ConfigFile") -> Mapping[str, Mapping[str, Any]]:
    root = file.document.value
    topics = root.get("topics") if isinstance(root, dict) else None
    found = cast("Mapping[str, Mapping[str, Any] | None]", topics or {})
    return {name: settings or {} for name, settings in found.items()}


def _topics(file: "ConfigFile") -> Iterator[DesiredTopic]:
    from flowodm.config.document import TopicSettings

    for name, written in _declared_topics(file).items():
        where = file.where(("topics", name))
        _refuse_variables(file, name, written)
        settings = TopicSettings.model_validate(written)
        yield DesiredTopic(
            name, settings.partitions, settings.replication_factor, dict(settings.config), where
        )


def _refuse_variables(file: "ConfigFile", name: str, written: Mapping[str, Any]) -> None:
    """Refuse `${NAME}` in a topic: contexts take variables, and what is declared is for all."""
    places: list[tuple[tuple[str, ...], Any]] = [((key,), value) for key, value in written.items()]
    places += [(("config", key), value) for key, value in (written.get("config") or {}).items()]
    for place, value in places:
        if has_variable(value):
            raise file.document.error(
                ("topics", name, *place),
                f"`{place[-1]}` of topic `{name}` holds a variable, and is not expanded",
                hint="write what it is to be; only contexts take variables",
            )


def _subjects(declared: tuple[Declared, ...]) -> tuple[DesiredSubject, ...]:
    places = {each.subject: each.where for each in declared}
    loaded = [
        (each.subject, each.found) for each in declared if isinstance(each.found, LoadedSchema)
    ]
    return tuple(
        DesiredSubject(wanted, places.get(wanted.subject, ""))
        for wanted in in_order(loaded, subjects_of(declared))
    )


def _levels(file: "ConfigFile", declared: tuple[Declared, ...]) -> "dict[str, CompatibilityLevel]":
    """The level of each subject; of a topic that declares no schema, its values'."""
    levels = {each.subject: each.level for each in declared if each.level is not None}
    for name, settings in _declared_topics(file).items():
        level = settings.get("compatibility")
        if level is not None and not settings.keys() & {"key", "value"}:
            levels.setdefault(f"{name}-value", level)
    return levels


def _faulty_topics(topics: tuple[DesiredTopic, ...]) -> Iterator[Blocker]:
    alike: dict[str, str] = {}
    for topic in topics:
        try:
            check_name(topic.name)
        except ConfigurationError as error:
            yield Blocker("topic", topic.name, error.message, error.hint, where=topic.where)
        if is_internal(topic.name):
            reason = f"topic `{topic.name}` is internal to Kafka or its registry"
            hint = "nobody but they change it: take it out of the file"
            yield Blocker("topic", topic.name, reason, hint, where=topic.where)
        other = alike.setdefault(topic.name.replace(".", "_"), topic.name)
        if other != topic.name:
            reason = f"topics `{other}` and `{topic.name}` have one name in Kafka's metrics"
            hint = "brokers refuse the second: `.` and `_` count as the same"
            yield Blocker("topic", topic.name, reason, hint, where=topic.where)


def _faulty_schemas(declared: tuple[Declared, ...]) -> Iterator[Blocker]:
    for each in declared:
        if is_internal_subject(each.subject) and not is_internal(each.subject.rpartition("-")[0]):
            reason = f"subject `{each.subject}` is internal to Kafka or its registry"
            yield Blocker("subject", each.subject, reason, where=each.where)
        if isinstance(each.found, Unloadable):
            error: FlowODMError = each.found.error
            yield Blocker("subject", each.subject, error.message, error.hint, where=each.where)
