"""The table of commands, and the way from arguments to an exit code.

To add a command:

1. Write a function in `flowodm/cli/<noun>.py`, decorated with `options.command(...)`, which
   takes its examples and output formats. Its parameters are Typer's (`Annotated[str,
   typer.Argument(help=...)]`); the first is `context: typer.Context`, and
   `options.session_of(context)` is the `Session`: global options, `output`, `connect()`.
   The docstring is the help; its first line is the summary. It returns an exit code, or None
   for 0, and raises `FlowODMError` for the rest. Heavy imports go inside the function.
2. Add its line to `COMMANDS` here, with the same summary.

Lists and details are written by `tables.write_rows` and `tables.write_detail`, single lines by
`session.output.line` (data), `.note` and `.warn` (stderr); nothing else prints.

Global options, `--help` and completion are added by the frame: never declare them in a command.
This module imports nothing heavy, because `flowodm --help` and shell completion read it alone.
"""

import os
from typing import Literal, NamedTuple, NoReturn

from flowodm.cli.options import Session
from flowodm.cli.output import Output

__all__ = [
    "COMMANDS",
    "COMPLETION_VARIABLE",
    "GROUPS",
    "CommandEntry",
    "children",
    "run",
    "run_process",
]


class CommandEntry(NamedTuple):
    """One command: the words a user types, where its function is, and what it does."""

    path: str
    target: str
    """`module:function`, imported when the command is invoked."""
    summary: str
    completes: Literal["topics", "contexts", "subjects", "groups", ""] = ""
    """What its arguments name, for shell completion."""
    hidden: bool = False


