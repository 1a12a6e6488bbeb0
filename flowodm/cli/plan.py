"""`flowodm plan` and `flowodm drift`: what the project declares, against what there is."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from flowodm.cli.options import Session, command, session_of
from flowodm.cli.schema_sources import open_sources, project_file
from flowodm.cli.tables import write_document
from flowodm.errors import UsageError

if TYPE_CHECKING:
    from flowodm.config.files import ConfigFile
    from flowodm.connection import KafkaConnection
    from flowodm.plan import Desired, Plan

__all__ = ["FileArgument", "PruneOption", "drift", "plan", "proven_plan", "reading"]

FileArgument = Annotated[
    str | None,
    typer.Argument(metavar="FILE", help="What is declared; without it the project's flowodm.yaml."),
]
PruneOption = Annotated[
    bool,
    typer.Option(
        "--prune", help="Delete topics that are not declared, and settings that a topic has beside."
    ),
]
_PATIENCE: Final = 2.0


@command(
    "flowodm plan",
    "flowodm plan deploy/flowodm.yaml --context prod",
    "flowodm plan --out plan.json && flowodm apply plan.json",
    "flowodm plan -o json | jq '.steps[].name'",
    formats=("table", "json", "yaml"),
    patience=_PATIENCE,
)
def plan(
    context: typer.Context,
    file: FileArgument = None,
    prune: PruneOption = False,
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="PATH", help="Save it, for flowodm apply PATH."),
    ] = None,
) -> int:
    """Show what would change to have what flowodm.yaml declares.

    Topics, compatibility levels and schemas are compared with what there is. Every change is
    proven: brokers validate it, and a schema is checked against each version that its level asks
    for. Nothing is created, changed or imported: what only models say is not looked at.

    Ends 0 where it can be applied, 3 where something stands in the way (4 where that is for want
    of a permission).
    """
    from flowodm.display.plan import plan_lines
    from flowodm.plan.document import plan_document

    session = session_of(context)
    with reading(session, file) as (desired, connection):
        found = proven_plan(session, connection, desired, prune=prune)
        document = plan_document(found, connection.context)
    if out is not None:
        _save(session, Path(out), document)
    if session.format == "table":
        width = session.output.table_width
        for line in plan_lines(found, connection.context, width, options=_options(session)):
            session.output.line(*line)
        if connection.context.read_only:
            session.output.warn(f"context {connection.context.name} is read-only: apply is refused")
    else:
        write_document(session.output, session.format, document)
    return exit_code(found)


@command(
    "flowodm drift",
    "flowodm drift --context prod -o json",
    formats=("table", "json", "yaml"),
    patience=_PATIENCE,
)
def drift(context: typer.Context, file: FileArgument = None) -> int:
    """Tell what is not as flowodm.yaml declares it.

    Settings that a declared topic has beyond what is declared count too, and so do later versions
    of a declared subject; topics and subjects that are not declared do not.

    Ends 3 when anything differs, 0 when nothing does.
    """
    from flowodm.display.plan import drift_lines
    from flowodm.plan import differences
    from flowodm.plan.document import drift_document

    session = session_of(context)
    with reading(session, file) as (desired, connection):
        made = _made_plan(session, connection, desired)
    found = differences(made)
    session.output.clear_status()
    if session.format == "table":
        for line in drift_lines(made, found, connection.context, session.output.table_width):
            session.output.line(*line)
    else:
        document = drift_document(made, connection.context, found)
        write_document(session.output, session.format, document)
    return 3 if found else 0


@contextmanager
def reading(session: Session, file: str | None) -> "Iterator[tuple[Desired, KafkaConnection]]":
    """Read what is declared, and give it with the connection of the run.

    Args:
        session: The run.
        file: The file that declares it; None: the project's.

    Raises:
        ConfigurationError: There is none, or something in it is wrong.
    """
    from flowodm.plan import read_desired

    declaring = _declaring(session, file)
    with open_sources(session, declaring) as sources, session.connect() as connection:
        yield read_desired(declaring, sources), connection


def proven_plan(
    session: Session, connection: "KafkaConnection", desired: "Desired", *, prune: bool
) -> "Plan":
    """Make a plan and prove it, and show how far that is."""
    from flowodm.plan import make_plan

    output = session.output
    output.status(_reading_words(connection))
    found = make_plan(
        connection,
        desired,
        prune=prune,
        on_read=lambda done, total: output.status(f"read {done:,} of {total:,} subjects"),
        on_proof=lambda done, total: output.status(f"proven {done:,} of {total:,} changes"),
    )
    output.clear_status()
    return found


def _made_plan(session: Session, connection: "KafkaConnection", desired: "Desired") -> "Plan":
    """Read the state, and plan; what only compares needs no proof."""
    from flowodm.plan import build_plan, read_state

    output = session.output
    output.status(_reading_words(connection))
    state = read_state(
        connection,
        desired,
        on_progress=lambda done, total: output.status(f"read {done:,} of {total:,} subjects"),
    )
    return build_plan(desired, state)


def _reading_words(connection: "KafkaConnection") -> str:
    return f"reading what context {connection.context.name} has …"


def exit_code(plan: "Plan") -> int:
    """The exit code of a plan that is not carried out."""
    if plan.is_applicable:
        return 0
    return 4 if any(blocker.is_forbidden for blocker in plan.blockers) else 3


def _declaring(session: Session, file: str | None) -> "ConfigFile":
    """Find the file that declares what is to be; another one's contexts are those to use."""
    from flowodm.config.files import read_config_file

    project = project_file(session)
    if file is None:
        if project is None:
            raise UsageError(
                "there is no `flowodm.yaml` here that declares anything",
                hint="name one: flowodm plan FILE",
            )
        return project
    found = read_config_file(Path(file), directory=Path.cwd(), is_own=False)
    if project is not None and project.path == found.path:
        return project
    if found.contexts and session.values.config is None:
        session.values.config = file
    return found


def _save(session: Session, path: Path, document: dict[str, object]) -> None:
    import json

    from flowodm.config.store import write_private

    write_private(path, json.dumps(document, indent=2).encode() + b"\n")
    session.output.note(f"saved to {path}; apply with: flowodm apply {path}{_options(session)}")


def _options(session: Session) -> str:
    """What leads another command to the same cluster."""
    named = session.values.context
    return "" if named is None else f" --context {named}"
