"""`flowodm schema`: schemas without a registry. Where they come from is `flowodm.sources`'s.

Formatting files is in `schema_format.py`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from flowodm.cli.options import command, session_of
from flowodm.cli.reports import REPORT_FORMATS, FailOn, Report, Section, write_report
from flowodm.cli.schema_sources import SOURCE_HELP, open_sources
from flowodm.cli.tables import Column, write_detail, write_rows
from flowodm.errors import FlowODMError, UsageError

if TYPE_CHECKING:
    from flowodm.sources import LoadedSchema, Sources, Unloadable

__all__ = ["Level", "check_schema", "diff_schemas", "fingerprint_schemas", "validate_schemas"]

Level = Literal[
    "BACKWARD",
    "BACKWARD_TRANSITIVE",
    "FORWARD",
    "FORWARD_TRANSITIVE",
    "FULL",
    "FULL_TRANSITIVE",
    "NONE",
]
_DIRECTORY_HELP = f"{SOURCE_HELP} Of a directory, every schema."


@command(
    "flowodm schema validate schemas/",
    "flowodm schema validate order.avsc git:main:order.avsc",
    "cat order.avsc | flowodm schema validate -",
    formats=REPORT_FORMATS,
)
def validate_schemas(
    context: typer.Context,
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE", help=_DIRECTORY_HELP)],
) -> int:
    """Tell which schemas are valid.

    Of the others, what is wrong, where, and the cure. A schema is judged as Apache Avro's Java parser does: names, references, defaults. Files may
    use types of each other, in whatever order. Exit 1 when any is invalid.
    """
    session = session_of(context)
    with open_sources(session) as known:
        sections = [_validity(each) for source in sources for each in _every(known, source)]
    return write_report(session, Report("schema validate", tuple(sections), noun="schema"))


def _every(sources: "Sources", source: str) -> "tuple[LoadedSchema | Unloadable, ...]":
    """What a source gives; a source that gives nothing stands for itself."""
    from flowodm.sources import Unloadable

    try:
        return sources.load_all(source)
    except FlowODMError as error:
        return (Unloadable(source, error),)


def _validity(found: "LoadedSchema | Unloadable") -> Section:
    from flowodm.cli.reports.changes import failed_section, shown_file
    from flowodm.sources import Unloadable

    if isinstance(found, Unloadable):
        return failed_section(found.label, found)
    return Section(
        found.label,
        "same",
        found.schema.name,
        "valid",
        path=shown_file(found.path),
        details={"name": found.schema.name},
        counted="valid",
    )


@command(
    "flowodm schema check order.avsc git:main:order.avsc       # may the new one follow?",
    "flowodm schema check v3.avsc v1.avsc v2.avsc --level FULL_TRANSITIVE",
    "flowodm schema check --reader app.avsc --writer orders-value@latest",
    formats=REPORT_FORMATS,
)
def check_schema(
    context: typer.Context,
    new: Annotated[
        str | None, typer.Argument(metavar="NEW", help=f"The new schema. {SOURCE_HELP}")
    ] = None,
    old: Annotated[
        list[str] | None,
        typer.Argument(metavar="OLD", help="The versions before it, the oldest first."),
    ] = None,
    level: Annotated[
        Level,
        typer.Option(
            help="Who must read what. BACKWARD: NEW reads what OLD wrote; FORWARD: OLD reads what "
            "NEW writes; FULL: both. With the last OLD only, or _TRANSITIVE with every one."
        ),
    ] = "BACKWARD",
    reader: Annotated[
        str | None,
        typer.Option(metavar="SOURCE", help="In place of NEW and OLD: the schema that reads."),
    ] = None,
    writer: Annotated[
        str | None, typer.Option(metavar="SOURCE", help="And the one that wrote.")
    ] = None,
) -> int:
    """Tell whether a schema may follow others.

    And every reason why not, with its place and cure. The verdict is that of Java's SchemaCompatibility, which registries run; it needs none. Exit 3
    when they are not compatible.
    """
    session = session_of(context)
    if (reader is None) != (writer is None) or (reader is None) == (new is None):
        raise UsageError(
            "give NEW and OLD, or `--reader` and `--writer`",
            hint="flowodm schema check order.avsc git:main:order.avsc",
        )
    if reader is None and not old:
        raise UsageError("there is no OLD to compare with", hint="as in git:main:order.avsc")
    with open_sources(session) as sources:
        if reader is not None and writer is not None:
            sections = [_reading(sources.load(reader), sources.load(writer))]
        else:
            assert new is not None
            found = [sources.load(source) for source in old or ()]
            sections = [*_following(sources.load(new), found, level)]
    return write_report(session, Report("schema check", tuple(sections), "breaking", "pair"))


def _reading(reader: "LoadedSchema", writer: "LoadedSchema") -> Section:
    """Whether one schema reads what another wrote."""
    from flowodm.avro import check
    from flowodm.cli.reports.changes import incompatible_findings, shown_file

    findings = incompatible_findings(
        check(reader.schema, writer.schema), reader, reader=reader.label, writer=writer.label
    )
    return Section(
        reader.schema.name,
        "changed" if findings else "same",
        f"{writer.label} read by {reader.label}",
        "not compatible" if findings else "compatible",
        findings,
        path=shown_file(reader.path),
        line=reader.line,
        counted="incompatible" if findings else "compatible",
    )


def _following(new: "LoadedSchema", old: "list[LoadedSchema]", level: Level) -> Iterator[Section]:
    """Whether a schema may follow each of the versions that its level is about."""
    from flowodm.avro import check_history
    from flowodm.cli.reports.changes import incompatible_findings, shown_file

    for version in old if level.endswith("_TRANSITIVE") else old[-1:]:
        verdict = check_history(level, new.schema, [version.schema])
        findings = incompatible_findings(
            verdict.backward, new, reader=new.label, writer=version.label
        ) + incompatible_findings(verdict.forward, None, reader=version.label, writer=new.label)
        yield Section(
            new.schema.name,
            "changed" if findings else "same",
            f"{version.label} → {new.label}",
            level,
            findings,
            f"{level} refuses it." if findings else "",
            shown_file(new.path),
            new.line,
            {"from": version.label, "to": new.label, "level": level},
            "incompatible" if findings else "compatible",
        )


@command(
    "flowodm schema diff git:main:order.avsc order.avsc",
    "flowodm schema diff git:main:schemas/ schemas/ --fail-on dangerous",
    "flowodm schema diff orders-value@1 orders-value@latest -o markdown",
    "flowodm schema diff --against HEAD schemas/*.avsc           # each with what it was",
    formats=REPORT_FORMATS,
)
def diff_schemas(
    context: typer.Context,
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE",
            help=f"The schema before and the schema after. {SOURCE_HELP} Of two directories, the "
            "files of the same name are compared.",
        ),
    ],
    against: Annotated[
        str | None,
        typer.Option(
            metavar="REV", help="Compare files and directories with what they were in a revision."
        ),
    ] = None,
    level: Annotated[
        Level | None,
        typer.Option(help="Judge the changes at this level; without it both directions count."),
    ] = None,
    fail_on: Annotated[
        FailOn,
        typer.Option(
            metavar="any|dangerous|breaking", help="What is reason for exit 3: the least of it."
        ),
    ] = "any",
) -> int:
    """Tell what changed between two schemas.

    And what follows from each change: who it breaks, and what to do. Exit 3 when they differ.
    """
    from flowodm.cli.schema_pairs import pairs_of, pairs_since

    session = session_of(context)
    if against is None and len(sources) != 2:
        raise UsageError(
            f"two schemas are compared, and {len(sources)} are named",
            hint="or any number of files with what they were: --against REV",
        )
    with open_sources(session) as known:
        if against is None:
            pairs = [*pairs_of(known, sources[0], sources[1], level)]
        else:
            each = (pairs_since(known, against, source, level) for source in sources)
            pairs = [pair for found in each for pair in found]
    pairs.sort(key=lambda pair: pair.rank)
    return write_report(session, Report("schema diff", tuple(pairs), fail_on, "schema"))


def _fingerprint_column(
    algorithm: Literal["CRC-64-AVRO", "MD5", "SHA-256"], *, wide: bool
) -> "Column[LoadedSchema]":
    from flowodm.avro import fingerprint

    key = algorithm.lower().replace("-", "_")
    return Column(algorithm, lambda each: fingerprint(each.schema, algorithm).hex(), key, wide=wide)


@command(
    "flowodm schema fingerprint order.avsc",
    "flowodm schema fingerprint schemas/ -o wide",
    "flowodm schema fingerprint orders-value@latest --canonical",
)
def fingerprint_schemas(
    context: typer.Context,
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE", help=_DIRECTORY_HELP)],
    canonical: Annotated[
        bool, typer.Option("--canonical", help="Show the Parsing Canonical Form instead.")
    ] = False,
) -> None:
    """Show the fingerprints of schemas.

    Of the Parsing Canonical Form, which docs, aliases, defaults and props play no part in: schemas
    of one fingerprint read each other's records. CRC-64-AVRO has its lowest byte first, as in
    single-object encoding.
    """
    from flowodm.avro import canonical_form

    session = session_of(context)
    with open_sources(session) as known:
        found = [_loaded(each) for source in sources for each in known.load_all(source)]
    columns: list[Column[LoadedSchema]] = [Column("SOURCE", lambda each: each.label, keep=1)]
    columns.append(Column("NAME", lambda each: each.schema.name))
    if canonical:
        if session.format == "table":
            for each in found:
                session.output.line(canonical_form(each.schema))
            return
        columns.append(Column("CANONICAL", lambda each: canonical_form(each.schema), keep=2))
    else:
        is_one = len(found) == 1
        columns += [
            _fingerprint_column("CRC-64-AVRO", wide=False),
            _fingerprint_column("MD5", wide=not is_one),
            _fingerprint_column("SHA-256", wide=not is_one),
        ]
    if len(found) == 1 and session.format in ("table", "wide"):
        write_detail(
            session.output, session.format, found[0], columns, name=lambda each: each.label
        )
    else:
        write_rows(session.output, session.format, found, columns, name=lambda each: each.label)


def _loaded(found: "LoadedSchema | Unloadable") -> "LoadedSchema":
    from flowodm.sources import Unloadable

    if isinstance(found, Unloadable):
        raise found.error
    return found
