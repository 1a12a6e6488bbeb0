"""`flowodm models`: schemas as Python source, and models as schemas.

Comparing the two is in `models_check.py`; what a module looks like is `flowodm.avro.generation`'s.
"""

import keyword
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from flowodm.avro.words import shown
from flowodm.cli.options import Session, command, session_of
from flowodm.cli.output import Span, StyleName
from flowodm.cli.schema_sources import SOURCE_HELP, open_sources
from flowodm.cli.tables import Column, write_rows
from flowodm.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowodm.schema.files import FileChange
    from flowodm.sources import LoadedSchema

__all__ = ["generate_models", "show_schema"]

_CHECKED: Final = {"created": "missing", "changed": "differs"}
"""What a file is called that is only checked."""


@command(
    "flowodm models generate order.avsc --out app/orders.py",
    "flowodm models generate order.avsc --out app/orders.py --topic orders",
    "flowodm models generate schemas/ --out src --package app.models",
    "flowodm models generate orders-value@latest --out app/orders.py --topic orders",
    "flowodm models generate schemas/ --out app/models.py --check     # for CI: exit 3",
)
def generate_models(
    context: typer.Context,
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE", help=f"{SOURCE_HELP} Of a directory, all.")
    ],
    out: Annotated[
        str,
        typer.Option(
            metavar="PATH", help="The file to write; with `--package`, the directory it stands in."
        ),
    ],
    package: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Write a package of this name, as in app.models, with a module for each namespace.",
        ),
    ] = None,
    topic: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The topic of the model, which then produces and consumes."
        ),
    ] = None,
    class_name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The name of the model's class.")
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Write nothing; show what differs, and exit 3 when anything does."
        ),
    ] = False,
) -> int:
    """Write the Python models of schemas.

    The schema of each model is the one that it was made of, to the last character. The files are
    formatted, typed and the same every time; a file that FlowODM did not generate is never
    written over.
    """
    from flowodm.schema.files import compare_files, write_files

    session = session_of(context)
    place, swept = _place(out, package)
    with open_sources(session) as known:
        found = [_loaded(each) for source in sources for each in known.load_all(source)]
    files = _files(found, swept, topic, class_name)
    changes = compare_files(place, files, swept=swept)
    if not check:
        write_files(changes)
    _show(session, changes, is_checked=check)
    _summarize(session, changes, is_checked=check)
    return 3 if check and any(change.state != "unchanged" for change in changes) else 0


def _place(out: str, package: str | None) -> tuple[Path, str | None]:
    """Where files are put, and the directory of the package in it."""
    path = Path(out).expanduser()
    if package is None:
        if path.is_dir() or path.suffix != ".py":
            hint = f"name a file, as `{Path(out) / 'models.py'}`, or a package with `--package`"
            raise UsageError(f"`--out {out}` is no Python file", hint=hint)
        return path, None
    parts = package.split(".")
    if not all(part.isidentifier() and part.isascii() for part in parts) or any(
        map(keyword.iskeyword, parts)
    ):
        raise UsageError(f"{shown(package)} is no name of a package", hint="as in app.models")
    if path.exists() and not path.is_dir():
        raise UsageError(
            f"`--out {out}` is a file", hint="with `--package`, name the directory to put it in"
        )
    return path, "/".join(parts)


def _loaded(found: object) -> "LoadedSchema":
    from flowodm.sources import LoadedSchema, Unloadable

    if isinstance(found, Unloadable):
        raise found.error
    assert isinstance(found, LoadedSchema)
    return found


def _files(
    found: "Sequence[LoadedSchema]", package: str | None, topic: str | None, name: str | None
) -> "Mapping[str, str]":
    """The texts to write, by path from the place on."""
    from flowodm.schema import generate_package, generate_source

    unique = {each.label: each for each in found}
    subject = found[0].subject
    is_usual = topic is None or subject == f"{topic}-value"
    settings = {
        "topic": topic,
        "class_name": name,
        "schema_subject": None if is_usual else subject,
    }
    schemas = [each.schema for each in unique.values()]
    if package is None:
        return {"": generate_source(*schemas, origins=list(unique), **settings)}
    texts = generate_package(*schemas, origins=list(unique), **settings)
    return {f"{package}/{path}": text for path, text in texts.items()}


def _show(session: Session, changes: "Sequence[FileChange]", *, is_checked: bool) -> None:
    """Say what became of each file; in a check, with what differs."""
    if is_checked and session.format == "table":
        for change in changes:
            for line in change.diff(str(change.path)):
                session.output.line(Span(line, _style(line)))
    else:
        columns = _columns(is_checked)
        write_rows(
            session.output,
            session.format,
            changes,
            columns,
            name=lambda change: str(change.path),
        )


def _style(line: str) -> StyleName | None:
    if line.startswith(("---", "+++")):
        return "bold"
    return {"-": "red", "+": "green", "@": "cyan"}.get(line[:1])  # type: ignore[return-value]


def _columns(is_checked: bool) -> "tuple[Column[FileChange], ...]":
    def state(change: "FileChange") -> str:
        return _CHECKED.get(change.state, change.state) if is_checked else change.state

    columns: tuple[Column[FileChange], ...] = (
        Column("STATE", state),
        Column("FILE", lambda change: str(change.path), keep=1),
        Column("LINES", lambda change: (change.after or "").count("\n")),
    )
    if not is_checked:
        return columns
    diff = Column["FileChange"]("DIFF", lambda change: change.diff(str(change.path)), wide=True)
    return (*columns, diff)


def _summarize(session: Session, changes: "Sequence[FileChange]", *, is_checked: bool) -> None:
    from collections import Counter

    counts = Counter(change.state for change in changes)
    words = [
        f"{count:,} {_CHECKED.get(state, state) if is_checked else state}"
        for state, count in sorted(counts.items())
    ]
    noun = "file" if len(changes) == 1 else "files"
    session.output.note(f"{len(changes):,} {noun}: {', '.join(words)}")
    for change in changes:
        if change.state == "left over":
            session.output.warn(f"`{change.path}` would not be generated any more: remove it")


@command(
    "flowodm models schema app.events:UserEvent",
    "flowodm models schema app.events:UserEvent > user-event.avsc",
    "flowodm models schema app.events:UserEvent --canonical",
    formats=("table", "json"),
)
def show_schema(
    context: typer.Context,
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="The module and the class, as app.events:Order.")
    ],
    canonical: Annotated[
        bool, typer.Option("--canonical", help="Show the Parsing Canonical Form instead.")
    ] = False,
) -> None:
    """Show the schema of a model.

    As its fields say it, in lines; with `-o json` in one, as Java's `Schema.toString()` has it.
    """
    from flowodm.avro import canonical_form, derive
    from flowodm.avro.pretty import pretty_text
    from flowodm.codec.unseen import escape_unseen
    from flowodm.sources.model_class import load_model

    session = session_of(context)
    cls = load_model(model.removeprefix("model:"), session.output.message, said=model)
    schema = derive(cls)
    if canonical:
        text = canonical_form(schema) + "\n"
    else:
        text = schema.to_json() + "\n" if session.format == "json" else pretty_text(schema)
    session.output.data(escape_unseen(text).encode())
