"""`flowodm registry list` and `show`: what there is. What it means is in `flowodm/subjects/`."""

import json
from typing import TYPE_CHECKING, Annotated, Final

import typer

from flowodm.cli.options import FORMATS, Session, command, session_of
from flowodm.cli.output import Span, StyleName
from flowodm.cli.tables import Column, write_document, write_rows
from flowodm.errors import UsageError

if TYPE_CHECKING:
    from flowodm.subjects.detail import SchemaDetail
    from flowodm.subjects.listing import Subject
    from flowodm.subjects.settings import Setting

__all__ = ["list_subjects", "show_schema"]


def _dimmed(subject: "Subject") -> StyleName | None:
    return "dim" if subject.is_deleted else None


def _level(subject: "Subject") -> str:
    return "–" if subject.level is None else subject.level or "(the registry's)"


def _versions(subject: "Subject") -> str:
    from flowodm.subjects.detail import version_ranges

    return "–" if subject.versions is None else version_ranges(subject.versions)


_COLUMNS: Final[tuple[Column["Subject"], ...]] = (
    Column("SUBJECT", lambda subject: subject.name, key="subject", style=_dimmed, keep=2),
    Column("LATEST", lambda subject: subject.latest),
    Column("TYPE", lambda subject: subject.schema_type),
    Column("ID", lambda subject: subject.schema_id),
    Column(
        "STATE",
        lambda subject: "deleted" if subject.is_deleted else "live",
        style=_dimmed,
        keep=1,
    ),
    Column("VERSIONS", lambda subject: subject.versions, text=_versions, wide=True),
    Column(
        "LEVEL",
        lambda subject: subject.level or None,
        key="compatibility",
        text=_level,
        wide=True,
    ),
)


@command(
    "flowodm registry list",
    "flowodm registry list 'orders-*'                 # a glob; --regex takes a pattern",
    "flowodm registry list -o wide                    # versions and levels, asked one by one",
    "flowodm registry list --deleted",
    "flowodm registry list -o name | xargs -n1 flowodm registry show",
)
def list_subjects(
    context: typer.Context,
    pattern: Annotated[
        str | None, typer.Argument(metavar="PATTERN", help="Which subjects: a glob over the name.")
    ] = None,
    regex: Annotated[
        bool, typer.Option("--regex", "-r", help="The pattern is a regular expression.")
    ] = False,
    deleted: Annotated[
        bool, typer.Option("--deleted", help="Also those that are deleted, and not yet for good.")
    ] = False,
    details: Annotated[
        bool,
        typer.Option(
            "--details", help="Ask each subject for its versions and level, as -o wide does."
        ),
    ] = False,
) -> None:
    """List the subjects of a registry.

    One question for all of them, however many there are. Some registries tell names alone; then
    the latest versions are asked for one by one, with --details or -o wide.
    """
    from flowodm.subjects.listing import list_subjects as list_them

    session = session_of(context)
    with session.connect() as connection:
        found = list_them(
            connection.schema_registry(),
            pattern,
            is_regex=regex,
            deleted=deleted,
            details=details or session.format == "wide",
            on_progress=lambda done, total: session.output.status(f"asking: {done:,} of {total:,}"),
        )
    if found.subjects and not found.has_versions and session.format != "name":
        session.output.note(
            Span(
                "the registry does not tell their versions at once; --details asks one by one",
                "dim",
            )
        )
    write_rows(
        session.output,
        session.format,
        found.subjects,
        [column for column in _COLUMNS if deleted or column.heading != "STATE"],
        name=lambda subject: subject.name,
        empty="no subjects" if pattern is None else "no subject fits",
    )


@command(
    "flowodm registry show orders-value",
    "flowodm registry show orders-value@2",
    "flowodm registry show --id 42                    # the id that records carry",
    "flowodm registry show orders-value -o raw > order.avsc",
    formats=(*FORMATS, "raw"),
)
def show_schema(
    context: typer.Context,
    address: Annotated[
        str | None, typer.Argument(metavar="SUBJECT[@VERSION]", help="The subject and version.")
    ] = None,
    schema_id: Annotated[
        int | None, typer.Option("--id", min=0, metavar="ID", help="The schema of this id instead.")
    ] = None,
    deleted: Annotated[
        bool, typer.Option("--deleted", help="Also when it is deleted, and not yet for good.")
    ] = False,
) -> None:
    """Show a schema, and what counts for it.

    Its id, where it is registered, its references, the level and the mode that are in force. With
    -o raw the schema alone, as the registry has it.
    """
    from flowodm.subjects.detail import describe_id, describe_version
    from flowodm.subjects.names import parse_address

    if (address is None) is (schema_id is None):
        raise UsageError(
            "name a subject, or give a schema's `--id`",
            hint="flowodm registry show orders-value · flowodm registry show --id 42",
        )
    session = session_of(context)
    place = None if address is None else parse_address(address)
    with session.connect() as connection:
        registry = connection.schema_registry()
        if place is not None:
            detail = describe_version(registry, place, deleted=deleted)
        else:
            assert schema_id is not None
            detail = describe_id(registry, schema_id)
    _write_detail(session, detail)
    if detail.unsupported is not None:
        session.output.note(Span(detail.unsupported, "yellow"))


