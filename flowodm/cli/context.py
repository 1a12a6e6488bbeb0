"""`flowodm context`: which clusters are known by name, and which one is current.

What the words mean is in `flowodm/config/`. A secret never comes by a command line, which every
user of the machine can read: it is named by a variable or a file, or read from standard input.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from flowodm.cli.options import Session, command, session_of
from flowodm.cli.output import Span
from flowodm.cli.tables import Column, write_document, write_rows
from flowodm.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from flowodm.config.sources import Sources
    from flowodm.contexts.listing import ContextEntry
    from flowodm.contexts.showing import Setting

__all__ = ["add_context", "list_contexts", "show_context", "trust_file", "use_context"]

_MASK: Final = "********"

_CONTEXT_COLUMNS: Final[tuple[Column["ContextEntry"], ...]] = (
    Column(
        "CURRENT",
        lambda entry: entry.is_current,
        key="is_current",
        text=lambda entry: "*" if entry.is_current else "",
    ),
    Column("NAME", lambda entry: entry.name, keep=2),
    Column("BROKERS", lambda entry: entry.bootstrap_servers, key="bootstrap_servers"),
    Column("READ-ONLY", lambda entry: entry.read_only, key="read_only", wide=True),
    Column("PROTECTED", lambda entry: entry.protected, wide=True),
    Column("SOURCE", lambda entry: entry.source, keep=1),
)


@command("flowodm context list", "flowodm context list -o name")
def list_contexts(context: typer.Context) -> None:
    """List the known contexts.

    From `flowodm.yaml`, found from here upward to the root of the repository, from your own
    file, and from the environment. `*` marks the one that counts when none is named.
    """
    from flowodm.contexts.listing import list_contexts as list_them

    session = session_of(context)
    entries = list_them(config_file=_config_file(session))
    write_rows(
        session.output, session.format, entries, _CONTEXT_COLUMNS, name=lambda entry: entry.name
    )


_SETTING_COLUMNS: Final[tuple[Column["Setting"], ...]] = (
    Column("KEY", lambda setting: setting.key, keep=2),
    Column(
        "VALUE",
        lambda setting: setting.value,
        text=lambda setting: _MASK if setting.is_secret else _plain(setting.value),
        keep=1,
    ),
    Column("SECRET", lambda setting: setting.is_secret, key="is_secret", wide=True),
    Column("SOURCE", lambda setting: setting.source),
)


@command("flowodm context show", "flowodm context show prod", "flowodm context show prod -o json")
def show_context(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The context; else the current one.")
    ] = None,
) -> None:
    """Show a context, without its secrets.

    Each setting with the place that it comes from; a secret that is set shows as asterisks.
    """
    from flowodm.contexts.showing import list_settings

    session = session_of(context)
    if name is not None and session.values.context not in (None, name):
        raise UsageError(f"`{name}` and `--context {session.values.context}` are two contexts")
    session.values.context = name or session.values.context
    shown = session.load_context()
    for warning in shown.warnings:
        session.output.warn(warning)
    settings = list_settings(shown)
    if session.format == "name":
        session.output.line(shown.name)
    elif session.format in ("table", "wide"):
        session.output.line(Span(shown.name, "bold"), Span(f"  {shown.source}", "dim"))
        write_rows(
            session.output, session.format, settings, _SETTING_COLUMNS, name=lambda one: one.key
        )
    else:
        document = {
            "name": shown.name,
            "source": shown.source,
            "settings": [
                {"key": one.key, "value": one.value, "secret": one.is_secret, "source": one.source}
                for one in settings
            ],
        }
        write_document(session.output, session.format, document)


@command("flowodm context use prod", formats=())
def use_context(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The context.")],
) -> None:
    """Choose the current context.

    It counts for this project, or outside of one for every place without a `flowodm.yaml`. The
    choice is kept in your own configuration directory, so `flowodm.yaml` stays as it is.
    """
    session = session_of(context)
    sources = _sources(session)
    if sources.find(name) is None:
        from flowodm.config.load import unknown_context

        raise unknown_context(sources, name)
    sources.store.set_current(sources.project, name)
    where = f"beside {sources.project}" if sources.project else "outside of projects"
    session.output.note(f"context `{name}` is current {where}")
    _warn_of_environment(session, sources)


@command(
    "flowodm context add dev --brokers localhost:9092 --registry http://localhost:8081",
    "flowodm context add prod --brokers k1:9093 --set security.protocol=SASL_SSL \\\n"
    "    --set sasl.mechanism=SCRAM-SHA-512 --set sasl.username=bob \\\n"
    "    --set sasl.password_file=/run/secrets/kafka --read-only",
    "pass show kafka | flowodm context add prod --brokers k1:9093 --secret-stdin sasl.password",
    formats=(),
)
def add_context(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new context.")],
    brokers: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="The brokers, with commas between them.")
    ],
    registry: Annotated[
        str | None, typer.Option(metavar="URL", help="The schema registry, without credentials.")
    ] = None,
    secret_variable: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VARIABLE", help="A secret that an environment variable will hold."
        ),
    ] = None,
    secret_stdin: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="A secret to read from standard input, and to store."),
    ] = None,
    read_only: Annotated[bool, typer.Option(help="Refuse every change.")] = False,
    protected: Annotated[bool, typer.Option(help="A change needs the topic's name typed.")] = False,
    cluster_id: Annotated[
        str | None, typer.Option(metavar="ID", help="The one cluster that may be changed.")
    ] = None,
    use: Annotated[bool, typer.Option(help="Make it the current one, too.")] = False,
) -> None:
    """Add a context to your own file.

    librdkafka's keys come with `--set`; secrets never by the command line, which every user of
    this machine can read. Keys of the registry begin with `registry.`: `--secret-stdin
    registry.basic_auth` takes `user:password`. The file is readable by you alone.
    """
    from flowodm.contexts import editing

    session = session_of(context)
    settings = _new_settings(
        brokers,
        registry,
        kafka=session.values.overrides,
        guards={"read_only": read_only, "protected": protected, "cluster_id": cluster_id},
    )
    for pair in secret_variable or []:
        key, variable = _pair(pair)
        _put_secret(settings, key, f"${{{variable}}}")
    if secret_stdin is not None:
        _put_secret(settings, secret_stdin, editing.literal(_read_secret(secret_stdin)))
    sources = _sources(session)
    path = sources.store.config_file
    editing.add_context(path, name, settings)
    session.output.note(f"context `{name}` is in {path}")
    hiding = sources.find(name)
    if hiding is not None and not hiding.is_own:
        session.output.warn(f"`{hiding.document.source}` has a context of that name, which counts")
    if use:
        sources.store.set_current(sources.project, name)
        session.output.note(f"context `{name}` is current")


@command("flowodm context trust", "flowodm context trust ../flowodm.yaml", formats=())
def trust_file(
    context: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="The file; else the one found from here upward."),
    ] = None,
) -> None:
    """Let a project's file name any variable and file.

    Without trust it may read `KAFKA_*`, `SCHEMA_REGISTRY_*`, `SR_*` and `FLOWODM_*` alone, and no
    secret from a file: whoever wrote it could send what is there to a host of their own. The
    trust ends when the file changes. What would run code is refused all the same.
    """
    session = session_of(context)
    if file is not None:
        session.values.config = file
    sources = _sources(session)
    trusted = next((one for one in sources.files if not one.is_own), None)
    if trusted is None:
        raise ConfigurationError(
            "there is no `flowodm.yaml` here to trust",
            hint="your own file is trusted anyway; name another: flowodm context trust FILE",
        )
    sources.store.trust(trusted.path, trusted.digest)
    session.output.note(f"{trusted.path} is trusted as it is now")


def _config_file(session: Session) -> Path | None:
    return Path(session.values.config) if session.values.config else None


def _sources(session: Session) -> "Sources":
    from flowodm.config.sources import find_sources

    return find_sources(_config_file(session))


def _plain(value: str | bool | None) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else value


def _warn_of_environment(session: Session, sources: "Sources") -> None:
    from flowodm.config.environment import CONTEXT_VARIABLE, read_environment

    environment = read_environment(sources.environ)
    if sources.environ.get(CONTEXT_VARIABLE):
        session.output.warn(f"{CONTEXT_VARIABLE} is set, and counts more")
    elif environment.names_cluster:
        session.output.warn(f"{environment.where(('bootstrap_servers',))} is set, and counts more")


def _new_settings(
    brokers: str, registry: str | None, *, kafka: dict[str, str], guards: dict[str, Any]
) -> dict[str, Any]:
    settings: dict[str, Any] = {"bootstrap_servers": brokers}
    if kafka:
        from flowodm.config.overrides import check_key

        for key in kafka:
            check_key(key)
        settings["kafka"] = {
            key.removeprefix("librdkafka."): _absolute(key, value) for key, value in kafka.items()
        }
    if registry is not None:
        if "@" in registry:
            raise UsageError(
                "`--registry` holds credentials, and every user of this machine can read them",
                hint="give them by --secret-stdin registry.basic_auth",
            )
        settings["schema_registry"] = {"url": registry}
    return settings | {key: value for key, value in guards.items() if value}


def _absolute(key: str, value: str) -> str:
    """Name a file from the root: the context will be read from elsewhere."""
    from flowodm.config.librdkafka import PATH_KEYS

    is_path = key.endswith("_file") or key.removeprefix("librdkafka.") in PATH_KEYS
    return os.path.abspath(os.path.expanduser(value)) if is_path and value != "probe" else value


def _pair(text: str) -> tuple[str, str]:
    key, equals, variable = text.partition("=")
    if not equals or not variable.isidentifier():
        raise UsageError(
            "`--secret-variable` takes KEY=VARIABLE, the name of a variable",
            hint="for example --secret-variable sasl.password=KAFKA_PASSWORD",
        )
    return key, variable


def _put_secret(settings: dict[str, Any], key: str, value: str) -> None:
    if not key.startswith("registry."):
        settings.setdefault("kafka", {})[key] = value
    elif "schema_registry" not in settings:
        raise UsageError(f"`{key}` needs `--registry`")
    else:
        settings["schema_registry"][key.removeprefix("registry.")] = value


def _read_secret(key: str) -> str:
    if sys.stdin is None or not sys.stdin.isatty():
        secret = sys.stdin.readline().rstrip("\r\n") if sys.stdin else ""
    else:
        import getpass

        secret = getpass.getpass(f"{key}: ")
    if not secret:
        raise UsageError(f"standard input holds no secret for `{key}`")
    return secret
