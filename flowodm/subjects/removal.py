"""Deleting a subject, or one version: what would go, what stands in the way, then the deed."""

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowodm.errors import RegistryError, SubjectNotFound
from flowodm.registry.rules import subject_words
from flowodm.subjects.asking import asked
from flowodm.subjects.detail import subject_not_found
from flowodm.subjects.graph import referrers
from flowodm.subjects.names import Address, check_change

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.registry import SchemaRegistry

__all__ = ["DoomedVersion", "Removal", "apply_removal", "plan_removal"]


@dataclass(frozen=True, slots=True)
class DoomedVersion:
    """A version that would go."""

    version: int
    schema_id: int | None
    """None: it is hidden, and the registry does not tell."""
    schema_type: str | None
    is_deleted: bool
    """Whether it is soft-deleted already."""
    referenced_by: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Removal:
    """What a deletion would do."""

    address: Address
    """One version of a subject, or with no version all of it."""
    permanent: bool
    versions: tuple[DoomedVersion, ...]
    is_last: bool
    """Whether no live version stays, and level and mode of the subject go with it."""

    @property
    def blockers(self) -> tuple[DoomedVersion, ...]:
        """The versions that others reference, which no registry deletes."""
        return tuple(version for version in self.versions if version.referenced_by)

    def check(self) -> None:
        """Refuse what a registry would refuse.

        Raises:
            RegistryError: Other schemas reference a version of it.
        """
        if not self.blockers:
            return
        users = sorted({user for version in self.blockers for user in version.referenced_by})
        named = ", ".join(f"{subject} v{version}" for subject, version in users[:5])
        more = f" and {len(users) - 5} more" if len(users) > 5 else ""
        raise RegistryError(
            f"{subject_words(str(self.address))} is referenced by {named}{more}; nothing was deleted",
            hint="delete those first: flowodm registry refs SUBJECT shows them all",
        )


def plan_removal(
    registry: "SchemaRegistry", address: Address, *, permanent: bool = False
) -> Removal:
    """Look at what a deletion would do.

    Args:
        registry: Where.
        address: The subject, or one version of it.
        permanent: Whether nothing of it shall remain.

    Raises:
        SubjectNotFound: There is nothing of it to delete.
        RegistryError: The registry cannot be asked.
    """
    live: tuple[int, ...] = ()
    with suppress(SubjectNotFound):
        live = registry.versions(address.subject)
    doomed = live
    if permanent:
        with suppress(SubjectNotFound):
            doomed = registry.versions(address.subject, deleted=True)
    if address.version is not None:
        wanted = max(live, default=0) if address.version == "latest" else address.version
        doomed = tuple(number for number in doomed if number == wanted)
    if not doomed:
        raise _nothing(registry, address)
    versions = tuple(asked(doomed, lambda number: _doomed(registry, address, number, live)))
    return Removal(address, permanent, versions, is_last=set(live) <= set(doomed))


def apply_removal(connection: "KafkaConnection", removal: Removal) -> tuple[int, ...]:
    """Delete what was planned; return the versions that are gone.

    Args:
        connection: In whose registry.
        removal: The plan.

    Raises:
        ChangeRefused: The context does not allow it; nothing was sent.
        RegistryError: The registry refuses, or cannot be asked.
    """
    subject = removal.address.subject
    check_change(connection, "registry delete", subject)
    registry = connection.schema_registry()
    live = [one for one in removal.versions if not one.is_deleted]
    if removal.address.version is None:
        gone = registry.delete_subject(subject) if live else ()
        return registry.delete_subject(subject, permanent=True) if removal.permanent else gone
    for one in live:
        registry.delete_version(subject, one.version)
    if removal.permanent:
        for one in removal.versions:
            registry.delete_version(subject, one.version, permanent=True)
    return tuple(one.version for one in removal.versions)


def _doomed(
    registry: "SchemaRegistry", address: Address, number: int, live: tuple[int, ...]
) -> DoomedVersion:
    if number in live:
        schema = registry.version(address.subject, number).schema
        users = referrers(registry, address.subject, number)
        return DoomedVersion(number, schema.schema_id, schema.schema_type, False, users)
    with suppress(SubjectNotFound):  # some registries show no hidden version
        schema = registry.version(address.subject, number, deleted=True).schema
        return DoomedVersion(number, schema.schema_id, schema.schema_type, True, ())
    return DoomedVersion(number, None, None, True, ())


def _nothing(registry: "SchemaRegistry", address: Address) -> SubjectNotFound:
    """Make the error; what is soft-deleted needs `--permanent` to be named again."""
    with suppress(SubjectNotFound):
        hidden = registry.versions(address.subject, deleted=True)
        if address.version is None or address.version in hidden:
            return SubjectNotFound(
                f"{subject_words(str(address))} is deleted already, and not yet for good",
                hint="`--permanent` removes what remains of it",
            )
    return subject_not_found(registry, address)
