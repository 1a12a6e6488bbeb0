"""`flowodm run`: the loops that a manifest declares.

What they do is `flowodm.running`'s business; here it is asked for, shown and ended.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from flowodm.cli.confirm import Confirm, confirm_change
from flowodm.cli.options import Session, command, session_of
from flowodm.cli.output import Span
from flowodm.cli.tables import Column, write_document, write_rows
from flowodm.errors import UsageError

if TYPE_CHECKING:
    from flowodm.cli.run_loop import Messages
    from flowodm.config import Context
    from flowodm.connection import KafkaConnection
    from flowodm.manifest import Manifest
    from flowodm.running.crew import Crew
    from flowodm.running.rehearsal import Rehearsal
    from flowodm.running.supervisor import Supervisor

__all__ = ["RunRequest", "run"]

_MOST_WORKERS: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What a run is asked for."""

    manifest: Manifest
    workers: int | None
    """How many processes; None: this one."""
    reload: bool
    burst: bool


@command(
    "flowodm run manifest.yaml",
    "flowodm run manifest.yaml --check                # say what is wrong; import nothing",
    "flowodm run manifest.yaml --only audit --workers 4",
    "flowodm run manifest.yaml --burst                # do what is there, then end",
    "flowodm run --schema > manifest.schema.json      # for editors",
    formats=("pretty", "ndjson"),
)
def run(
    context: typer.Context,
    manifest: Annotated[
        Path | None, typer.Argument(help="The manifest, a YAML file.", metavar="MANIFEST")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Check everything that can be; import and run nothing.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Run this loop alone; may be repeated.", metavar="NAME"),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", min=1, max=_MOST_WORKERS, help="Processes, watched over.", metavar="N"
        ),
    ] = None,
    reload: Annotated[
        bool, typer.Option("--reload", help="Start anew when a source changes (development).")
    ] = False,
    burst: Annotated[
        bool, typer.Option("--burst", help="End when all that is there is done.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Decode, and call no handler; commit nothing.")
    ] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Write the JSON Schema of manifests.")
    ] = False,
    yes: Confirm = False,
) -> int | None:
    """Run the consumer loops of a manifest.

    On a terminal the state of each loop is shown; elsewhere each event that is worth keeping is a
    line of JSON on stdout. A first Ctrl-C or SIGTERM lets the work under way finish, a second one
    commits what is finished, a third one ends at once.
    """
    session = session_of(context)
    if schema:
        from flowodm.manifest import manifest_schema

        write_document(session.output, "json", manifest_schema())
        return None
    if manifest is None:
        raise UsageError("no manifest is named", hint="for example: flowodm run manifest.yaml")
    _refuse_contradictions(check=check, dry_run=dry_run, reload=reload, burst=burst)
    found = _read(manifest, only or [])
    if check:
        return _check(session, found)
    if dry_run:
        return _rehearse(session, found)
    request = RunRequest(manifest=found, workers=workers, reload=reload, burst=burst)
    _check_members(request)
    _confirm(session, found, yes=yes)
    return _run(session, request)


def _refuse_contradictions(**given: bool) -> None:
    for one, other in (
        ("check", "dry_run"),
        ("check", "reload"),
        ("check", "burst"),
        ("dry_run", "reload"),
        ("dry_run", "burst"),
        ("reload", "burst"),
    ):
        if given[one] and given[other]:
            options = (f"--{name}".replace("_", "-") for name in (one, other))
            raise UsageError(
                f"{' and '.join(f'`{option}`' for option in options)} exclude each other"
            )


def _read(path: Path, only: list[str]) -> Manifest:
    from flowodm.manifest import read_manifest

    found = read_manifest(path)
    return found.only(only) if only else found


def _check_members(request: RunRequest) -> None:
    """Refuse one static member in several processes: they would drive each other out."""
    for loop in request.manifest.loops:
        if (request.workers or 1) > 1 and "group.instance.id" in loop.settings:
            raise request.manifest.error(
                loop,
                "settings",
                f"`group.instance.id` of loop `{loop.name}` is one member, and `--workers`"
                f" {request.workers} would all be it",
                hint="leave one of them out",
            )


def _check(session: Session, manifest: Manifest) -> int:
    from flowodm.running.build import check_modules

    check_modules(manifest)
    context = _context(session, manifest)
    _refuse_read_only(context)
    if (health := manifest.settings.health) is not None and health.port:
        from flowodm.health import check_port

        check_port(health.host, health.port)
    count = len(manifest.loops)
    loops = f"{count} loop{'s' if count != 1 else ''}"
    session.output.note(
        f"{manifest.document.source}: {loops}, context {context.name}: nothing is wrong"
    )
    return 0


