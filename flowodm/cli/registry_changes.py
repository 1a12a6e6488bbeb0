"""`flowodm registry delete`, `config` and `mode`: shown first, then confirmed, then done."""

from typing import TYPE_CHECKING, Annotated, Final, get_args

import typer

from flowodm.cli.confirm import Noun, confirm_plan
from flowodm.cli.options import Session, command, session_of
from flowodm.cli.output import Span
from flowodm.cli.registry import setting_words
from flowodm.cli.tables import write_document
from flowodm.errors import UsageError

if TYPE_CHECKING:
    from flowodm.subjects.removal import DoomedVersion, Removal
    from flowodm.subjects.settings import Kind, Setting, SettingChange

__all__ = ["delete_subject", "level", "mode"]

_ADDRESS: Final = "SUBJECT[@VERSION]"
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done; do nothing.")]


@command(
    "flowodm registry delete orders-value            # hidden; records are still read",
    "flowodm registry delete orders-value@2 --yes",
    "flowodm registry delete orders-value --permanent",
    formats=("table", "json", "ndjson", "yaml"),
)
def delete_subject(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar=_ADDRESS, help="The subject, or one version.")],
    permanent: Annotated[
        bool,
        typer.Option("--permanent", help="For good: records written with it are read no more."),
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Delete a subject, or one version.

    What would go is shown first, with who references it. A deletion hides the versions: their ids
    still work. --permanent removes them, those that were hidden before too.
    """
    from flowodm.subjects.names import check_change, parse_address
    from flowodm.subjects.removal import apply_removal, plan_removal

    session = session_of(context)
    place = parse_address(address)
    with session.connect() as connection:
        if not dry_run:
            check_change(connection, "registry delete", place.subject)
        removal = plan_removal(connection.schema_registry(), place, permanent=permanent)
        _tell_removal(session, removal)
        removal.check()
        if not dry_run:
            confirm_plan(
                session,
                connection.context,
                "registry delete",
                place.subject,
                yes=yes,
                grave="This cannot be undone." if permanent else "Nobody finds it by name then.",
            )
            apply_removal(connection, removal)
    _end_removal(session, removal, is_done=not dry_run)


def _tell_removal(session: Session, removal: "Removal") -> None:
    for one in removal.versions:
        session.output.note(
            Span("- ", "red"),
            f"{removal.address.subject} v{one.version}",
            "" if one.schema_id is None else f"  id {one.schema_id}  {one.schema_type}",
            Span(_remark(one, permanent=removal.permanent), "dim"),
        )
    if removal.is_last:
        session.output.note("  with its own compatibility level and mode, if it has them")


def _remark(one: "DoomedVersion", *, permanent: bool) -> str:
    if one.is_deleted:
        return "  hidden already, goes for good"
    return (
        "  goes for good: its id too, unless another subject has it"
        if permanent
        else "  is hidden; its id still works"
    )


def _end_removal(session: Session, removal: "Removal", *, is_done: bool) -> None:
    subject = removal.address.subject
    if session.format == "table":
        count = f"{len(removal.versions):,} version{'s' if len(removal.versions) != 1 else ''}"
        fate = "for good" if removal.permanent else "and hidden"
        done = f"deleted {fate}" if is_done else f"would be deleted {fate}"
        session.output.line(f"{subject}: {count} {done}")
        return
    document = {
        "subject": subject,
        "versions": [one.version for one in removal.versions],
        "permanent": removal.permanent,
        "deleted": is_done,
    }
    write_document(session.output, session.format, document)


@command(
    "flowodm registry config                          # the registry's level",
    "flowodm registry config orders-value",
    "flowodm registry config orders-value FULL_TRANSITIVE",
    "flowodm registry config orders-value --unset     # back to the registry's",
    "flowodm registry config BACKWARD                 # the registry's own",
    formats=("table", "json", "ndjson", "yaml"),
)
def level(
    context: typer.Context,
    subject: Annotated[
        str | None, typer.Argument(metavar="SUBJECT", help="Whose; else the registry's own.")
    ] = None,
    value: Annotated[
        str | None, typer.Argument(metavar="LEVEL", help="The level to set: BACKWARD, FULL, …")
    ] = None,
    unset: Annotated[
        bool, typer.Option("--unset", help="Take the subject's own level away.")
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Show or set a compatibility level.

    Without a level it shows the one in force, and whose it is. A lone LEVEL in capitals is the
    registry's own.
    """
    from flowodm.avro.compatibility import CompatibilityLevel

    if value is None and subject in get_args(CompatibilityLevel):
        subject, value = None, subject
    _setting(session_of(context), "level", subject, value, unset=unset, dry_run=dry_run, yes=yes)


@command(
    "flowodm registry mode",
    "flowodm registry mode orders-value READONLY",
    "flowodm registry mode orders-value --unset",
    formats=("table", "json", "ndjson", "yaml"),
)
def mode(
    context: typer.Context,
    subject: Annotated[
        str | None, typer.Argument(metavar="SUBJECT", help="Whose; else the registry's own.")
    ] = None,
    value: Annotated[
        str | None,
        typer.Argument(metavar="MODE", help="The mode to set: READWRITE, READONLY or IMPORT."),
    ] = None,
    unset: Annotated[
        bool, typer.Option("--unset", help="Take the subject's own mode away.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Set IMPORT even where there are schemas.")
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Show or set a mode.

    Without a mode it shows the one in force, and whose it is. A lone MODE in capitals is the
    registry's own.
    """
    from flowodm.subjects.settings import MODES

    if value is None and subject in MODES:
        subject, value = None, subject
    session = session_of(context)
    _setting(session, "mode", subject, value, unset=unset, dry_run=dry_run, yes=yes, force=force)


def _setting(
    session: Session,
    kind: "Kind",
    subject: str | None,
    value: str | None,
    *,
    unset: bool,
    dry_run: bool,
    yes: bool,
    force: bool = False,
) -> None:
    from flowodm.subjects.names import check_change
    from flowodm.subjects.settings import apply_setting, plan_setting, read_setting

    _check_arguments(kind, subject, value, unset=unset)
    operation = "registry config" if kind == "level" else "registry mode"
    with session.connect() as connection:
        registry = connection.schema_registry()
        if value is None and not unset:
            _write_setting(session, read_setting(registry, kind, subject))
            return
        if not dry_run:
            check_change(connection, operation, subject)
        change = plan_setting(registry, kind, value, subject)
        _tell_change(session, change)
        if change.is_needed and not dry_run:
            name = subject or connection.context.name
            noun: Noun = "subject" if subject else "context"
            confirm_plan(session, connection.context, operation, name, yes=yes, noun=noun)
            _write_setting(session, apply_setting(connection, change, force=force))
        else:
            _write_setting(session, change.before)


def _check_arguments(kind: "Kind", subject: str | None, value: str | None, *, unset: bool) -> None:
    if unset and value is not None:
        raise UsageError(f"`--unset` and `{value}` contradict each other")
    if unset and subject is None:
        raise UsageError(
            f"the registry's own {kind} cannot be taken away", hint="set another one instead"
        )


def _tell_change(session: Session, change: "SettingChange") -> None:
    before = change.before
    where = before.subject or "the registry"
    if not change.is_needed:
        session.output.note(f"{where}: {setting_words(before)} already; nothing to change")
        return
    after = change.after or f"{change.after_in_force} (the registry's)"
    session.output.note(
        Span("~ ", "yellow"), f"{where}: {before.kind} {setting_words(before)} → {after}"
    )


def _write_setting(session: Session, setting: "Setting") -> None:
    if session.format == "table":
        session.output.line(setting_words(setting))
        return
    word = "compatibility" if setting.kind == "level" else "mode"
    document = {"subject": setting.subject, word: setting.value, "is_own": setting.is_own}
    write_document(session.output, session.format, document)
