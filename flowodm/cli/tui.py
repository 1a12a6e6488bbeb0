"""`flowodm tui`: the live inspector; what it needs of a terminal, and the way into it."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from flowodm.cli.collections import rare_collections
from flowodm.cli.options import Session, command, session_of
from flowodm.errors import UsageError

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.tui.app import InspectorApp

__all__ = ["tui"]

_THREADS: Final = 32
"""Questions that may be out at once; one that hangs keeps no other waiting."""
_TURN: Final = 0.0005
"""Seconds that a thread that decodes keeps the screen waiting at most; Python's own is ten times
that."""
_LOOK: Final = 1.0
"""Seconds between two looks at whether the terminal is still there."""
_ENDINGS: Final = ("SIGINT", "SIGTERM", "SIGHUP")


@command(
    "flowodm tui                                         # the topics of the current context",
    "flowodm tui user-events                             # a topic at once",
    "flowodm tui --demo                                  # live data, in a sandbox of its own",
    formats=(),
    patience=8.0,
)
def tui(
    context: typer.Context,
    topic: Annotated[
        str | None, typer.Argument(metavar="TOPIC", help="The topic to open at once.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Offer changes too; each is confirmed.")
    ] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="Start a sandbox with live events, and look at that.")
    ] = False,
) -> int:
    """Look at topics and records, live.

    Reading only, unless --write is given: no group is joined, nothing is committed or created.
    `?` shows the keys; `:` finds every command.
    """
    session = session_of(context)
    _check_terminal(session)
    while True:
        with _connection(session, demo=demo) as connection:
            app = _app(session, connection, topic=topic, may_write=write)
            code = run_app(app)
        if app.next_context is None:
            return code
        session.values.context, topic, demo = app.next_context, None, False


def _app(
    session: Session, connection: KafkaConnection, *, topic: str | None, may_write: bool
) -> InspectorApp:
    from flowodm.tui.app import InspectorApp
    from flowodm.tui.sources.bundle import sources_of

    if session.values.no_color:
        os.environ["NO_COLOR"] = "1"
    config = session.values.config
    return InspectorApp(
        sources_of(connection, Path(config) if config else None),
        topic=topic,
        may_write=may_write,
        keys=_keys(),
        has_few_colours=_has_few_colours(),
        shows_tracebacks=session.values.verbose >= 2,
    )


def run_app(app: InspectorApp) -> int:
    """Run the app in this terminal, and leave it as it was; threads that hang hold up nothing."""
    loop = screen_loop()
    loop.set_default_executor(ThreadPoolExecutor(_THREADS, "flowodm-tui"))
    for name in _ENDINGS:
        if (number := getattr(signal, name, None)) is not None:
            with suppress(NotImplementedError, RuntimeError):  # Windows; not the main thread
                loop.add_signal_handler(number, app.exit)
    loop.call_soon(_watch_terminal, loop, app)
    try:
        with rare_collections():
            loop.run_until_complete(app.run_async())
    finally:
        loop.close()
    return app.return_code or 0


def _watch_terminal(loop: asyncio.AbstractEventLoop, app: InspectorApp) -> None:
    """End with the terminal, where no signal says that it is gone."""
    if not hasattr(select, "poll"):  # Windows ends what runs in a console that is closed
        return
    poll = select.poll()
    poll.register(0, 0)
    if any(event & select.POLLHUP for _, event in poll.poll(0)):
        app.exit()
    else:
        loop.call_later(_LOOK, _watch_terminal, loop, app)


def screen_loop() -> asyncio.AbstractEventLoop:
    """Make an event loop that goes before threads with much to do."""
    from flowodm.tui.sources.turns import ScreenSelector

    sys.setswitchinterval(_TURN)
    return asyncio.SelectorEventLoop(ScreenSelector())


def _check_terminal(session: Session) -> None:
    if not (session.output.stdout.is_tty and _is_tty(0)):
        raise UsageError(
            "`flowodm tui` needs a terminal, and standard input or output is none",
            hint="in a script: flowodm topics list, flowodm tail TOPIC",
        )
    if os.environ.get("TERM") == "dumb":
        raise UsageError(
            "`flowodm tui` needs a terminal that it can draw on, and `TERM` is `dumb`",
            hint="set it to what the terminal is, for example xterm-256color; or: flowodm tail TOPIC",
        )


def _is_tty(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def _has_few_colours() -> bool:
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return False
    return "256color" not in os.environ.get("TERM", "")


def _keys() -> dict[str, str]:
    from flowodm.config.store import Store
    from flowodm.tui.keys import FILE_NAME, read_keys

    file = Store.of(os.environ).directory / FILE_NAME
    if not file.is_file():
        return {}
    from flowodm.tui.bindings import binding_ids

    return read_keys(file, binding_ids())


@contextmanager
def _connection(session: Session, *, demo: bool) -> Iterator[KafkaConnection]:
    """Connect to the context, or to a sandbox of the demo's own."""
    if not demo:
        with session.connect() as connection:
            yield connection
        return
    from flowodm.cli.sandbox import show_failure, show_progress
    from flowodm.connection import KafkaConnection
    from flowodm.sandbox import Sandbox
    from flowodm.sandbox.context import context_of
    from flowodm.sandbox.demo import ReadingGroup, Traffic, prepare

    with show_failure(session), Sandbox(report=show_progress(session)) as sandbox:
        session.output.clear_status()
        context = context_of(sandbox.spec, "demo")
        with (
            KafkaConnection(context) as connection,
            Traffic(connection, prepare(connection)),
            ReadingGroup(connection),
        ):
            yield connection
