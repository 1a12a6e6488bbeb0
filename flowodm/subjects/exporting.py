"""A registry, or a part of it, read into an archive and written out."""

import os
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from flowodm.avro.compatibility import CompatibilityLevel, known_level
from flowodm.errors import SubjectNotFound, UsageError
from flowodm.patterns import name_filter
from flowodm.subjects.archive import (
    SUFFIX,
    Archive,
    ArchivedSetting,
    ArchivedVersion,
    archive_lines,
    archived_version,
    in_order,
    is_archive,
)
from flowodm.subjects.asking import asked

if TYPE_CHECKING:
    from flowodm.registry import SchemaRegistry

__all__ = ["export_registry", "write_directory", "write_file"]

_LONGEST_NAME: Final = 150

Progress = Callable[[int, int], None]
_Place = tuple[str, int]


def export_registry(
    registry: "SchemaRegistry",
    pattern: str | None = None,
    *,
    is_regex: bool = False,
    deleted: bool = False,
    on_progress: Progress = lambda done, total: None,
) -> Archive:
    """Read subjects with all their versions, levels and modes, and whatever they reference.

    Args:
        registry: Whose.
        pattern: Which subjects: a glob that fits the whole name; None: all, with what is set for
            the registry itself.
        is_regex: Whether the pattern is a regular expression instead, found anywhere in a name.
        deleted: Whether soft-deleted versions are read too.
        on_progress: Called with how many subjects were read, and of how many.

    Raises:
        UsageError: The pattern is no regular expression.
        RegistryError: The registry cannot be asked.
    """
    fits = name_filter(pattern, "subject", is_regex=is_regex)
    names = sorted(filter(fits, set(registry.subjects(deleted=deleted))))
    settings = [] if pattern is not None else [_setting(registry, None)]
    versions: dict[_Place, ArchivedVersion] = {}
    found = asked(names, lambda name: _subject(registry, name, deleted=deleted))
    for count, (setting, of_subject) in enumerate(found, start=1):
        on_progress(count, len(names))
        settings.append(setting)
        versions.update((one.place, one) for one in of_subject)
    _add_referenced(registry, versions)
    kept = tuple(one for one in settings if one.level or one.mode)
    return Archive(in_order(versions.values()), kept)


def _add_referenced(registry: "SchemaRegistry", versions: dict[_Place, ArchivedVersion]) -> None:
    """Read what is referenced and was not meant, until nothing is missing."""
    while missing := _missing(versions.values(), versions):
        for one in asked(missing, lambda place: _referenced(registry, *place)):
            versions[one.place] = one


def _referenced(registry: "SchemaRegistry", subject: str, number: int) -> ArchivedVersion:
    live: tuple[int, ...] = ()
    with suppress(SubjectNotFound):  # every version is deleted
        live = registry.versions(subject)
    return _version(registry, subject, number, deleted=number not in live)


def _missing(
    versions: Iterable[ArchivedVersion], known: dict[_Place, ArchivedVersion]
) -> tuple[_Place, ...]:
    return tuple(sorted({need for one in versions for need in one.needs if need not in known}))


def _subject(
    registry: "SchemaRegistry", name: str, *, deleted: bool
) -> tuple[ArchivedSetting, tuple[ArchivedVersion, ...]]:
    live: tuple[int, ...] = ()
    with suppress(SubjectNotFound):  # every version is deleted
        live = registry.versions(name)
    numbers = registry.versions(name, deleted=True) if deleted else live
    versions = tuple(
        _version(registry, name, number, deleted=number not in live) for number in numbers
    )
    return _setting(registry, name), versions


def _version(
    registry: "SchemaRegistry", subject: str, number: int, *, deleted: bool
) -> ArchivedVersion:
    schema = registry.version(subject, number, deleted=True).schema
    references = tuple(
        (
            one
            if one.version != -1
            else type(one)(one.name, one.subject, registry.version(one.subject).version)
        )
        for one in schema.references
    )
    return archived_version(
        (subject, number),
        schema.schema_id,
        schema.schema_type,
        schema.text,
        references,
        deleted=deleted,
    )


def _setting(registry: "SchemaRegistry", subject: str | None) -> ArchivedSetting:
    level: CompatibilityLevel | None = None
    mode: str | None = None
    with suppress(SubjectNotFound):  # so some registries say that it has none of its own
        found = registry.compatibility_level(subject)
        level = None if found is None else known_level(found)
    with suppress(SubjectNotFound):
        mode = registry.mode(subject)
    return ArchivedSetting(subject=subject, level=level, mode=mode)


def write_file(archive: Archive, path: Path) -> None:
    """Write an archive to a file: whole, or not at all.

    Raises:
        UsageError: It cannot be written there.
    """
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    except OSError as error:
        raise UsageError(f"cannot write `{path}`: {error.strerror or error}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(archive_lines(archive))
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise UsageError(f"cannot write `{path}`: {error.strerror or error}") from error
        raise


def write_directory(archive: Archive, path: Path) -> int:
    """Write an archive as one file for each subject; return how many.

    A file of an earlier archive there, of a subject that is none any more, is removed.

    Raises:
        UsageError: It cannot be written there.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        before = {one for one in path.glob(f"*{SUFFIX}") if one.is_file() and is_archive(one)}
    except OSError as error:
        raise UsageError(f"cannot write to `{path}`: {error.strerror or error}") from error
    written: set[Path] = set()
    for subject, part in _parts(archive).items():
        file = path / _file_name(subject)
        write_file(part, file)
        written.add(file)
    for stale in before - written:
        stale.unlink(missing_ok=True)
    return len(written)


def _parts(archive: Archive) -> dict[str | None, Archive]:
    """Split an archive by subject; what is set for the registry itself stands under None."""
    settings: dict[str | None, list[ArchivedSetting]] = {}
    for setting in archive.settings:
        settings.setdefault(setting.subject, []).append(setting)
    versions: dict[str | None, list[ArchivedVersion]] = {}
    for version in archive.versions:
        versions.setdefault(version.subject, []).append(version)
    return {
        subject: Archive(tuple(versions.get(subject, ())), tuple(settings.get(subject, ())))
        for subject in (*settings, *versions)
    }


def _file_name(subject: str | None) -> str:
    """Name a subject's file: in ASCII, on one level, its own also where case does not count."""
    if subject is None:
        return f"=registry{SUFFIX}"
    name = quote(subject, safe=" +@,", errors="surrogatepass").replace(
        ".", "%2E", subject[0] == "."
    )
    if subject == subject.lower() and len(name) <= _LONGEST_NAME:
        return f"{name}{SUFFIX}"
    from hashlib import sha256

    mark = sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{name[:_LONGEST_NAME]}={mark}{SUFFIX}"
