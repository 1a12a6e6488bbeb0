"""Help texts: one form for the root, for groups and for commands.

The root's help is made from the table of commands alone, so it needs no Typer.
"""

import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from flowodm.cli.app import GROUPS, children
from flowodm.cli.options import GLOBAL_OPTIONS, GlobalOption
from flowodm.cli.output import Output, Span, Spans
from flowodm.display.text import display_width, pad

if TYPE_CHECKING:
    from flowodm.cli.frame import LeafCommand

__all__ = ["command_help", "group_help", "print_help"]

Line = tuple[Spans, ...]
Row = tuple[str, str]

_SUMMARY: Final = "A typed toolkit for Apache Kafka with Avro."
_EXAMPLES: Final = {
    "": (
        "flowodm demo                      # a cluster, sample topics, live events",
        "flowodm tail user-events          # follow a topic as decoded records",
        "flowodm topics list --context prod",
    ),
    "topics": (
        "flowodm topics list",
        "flowodm topics describe user-events",
    ),
    "groups": (
        "flowodm groups list",
        "flowodm groups lag --max-age 5m",
        "flowodm groups reset billing --topic user-events --to @-1h",
    ),
    "registry": (
        "flowodm registry list",
        "flowodm registry show orders-value@2",
        "flowodm registry diff",
    ),
    "schema": (
        "flowodm schema validate schemas/",
        "flowodm schema diff git:main:schemas/ schemas/",
    ),
    "models": (
        "flowodm models generate schemas/ --out app/models.py",
        "flowodm models check",
    ),
    "dlq": (
        "flowodm dlq list",
        "flowodm dlq show orders-dlt -n 10",
        "flowodm dlq replay orders-dlt",
    ),
    "context": (
        "flowodm context list",
        "flowodm context use prod",
    ),
    "sandbox": (
        "flowodm sandbox up --sample",
        "flowodm sandbox down",
    ),
}
"""Of the root and of each group."""
_ROOT_OPTIONS: Final = (
    ("--install-completion [SHELL]", "Install completion for bash, zsh or fish."),
    ("--show-completion [SHELL]", "Show the script that would be installed."),
)
_WIDEST: Final = 100
_LEFT_AT_MOST: Final = 34


def print_help(output: Output, lines: Iterable[Line]) -> None:
    """Write help lines to stdout."""
    for line in lines:
        output.line(*line)


def group_help(prefix: str, width: int) -> Iterator[Line]:
    """Yield the help of the root (`""`) or of a group, from the table of commands."""
    program = f"flowodm {prefix}".strip()
    yield (Span("Usage: ", "bold"), f"{program} COMMAND [ARGUMENTS] [OPTIONS]")
    yield from _paragraphs(GROUPS[prefix] if prefix else _SUMMARY, width)
    yield from _section("Commands", children(prefix).items(), width)
    yield from _global_section(width)
    if not prefix:
        yield from _section("Options of flowodm alone", _ROOT_OPTIONS, width)
    yield from _examples(_EXAMPLES[prefix])
    yield ()
    yield (f"{program} COMMAND --help shows the options and examples of a command.",)


def command_help(context: Any, command: "LeafCommand", width: int) -> Iterator[Line]:
    """Yield the help of one command."""
    arguments, options = _parameters(context, command)
    words = " ".join([context.command_path, *_argument_names(command), "[OPTIONS]"])
    yield (Span("Usage: ", "bold"), words)
    yield from _paragraphs(command.help or "", width)
    yield from _section("Arguments", arguments, width)
    yield from _section("Options", options, width)
    yield from _global_section(width, command.spec.formats)
    yield from _examples(command.spec.examples)


def _parameters(context: Any, command: "LeafCommand") -> tuple[list[Row], list[Row]]:
    arguments: list[Row] = []
    options: list[Row] = []
    for parameter in command.own_parameters:
        if parameter.hidden:
            continue
        if parameter.param_type_name == "argument":
            arguments.append((_argument_name(parameter), parameter.help or ""))
        else:
            options.append((_option_name(parameter), _option_text(context, parameter)))
    return arguments, options


def _argument_name(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _option_name(parameter: Any) -> str:
    flags = ", ".join([*sorted(parameter.opts, key=len), *parameter.secondary_opts])
    if parameter.is_flag or parameter.count:
        return flags
    return f"{flags} {parameter.metavar or parameter.name.upper()}"


def _option_text(context: Any, parameter: Any) -> str:
    default = parameter.get_default(context)
    if not parameter.show_default or default in (None, False, [], ()):
        return parameter.help or ""
    return f"{parameter.help or ''} [default: {default}]"


def _argument_names(command: "LeafCommand") -> Iterator[str]:
    for parameter in command.own_parameters:
        if parameter.param_type_name == "argument" and not parameter.hidden:
            name = _argument_name(parameter) + ("..." if parameter.nargs == -1 else "")
            yield name if parameter.required else f"[{name}]"


def _global_section(width: int, formats: tuple[str, ...] | None = None) -> Iterator[Line]:
    rows = [_global_row(option, formats) for option in GLOBAL_OPTIONS]
    return _section("Options of every command", [row for row in rows if row], width)


def _global_row(option: GlobalOption, formats: tuple[str, ...] | None) -> Row | None:
    flags = ", ".join(sorted(option.flags, key=len))
    text = option.help
    if option.name == "output" and formats is not None:
        if not formats:
            return None
        text = f"{text[:-1]}: {', '.join(formats)}."
    return (f"{flags} {option.metavar}" if option.metavar else flags, text)


def _section(heading: str, rows: Iterable[Row], width: int) -> Iterator[Line]:
    rows = list(rows)
    if not rows:
        return
    left = min(max(display_width(row[0]) for row in rows), _LEFT_AT_MOST)
    yield ()
    yield (Span(f"{heading}:", "bold"),)
    for name, text in rows:
        yield from _row(name, text, left, max(min(width, _WIDEST) - left - 4, 20))


def _row(name: str, text: str, left: int, right: int) -> Iterator[Line]:
    lines = textwrap.wrap(text, right) or [""]
    if display_width(name) > left:
        yield (f"  {name}",)
        name = ""
    yield (f"  {pad(name, left)}  {lines[0]}".rstrip(),)
    for line in lines[1:]:
        yield (f"  {pad('', left)}  {line}",)


def _paragraphs(text: str, width: int) -> Iterator[Line]:
    for paragraph in filter(None, text.split("\n\n")):
        yield ()
        for line in textwrap.wrap(" ".join(paragraph.split()), min(width, _WIDEST)):
            yield (line,)


def _examples(examples: Iterable[str]) -> Iterator[Line]:
    yield ()
    yield (Span("Examples:", "bold"),)
    for example in "\n".join(examples).split("\n"):
        command, mark, remark = example.partition("#")
        yield (f"  {command}", Span(mark + remark, "dim")) if mark else (f"  {command}",)
