"""What a version references, and what references it: both ways, to the end.

The graph is a stranger's drawing: it is walked breadth first, each version once, with a bound.
"""

from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from flowodm.errors import RegistryError, SchemaNotFound, SubjectNotFound
from flowodm.registry.rules import version_words
from flowodm.subjects.asking import asked

if TYPE_CHECKING:
    from flowodm.registry import SchemaRegistry, SubjectVersion

__all__ = ["Link", "References", "find_references", "referrers"]

_MOST: Final = 1_000
"""Versions that are told in one direction."""

Place: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Link:
    """One step from a version to another: it references it, or is referenced by it."""

    subject: str
    version: int
    name: str
    """What the type is called where it is used."""
    via: Place
    """The version that this step starts from."""
    schema_id: int | None = None
    """None: it is not there, or the registry does not tell."""
    is_known: bool = False
    """Whether it stands further up already, with all that it leads to."""


@dataclass(frozen=True, slots=True)
class References:
    """All that a version references, and all that references it; nearest first."""

    root: Place
    schema_id: int
    references: tuple[Link, ...]
    referenced_by: tuple[Link, ...]
    is_cut: bool
    """Whether there is more than is told."""


def find_references(registry: "SchemaRegistry", found: "SubjectVersion") -> References:
    """Follow the references of a version, and those to it.

    Args:
        registry: Whose.
        found: The version.

    Raises:
        RegistryError: The registry cannot be asked.
    """
    root = (found.subject, found.version)
    down, cut_down = _walk(root, lambda place: _referenced(registry, place))
    up, cut_up = _walk(root, lambda place: _referencing(registry, place))
    return References(root, found.schema.schema_id, down, up, cut_down or cut_up)


def referrers(registry: "SchemaRegistry", subject: str, version: int) -> tuple[Place, ...]:
    """List the versions that reference a version themselves.

    Raises:
        RegistryError: The registry cannot be asked.
    """
    return tuple(
        (link.subject, link.version) for link in _referencing(registry, (subject, version))
    )


def _walk(
    root: Place, links_of: Callable[[Place], Iterable[Link]]
) -> tuple[tuple[Link, ...], bool]:
    seen = {root}
    found: list[Link] = []
    queue = deque([root])
    while queue:
        for link in links_of(queue.popleft()):
            if len(found) >= _MOST:
                return tuple(found), True
            place = (link.subject, link.version)
            if place in seen:
                link = Link(link.subject, link.version, link.name, link.via, link.schema_id, True)
            elif link.schema_id is not None:
                seen.add(place)
                queue.append(place)
            found.append(link)
    return tuple(found), False


def _referenced(registry: "SchemaRegistry", place: Place) -> list[Link]:
    links: list[Link] = []
    for reference in registry.version(*place, deleted=True).schema.references:
        version: int | None = reference.version
        schema_id: int | None = None
        with suppress(SubjectNotFound):
            target = registry.version(
                reference.subject, "latest" if version == -1 else reference.version, deleted=True
            )
            version, schema_id = target.version, target.schema.schema_id
        links.append(Link(reference.subject, version or -1, reference.name, place, schema_id))
    return links


def _referencing(registry: "SchemaRegistry", place: Place) -> list[Link]:
    ids = registry.referenced_by(*place)
    per_id = asked(ids[:_MOST], lambda schema_id: _users(registry, schema_id, place))
    return [link for links in per_id for link in links]


def _users(registry: "SchemaRegistry", schema_id: int, place: Place) -> list[Link]:
    try:
        schema = registry.schema_by_id(schema_id)
        users = registry.subject_versions(schema_id)
    except (SchemaNotFound, SubjectNotFound):
        return []
    except RegistryError as error:
        what = version_words(*place)
        raise RegistryError(f"who references {what} is not told: {error.message}") from error
    name = next((one.name for one in schema.references if (one.subject, one.version) == place), "")
    return [Link(subject, version, name, place, schema_id) for subject, version in sorted(users)]
