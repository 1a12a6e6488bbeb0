"""`flowodm sandbox up`, `status`, `down`: a local Apache Kafka and registry.

What they do is `flowodm.sandbox.lifecycle`'s business; here it is shown.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flowodm.cli.options import FORMATS, Session, command, session_of
from flowodm.cli.output import Span, StyleName
from flowodm.cli.tables import Column, write_detail, write_rows

if TYPE_CHECKING:
    from pathlib import Path

    from flowodm.sandbox.lifecycle import SandboxStatus, Started, Stopped
    from flowodm.sandbox.progress import Progress
    from flowodm.sandbox.spec import SandboxSpec

__all__ = ["down", "environment_of", "show_failure", "show_progress", "status", "up"]

_DEFAULT_NAME = "default"
_SAMPLE = 100
"""Events that `--sample` adds."""

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", metavar="NAME")]


@command(
    "flowodm sandbox up",
    "flowodm sandbox up --name ci --nodes 3              # a second one, with three brokers",
    "flowodm sandbox up --secure                         # SASL_SSL, SCRAM and ACLs",
    "flowodm sandbox up --sample                         # with topics and events to look at",
    'eval "$(flowodm sandbox up -o env)"                 # and use it in this shell',
    formats=(*FORMATS, "env"),
    patience=10.0,
)
def up(
    context: typer.Context,
    name: Name = _DEFAULT_NAME,
    nodes: Annotated[
        int | None, typer.Option("--nodes", help="Brokers: 1 (the default) or 3.", metavar="1|3")
    ] = None,
    secure: Annotated[
        bool | None,
        typer.Option("--secure", help="SASL_SSL with SCRAM-SHA-512 and access control lists."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", min=1, max=65535, help="The first broker's port.", metavar="PORT"),
    ] = None,
    registry_port: Annotated[
        int | None,
        typer.Option(
            "--registry-port", min=1, max=65535, help="The registry's port.", metavar="PORT"
        ),
    ] = None,
    reset: Annotated[
        bool, typer.Option("--reset", help="Delete what the sandbox holds first.")
    ] = False,
    sample: Annotated[
        bool, typer.Option("--sample", help="Add the demo's topics, schemas and 100 events.")
    ] = False,
    topic: Annotated[
        list[str] | None,
        typer.Option(
            "--topic", help="Create a topic; may be repeated.", metavar="NAME[:PARTITIONS]"
        ),
    ] = None,
) -> int | None:
    """Start a local Kafka and registry.

    Real Apache Kafka and a schema registry on this machine's loopback interface: no Java, no
    Docker. They go on when the command has ended, until `flowodm sandbox down`. What is in them
    stays, also after a crash or a restart of the machine. The first start downloads 45 MB.
    """
    from flowodm.sandbox import lifecycle

    session = session_of(context)
    began = datetime.now(UTC)
    topics = _parse_topics(topic or ())
    if reset:
        _tell_loss(session, name)
    wish = lifecycle.Wish(nodes, secure or None, port, registry_port)
    with show_failure(session):
        started = lifecycle.up(name, wish, reset=reset, report=show_progress(session))
    seconds = (datetime.now(UTC) - began).total_seconds()
    if topics or sample:
        _fill(session, started.status.spec, topics, sample=sample)
    _tell_started(session, started, seconds)
    return None


@command(
    "flowodm sandbox status",
    "flowodm sandbox status -o json",
)
def status(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Option("--name", help="Only this one.", metavar="NAME")
    ] = None,
) -> int | None:
    """Show the sandboxes.

    A sandbox is `running`, `stopped`, or `incomplete` when some of its processes are missing;
    `flowodm sandbox up` starts those.
    """
    from flowodm.errors import SandboxError
    from flowodm.sandbox import lifecycle

    session = session_of(context)
    if name is None:
        found = lifecycle.read_statuses()
    else:
        one = lifecycle.read_status(name)
        if one is None:
            raise SandboxError(
                f"there is no sandbox `{name}`", hint=f"flowodm sandbox up --name {name}"
            )
        found = (one,)
    write_rows(
        session.output,
        session.format,
        found,
        _columns(),
        name=lambda item: item.name,
        empty="no sandbox yet; make one: flowodm sandbox up",
    )
    return None


@command(
    "flowodm sandbox down",
    "flowodm sandbox down --name ci --reset              # and delete what it holds",
    "flowodm sandbox down --all",
    formats=(),
    patience=12.0,
)
def down(
    context: typer.Context,
    name: Name = _DEFAULT_NAME,
    all: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Also delete what it holds.")] = False,
) -> int | None:
    """Stop a sandbox.

    Its topics, records and schemas stay for the next `flowodm sandbox up`, unless `--reset`.
    """
    from flowodm.sandbox import lifecycle, state

    session = session_of(context)
    for each in state.list_names() if all else (name,):
        if reset:
            _tell_loss(session, each)
        _tell_stopped(session, lifecycle.down(each, reset=reset))
    return None


def _parse_topics(texts: Iterable[str]) -> dict[str, int]:
    """Names and numbers of partitions of `NAME[:PARTITIONS]`."""
    from flowodm.errors import UsageError

    topics = {}
    for text in texts:
        name, separator, partitions = text.partition(":")
        if separator and not (partitions.isascii() and partitions.isdigit() and int(partitions)):
            raise UsageError(
                f"`{partitions}` is no number of partitions, in `--topic {text}`",
                hint="for example: --topic orders:3",
            )
        topics[name] = int(partitions) if separator else 1
    return topics


def _fill(session: Session, spec: SandboxSpec, topics: dict[str, int], *, sample: bool) -> None:
    """Create topics, and produce the demo's events."""
    from flowodm.connection import KafkaConnection
    from flowodm.sandbox.context import context_of
    from flowodm.sandbox.demo import create_topics, prepare, produce_sample
    from flowodm.sandbox.demo_events import TOPICS

    with KafkaConnection(context_of(spec, "sandbox")) as connection:
        create_topics(connection, topics)
        if sample:
            produce_sample(connection, prepare(connection), _SAMPLE)
    made = [*topics, *(topic.name for topic in TOPICS if sample)]
    events = f", and {_SAMPLE} events were added" if sample else ""
    session.output.note(f"topics {', '.join(made)} are there{events}")


