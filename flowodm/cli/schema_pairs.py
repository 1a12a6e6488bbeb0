"""What `schema diff` compares: two schemas, or the files of two directories by their names."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flowodm.avro.words import shown
from flowodm.cli.reports import Finding, Section
from flowodm.cli.reports.changes import (
    failed_section,
    section_of_comparison,
    section_of_new,
    shown_file,
)
from flowodm.errors import UsageError
from flowodm.sources import LoadedSchema, NotInRevision, Sources, Unloadable
from flowodm.sources.comparison import compare
from flowodm.sources.forms import FileForm, read_form

if TYPE_CHECKING:
    from flowodm.avro import CompatibilityLevel

__all__ = ["pairs_of", "pairs_since"]


def pairs_of(
    sources: Sources, old: str, new: str, level: "CompatibilityLevel | None"
) -> Iterator[Section]:
    """Compare two sources; where one holds several schemas, those of the same name.

    Raises:
        FlowODMError: A source gives nothing, or one schema on each side has none to speak of.
    """
    before, after = sources.load_all(old), sources.load_all(new)
    if len(before) == len(after) == 1:
        yield _pair(_schema(before[0]), _schema(after[0]), level)
        return
    olds, news = _by_name(before, old), _by_name(after, new)
    for name in sorted(olds.keys() | news.keys()):
        yield _named_pair(name, olds.get(name), news.get(name), level)


def pairs_since(
    sources: Sources, revision: str, source: str, level: "CompatibilityLevel | None"
) -> Iterator[Section]:
    """Compare a file, or the files of a directory, with what they were in a revision.

    Raises:
        UsageError: It is no file or directory, or git does not know the revision.
        FlowODMError: The source gives nothing.
    """
    if not isinstance(read_form(source), FileForm) or os.path.isabs(source):
        raise UsageError(
            f"{shown(source)} is no file that a revision could have",
            hint="with `--against`, name files and directories from the working directory on",
        )
    after = sources.load_all(source)
    try:
        before = sources.load_all(f"git:{revision}:./{os.path.normpath(source)}")
    except NotInRevision:
        before = ()
    olds = {_since(each.label, revision): each for each in before}
    news = {os.path.normpath(each.label): each for each in after}
    for name in sorted(olds.keys() | news.keys()):
        yield _named_pair(name, olds.get(name), news.get(name), level)


def _since(label: str, revision: str) -> str:
    return os.path.normpath(label.removeprefix(f"git:{revision}:"))


def _named_pair(
    name: str,
    old: LoadedSchema | Unloadable | None,
    new: LoadedSchema | Unloadable | None,
    level: "CompatibilityLevel | None",
) -> Section:
    for each in (new, old):
        if isinstance(each, Unloadable):
            return failed_section(name, each)
    if new is None:
        assert isinstance(old, LoadedSchema)
        return _gone(name, old)
    assert isinstance(new, LoadedSchema)
    assert not isinstance(old, Unloadable)
    return section_of_new(name, new, "new") if old is None else _pair(old, new, level, name)


def _pair(
    old: LoadedSchema,
    new: LoadedSchema,
    level: "CompatibilityLevel | None",
    title: str | None = None,
) -> Section:
    comparison = compare(old, new, level=level)
    return section_of_comparison(title or new.subject or new.schema.name, comparison)


def _gone(name: str, old: LoadedSchema) -> Section:
    note = "What was written with it can be read for as long as its schema can be had."
    finding = Finding("SCHEMA_REMOVED", "dangerous", "", f"removed, {old.schema.name}", (note,))
    return Section(name, "changed", old.label, "removed", (finding,), path=shown_file(old.path))


def _schema(found: LoadedSchema | Unloadable) -> LoadedSchema:
    if isinstance(found, Unloadable):
        raise found.error
    return found


def _by_name(
    found: tuple[LoadedSchema | Unloadable, ...], source: str
) -> dict[str, LoadedSchema | Unloadable]:
    """Schemas by the names of their files from the source on; by their own, where they have none."""
    start = source.rstrip("/") + "/"
    return {each.label.removeprefix(start).removeprefix("./"): each for each in found}
