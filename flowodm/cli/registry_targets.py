"""Which schema is meant for which subject: named on the command line, or declared by the project."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from flowodm.cli.options import Session
from flowodm.cli.schema_sources import SOURCE_HELP, project_file
from flowodm.errors import UsageError
from flowodm.sources.declared import Declared, declared_schemas, subjects_of
from flowodm.sources.loaded import LoadedSchema, Unloadable

if TYPE_CHECKING:
    from flowodm.sources import Sources

__all__ = ["OptionalSource", "SubjectOption", "Target", "subject_finder", "targets"]

OptionalSource = Annotated[
    str | None, typer.Argument(metavar="SOURCE", help=f"{SOURCE_HELP} Without it, all declared.")
]
SubjectOption = Annotated[
    str | None,
    typer.Option("--subject", "-s", metavar="SUBJECT", help="Its subject; else the one declared."),
]


class Target(NamedTuple):
    """A schema, or why there is none, and the subject that it is meant for."""

    subject: str
    found: LoadedSchema | Unloadable


def targets(
    session: Session, sources: "Sources", source: str | None, subject: str | None
) -> tuple[Target, ...]:
    """Return what a command line means.

    Args:
        session: The run.
        sources: What loads.
        source: A source; None: everything that the project declares. A directory or a module
            gives several schemas.
        subject: Its subject; None: a model's own, or the declared one. Without a source, the one
            of all declared that is meant.

    Raises:
        UsageError: No subject is said, or nothing is declared.
        FlowODMError: The source gives no schema.
    """
    if source is not None:
        if subject is not None:
            return (Target(subject, sources.load(source, subject=subject)),)
        found_all = sources.load_all(source)
        if len(found_all) == 1 and isinstance(found_all[0], Unloadable):
            raise found_all[0].error
        return tuple(_target(session, sources, source, each) for each in found_all)
    declared = _declared(session, sources)
    found = [each for each in declared if subject in (None, each.subject)]
    if not found:
        raise UsageError(
            (
                "`flowodm.yaml` declares no schemas here"
                if subject is None
                else f"nothing is declared for subject `{subject}`"
            ),
            hint="name a source: a file, git:REV:path, model:module:Class, SUBJECT@VERSION",
        )
    return tuple(Target(each.subject, each.found) for each in found)


def subject_finder(session: Session, sources: "Sources") -> Callable[[LoadedSchema], str]:
    """Return what gives the subject of a file that others use: the declared one, else its name."""
    found: Callable[[LoadedSchema], str] | None = None

    def find(loaded: LoadedSchema) -> str:
        nonlocal found
        found = found or subjects_of(_declared(session, sources))
        return found(loaded)

    return find


def _declared(session: Session, sources: "Sources") -> tuple[Declared, ...]:
    file = project_file(session)
    return () if file is None else declared_schemas(file, sources, Path.cwd())


def _target(
    session: Session, sources: "Sources", source: str, found: LoadedSchema | Unloadable
) -> Target:
    if isinstance(found, Unloadable):
        return Target(found.label, found)
    return Target(_subject(session, sources, source, found), found)


def _subject(session: Session, sources: "Sources", source: str, loaded: LoadedSchema) -> str:
    """The subject of a source for which the command line gives none."""
    if loaded.subject is not None:
        return loaded.subject
    if loaded.path is not None:
        path = loaded.path.resolve()
        for each in _declared(session, sources):
            if each.found.path is not None and each.found.path.resolve() == path:
                return each.subject
    raise UsageError(f"`{source}` says no subject", hint="name it: --subject orders-value")
