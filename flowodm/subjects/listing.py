"""The subjects of a registry: one question for all of them, more only when it is asked for."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from flowodm.errors import RegistryError, RegistryUnreachable, SubjectNotFound
from flowodm.patterns import name_filter
from flowodm.schema.compatibility import own_level
from flowodm.subjects.asking import asked

if TYPE_CHECKING:
    from flowodm.registry import SchemaRegistry, SubjectVersion

__all__ = ["Subject", "SubjectList", "list_subjects"]

_NO_LIST: Final = (None, 200, 404, 405, 501)
"""Statuses of an answer that is no list of latest versions, or too large; others are errors."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject in a list; None is what was not asked, or not told."""

    name: str
    latest: int | None = None
    """The number of its latest version."""
    schema_type: str | None = None
    """`AVRO`, `JSON` or `PROTOBUF`."""
    schema_id: int | None = None
    """The id of its latest version."""
    is_deleted: bool = False
    """Whether every version of it is deleted, and not yet for good."""
    versions: tuple[int, ...] | None = None
    level: str | None = None
    """Its own compatibility level; `` when it has none and the registry's counts."""


@dataclass(frozen=True, slots=True)
class SubjectList:
    """Subjects, by name."""

    subjects: tuple[Subject, ...]
    has_versions: bool
    """Whether the registry told the latest versions; some only tell names."""


def list_subjects(
    registry: "SchemaRegistry",
    pattern: str | None = None,
    *,
    is_regex: bool = False,
    deleted: bool = False,
    details: bool = False,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> SubjectList:
    """List the subjects by name, with one question.

    Args:
        registry: Whose.
        pattern: Which subjects: a glob (`orders-*`) that fits the whole name.
        is_regex: Whether the pattern is a regular expression instead, found anywhere in a name.
        deleted: Whether soft-deleted ones are listed too, which is a second question.
        details: Whether to ask each subject for its versions and its level.
        on_progress: Called with how many subjects were asked, and of how many.

    Raises:
        UsageError: The pattern is no regular expression.
        RegistryError: The registry cannot be asked.
    """
    fits = name_filter(pattern, "subject", is_regex=is_regex)
    known = _latest(registry)
    live = registry.subjects() if known is None else tuple(known)
    names = {name: False for name in live if fits(name)}
    if deleted:
        gone = set(registry.subjects(deleted=True)).difference(live)
        names |= {name: True for name in gone if fits(name)}
    subjects = tuple(_subject(name, names[name], (known or {}).get(name)) for name in sorted(names))
    if details:
        subjects = tuple(_detailed(registry, subjects, on_progress))
    return SubjectList(subjects, known is not None or details)


def _latest(registry: "SchemaRegistry") -> "dict[str, SubjectVersion] | None":
    """Return the latest version of each subject; None where the registry does not tell."""
    try:
        return {one.subject: one for one in registry.latest_versions()}
    except RegistryError as error:
        is_outage = isinstance(error, RegistryUnreachable) and error.status != 404
        if is_outage or error.status not in _NO_LIST:
            raise
        return None


def _subject(name: str, is_deleted: bool, latest: "SubjectVersion | None") -> Subject:
    if latest is None:
        return Subject(name, is_deleted=is_deleted)
    schema = latest.schema
    return Subject(name, latest.version, schema.schema_type, schema.schema_id, is_deleted)


def _detailed(
    registry: "SchemaRegistry",
    subjects: tuple[Subject, ...],
    on_progress: Callable[[int, int], None],
) -> Iterator[Subject]:
    def ask(subject: Subject) -> Subject:
        with suppress(SubjectNotFound):  # it went meanwhile; what is known of it stays
            return _with_details(registry, subject)
        return subject

    for count, subject in enumerate(asked(subjects, ask), start=1):
        on_progress(count, len(subjects))
        yield subject


def _with_details(registry: "SchemaRegistry", subject: Subject) -> Subject:
    versions = registry.versions(subject.name, deleted=subject.is_deleted)
    if subject.latest is None and versions:
        with suppress(SubjectNotFound):  # some registries show no hidden version
            found = registry.version(subject.name, versions[-1], deleted=subject.is_deleted)
            subject = _subject(subject.name, subject.is_deleted, found)
    return replace(subject, versions=versions, level=own_level(registry, subject.name) or "")
