"""The registry commands of 0.3.1 by their names and options, onto those of today; none is listed."""

from typing import Annotated

import typer

from flowodm.cli import registry, registry_check, registry_register
from flowodm.cli.options import FORMATS, command
from flowodm.cli.reports import REPORT_FORMATS
from flowodm.cli.schema import Level
from flowodm.errors import UsageError

__all__ = ["check_compatibility", "get_schema", "upload_schema"]

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
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
) -> int:
    """Register a schema under a subject; `flowodm registry register` today."""
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
    """Tell whether a schema may be registered; `flowodm registry check` today."""
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
    """Show a schema; `flowodm registry show -o raw` today. A version is `SUBJECT@VERSION` now."""
    registry.show_schema(context, _one("--subject", subject, address))


def _one(option: str, given: str | None, argument: str | None) -> str:
    """Take what was said by an option or an argument."""
    if given is not None and argument is not None:
        raise UsageError(f"`{argument}` and `{option}` are each what is meant; give one of them")
    if given is None and argument is None:
        raise UsageError(f"nothing is named; give it, or `{option}`")
    return given or argument or ""
