"""Whether a schema may become a subject's next version: the registry's verdict, or our own.

The rules are `flowodm.avro.compatibility`'s.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from flowodm.avro import Schema
from flowodm.errors import SchemaError, SubjectNotFound, UsageError
from flowodm.schema.results import CompatibilityResult
from flowodm.schema.sources import SchemaSource, schema_of
from flowodm.schema.subjects import connection_for, subject_of

if TYPE_CHECKING:
    from flowodm.avro import CompatibilityLevel, HistoryVerdict
    from flowodm.connection import KafkaConnection
    from flowodm.registry import SchemaRegistry

__all__ = ["check_compatibility", "level_in_force", "own_level"]


def check_compatibility(
    source: SchemaSource,
    subject: str | None = None,
    compatibility_level: "CompatibilityLevel | None" = None,
    *,
    connection: "KafkaConnection | None" = None,
) -> CompatibilityResult:
    """Tell whether a schema may become the next version of a subject, and why not.

    Without a level, the registry says, at the level that is in force for the subject there. With
    one, the subject's versions are fetched and compared here, at any of the seven levels, whatever
    is in force; the verdict is the one a registry gives at that level. Where a registry says no
    and not why, the reasons are found here too.

    Args:
        source: A model, a parsed schema, a document, a text or a file.
        subject: The subject; None: the model's own.
        compatibility_level: The level to check at; None: the one in force.
        connection: To which registry; None: that of the model's own connection, or the default one's.

    Raises:
        UsageError: There is no such level, file or subject.
        RegistryError: The registry cannot be asked.
        SchemaError: The source, or a version of the subject, is no Avro schema.
    """
    registry = connection_for(connection, source).schema_registry()
    name = subject_of(source) if subject is None else subject
    schema = schema_of(source)
    try:
        if compatibility_level is not None:
            return _found_here(registry, name, schema, compatibility_level)
        return _asked(registry, name, schema)
    except SubjectNotFound:
        level = compatibility_level or level_in_force(registry, name)
        message = f"nothing is registered under `{name}`: it would be the first version"
        return CompatibilityResult(True, (), level, message)


def _asked(registry: "SchemaRegistry", subject: str, schema: Schema) -> CompatibilityResult:
    """The registry's verdict, with our reasons where it gives none."""
    level = level_in_force(registry, subject)
    verdict = registry.compatibility(subject, schema, version=None)
    if not verdict.compatible and not verdict.messages:
        with suppress(SchemaError, UsageError):  # a version, or a level, that is not ours to judge
            here = _found_here(registry, subject, schema, level)
            if not here.is_compatible:
                return here
    message = _verdict_words(
        schema, f"what is registered under `{subject}`", level, verdict.compatible
    )
    if not verdict.compatible and not verdict.messages:
        message += ", and the registry does not say why"
    return CompatibilityResult(verdict.compatible, verdict.messages, level, message)


def _found_here(
    registry: "SchemaRegistry", subject: str, schema: Schema, level: str
) -> CompatibilityResult:
    """Our own verdict, over as many versions as the level asks for, newest first."""
    from flowodm.avro.compatibility import check_history, known_level

    known = known_level(level)
    versions = registry.versions(subject)[::-1]
    for version in versions if level.endswith("_TRANSITIVE") else versions[:1]:
        old = registry.parse(registry.version(subject, version).schema)
        verdict = check_history(known, schema, [old])
        if not verdict.is_compatible:
            lines = tuple(_lines(verdict, version))
            message = _verdict_words(schema, f"version {version} of `{subject}`", level, False)
            return CompatibilityResult(False, lines, level, message, version, verdict)
    message = _verdict_words(schema, f"what is registered under `{subject}`", level, True)
    return CompatibilityResult(True, (), level, message)


def _lines(verdict: "HistoryVerdict", version: int) -> Iterator[str]:
    for reason in verdict.forward:
        yield f"`{reason.location}`, read by version {version}: {reason.message}; {reason.cure}"
    for reason in verdict.backward:
        yield f"`{reason.location}`, reading version {version}: {reason.message}; {reason.cure}"


def level_in_force(registry: "SchemaRegistry", subject: str) -> str:
    """Ask for the level in force for a subject: its own, else the registry's."""
    return own_level(registry, subject) or registry.compatibility_level() or "NONE"


def own_level(registry: "SchemaRegistry", subject: str) -> str | None:
    """Ask for the level that is set for a subject itself; None: the registry's counts."""
    with suppress(SubjectNotFound):  # so some registries say that it has none of its own
        return registry.compatibility_level(subject)
    return None


def _verdict_words(schema: Schema, what: str, level: str, is_compatible: bool) -> str:
    words = "may follow" if is_compatible else "may not follow"
    return f"`{schema.name}` {words} {what} at level {level}"
