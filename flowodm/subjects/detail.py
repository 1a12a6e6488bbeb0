"""One schema of a registry, with all that is in force for it."""

import difflib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowodm.errors import RegistryError, SchemaError, SubjectNotFound
from flowodm.registry.rules import subject_words
from flowodm.subjects.names import Address
from flowodm.subjects.settings import Setting, read_setting

if TYPE_CHECKING:
    from flowodm import avro
    from flowodm.registry import RegisteredSchema, SchemaRegistry, SubjectVersion

__all__ = [
    "SchemaDetail",
    "describe_id",
    "describe_version",
    "find_version",
    "subject_not_found",
    "version_ranges",
]


@dataclass(frozen=True, slots=True)
class SchemaDetail:
    """A schema, where it is registered, and what counts there."""

    schema: "RegisteredSchema"
    places: tuple[tuple[str, int], ...]
    """Every subject and version that has it; empty where the registry does not tell."""
    subject: str | None = None
    """The subject that was asked for; None: the schema was asked for by its id."""
    version: int | None = None
    versions: tuple[int, ...] = ()
    """The subject's, deleted ones left out."""
    level: Setting | None = None
    mode: Setting | None = None
    parsed: "avro.Schema | None" = None
    """None: it is not Avro, or not to be understood here."""

    @property
    def unsupported(self) -> str | None:
        """Why FlowODM can only show it; None for Avro."""
        kind = self.schema.schema_type
        if kind == "AVRO":
            return None
        reads = "records are shown as JSON" if kind == "JSON" else "records cannot be decoded"
        return f"{kind} is shown, and not checked, compared or made into models; its {reads}"

    @property
    def is_deleted(self) -> bool:
        """Whether the version is soft-deleted."""
        return self.version is not None and self.version not in self.versions


def describe_version(
    registry: "SchemaRegistry", address: Address, *, deleted: bool = False
) -> SchemaDetail:
    """Describe a version of a subject, the latest when none is named.

    Args:
        registry: Whose.
        address: The subject and version.
        deleted: Whether a soft-deleted version counts.

    Raises:
        SubjectNotFound: There is no such subject or version; with the nearest name.
        RegistryError: The registry cannot be asked.
    """
    found = find_version(registry, address, deleted=deleted)
    versions: tuple[int, ...] = ()
    with suppress(SubjectNotFound):  # every version is deleted
        versions = registry.versions(address.subject)
    return SchemaDetail(
        found.schema,
        _places(registry, found.schema.schema_id),
        address.subject,
        found.version,
        versions,
        read_setting(registry, "level", address.subject),
        read_setting(registry, "mode", address.subject),
        _parsed(registry, found.schema),
    )


def describe_id(registry: "SchemaRegistry", schema_id: int) -> SchemaDetail:
    """Describe a schema by the id that records carry.

    Raises:
        SchemaNotFound: There is no such id.
        RegistryError: The registry cannot be asked.
    """
    schema = registry.schema_by_id(schema_id)
    return SchemaDetail(schema, _places(registry, schema_id), parsed=_parsed(registry, schema))


def find_version(
    registry: "SchemaRegistry", address: Address, *, deleted: bool = False
) -> "SubjectVersion":
    """Fetch a version of a subject, the latest when none is named.

    Raises:
        SubjectNotFound: There is no such subject or version; with the nearest name.
        RegistryError: The registry cannot be asked.
    """
    version = address.version or "latest"
    try:
        if deleted and version == "latest":  # of a subject without live versions there is none
            version = registry.versions(address.subject, deleted=True)[-1]
        return registry.version(address.subject, version, deleted=deleted)
    except (SubjectNotFound, IndexError) as error:
        raise subject_not_found(registry, address) from error


def subject_not_found(registry: "SchemaRegistry", address: Address) -> SubjectNotFound:
    """Make the error for a subject or version that is not there, with what there is."""
    where = f"registry `{registry.url}`"
    try:
        versions = registry.versions(address.subject)
    except SubjectNotFound:
        near = _nearest(registry, address.subject)
        hint = f"did you mean `{near}`?  (flowodm registry list)" if near else None
        return SubjectNotFound(
            f"{subject_words(address.subject)} does not exist at {where}",
            hint=hint or "see which there are: flowodm registry list --deleted",
        )
    return SubjectNotFound(
        f"{subject_words(address.subject)} has no version {address.version} at {where}",
        hint=f"it has {version_ranges(versions)}",
    )


def version_ranges(versions: tuple[int, ...]) -> str:
    """Write versions in short: `v1–v3, v5`."""
    parts: list[str] = []
    start = 0
    for index, version in enumerate(versions):
        if index + 1 < len(versions) and versions[index + 1] == version + 1:
            continue
        first = versions[start]
        parts.append(f"v{first}" if first == version else f"v{first}–v{version}")
        start = index + 1
    return ", ".join(parts)


def _nearest(registry: "SchemaRegistry", subject: str) -> str | None:
    try:
        names = registry.subjects()
    except RegistryError:
        return None
    near = difflib.get_close_matches(subject[:200], names[:10_000], n=1, cutoff=0.7)
    return near[0] if near else None


def _parsed(registry: "SchemaRegistry", schema: "RegisteredSchema") -> "avro.Schema | None":
    try:
        return registry.parse(schema) if schema.schema_type == "AVRO" else None
    except (SchemaError, RegistryError):
        return None  # it is shown as it is


def _places(registry: "SchemaRegistry", schema_id: int) -> tuple[tuple[str, int], ...]:
    try:
        return tuple(sorted(registry.subject_versions(schema_id)))
    except RegistryError:
        return ()  # a comfort; the schema is shown without it
