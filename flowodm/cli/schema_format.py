"""`flowodm schema format`: schema files as everybody else's tools can compare them."""

from typing import TYPE_CHECKING, Annotated

import typer

from flowodm.cli.options import Session, command, session_of
from flowodm.cli.schema_sources import SOURCE_HELP, open_sources
from flowodm.errors import FlowODMError, UsageError

if TYPE_CHECKING:
    from flowodm.sources import LoadedSchema, Unloadable

__all__ = ["format_schemas"]


@command(
    "flowodm schema format order.avsc",
    "flowodm schema format schemas/ --write",
    "flowodm schema format schemas/ --check                    # for CI: exit 3",
    formats=(),
)
def format_schemas(
    context: typer.Context,
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE", help=f"{SOURCE_HELP} Of a directory, all.")
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 3 when a file would change.")
    ] = False,
    write: Annotated[bool, typer.Option("--write", help="Change the files themselves.")] = False,
) -> int:
    """Lay schemas out in one way.

    Java's keys in Java's order, a line for each field. The schema stays the same to the last character of `Schema.toString()`. Without `--write` and
    `--check` the text goes to standard output.
    """
    session = session_of(context)
    if check and write:
        raise UsageError("`--check` and `--write` exclude each other")
    with open_sources(session) as known:
        found = [each for source in sources for each in known.load_all(source)]
    if not (check or write):
        return _show(session, found)
    outcomes = [_settle(session, each, write=write) for each in found]
    _tell(session, outcomes, write=write)
    if "failed" in outcomes:
        return 1
    return 3 if check and "changed" in outcomes else 0


def _show(session: Session, found: "list[LoadedSchema | Unloadable]") -> int:
    from flowodm.avro.pretty import pretty_text
    from flowodm.sources import Unloadable

    for each in found:
        if isinstance(each, Unloadable):
            raise each.error
        session.output.block(pretty_text(each.schema))
    return 0


def _settle(session: Session, found: "LoadedSchema | Unloadable", *, write: bool) -> str:
    """Format one file, or tell what would happen; `same`, `changed` or `failed`."""
    from flowodm.sources import Unloadable
    from flowodm.sources.formatting import formatted, replace_file

    try:
        if isinstance(found, Unloadable):
            raise found.error
        text = formatted(found)
        if text == found.text:
            return "same"
        if write:
            if found.path is None or found.line is not None:
                raise UsageError(f"`{found.label}` is no file that can be written")
            replace_file(found.path, text)
        session.output.line("formatted " if write else "would format ", found.label)
        return "changed"
    except FlowODMError as error:
        _tell_error(session, error)
        return "failed"


def _tell_error(session: Session, error: FlowODMError) -> None:
    from flowodm.cli.output import Span

    session.output.message(Span("error:", "red"), f" {error.message}")
    if error.hint:
        session.output.message(f"  {error.hint}")


def _tell(session: Session, outcomes: list[str], *, write: bool) -> None:
    words = (("changed", "formatted" if write else "to format"), ("same", "as they should be"))
    counts = [f"{outcomes.count(word):,} {said}" for word, said in words if word in outcomes]
    if "failed" in outcomes:
        counts.append(f"{outcomes.count('failed'):,} failed")
    session.output.note(", ".join(counts))