def _write_detail(session: Session, detail: "SchemaDetail") -> None:
    if session.format in ("table", "wide"):
        _write_for_people(session, detail)
    elif session.format == "name":
        session.output.line(_name(detail))
    elif session.format == "raw":
        _write_text(session, detail.schema.text)
    else:
        write_document(session.output, session.format, _document(detail))


def _name(detail: "SchemaDetail") -> str:
    if detail.subject is None:
        return str(detail.schema.schema_id)
    return f"{detail.subject}@{detail.version}"


def _write_text(session: Session, text: str) -> None:
    text = text if text.endswith("\n") else f"{text}\n"
    if session.output.stdout.is_tty:
        session.output.block(text)
    else:
        session.output.data(text.encode("utf-8", "surrogatepass"))


def _write_for_people(session: Session, detail: "SchemaDetail") -> None:
    schema, output = detail.schema, session.output
    title = (
        f"id {schema.schema_id}"
        if detail.subject is None
        else f"{detail.subject} v{detail.version}"
    )
    rest = [] if detail.subject is None else [f"id {schema.schema_id}"]
    output.line(
        Span(title, "bold"),
        "".join(f"   {word}" for word in (*rest, schema.schema_type)),
        Span("   deleted, and not yet for good" if detail.is_deleted else "", "yellow"),
    )
    for name, text in _facts(session, detail):
        output.line("  ", Span(f"{name:<13}", "dim"), "  ", text)
    output.line("")
    _write_pretty(session, detail)


def _facts(session: Session, detail: "SchemaDetail") -> "list[tuple[str, str]]":
    from flowodm.subjects.detail import version_ranges

    facts: list[tuple[str, str]] = []
    if detail.versions:
        facts.append(("versions", version_ranges(detail.versions)))
    if detail.level is not None:
        facts.append(("compatibility", setting_words(detail.level)))
    if detail.mode is not None:
        facts.append(("mode", setting_words(detail.mode)))
    own = (detail.subject, detail.version)
    elsewhere = [
        f"{subject} v{version}" for subject, version in detail.places if (subject, version) != own
    ]
    if elsewhere:
        word = "registered as" if detail.subject is None else "also"
        more = f" and {len(elsewhere) - 8:,} more" if len(elsewhere) > 8 else ""
        facts.append((word, ", ".join(elsewhere[:8]) + more))
    for reference in detail.schema.references:
        facts.append(("references", f"{reference.name} = {reference.subject} v{reference.version}"))
    if session.format == "wide" and detail.schema.guid:
        facts.append(("guid", detail.schema.guid))
    return facts


def setting_words(setting: "Setting") -> str:
    """Say what counts, and whose it is."""
    return setting.value if setting.is_own else f"{setting.value} (the registry's)"


def _write_pretty(session: Session, detail: "SchemaDetail") -> None:
    """Write the schema with line breaks; what is no plain JSON as it is."""
    from flowodm.avro.pretty import pretty_text

    text = detail.schema.text
    if detail.parsed is not None:
        text = pretty_text(detail.parsed)
    elif detail.schema.schema_type == "JSON":
        try:
            document = json.loads(text, object_pairs_hook=_without_doubles)
            text = json.dumps(document, indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            pass
    session.output.block(text if text.endswith("\n") else f"{text}\n")


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a name stands there twice; the text says more than a document would")
    return document


def _document(detail: "SchemaDetail") -> dict[str, object]:
    schema = detail.schema
    return {
        "subject": detail.subject,
        "version": detail.version,
        "id": schema.schema_id,
        "guid": schema.guid,
        "type": schema.schema_type,
        "deleted": detail.is_deleted,
        "versions": list(detail.versions),
        "compatibility": detail.level and detail.level.value,
        "compatibility_is_own": detail.level and detail.level.is_own,
        "mode": detail.mode and detail.mode.value,
        "mode_is_own": detail.mode and detail.mode.is_own,
        "registered_as": [
            {"subject": subject, "version": version} for subject, version in detail.places
        ],
        "references": [
            {"name": one.name, "subject": one.subject, "version": one.version}
            for one in schema.references
        ],
        "unsupported": detail.unsupported,
        "schema": schema.text,
    }
