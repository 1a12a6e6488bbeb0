"""The sources of schemas that a command line names: with its contexts, its project, its streams.

What sources there are is `flowodm.sources`'s.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flowodm.cli.options import Session
from flowodm.cli.reports import FAIL_ON, FailOn
from flowodm.sources import Sources

if TYPE_CHECKING:
    from flowodm.config import Context
    from flowodm.config.files import ConfigFile
    from flowodm.registry import SchemaRegistry

__all__ = ["SOURCE_HELP", "FailOnOption", "open_sources", "project_file"]

SOURCE_HELP = (
    "A file, a directory, git:REV:path, model:module:Class, SUBJECT@VERSION, context:NAME, or -."
)

FailOnOption = Annotated[
    FailOn,
    typer.Option(metavar="|".join(FAIL_ON), help="What is reason for exit 3: the least of it."),
]


@contextmanager
def open_sources(session: Session, file: "ConfigFile | None" = None) -> Iterator[Sources]:
    """Give the sources of a run; a registry is spoken to when one is first needed.

    A file may use the types of what `flowodm.yaml` lists under `schemas`.

    Args:
        session: The run.
        file: The `flowodm.yaml` that is meant; None: the project's.
    """
    with ExitStack() as open_:
        registries: dict[str | None, SchemaRegistry] = {}

        def registry_of(name: str | None) -> "SchemaRegistry":
            if name not in registries:
                context = session.load_context(name)
                registries[name] = _connect(session, context, open_)
            return registries[name]

        yield Sources(
            registry=lambda: registry_of(None),
            context_registry=registry_of,
            library=lambda: _declared(file or project_file(session)),
            stdin=sys.stdin.buffer if sys.stdin is not None else None,
            tell=session.output.message,
        )


def project_file(session: Session) -> "ConfigFile | None":
    """Return the project's `flowodm.yaml`, or the file that `--config` names; None without one.

    Raises:
        ConfigurationError: It cannot be read, or something in it is wrong.
    """
    from flowodm.config.sources import project_file as find_project

    config = session.values.config
    return find_project(Path(config) if config else None)


def _connect(session: Session, context: "Context", open_: ExitStack) -> "SchemaRegistry":
    from flowodm.connection import KafkaConnection

    for warning in context.warnings:
        session.output.warn(warning)
    return open_.enter_context(KafkaConnection(context)).schema_registry()


def _declared(file: "ConfigFile | None") -> tuple[str, ...]:
    """The files and directories that the project lists, from the working directory on."""
    from flowodm.sources.declared import declared_paths

    return () if file is None else declared_paths(file, Path.cwd())
