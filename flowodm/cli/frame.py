"""Commands built when they are asked for, on Typer.

A `LazyGroup` knows its commands by name and summary only; the module of one is imported when it
is invoked, asked for help, or completed. Each command and group also gets the global options.
Errors pass through: `errors.py` words them.
"""

import importlib
from collections.abc import Callable
from typing import Any, NoReturn, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import _get_param, get_command
from typer.models import ParamMeta

from flowodm.cli import logs
from flowodm.cli.app import COMMANDS, GROUPS, CommandEntry, children
from flowodm.cli.coercion import lighten
from flowodm.cli.options import (
    FORMATS,
    GLOBAL_OPTIONS,
    CommandSpec,
    GlobalOption,
    Session,
    add_override,
    session_of,
    spec_of,
)
from flowodm.errors import UsageError

__all__ = ["LazyGroup", "LeafCommand", "build_root", "invoke"]

_PARAMETER_PREFIX = "global_"


class LeafCommand(TyperCommand):
    """A command that does something; its function declares its examples and formats."""

    spec: CommandSpec
    own_parameters: tuple[Any, ...] = ()
    """Its parameters without the global ones."""

    def invoke(self, ctx: Any) -> Any:
        """Check `-o` against what the command writes, then run it."""
        session = session_of(ctx)
        session.formats = self.spec.formats
        session.patience = self.spec.patience
        logs.configure(session)
        _check_format(session.values.output, self.spec.formats, ctx.command_path)
        try:
            return super().invoke(ctx)
        finally:
            logs.finish()


class LazyGroup(TyperGroup):
    """A group whose commands are imported one by one, when they are needed."""

    prefix = ""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names under this group, hidden ones left out."""
        return list(children(self.prefix))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import and build one command, or None if there is no such name."""
        path = f"{self.prefix} {cmd_name}".strip()
        if path in GROUPS:
            return _build_group(path)
        entry = next((entry for entry in COMMANDS if entry.path == path), None)
        return None if entry is None else build_command(entry)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that `args` begin with, or say which ones are near.

        Raises:
            UsageError: If there is no such command.
        """
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            raise _unknown_command(args[0], self.prefix)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand, or show the help when none is named."""
        if not ctx._protected_args:
            _show_help(ctx)
        return super().invoke(ctx)


def invoke(arguments: list[str], session: Session) -> int:
    """Parse a command line and run its command; return the exit code."""
    root = build_root()
    with root.make_context("flowodm", list(arguments), obj=session) as context:
        result = root.invoke(cast(Any, context))
    return result if isinstance(result, int) else 0


def build_root() -> LazyGroup:
    """Return the whole command line, with nothing of it imported yet."""
    return _build_group("")


def build_command(entry: CommandEntry) -> LeafCommand:
    """Import the module of a command and build it, global options included."""
    module, _, name = entry.target.partition(":")
    function: Callable[..., int | None] = getattr(importlib.import_module(module), name)
    spec = spec_of(function)
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(
        entry.path.rpartition(" ")[2],
        cls=LeafCommand,
        hidden=entry.hidden,
        short_help=entry.summary,
        add_help_option=False,
    )(function)
    command = cast(LeafCommand, get_command(app))
    command.spec = spec
    command.own_parameters = tuple(command.params)
    for parameter in command.params:
        lighten(parameter)
    command.params.extend(_global_parameters(spec.formats))
    return command


def _build_group(path: str) -> LazyGroup:
    group = LazyGroup(
        name=path.rpartition(" ")[2] or "flowodm",
        params=_global_parameters(FORMATS),
        help=GROUPS.get(path),
        add_help_option=False,
        rich_markup_mode=None,
    )
    group.prefix = path
    return group


def _global_parameters(formats: tuple[str, ...]) -> list[Any]:
    return [_global_parameter(option, formats) for option in GLOBAL_OPTIONS]


def _global_parameter(option: GlobalOption, formats: tuple[str, ...]) -> Any:
    kinds: dict[str, tuple[Any, Any]] = {
        "value": (str | None, None),
        "list": (list[str], []),
        "flag": (bool, False),
        "count": (int, 0),
    }
    annotation, default = kinds[option.kind]
    metavar = "|".join(formats) if option.name == "output" else option.metavar
    info = typer.Option(
        default,
        *option.flags,
        help=option.help,
        metavar=metavar,
        count=option.kind == "count",
        callback=_keep,
        expose_value=False,
        is_eager=option.name in ("version", "help"),
        show_default=False,
        hidden=option.name == "output" and not formats,
    )
    name = _PARAMETER_PREFIX + option.name
    parameter = _get_param(ParamMeta(name=name, default=info, annotation=annotation))
    lighten(parameter)
    return parameter


def _keep(context: typer.Context, parameter: typer.CallbackParam, value: Any) -> None:
    if context.resilient_parsing or not value:
        return
    session = session_of(context)
    match str(parameter.name).removeprefix(_PARAMETER_PREFIX):
        case "version":
            import flowodm

            session.output.line(f"flowodm {flowodm.__version__}")
            raise typer.Exit(0)
        case "help":
            _show_help(context)
        case "overrides":
            for text in value:
                add_override(session.values, text)
        case "verbose":
            session.values.verbose += value
        case "no_color":
            session.output.without_color()
        case "quiet":
            session.output.quiet = True
        case name:
            setattr(session.values, name, value)


def _show_help(context: typer.Context) -> NoReturn:
    from flowodm.cli import help

    output, command = session_of(context).output, context.command
    if isinstance(command, LeafCommand):
        lines = help.command_help(context, command, output.width)
    else:
        assert isinstance(command, LazyGroup)
        lines = help.group_help(command.prefix, output.width)
    help.print_help(output, lines)
    raise typer.Exit(0)


def _check_format(given: str | None, formats: tuple[str, ...], command: str) -> None:
    if given is None or given in formats:
        return
    from difflib import get_close_matches

    if not formats:
        raise UsageError(f"`{command}` has no output formats, and `-o {given}` was given")
    near = get_close_matches(given, formats, 1)
    hint = f"did you mean `{near[0]}`? " if near else ""
    raise UsageError(
        f"`{given}` is not an output format of `{command}`",
        hint=f"{hint}It writes {', '.join(formats)}.",
    )


def _unknown_command(name: str, prefix: str) -> UsageError:
    from difflib import get_close_matches

    whole = f"flowodm {prefix}".strip()
    near = get_close_matches(name, children(prefix, hidden=True), 1)
    did = f"did you mean `{whole} {near[0]}`?  " if near else ""
    return UsageError(f"`{whole}` has no command `{name}`", hint=f"{did}({whole} --help)")