COMMANDS: tuple[CommandEntry, ...] = (
    CommandEntry(
        "tail", "flowodm.cli.tail:tail", "Follow or read topics as decoded records.", "topics"
    ),
    CommandEntry(
        "produce", "flowodm.cli.produce:produce", "Send records from NDJSON to a topic.", "topics"
    ),
    CommandEntry("run", "flowodm.cli.run:run", "Run the consumer loops of a manifest."),
    CommandEntry(
        "topics list", "flowodm.cli.topics:list_topics", "List the topics of a cluster.", "topics"
    ),
    CommandEntry(
        "topics describe",
        "flowodm.cli.topics_describe:describe_topic",
        "Show one topic in detail.",
        "topics",
    ),
    CommandEntry("topics create", "flowodm.cli.topics_changes:create_topic", "Create a topic."),
    CommandEntry(
        "topics alter",
        "flowodm.cli.topics_changes:alter_topic",
        "Alter a topic: its settings, and the number of its partitions.",
        "topics",
    ),
    CommandEntry(
        "topics delete",
        "flowodm.cli.topics_changes:delete_topic",
        "Delete a topic with all its records.",
        "topics",
    ),
    CommandEntry(
        "topics purge",
        "flowodm.cli.topics_changes:purge_topic",
        "Delete the records of a topic up to a position.",
        "topics",
    ),
    CommandEntry(
        "groups list",
        "flowodm.cli.groups:list_groups",
        "List the consumer groups of a cluster.",
        "groups",
    ),
    CommandEntry(
        "groups describe",
        "flowodm.cli.groups_describe:describe_group",
        "Show one group in detail.",
        "groups",
    ),
    CommandEntry(
        "groups lag",
        "flowodm.cli.groups_lag:lag",
        "Tell how far groups are behind.",
        "groups",
    ),
    CommandEntry(
        "groups reset",
        "flowodm.cli.groups_changes:reset_group",
        "Move the offsets of a group.",
        "groups",
    ),
    CommandEntry(
        "groups delete",
        "flowodm.cli.groups_changes:delete_group",
        "Delete a group.",
        "groups",
    ),
    CommandEntry(
        "registry list",
        "flowodm.cli.registry:list_subjects",
        "List the subjects of a registry.",
        "subjects",
    ),
    CommandEntry(
        "registry show",
        "flowodm.cli.registry:show_schema",
        "Show a schema, and what counts for it.",
        "subjects",
    ),
    CommandEntry(
        "registry register",
        "flowodm.cli.registry_register:register_schema",
        "Register a schema under a subject.",
    ),
    CommandEntry(
        "registry check",
        "flowodm.cli.registry_check:check_schema",
        "Tell whether a schema may be registered.",
    ),
    CommandEntry(
        "registry delete",
        "flowodm.cli.registry_changes:delete_subject",
        "Delete a subject, or one version.",
        "subjects",
    ),
    CommandEntry(
        "registry config",
        "flowodm.cli.registry_changes:level",
        "Show or set a compatibility level.",
        "subjects",
    ),
    CommandEntry(
        "registry mode",
        "flowodm.cli.registry_changes:mode",
        "Show or set a mode.",
        "subjects",
    ),
    CommandEntry(
        "registry refs",
        "flowodm.cli.registry_refs:show_references",
        "Show what references what.",
        "subjects",
    ),
    CommandEntry(
        "registry export",
        "flowodm.cli.registry_moving:export_registry",
        "Write the schemas of a registry to a file.",
        "subjects",
    ),
    CommandEntry(
        "registry import",
        "flowodm.cli.registry_moving:import_registry",
        "Bring exported schemas into a registry.",
    ),
    CommandEntry(
        "registry diff",
        "flowodm.cli.registry_diff:diff_registry",
        "Tell how schemas differ from what is registered.",
        "subjects",
    ),
    CommandEntry(
        "schema validate", "flowodm.cli.schema:validate_schemas", "Tell which schemas are valid."
    ),
    CommandEntry(
        "schema check",
        "flowodm.cli.schema:check_schema",
        "Tell whether a schema may follow others.",
    ),
    CommandEntry(
        "schema diff", "flowodm.cli.schema:diff_schemas", "Tell what changed between two schemas."
    ),
    CommandEntry(
        "schema fingerprint",
        "flowodm.cli.schema:fingerprint_schemas",
        "Show the fingerprints of schemas.",
    ),
    CommandEntry(
        "schema format", "flowodm.cli.schema_format:format_schemas", "Lay schemas out in one way."
    ),
    CommandEntry(
        "models generate",
        "flowodm.cli.models:generate_models",
        "Write the Python models of schemas.",
    ),
    CommandEntry("models schema", "flowodm.cli.models:show_schema", "Show the schema of a model."),
    CommandEntry(
        "models check",
        "flowodm.cli.models_check:check_models",
        "Tell how models differ from schemas.",
    ),
    CommandEntry(
        "plan",
        "flowodm.cli.plan:plan",
        "Show what would change to have what flowodm.yaml declares.",
    ),
    CommandEntry(
        "apply",
        "flowodm.cli.apply:apply",
        "Change what there is to what flowodm.yaml declares.",
    ),
    CommandEntry(
        "drift", "flowodm.cli.plan:drift", "Tell what is not as flowodm.yaml declares it."
    ),
    CommandEntry(
        "dlq list",
        "flowodm.cli.dlq:list_letters",
        "Count dead letters by where they came from, error and group.",
        "topics",
    ),
    CommandEntry(
        "dlq show",
        "flowodm.cli.dlq:show_letters",
        "Show dead letters: where each came from, why it was given up, and what it holds.",
        "topics",
    ),
    CommandEntry(
        "dlq replay",
        "flowodm.cli.dlq:replay_letters",
        "Send dead letters again, each once.",
        "topics",
    ),
    CommandEntry(
        "list-subjects",
        "flowodm.cli.registry:list_subjects",
        "List the subjects of a registry.",
        hidden=True,
    ),
    CommandEntry(
        "get-schema",
        "flowodm.cli.aliases:get_schema",
        "Show a schema.",
        "subjects",
        hidden=True,
    ),
    CommandEntry(
        "upload-schema",
        "flowodm.cli.aliases:upload_schema",
        "Register a schema under a subject.",
        hidden=True,
    ),
    CommandEntry(
        "check-compatibility",
        "flowodm.cli.aliases:check_compatibility",
        "Tell whether a schema may be registered.",
        hidden=True,
    ),
    CommandEntry(
        "validate",
        "flowodm.cli.aliases:validate",
        "Tell which schemas are valid, or whether models differ from theirs.",
        hidden=True,
    ),
    CommandEntry("context list", "flowodm.cli.context:list_contexts", "List the known contexts."),
    CommandEntry(
        "context show",
        "flowodm.cli.context:show_context",
        "Show a context, without its secrets.",
        "contexts",
    ),
    CommandEntry(
        "context use", "flowodm.cli.context:use_context", "Choose the current context.", "contexts"
    ),
    CommandEntry(
        "context add", "flowodm.cli.context:add_context", "Add a context to your own file."
    ),
    CommandEntry(
        "context trust",
        "flowodm.cli.context:trust_file",
        "Let a project's file name any variable and file.",
    ),
    CommandEntry(
        "doctor",
        "flowodm.cli.doctor:doctor",
        "Find what is wrong between here and a cluster.",
    ),
    CommandEntry("sandbox up", "flowodm.cli.sandbox:up", "Start a local Kafka and registry."),
    CommandEntry("sandbox status", "flowodm.cli.sandbox:status", "Show the sandboxes."),
    CommandEntry("sandbox down", "flowodm.cli.sandbox:down", "Stop a sandbox."),
    CommandEntry("tui", "flowodm.cli.tui:tui", "Look at topics and records, live.", "topics"),
    CommandEntry("demo", "flowodm.cli.demo:demo", "Watch live typed events in a sandbox."),
)

