"""The contexts there are, without what is in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowodm.config.environment import CONTEXT_VARIABLE, read_environment
from flowodm.config.files import ConfigFile
from flowodm.config.sources import (
    BUILT_IN,
    DEFAULT,
    DEFAULT_SETTINGS,
    ENVIRONMENT,
    Sources,
    find_sources,
)
from flowodm.errors import ConfigurationError

__all__ = ["ContextEntry", "list_contexts"]


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """A context that there is, without its settings."""

    name: str
    source: str
    """Where it is defined: `flowodm.yaml:4`, `environment`, `default`."""
    is_current: bool
    bootstrap_servers: str | None = None
    """As it was written."""
    read_only: bool = False
    protected: bool = False


def list_contexts(
    *,
    config_file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> tuple[ContextEntry, ...]:
    """List the contexts there are, in the order in which they are looked for.

    Raises:
        ConfigurationError: A file cannot be read, or something in it is wrong.
    """
    sources = find_sources(config_file, environ=environ, directory=directory)
    entries: dict[str, ContextEntry] = {}
    current = _current_name(sources)
    for file in sources.files:
        for name, settings in file.contexts.items():
            if name not in entries:
                entries[name] = _entry(file, name, settings, is_current=name == current)
    for name, settings in _unwritten(sources).items():
        if name not in entries and (name == ENVIRONMENT or not entries):
            servers = settings["bootstrap_servers"]
            source = BUILT_IN if name == DEFAULT else name
            entries[name] = ContextEntry(name, source, name == current, servers)
    return tuple(entries.values())


def _entry(
    file: ConfigFile, name: str, settings: Mapping[str, Any], *, is_current: bool
) -> ContextEntry:
    servers = settings.get("bootstrap_servers")
    return ContextEntry(
        name,
        file.where(("contexts", name)),
        is_current,
        ",".join(servers) if isinstance(servers, list) else servers,
        settings.get("read_only") is True,
        settings.get("protected") is True,
    )


def _unwritten(sources: Sources) -> dict[str, Mapping[str, Any]]:
    """Return the contexts that no file defines."""
    environment = read_environment(sources.environ)
    found: dict[str, Mapping[str, Any]] = {}
    if environment.names_cluster:
        found[ENVIRONMENT] = environment.settings
    return found | {DEFAULT: DEFAULT_SETTINGS}


def _current_name(sources: Sources) -> str | None:
    if named := sources.environ.get(CONTEXT_VARIABLE):
        return named
    if not sources.config_is_named and read_environment(sources.environ).names_cluster:
        return ENVIRONMENT
    try:
        return sources.current() or DEFAULT
    except ConfigurationError:
        return None
