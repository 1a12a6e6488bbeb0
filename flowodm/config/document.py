"""What a whole `flowodm.yaml` may hold: contexts, and what the project declares."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from flowodm.config.context import ContextSettings, Strict, Text, plain_text

__all__ = ["ConfigDocument", "TopicSettings"]

_DURATION = re.compile(r"(\d+)\s*(ms|s|m|min|h|d|w)")
_MILLISECONDS = {
    "ms": 1,
    "s": 1_000,
    "m": 60_000,
    "min": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
}

Compatibility = Literal[
    "NONE",
    "BACKWARD",
    "BACKWARD_TRANSITIVE",
    "FORWARD",
    "FORWARD_TRANSITIVE",
    "FULL",
    "FULL_TRANSITIVE",
]


class TopicSettings(Strict):
    """A topic as the project wants it."""

    partitions: Annotated[int, Field(strict=True, ge=1)] | None = None
    replication_factor: Annotated[int, Field(strict=True, ge=1, le=32_767)] | None = None
    config: dict[str, Annotated[str | None, BeforeValidator(plain_text)]] = Field(
        default_factory=dict
    )
    """Kafka's topic settings; those in milliseconds may be written as durations (`7d`). Null is
    for what must not be set: the cluster's default is to count."""
    key: Text | None = None
    """The Avro schema of keys: a path relative to the file."""
    value: Text | None = None
    """The Avro schema of values: a path relative to the file."""
    compatibility: Compatibility | None = None

    @field_validator("config")
    @classmethod
    def _settle_durations(cls, config: dict[str, str | None]) -> dict[str, str | None]:
        return {
            key: _milliseconds(value) if value is not None and key.endswith(".ms") else value
            for key, value in config.items()
        }


class ConfigDocument(Strict):
    """The whole file."""

    version: Literal[1] = 1
    contexts: dict[str, ContextSettings] = Field(default_factory=dict)
    schemas: tuple[Text, ...] = ()
    """Files and folders of Avro schemas, relative to the file."""
    models: tuple[Text, ...] = ()
    """Python modules with models."""
    topics: dict[str, TopicSettings] = Field(default_factory=dict)


def _milliseconds(value: str) -> str:
    match = _DURATION.fullmatch(value.strip())
    return str(int(match[1]) * _MILLISECONDS[match[2]]) if match else value
