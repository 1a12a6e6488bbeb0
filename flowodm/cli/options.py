"""What every command shares: the global options, and what one run carries around.

The global options are defined once, here, as data. `frame.py` adds them to every command and
group, so that they work before and after the subcommand; `help.py` lists them without Typer.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeVar

from flowodm.cli.output import Output
from flowodm.errors import UsageError

if TYPE_CHECKING:
    import typer

    from flowodm.config import Context
    from flowodm.connection import KafkaConnection

__all__ = [
    "FORMATS",
    "GLOBAL_OPTIONS",
    "PATIENCE",
    "CommandSpec",
    "GlobalOption",
    "GlobalValues",
    "Session",
    "command",
    "session_of",
    "spec_of",
]

FORMATS: Final = ("table", "wide", "json", "ndjson", "yaml", "name")
"""The output formats of a command that lists or shows things; the first is the default."""


PATIENCE: Final = 0.6
"""Seconds that a command has to end after Ctrl-C, where it does not ask for more."""


class GlobalOption(NamedTuple):
    """One option that every command has."""

    name: str
    flags: tuple[str, ...]
    kind: Literal["value", "list", "flag", "count"]
    help: str
    metavar: str | None = None


GLOBAL_OPTIONS: Final = (
    GlobalOption("context", ("--context",), "value", "The context to use.", "NAME"),
    GlobalOption("config", ("--config",), "value", "The configuration file to read.", "FILE"),
    GlobalOption(
        "overrides", ("--set",), "list", "A librdkafka setting; may be repeated.", "KEY=VALUE"
    ),
    GlobalOption("output", ("--output", "-o"), "value", "The output format.", "FORMAT"),
    GlobalOption("no_color", ("--no-color",), "flag", "No colours, whatever the terminal."),
    GlobalOption("quiet", ("--quiet", "-q"), "flag", "Only data, warnings and errors."),
    GlobalOption(
        "verbose", ("--verbose", "-v"), "count", "Log to stderr; twice also shows tracebacks."
    ),
    GlobalOption("version", ("--version",), "flag", "Show the version and end."),
    GlobalOption("help", ("--help", "-h"), "flag", "Show this help and end."),
)


class GlobalValues:
    """The global options as given on one command line, before or after the subcommand."""

    __slots__ = ("config", "context", "no_color", "output", "overrides", "quiet", "verbose")

    def __init__(self) -> None:
        self.context: str | None = None
        self.config: str | None = None
        self.overrides: dict[str, str] = {}
        self.output: str | None = None
        self.no_color = False
        self.quiet = False
        self.verbose = 0


class Session:
    """One run of one command: its global options, its output, its way to the cluster."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self.values = GlobalValues()
        self.formats: tuple[str, ...] = ()
        self.patience = PATIENCE
        """Seconds that the command has to end by itself after Ctrl-C."""

    @property
    def format(self) -> str:
        """The output format: as asked for, else the command's first."""
        return self.values.output or self.formats[0]

    def load_context(self, name: str | None = None) -> "Context":
        """Read the context that this run is to use.

        Args:
            name: Another one, by its name.

        Raises:
            ConfigurationError: If a file, the environment or an option is wrong.
        """
        from pathlib import Path

        from flowodm.cli.sandbox_context import sandbox_context
        from flowodm.config import load_context

        if (sandbox := sandbox_context(self.values, name)) is not None:
            return sandbox
        config_file = Path(self.values.config) if self.values.config else None
        return load_context(
            name or self.values.context, config_file=config_file, overrides=self.values.overrides
        )

    def connect(self) -> "AbstractContextManager[KafkaConnection]":
        """Return the connection of this run's context; use it in a `with` statement.

        Raises:
            ConfigurationError: If a file, the environment or an option is wrong.
        """
        from flowodm.connection import KafkaConnection

        context = self.load_context()
        for warning in context.warnings:
            self.output.warn(warning)
        return KafkaConnection(context)


class CommandSpec(NamedTuple):
    """What a command says about itself beside its parameters."""

    examples: tuple[str, ...]
    formats: tuple[str, ...]
    patience: float


_Function = TypeVar("_Function", bound=Callable[..., int | None])


def command(
    *examples: str, formats: tuple[str, ...] = FORMATS, patience: float = PATIENCE
) -> Callable[[_Function], _Function]:
    """Declare a function to be a command.

    Args:
        examples: Command lines a user would type, at least one; a `#` starts a remark.
        formats: What `-o` takes, the default first; empty for a command without data.
        patience: Seconds that it may take to clean up after Ctrl-C, before the process is ended.
    """

    def declare(function: _Function) -> _Function:
        function.__flowodm__ = CommandSpec(examples, formats, patience)  # type: ignore[attr-defined]
        return function

    return declare


def spec_of(function: Callable[..., object]) -> CommandSpec:
    """Return what `command` declared of a function."""
    spec = getattr(function, "__flowodm__", None)
    if not isinstance(spec, CommandSpec):
        raise TypeError(f"{function!r} is not declared with `options.command`")
    return spec


def session_of(context: "typer.Context") -> Session:
    """Return the session of the command that Typer calls with `context`."""
    session = context.obj
    assert isinstance(session, Session)
    return session


def add_override(values: GlobalValues, text: str) -> None:
    """Take one `--set key=value`.

    Raises:
        UsageError: If there is no `=`.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise UsageError(
            f"`--set {text}` is not `key=value`", hint="for example --set socket.timeout.ms=3000"
        )
    values.overrides[key.strip()] = value
