"""The arguments of `connect()` as the first source of settings.

They come from code that its author trusts, so they may be anything; but a host that they name
gets the credentials that they name, and none from a file or the environment.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flowodm.config.context import Context
from flowodm.config.environment import read_environment
from flowodm.config.librdkafka import BOOTSTRAP_KEYS
from flowodm.config.load import add_guards, draft_context, environment_settings
from flowodm.config.settle import Draft, settle
from flowodm.config.sources import find_sources
from flowodm.documents.yaml import Location
from flowodm.errors import ConfigurationError

__all__ = ["context_from_arguments"]

_NAME = "connect()"


def context_from_arguments(
    context: str | Context | None,
    settings: Mapping[str, Any],
    *,
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Context:
    """Make the context that the arguments of `connect()` describe.

    Args:
        context: The context to start from; without it, what `load_context()` finds.
        settings: What the arguments say, as the keys of a context.
        environ: The environment; the process's when absent.
        directory: The working directory; the process's when absent.

    Raises:
        ConfigurationError: A setting is wrong, or a context's credentials would meet a host
            that is not the context's.
    """
    settings = _with_servers(settings)
    if not settings and isinstance(context, Context):
        return context
    environ = os.environ if environ is None else environ
    draft = _start(context, settings, environ, directory)
    _overlay(draft, settings)
    return settle(draft)


def _with_servers(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Take `bootstrap.servers` out of librdkafka's keys, and leave out what was not given."""
    kafka = dict(settings.get("kafka") or {})
    found = [str(kafka.pop(key)) for key in BOOTSTRAP_KEYS if key in kafka]
    merged = {**settings, "kafka": kafka}
    if found:
        if not found[0].strip():
            raise ConfigurationError("connect(): `bootstrap.servers` in `config` is empty")
        if settings.get("bootstrap_servers"):
            raise ConfigurationError("`bootstrap_servers` is given, and `bootstrap.servers` too")
        merged["bootstrap_servers"] = found[0]
    return {key: value for key, value in merged.items() if value}


def _start(
    context: str | Context | None,
    settings: Mapping[str, Any],
    environ: Mapping[str, str],
    directory: Path | None,
) -> Draft:
    if isinstance(context, Context):
        return _reopened(context)
    if context is None and "bootstrap_servers" in settings:
        draft = Draft(_NAME, _NAME, {}, {}, _where)
        environment = read_environment(environ)
        if environment.names_registry:
            registry = environment_settings(environ, directory or Path.cwd())["schema_registry"]
            draft.replace(("schema_registry",), registry, environment.where)
        add_guards(draft, environment)
        return draft
    return draft_context(find_sources(environ=environ, directory=directory), context)


def _reopened(context: Context) -> Draft:
    own = {"name", "source", "origins", "warnings"}
    settings = context.model_dump(exclude=own, exclude_defaults=True)

    def where(location: Location) -> str:
        return context.origins.get(".".join(map(str, location)), context.source)

    return Draft(context.name, context.source, settings, {}, where)


def _overlay(draft: Draft, settings: Mapping[str, Any]) -> None:
    servers = settings.get("bootstrap_servers")
    is_elsewhere = servers and draft.settings.get("bootstrap_servers") not in (None, servers)
    if is_elsewhere and (credential := draft.credential):
        raise ConfigurationError(
            f"`bootstrap_servers` would send `{credential}` of context `{draft.name}` "
            "to another host",
            hint="leave one of `context` and `bootstrap_servers` out",
        )
    for key, value in settings.items():
        if key == "schema_registry" and "url" not in value:
            _overlay_registry(draft, value)
        elif isinstance(value, Mapping) and key != "schema_registry":
            for inner, item in value.items():
                draft.replace((key, inner), item, _where)
        else:
            draft.replace((key,), value, _where)


def _overlay_registry(draft: Draft, value: Mapping[str, Any]) -> None:
    if not (registry := draft.settings.get("schema_registry")):
        raise ConfigurationError("credentials for a registry are given, and no registry is")
    kept = {k: v for k, v in registry.items() if k not in ("basic_auth", "bearer_token", "oauth")}
    draft.replace(("schema_registry",), {**kept, **value}, _where)


def _where(location: Location) -> str:
    return _NAME