def _tell_loss(session: Session, name: str) -> None:
    """Say what a reset is about to delete."""
    from flowodm.sandbox import state

    directory = state.directory_of(name)
    if directory.exists():
        session.output.note(
            f"sandbox `{name}`: deleting its topics, records and schemas "
            f"({_size(_bytes_in(directory))} in {directory})"
        )


def _bytes_in(directory: Path) -> int:
    """Sum what files take on disk: the indexes of a broker are mostly holes."""
    total = 0
    for path in directory.rglob("*"):
        with suppress(OSError):  # a running broker deletes files
            found = path.lstat()
            total += min(found.st_size, getattr(found, "st_blocks", found.st_size) * 512)
    return total


def _size(count: float) -> str:
    return f"{count / 1e6:.0f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def _tell_started(session: Session, started: Started, seconds: float) -> None:
    output, found = session.output, started.status
    if not started.started:
        output.note(f"sandbox `{found.name}` is running already")
    else:
        output.note(f"sandbox `{found.name}` is ready after {seconds:.1f} s")
    for old, new in started.moved:
        output.warn(f"port {old} is taken by another program; it is {new} now")
    if session.format == "env":
        _write_exports(session, found.spec)
        return
    write_detail(output, session.format, found, _columns(), name=lambda item: item.name)
    if session.format in ("table", "wide"):
        output.flush()  # before the notes, where both streams are one terminal
        is_default = found.name == _DEFAULT_NAME
        option = "" if is_default else f" --name {found.name}"
        context = "sandbox" if is_default else f"sandbox:{found.name}"
        output.note("")
        output.note(f"use it:              flowodm topics list --context {context}")
        output.note(f'  in this shell:     eval "$(flowodm sandbox up{option} -o env)"')
        output.note(f"stop it, data stays: flowodm sandbox down{option}")


def _write_exports(session: Session, spec: SandboxSpec) -> None:
    """Write what a shell evaluates to use the sandbox."""
    for variable, value in environment_of(spec).items():
        session.output.line(f"export {variable}={shlex.quote(value)}")


def environment_of(spec: SandboxSpec) -> dict[str, str]:
    """Return the product's own variables that point to a sandbox."""
    variables = {"KAFKA_BOOTSTRAP_SERVERS": spec.bootstrap_servers}
    if spec.registry_url:
        variables["SCHEMA_REGISTRY_URL"] = spec.registry_url
    if spec.admin:
        variables |= {
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
            "KAFKA_SASL_USERNAME": spec.admin.username,
            "KAFKA_SASL_PASSWORD": spec.admin.password,
            "FLOWODM_KAFKA_SSL_CA_LOCATION": str(spec.certificate_authority),
        }
    return variables


def _tell_stopped(session: Session, stopped: Stopped) -> None:
    name = stopped.name
    if stopped.removed:
        session.output.note(f"sandbox `{name}` is gone")
    elif stopped.stopped:
        session.output.note(f"sandbox `{name}` is stopped; its data stays")
    else:
        session.output.note(f"sandbox `{name}` was not running")


def _columns() -> list[Column[SandboxStatus]]:
    return [
        Column("NAME", lambda item: item.name, keep=3),
        Column("STATE", lambda item: item.state, style=_style_of_state, keep=3),
        Column("KAFKA", lambda item: item.spec.bootstrap_servers, key="bootstrap_servers", keep=2),
        Column("REGISTRY", lambda item: item.spec.registry_url, key="registry_url", keep=2),
        Column("NODES", lambda item: len(item.spec.nodes)),
        Column("SECURITY", lambda item: "SASL_SSL" if item.spec.admin else None),
        Column("SINCE", lambda item: item.since),
        Column("CLUSTER ID", lambda item: item.spec.cluster_id, wide=True),
        Column("DIRECTORY", lambda item: str(item.spec.directory), wide=True),
        Column(
            "PROCESSES",
            lambda item: {process.role: process.pid for process in item.processes},
            text=lambda item: " ".join(f"{each.role}={each.pid}" for each in item.processes),
            wide=True,
        ),
    ]


def _style_of_state(item: SandboxStatus) -> StyleName:
    styles: dict[str, StyleName] = {"running": "green", "incomplete": "yellow", "stopped": "dim"}
    return styles[item.state]


def show_progress(session: Session) -> Callable[[Progress], None]:
    """Return what shows a start's progress: a line that is redrawn, or one note off a terminal."""
    told: set[str] = set()

    def show(progress: Progress) -> None:
        output = session.output
        if progress.stage == "ready":
            output.clear_status()
        elif progress.stage == "download":
            if "download" not in told:
                output.note(f"downloading Apache Kafka, once: {progress.total} files")
                told.add("download")
            output.status(
                Span(
                    f"{progress.done} of {progress.total} files, {_size(progress.size)} "
                    f"{progress.text}",
                    "dim",
                )
            )
        else:
            output.status(Span(progress.text, "dim"))

    return show


@contextmanager
def show_failure(session: Session) -> Iterator[None]:
    """Show the end of a server's log before the error that says it would not start."""
    from flowodm.sandbox.servers import StartFailed

    try:
        yield
    except StartFailed as error:
        for line in error.log_lines:
            session.output.message(Span(line, "dim"))
        raise
