"""`flowodm registry diff`: what the project has, or anybody, against what is registered."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from flowodm.avro.words import similar
from flowodm.cli.options import Session, command, session_of
from flowodm.cli.reports import REPORT_FORMATS, FailOn, Finding, Report, Section, write_report
from flowodm.cli.reports.changes import failed_section, section_of_comparison, section_of_new
from flowodm.cli.schema_sources import open_sources, project_file
from flowodm.errors import SchemaError, SubjectNotFound, UsageError
from flowodm.sources.declared import Declared, declared_schemas
from flowodm.sources.forms import VersionForm, read_form
from flowodm.sources.loaded import LoadedSchema, Unloadable
from flowodm.sources.standing import level_of, standing

if TYPE_CHECKING:
    from flowodm.config.files import ConfigFile
    from flowodm.registry import SchemaRegistry
    from flowodm.sources import Sources

__all__ = ["diff_registry"]

_AT_ONCE: Final = 8
"""Subjects that are asked for at a time."""


@command(
    "flowodm registry diff                                     # all that flowodm.yaml declares",
    "flowodm registry diff user-events-value schemas/user-event.avsc",
    "flowodm registry diff user-events-value 1 latest",
    "flowodm registry diff user-events-value context:prod latest",
    "flowodm registry diff -o github --fail-on breaking         # for CI",
    formats=REPORT_FORMATS,
)
def diff_registry(
    context: typer.Context,
    subject: Annotated[
        str | None, typer.Argument(metavar="SUBJECT", help="One subject; without it all declared.")
    ] = None,
    old: Annotated[
        str | None,
        typer.Argument(
            metavar="A",
            help="The schema before: a version, latest, a file, git:REV:path, model:module:Class, "
            "context:NAME. Alone, a version is compared with the latest one, and the latest one "
            "with anything else.",
        ),
    ] = None,
    new: Annotated[
        str | None, typer.Argument(metavar="B", help="The schema after, said as A is.")
    ] = None,
    fail_on: Annotated[
        FailOn,
        typer.Option(
            metavar="any|dangerous|breaking", help="What is reason for exit 3: the least of it."
        ),
    ] = "any",
) -> int:
    """Tell how schemas differ from what is registered.

    Every schema and model that flowodm.yaml declares is compared with the latest version of its
    subject; or one subject, or any two of its schemas. Changes are judged at the level that is in
    force for the subject. Exit 3 when there are differences.
    """
    session = session_of(context)
    with open_sources(session) as sources:
        if subject is None:
            sections = [*_declared(session, sources)]
            sections.sort(key=lambda section: section.rank)
        else:
            name, old, new = _asked(subject, old, new)
            sections = [*_one(session, sources, name, old, new)]
    session.output.clear_status()
    return write_report(session, Report("registry diff", tuple(sections), fail_on))


def _asked(subject: str, old: str | None, new: str | None) -> tuple[str, str | None, str | None]:
    """Take `SUBJECT@2` for `SUBJECT 2`."""
    form = read_form(subject)
    if not isinstance(form, VersionForm) or form.subject is None or form.context is not None:
        return subject, old, new
    if new is not None:
        raise UsageError(
            f"`{subject}` names a version, and two schemas follow it",
            hint=f"flowodm registry diff {form.subject} {old} {new}",
        )
    return form.subject, str(form.version), old


def _declared(session: Session, sources: "Sources") -> Iterator[Section]:
    """Compare everything that the project declares."""
    file = project_file(session)
    found = () if file is None else declared_schemas(file, sources, Path.cwd())
    if not found:
        raise UsageError(_nothing(file), hint="or name a subject: flowodm registry diff SUBJECT A")
    registry = sources.registry()
    with ThreadPoolExecutor(_AT_ONCE) as threads:  # what takes time is the way to the registry
        compared = threads.map(lambda declared: _of_declared(registry, declared), found)
        for number, section in enumerate(compared, 1):
            session.output.status(f"compared {number:,} of {len(found):,}: {section.title}")
            yield section


def _nothing(file: "ConfigFile | None") -> str:
    if file is None:
        return "there is no `flowodm.yaml` here that declares schemas"
    return f"`{file.document.source}` declares no `schemas`, `models` or `topics` with schemas"


def _of_declared(registry: "SchemaRegistry", declared: Declared) -> Section:
    if isinstance(declared.found, Unloadable):
        return failed_section(declared.subject, declared.found, route=declared.where)
    section = _against_latest(registry, declared.subject, declared.found)
    if declared.level is None or section.state in ("failed", "new"):
        return section
    return _with_level(section, declared)


def _against_latest(registry: "SchemaRegistry", subject: str, new: LoadedSchema) -> Section:
    try:
        found = standing(registry, subject)
    except SubjectNotFound:
        return section_of_new(subject, new)
    except SchemaError as error:
        return failed_section(subject, Unloadable(f"{subject} latest", error))
    return section_of_comparison(subject, found.compare(new))


def _with_level(section: Section, declared: Declared) -> Section:
    """Tell where another level is in force than the one that is declared."""
    from dataclasses import replace

    in_force = section.details.get("compatibility")
    if in_force == declared.level:
        return section
    finding = Finding(
        "COMPATIBILITY",
        "note",
        "",
        f"{in_force} is in force, {declared.level} is declared",
        details={"before": in_force, "after": declared.level, "where": declared.where},
    )
    findings = (*section.findings, finding)
    aside = section.aside if section.state == "changed" else str(in_force)
    return replace(section, state="changed", findings=findings, aside=aside)


def _one(
    session: Session, sources: "Sources", subject: str, old: str | None, new: str | None
) -> Iterator[Section]:
    """Compare two schemas of one subject."""
    if old is None:
        yield from _alone(session, sources, subject)
        return
    if new is None:
        is_version = isinstance(form := read_form(old), VersionForm) and form.context is None
        old, new = (old, "latest") if is_version else ("latest", old)
    after = sources.load(new, subject=subject)
    if old == "latest" and after.version is None:
        section = _against_latest(sources.registry(), subject, after)
        if section.state == "new":
            _tell_near(session, sources.registry(), subject)
        yield section
        return
    before = sources.load(old, subject=subject)
    yield _between(sources.registry(), subject, before, after)


def _alone(session: Session, sources: "Sources", subject: str) -> Iterator[Section]:
    """Compare what is declared for a subject; where nothing is, its last two versions."""
    file = project_file(session)
    declared = () if file is None else declared_schemas(file, sources, Path.cwd())
    mine = [each for each in declared if each.subject == subject]
    registry = sources.registry()
    if mine:
        yield from (_of_declared(registry, each) for each in mine)
        return
    latest = sources.load("latest", subject=subject)
    before = [version for version in registry.versions(subject) if version != latest.version]
    if not before:
        details = {"from": None, "to": {"label": latest.label}, "compatibility": None}
        yield Section(subject, "same", latest.short_label, "the only version", details=details)
        return
    yield _between(registry, subject, sources.load(str(before[-1]), subject=subject), latest)


def _tell_near(session: Session, registry: "SchemaRegistry", subject: str) -> None:
    """Say which subject may be meant, where there is none of a name."""
    if (near := similar(subject, registry.subjects())) is not None:
        session.output.note(f"there is no `{subject}`; did you mean `{near}`?")


def _between(
    registry: "SchemaRegistry", subject: str, before: LoadedSchema, after: LoadedSchema
) -> Section:
    """Compare two schemas at the level of a subject that may not be there."""
    from flowodm.sources.comparison import compare

    return section_of_comparison(subject, compare(before, after, level=level_of(registry, subject)))