def _context(session: Session, manifest: Manifest) -> Context:
    """Load the context: `--context`, else `FLOWODM_CONTEXT`, else the manifest's."""
    from flowodm.config.environment import CONTEXT_VARIABLE

    if session.values.context is None and not os.environ.get(CONTEXT_VARIABLE):
        session.values.context = manifest.settings.context
    return session.load_context()


def _refuse_read_only(context: Context) -> None:
    from flowodm.connection import KafkaConnection

    if context.read_only:
        KafkaConnection(context).check_change("run")


def _confirm(session: Session, manifest: Manifest, *, yes: bool) -> None:
    """Have the run allowed and confirmed, before anything is imported and Ctrl-C is ours."""
    from flowodm.connection import KafkaConnection
    from flowodm.connection.changes import is_internal

    context = _context(session, manifest)
    topics = (loop.topic for loop in manifest.loops if loop.topic is not None)
    with KafkaConnection(context) as connection:
        connection.check_change("run", next(filter(is_internal, topics), None))
    confirm_change(session, context, "run", context.name, yes=yes, noun="context")


def _connect(session: Session, manifest: Manifest) -> KafkaConnection:
    """Make the process's own connection, which handlers and models use too."""
    from flowodm.connection import connect

    context = _context(session, manifest)
    for warning in context.warnings:
        session.output.warn(warning)
    return connect(context=context)


def _rehearse(session: Session, manifest: Manifest) -> int:
    from flowodm.running.rehearsal import rehearse

    output, done = session.output, []
    with _connect(session, manifest) as connection:
        for each in rehearse(manifest, connection, tell=output.note):
            if each.is_over:
                done.append(each)
            else:
                output.status(Span(f"{each.loop}: {each.decoded:,} decoded", "dim"))
    output.clear_status()
    for each in done:
        for record in each.first:
            output.warn(f"{each.loop} {record.partition}:{record.offset}: {record.text}")
    form = "ndjson" if session.format == "ndjson" else "table"
    write_rows(output, form, done, _columns(), name=lambda each: each.loop)
    return int(any(each.failed for each in done))


def _columns() -> list[Column[Rehearsal]]:
    return [
        Column("LOOP", lambda each: each.loop, keep=3),
        Column("TOPIC", lambda each: each.topic, keep=1),
        Column("GROUP", lambda each: each.group),
        Column("DECODED", lambda each: each.decoded, keep=2),
        Column("TOMBSTONES", lambda each: each.tombstones),
        Column(
            "NOT DECODED",
            lambda each: each.failed,
            style=lambda each: "red" if each.failed else None,
            keep=2,
        ),
    ]


def _run(session: Session, request: RunRequest) -> int:
    from flowodm.cli.run_loop import Messages, Signals, watch
    from flowodm.cli.run_view import View
    from flowodm.health import HealthServer, RegistryProbe

    messages = Messages()
    manifest = request.manifest
    with ExitStack() as stack:
        signals = stack.enter_context(Signals(session, messages))
        connection = stack.enter_context(_connect(session, manifest))
        running = _made(session, request, connection, messages)
        probe = None
        health = manifest.settings.health
        if health is not None and health.registry and connection.context.schema_registry:
            ask = connection.schema_registry().schema_types
            probe = stack.enter_context(RegistryProbe(ask))
        server = None
        if health is not None:
            server = stack.enter_context(
                HealthServer(
                    running.standings,
                    port=health.port,
                    host=health.host,
                    registry_outage=None if probe is None else lambda: probe.outage,
                )
            )
        view = View(
            session, manifest, connection.context.name, None if server is None else server.url
        )
        return watch(session, request, running, messages, signals, view)


def _made(
    session: Session, request: RunRequest, connection: KafkaConnection, messages: Messages
) -> Crew | Supervisor:
    """Make what runs the loops: this process, or several others."""
    if request.workers is not None or request.reload:
        from flowodm.running.supervisor import Supervisor

        return Supervisor(
            messages.order_of(session, request, connection.context),
            request.workers or 1,
            messages.of_worker,
            is_patient=request.reload,
            on_over=messages.wake,
        )
    from flowodm.running.build import build_loops
    from flowodm.running.crew import Crew, Rebalances

    rebalances = Rebalances(messages.of_loop)
    loops = build_loops(request.manifest, connection, on_event=rebalances, tell=session.output.note)
    return Crew(loops, rebalances, to_end=request.burst, on_over=messages.wake)
