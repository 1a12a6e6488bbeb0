"""Which context is used, and what it is: flag, environment, `flowodm.yaml`, the user's file.

A secret goes only to a host that the same source names. So a context named explicitly takes no
connection setting from the environment; an environment that names a cluster is a context of its
own, without anything of a file's; and where neither holds, the environment may replace the
registry as a whole, or tune librdkafka, but not say who we are.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flowodm.config.context import Context
from flowodm.config.environment import CONTEXT_VARIABLE, Environment, read_environment
from flowodm.config.expand import Expansion
from flowodm.config.files import ConfigFile, check_trust
from flowodm.config.overrides import apply_overrides
from flowodm.config.settle import Draft, settle
from flowodm.config.sources import (
    BUILT_IN,
    DEFAULT,
    DEFAULT_SETTINGS,
    ENVIRONMENT,
    Sources,
    find_sources,
)
from flowodm.documents.validate import did_you_mean
from flowodm.errors import ConfigurationError

__all__ = ["add_guards", "draft_context", "environment_settings", "load_context", "unknown_context"]


def load_context(
    name: str | None = None,
    *,
    config_file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
    overrides: Mapping[str, str] | None = None,
) -> Context:
    """Load the context to use.

    Args:
        name: The context; without it `FLOWODM_CONTEXT`, a cluster that the environment names,
            or the current context, in this order.
        config_file: The only configuration file to count.
        environ: The environment; the process's when absent.
        directory: The working directory; the process's when absent.
        overrides: librdkafka's keys and values from the command line.

    Raises:
        ConfigurationError: There is no such context, or a setting is wrong; with its place.
    """
    sources = find_sources(config_file, environ=environ, directory=directory)
    draft = draft_context(sources, name)
    if overrides:
        apply_overrides(draft, overrides)
    return settle(draft)


def draft_context(sources: Sources, name: str | None) -> Draft:
    """Choose a context and gather its settings, checked only where their file was."""
    environment = read_environment(sources.environ)
    explicit = name or sources.environ.get(CONTEXT_VARIABLE)
    if explicit:
        draft = _named(sources, explicit)
    elif environment.names_cluster and not sources.config_is_named:
        draft = _from_environment(sources)
    else:
        draft = _current(sources)
        if not sources.config_is_named:
            _add_environment(draft, sources)
    add_guards(draft, environment)
    return draft


def _named(sources: Sources, name: str) -> Draft:
    if file := sources.find(name):
        return _from_file(sources, file, name)
    if name == ENVIRONMENT and read_environment(sources.environ).names_cluster:
        return _from_environment(sources)
    raise unknown_context(sources, name)


def unknown_context(sources: Sources, name: str) -> ConfigurationError:
    """Make the error for a context that no file defines."""
    known = [known for file in sources.files for known in file.contexts]
    hint = did_you_mean(name, known) or "add it: flowodm context add NAME"
    return ConfigurationError(
        f"there is no context `{name}`", hint=f"{hint}  (flowodm context list)"
    )


def _current(sources: Sources) -> Draft:
    if name := sources.current():
        return _named(sources, name)
    return Draft(DEFAULT, BUILT_IN, dict(DEFAULT_SETTINGS), {}, lambda location: BUILT_IN)


def _from_file(sources: Sources, file: ConfigFile, name: str) -> Draft:
    raw = file.contexts[name]
    is_trusted = sources.is_trusted(file)
    if not is_trusted:
        check_trust(file, name, raw)

    def where(location: tuple[str | int, ...]) -> str:
        return file.where(("contexts", name, *location))

    expansion = Expansion(sources.environ, where, file.path.parent, is_trusted)
    settings = expansion.apply(raw)
    return Draft(name, where(()), settings, expansion.used, expansion.where)


def _from_environment(sources: Sources) -> Draft:
    environment = read_environment(sources.environ)
    settings = environment_settings(sources.environ, sources.directory)
    if not environment.names_registry:
        settings.pop("schema_registry", None)
    draft = Draft(ENVIRONMENT, ENVIRONMENT, settings, {}, environment.where)
    _warn_of_homeless(draft, environment)
    return draft


def environment_settings(environ: Mapping[str, str], directory: Path) -> dict[str, Any]:
    """Return the settings in the environment, with the secrets that are in files read."""
    environment = read_environment(environ)
    where = environment.where
    return Expansion(environ, where, directory, is_trusted=True, is_verbatim=True).apply(
        environment.settings
    )


def _add_environment(draft: Draft, sources: Sources) -> None:
    """Let the environment replace the registry as a whole, and tune librdkafka."""
    environment = read_environment(sources.environ)
    for section, tuning in environment.tuning().items():
        draft.replace((section,), {**draft.settings.get(section, {}), **tuning}, environment.where)
    if environment.names_registry:
        whole = environment_settings(sources.environ, sources.directory)["schema_registry"]
        draft.replace(("schema_registry",), whole, environment.where)
    _warn_of_homeless(draft, environment)


def _warn_of_homeless(draft: Draft, environment: Environment) -> None:
    """Say which credentials of the environment are for nobody."""
    used = {name for names in draft.used.values() for name in names}
    if homeless := [variable for variable in environment.homeless() if variable not in used]:
        host = "SCHEMA_REGISTRY_URL" if "REGISTRY" in homeless[0] else "KAFKA_BOOTSTRAP_SERVERS"
        draft.warnings.append(
            f"{homeless[0]} is not used: {host} is not set, so nothing says whom it is for"
        )


def add_guards(draft: Draft, environment: Environment) -> None:
    """Let the environment forbid more than the context does, never less."""
    for key, value in environment.guards().items():
        if value != "false" and draft.settings.get(key) in (None, False, "false"):
            draft.replace((key,), value, environment.where)
