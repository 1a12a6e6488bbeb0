"""`flowodm registry export` and `import`: a registry moved, its ids kept."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from flowodm.cli.confirm import confirm_plan
from flowodm.cli.options import Session, command, session_of
from flowodm.cli.output import Span
from flowodm.cli.tables import write_document
from flowodm.errors import UsageError

if TYPE_CHECKING:
    from flowodm.subjects.archive import Archive
    from flowodm.subjects.importing import ImportPlan

__all__ = ["export_registry", "import_registry"]

_TOLD: Final = 10
"""Lines of a plan that are told one by one."""


@command(
    "flowodm registry export --out registry.ndjson",
    "flowodm registry export 'orders-*' --out schemas/   # a file for each subject",
    "flowodm registry export | gzip > registry.ndjson.gz",
    formats=(),
)
def export_registry(
    context: typer.Context,
    pattern: Annotated[
        str | None, typer.Argument(metavar="PATTERN", help="Which subjects: a glob over the name.")
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|DIR", help="Where to: a file, or a directory (ends with `/`, or is one)."
        ),
    ] = None,
    regex: Annotated[
        bool, typer.Option("--regex", "-r", help="The pattern is a regular expression.")
    ] = False,
    deleted: Annotated[
        bool, typer.Option("--deleted", help="Also versions that are deleted, and not for good.")
    ] = False,
) -> None:
    """Write the schemas of a registry to a file.

    Every version with its id and references, the levels and modes that are set, and whatever is
    referenced. A file is written whole or not at all. Without --out it goes to stdout.
    """
    from flowodm.subjects.archive import archive_lines
    from flowodm.subjects.exporting import export_registry as export
    from flowodm.subjects.exporting import write_directory, write_file

    session = session_of(context)
    output = session.output
    if out is None and output.stdout.is_tty:
        raise UsageError("an archive is nothing to look at", hint="name a file: --out FILE")
    with session.connect() as connection:
        archive = export(
            connection.schema_registry(),
            pattern,
            is_regex=regex,
            deleted=deleted,
            on_progress=lambda done, total: output.status(
                f"reading {done:,} of {total:,} subjects"
            ),
        )
    output.clear_status()
    if out is None:
        for line in archive_lines(archive):
            output.data(line)
    elif out.endswith("/") or Path(out).is_dir():
        write_directory(archive, Path(out))
    else:
        write_file(archive, Path(out))
    output.note(f"{_held(archive)} exported{'' if out is None else f' to {out}'}")


def _held(archive: "Archive") -> str:
    subjects, versions = len(archive.subjects), len(archive.versions)
    return (
        f"{subjects:,} subject{'s' if subjects != 1 else ''}, "
        f"{versions:,} version{'s' if versions != 1 else ''}"
    )


@command(
    "flowodm registry import registry.ndjson --dry-run",
    "flowodm registry import registry.ndjson --context new --yes",
    "flowodm registry import schemas/",
    formats=("table", "json", "ndjson", "yaml"),
    patience=12.0,
)
def import_registry(
    context: typer.Context,
    path: Annotated[
        str, typer.Argument(metavar="FILE|DIR", help="What `flowodm registry export` wrote.")
    ],
    registry_settings: Annotated[
        bool,
        typer.Option("--registry-settings", help="Also set the registry's own level and mode."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done; do nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
) -> int:
    """Bring exported schemas into a registry, with their ids.

    What is there already is left alone, so an import that was cut off is run again and goes on.
    When another schema has an id or a version that is needed, nothing is done, and the exit code
    is 3. The subjects are in IMPORT mode meanwhile, and get back what they had.
    """
    from flowodm.subjects.archive import read_archive
    from flowodm.subjects.importing import apply_import, plan_import

    session = session_of(context)
    output = session.output
    archive = read_archive(Path(path))
    with session.connect() as connection:
        registry = connection.schema_registry()
        if not dry_run:
            connection.check_change("registry import")
        plan = plan_import(
            registry,
            archive,
            registry_settings=registry_settings,
            on_progress=lambda done, total: output.status(
                f"comparing {done:,} of {total:,} subjects"
            ),
        )
        _tell(session, plan, registry.url)
        done = 0
        if not (dry_run or plan.conflicts or plan.is_done):
            name = connection.context.name
            confirm_plan(
                session, connection.context, "registry import", name, yes=yes, noun="context"
            )
            done = apply_import(
                connection,
                plan,
                on_progress=lambda done, total: output.status(f"importing {done:,} of {total:,}"),
            )
    return _end(session, plan, done, is_done=not dry_run)


def _tell(session: Session, plan: "ImportPlan", url: str) -> None:
    """Show what would be done, the first of each kind by name."""
    output = session.output
    missing = [step for step in plan.steps if step.state == "missing"]
    for step in missing[:_TOLD]:
        hidden = ", then deleted" if step.version.deleted else ""
        output.note(
            Span("+ ", "green"),
            f"{step.version.subject} v{step.version.version}",
            Span(f"  id {step.version.id}{hidden}", "dim"),
        )
    if len(missing) > _TOLD:
        output.note(Span(f"+ … {len(missing) - _TOLD:,} more", "dim"))
    for setting in plan.settings[:_TOLD]:
        where = setting.subject or "the registry"
        output.note(
            Span("~ ", "yellow"),
            f"{where}  {setting.kind} {setting.before or 'none of its own'} → {setting.after}",
        )
    if len(plan.settings) > _TOLD:
        output.note(Span(f"~ … {len(plan.settings) - _TOLD:,} more", "dim"))
    for subject in plan.left_open[:_TOLD]:
        output.note(
            Span("~ ", "yellow"), f"{subject}  leaves IMPORT mode, where an import was cut off"
        )
    for step in plan.conflicts[:_TOLD]:
        output.message(
            Span("✗ ", "red"), f"{step.version.subject} v{step.version.version}: {step.reason}"
        )
    if len(plan.conflicts) > _TOLD:
        output.message(Span(f"✗ … {len(plan.conflicts) - _TOLD:,} more", "red"))
    for text in plan.left_out:
        output.note(
            Span(f"? the registry's own {text} is left alone; --registry-settings sets it", "dim")
        )


def _end(session: Session, plan: "ImportPlan", done: int, *, is_done: bool) -> int:
    present, missing = plan.count("present"), plan.count("missing")
    conflicts = len(plan.conflicts)
    if session.format != "table":
        document = {
            "imported": done,
            "missing": missing - done,
            "present": present,
            "hidden": plan.count("to hide") if is_done and not conflicts else 0,
            "settings": len(plan.settings) if is_done and not conflicts else 0,
            "conflicts": [
                {
                    "subject": step.version.subject,
                    "version": step.version.version,
                    "id": step.version.id,
                    "reason": step.reason,
                }
                for step in plan.conflicts
            ],
        }
        write_document(session.output, session.format, document)
    elif conflicts:
        session.output.line(
            f"{conflicts:,} in the way, {missing:,} missing, {present:,} there: nothing was imported"
        )
    elif is_done:
        session.output.line(f"{done:,} imported, {present:,} there already, ids kept")
    else:
        session.output.line(f"{missing:,} would be imported, {present:,} there already")
    return 3 if conflicts else 0
