"""A context as it may be shown: every setting with its place, no secret."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, SecretStr

from flowodm.config.context import Context

__all__ = ["Setting", "list_settings"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a context."""

    key: str
    """Its dotted name: `kafka.sasl.password`."""
    value: str | bool | None
    """None for a secret that is set."""
    is_secret: bool
    source: str
    """Where it was set: `flowodm.yaml:9`, a variable, `default`."""


def list_settings(context: Context) -> tuple[Setting, ...]:
    """List what a context says, in the order of its keys; what was left out is left out."""
    shown = {name: getattr(context, name) for name in type(context).model_fields}
    for name in ("name", "source", "origins", "warnings"):
        del shown[name]
    return tuple(_settings(context, shown, ""))


def _settings(context: Context, values: Mapping[str, Any], above: str) -> Iterator[Setting]:
    for name, value in values.items():
        key = f"{above}{name}"
        if isinstance(value, BaseModel):
            fields = {field: getattr(value, field) for field in type(value).model_fields}
            yield from _settings(context, fields, f"{key}.")
        elif isinstance(value, Mapping):
            yield from _settings(context, value, f"{key}.")
        elif value is not None and not (value is False and key not in context.origins):
            is_secret = isinstance(value, SecretStr)
            yield Setting(key, None if is_secret else value, is_secret, context.place(key))
