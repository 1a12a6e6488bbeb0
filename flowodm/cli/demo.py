"""`flowodm demo`: a sandbox, sample topics, live events, and the commands that show them.

Every command that the demo prints is run as it is printed, through the same code as when a user
types it; only the way to the cluster is the demo's own.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from flowodm.cli.options import Session, command, session_of
from flowodm.cli.output import Output, Span
from flowodm.cli.sandbox import show_failure, show_progress

if TYPE_CHECKING:
    from flowodm.config import Context
    from flowodm.sandbox import Sandbox

__all__ = ["demo"]

_RECORDS = 20

_NEXT = (
    ("flowodm sandbox up", "a sandbox that stays, and keeps what is in it"),
    ("flowodm tui --demo", "the live inspector, on a sandbox like this one"),
    ("flowodm context add --help", "then look at your own cluster: flowodm tail TOPIC"),
)


@command(
    "flowodm demo",
    "flowodm demo --records 5                            # end by itself after five",
    formats=(),
    patience=8.0,
)
def demo(
    context: typer.Context,
    records: Annotated[
        int | None,
        typer.Option(
            "--records",
            min=1,
            max=10_000,
            metavar="N",
            help="End after N decoded records; off a terminal 20, on one only Ctrl-C ends it.",
        ),
    ] = None,
) -> int:
    """Watch live typed events in a sandbox.

    Starts a Kafka and a registry of its own, makes three topics with schemas of several versions,
    produces events to them and tails them decoded. Your configuration is not looked at, and
    nothing is left behind. The first run downloads 45 MB.
    """
    from flowodm.sandbox import Sandbox

    session = session_of(context)
    if records is None and not session.output.stdout.is_tty:
        records = _RECORDS
    with show_failure(session):
        _say_step(session.output, "flowodm sandbox up")
        with Sandbox(report=show_progress(session)) as sandbox:
            code = _show(session.output, sandbox, records)
    _say_next(session.output)
    return code


def _show(output: Output, sandbox: Sandbox, records: int | None) -> int:
    from flowodm.connection import KafkaConnection
    from flowodm.sandbox.context import context_of
    from flowodm.sandbox.demo import Traffic, events_for, prepare

    _say(output, "A real Apache Kafka and a schema registry, on this machine only:")
    _say(output, f"{sandbox.bootstrap_servers} and {sandbox.registry_url}")
    output.line()
    context = context_of(sandbox.spec, "demo")
    limit = None if records is None else events_for(records)
    with KafkaConnection(context) as connection:
        ids = prepare(connection)
        _say(output, f"Three topics are made, and {len(ids)} versions of their schemas.")
        _run(output, context, "flowodm topics list")
        with Traffic(connection, ids, limit=limit) as traffic:
            try:
                return _tail(output, context, limit)
            except KeyboardInterrupt:
                if traffic.error is None:
                    raise
                raise traffic.error from None


def _tail(output: Output, context: Context, limit: int | None) -> int:
    _say(output, "Events arrive now, from producers of different schema versions.")
    _say(output, "One is damaged on purpose: it is shown, and reading goes on.")
    text = "flowodm tail user-events payments readings --offset start"
    if limit is None:
        _say(output, "Ctrl-C ends the demo.")
    else:
        text += f" --limit {limit}"
    if not output.stdout.is_tty:
        text += " -o pretty"
    try:
        return _run(output, context, text)
    except KeyboardInterrupt:
        if limit is not None:
            raise
        output.clear_status()
        return 0  # it is how the demo ends there


class _Step(Session):
    """The session of one command of the demo: it connects to the demo's sandbox only."""

    def __init__(self, output: Output, context: Context) -> None:
        super().__init__(output)
        self._context = context

    def load_context(self, name: str | None = None) -> Context:
        return self._context


def _run(output: Output, context: Context, text: str) -> int:
    """Show a command and run it."""
    from flowodm.cli import frame

    _say_step(output, text)
    code = frame.invoke(shlex.split(text)[1:], _Step(output, context))
    output.line()
    output.flush()
    return code


def _say_step(output: Output, text: str) -> None:
    output.line(Span("$ ", "dim"), Span(text, "bold"))
    output.flush()


def _say(output: Output, text: str) -> None:
    output.line(Span(f"# {text}", "dim"))


def _say_next(output: Output) -> None:
    output.line("The sandbox is gone again. Three things to try next:")
    width = max(len(text) for text, _ in _NEXT)
    for text, what in _NEXT:
        output.line("  ", Span(text.ljust(width), "bold"), "  ", Span(what, "dim"))