COMPLETION_VARIABLE = "_FLOWODM_COMPLETE"
"""Set in the environment by a shell that asks for candidates, instead of a run."""

GROUPS: dict[str, str] = {
    "topics": "Topics: looked at, created, altered, purged, deleted.",
    "groups": "Consumer groups: how far behind they are, and their offsets moved.",
    "registry": "Schemas of a registry: looked at, checked, changed, moved.",
    "schema": "Schemas of files, commits and models, without a registry.",
    "models": "Python models of Avro schemas, both ways.",
    "dlq": "Dead letters: counted, looked at, sent again.",
    "context": "Clusters by name, and which one is current.",
    "sandbox": "A local Apache Kafka and registry.",
}


def children(prefix: str, *, hidden: bool = False) -> dict[str, str]:
    """Return the names and summaries directly under a group, in the order of the table."""
    start = f"{prefix} " if prefix else ""
    found: dict[str, str] = {}
    for entry in COMMANDS:
        if entry.path.startswith(start) and (hidden or not entry.hidden):
            name, _, rest = entry.path.removeprefix(start).partition(" ")
            found.setdefault(name, GROUPS[start + name] if rest else entry.summary)
    return found


def run_process(arguments: list[str]) -> NoReturn:
    """Run the command line as this process: its streams, its signals, its end."""
    from flowodm.cli import process

    process.prepare_streams()
    session = Session(Output.of_process())
    if os.environ.get(COMPLETION_VARIABLE):
        from flowodm.cli import completion

        process.end(completion.answer(arguments, session))
    with process.interrupts(session):
        code = run(arguments, session)
    process.end(code)


def run(arguments: list[str], session: Session) -> int:
    """Run one command line and return its exit code; errors become lines on stderr."""
    try:
        code = _dispatch(arguments, session)
        session.output.flush()
    except BaseException as error:  # noqa: BLE001 - the one place where errors become lines
        from flowodm.cli import errors

        code = errors.report(error, session)
    return code


def _dispatch(arguments: list[str], session: Session) -> int:
    if arguments in ([], ["--help"], ["-h"]):
        from flowodm.cli import help

        help.print_help(session.output, help.group_help("", session.output.width))
        return 0
    if arguments[0] in ("--install-completion", "--show-completion"):
        from flowodm.cli import shells

        return shells.run(arguments, session)
    from flowodm.cli import frame

    return frame.invoke(arguments, session)
