"""The commands of 0.3.1 by their names and options, onto those of today; none is listed."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flowodm.cli import models_check, registry, registry_check, registry_register, schema
from flowodm.cli.confirm import Yes
from flowodm.cli.options import FORMATS, Session, command, session_of
from flowodm.cli.reports import REPORT_FORMATS, Report, Section, write_report
from flowodm.cli.schema import Level
from flowodm.cli.schema_sources import open_sources
from flowodm.errors import FlowODMError, UsageError

if TYPE_CHECKING:
    from flowodm.sources import LoadedSchema, Sources

__all__ = ["check_compatibility", "get_schema", "upload_schema", "validate"]

_Subject = Annotated[
    str | None, typer.Option("--subject", "-s", metavar="SUBJECT", help="The subject.")
]


@command("flowodm registry register order.avsc --subject orders-value --yes")
def upload_schema(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(metavar="SOURCE", help="The schema.")] = None,
    avro: Annotated[str | None, typer.Option(metavar="FILE", help="The schema's file.")] = None,
    subject: _Subject = None,
    compatibility: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="Set by `registry config` now.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the plan.")] = False,
    yes: Yes = False,
) -> int:
    """Register a schema under a subject.

    It is `flowodm registry register` today.
    """
    if compatibility is not None:
        raise UsageError(
            "`--compatibility` is a change of its own now",
            hint=f"flowodm registry config {subject or 'SUBJECT'} {compatibility}, then again",
        )
    named = _one("--avro", avro, source)
    return registry_register.register_schema(context, named, subject, dry_run, yes)


@command("flowodm registry check model:app.events:Order", formats=REPORT_FORMATS)
def check_compatibility(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(metavar="SOURCE", help="The schema.")] = None,
    model: Annotated[
        str | None, typer.Option(metavar="CLASS", help="A class: app.events.Order.")
    ] = None,
    models: Annotated[
        str | None, typer.Option(metavar="MODULE", help="Every class of a module.")
    ] = None,
    subject: _Subject = None,
    level: Annotated[Level | None, typer.Option(help="The level to check at.")] = None,
) -> int:
    """Tell whether a schema may be registered.

    It is `flowodm registry check` today.
    """
    if model is not None:
        module, _, name = model.replace(":", ".").rpartition(".")
        model = f"model:{module}:{name}"
    named = _one("--model", model, source if models is None else f"model:{models}")
    return registry_check.check_schema(context, named, subject, level)


@command("flowodm registry show orders-value@2 -o raw", formats=("raw", *FORMATS))
def get_schema(
    context: typer.Context,
    address: Annotated[
        str | None, typer.Argument(metavar="SUBJECT[@VERSION]", help="The subject and version.")
    ] = None,
    subject: _Subject = None,
) -> None:
    """Show a schema.

    It is `flowodm registry show -o raw` today, and a version is `SUBJECT@VERSION`.
    """
    registry.show_schema(context, _one("--subject", subject, address))


@command(
    "flowodm models check",
    "flowodm models check app.events:UserEvent user-events-value@latest",
    "flowodm schema validate schemas/",
    formats=REPORT_FORMATS,
)
def validate(
    context: typer.Context,
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="SOURCE", help="Schemas to validate.")
    ] = None,
    models: Annotated[
        str | None, typer.Option(metavar="MODULE", help="The models of a module, in their place.")
    ] = None,
    registry: Annotated[
        bool, typer.Option("--registry", help="Compare them with the registry.")
    ] = False,
    schemas_dir: Annotated[
        Path | None, typer.Option(metavar="DIRECTORY", help="Compare them with files.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Always so now: exit 3.")] = False,
) -> int:
    """Tell which schemas are valid, or whether models differ from theirs.

    It is `flowodm schema validate` and `flowodm models check` today.
    """
    if models is None:
        if not sources:
            raise UsageError("nothing is named", hint="flowodm schema validate SOURCE")
        return schema.validate_schemas(context, sources)
    if sources or registry is (schemas_dir is not None):
        raise UsageError(
            f"the models of `{models}` are compared with either the registry or files",
            hint="--registry, or --schemas-dir DIRECTORY; today: flowodm models check",
        )
    session = session_of(context)
    with open_sources(session) as known:
        found = tuple(_compared(session, known, models, schemas_dir))
    return write_report(session, Report("validate", found, noun="model"))


def _compared(
    session: Session, sources: "Sources", models: str, directory: Path | None
) -> Iterator[Section]:
    from flowodm.cli.reports.changes import failed_section
    from flowodm.sources import Unloadable
    from flowodm.sources.model_class import load_module

    for path, cls in load_module(models, session.output.message):
        subject = models_check.subject_of(cls) or ""
        try:
            yield models_check.compared(
                path, cls, _schema_of(sources, subject, cls.__name__, directory)
            )
        except FlowODMError as error:
            yield failed_section(path, Unloadable(path, error))


def _schema_of(
    sources: "Sources", subject: str, name: str, directory: Path | None
) -> "LoadedSchema":
    """What 0.3.1 compared a model with: the latest version, or a file of the topic's name or its own."""
    if directory is None:
        return sources.load(f"{subject}@latest")
    file = directory / f"{subject.removesuffix('-value')}.avsc"
    return sources.load(str(file if file.exists() else directory / f"{name.lower()}.avsc"))


def _one(option: str, given: str | None, argument: str | None) -> str:
    """Take what was said by an option or an argument."""
    if given is not None and argument is not None:
        raise UsageError(f"`{argument}` and `{option}` are each what is meant; give one of them")
    if given is None and argument is None:
        raise UsageError(f"nothing is named; give it, or `{option}`")
    return given or argument or ""
