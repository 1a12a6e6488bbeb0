"""The schema registry: does it answer, whom does it take us for, and can a schema be read back?"""

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from flowodm.doctor.report import Finding, failed
from flowodm.errors import (
    FlowODMError,
    RegistryError,
    RegistryUnreachable,
    SchemaError,
    SubjectNotFound,
)
from flowodm.registry import SchemaRegistry
from flowodm.registry.exchange import Limits

if TYPE_CHECKING:
    from flowodm.config import RegistryConfig

__all__ = ["look_at_registry", "registries_of"]

_MOST_TRIED: Final = 5
"""Subjects that are tried for a schema, when others delete them meanwhile."""


def registries_of(config: "RegistryConfig") -> "tuple[RegistryConfig, ...]":
    """Return a configuration for each of the registry's addresses."""
    return tuple(config.model_copy(update={"url": url}) for url in config.url.split(","))


def look_at_registry(config: "RegistryConfig", *, timeout: float) -> tuple[Finding, ...]:
    """Look at one address of a registry, and read one schema back.

    Args:
        config: The address, and how to speak with it.
        timeout: Seconds for each of the two steps.
    """
    begun = time.monotonic()
    limits = Limits(connect=timeout, total=timeout)
    try:
        with SchemaRegistry(config, limits=limits) as registry:
            subjects = registry.subjects()
            reached = _reached(registry, subjects, time.monotonic() - begun)
            return (reached, *_schema(registry, subjects))
    except FlowODMError as error:
        seconds = time.monotonic() - begun
        return (failed("registry", error, seconds=seconds, place=config.url),)


def _reached(registry: SchemaRegistry, subjects: tuple[str, ...], seconds: float) -> Finding:
    count = f"{len(subjects):,} {'subject' if len(subjects) == 1 else 'subjects'}"
    mode = _mode(registry)
    text, place = f"{registry.url}, {count}, {mode or 'mode not told'}", registry.url
    if mode is None or mode == "READWRITE":
        return Finding("registry", "ok", text, None, seconds, place)
    hint = "nothing can be registered in this mode: flowodm registry mode"
    return Finding("registry", "warning", text, hint, seconds, place)


def _mode(registry: SchemaRegistry) -> str | None:
    """Ask for the mode, which not every registry has, nor tells everyone."""
    try:
        return registry.mode()
    except RegistryUnreachable as error:
        if error.status is None:
            raise
        return None
    except RegistryError:
        return None


def _schema(registry: SchemaRegistry, subjects: tuple[str, ...]) -> tuple[Finding, ...]:
    """Read the latest version of a subject, its schema by the id that it has, and parse that."""
    for subject in subjects[:_MOST_TRIED]:
        begun = time.monotonic()
        try:
            finding = _read_back(registry, subject)
        except SubjectNotFound:  # deleted meanwhile
            continue
        except SchemaError as error:
            text = f"{subject}: {error.message}"
            hint = "messages of this schema cannot be decoded: flowodm registry show"
            finding = Finding("schema", "warning", text, hint)
        except FlowODMError as error:
            finding = failed("schema", error)
        return (replace(finding, seconds=time.monotonic() - begun, place=registry.url),)
    return ()


def _read_back(registry: SchemaRegistry, subject: str) -> Finding:
    version = registry.version(subject)
    schema = version.schema
    by_id = registry.schema_by_id(schema.schema_id)
    name = f"{subject} v{version.version}, id {schema.schema_id}"
    if by_id.text != schema.text:
        text = f"{name}: the schema of this id is another one"
        hint = "do two registries stand behind one address?"
        return Finding("schema", "failure", text, hint, exit_code=1)
    if schema.schema_type != "AVRO":
        return Finding("schema", "ok", f"{name}, {schema.schema_type}, read back")
    registry.parse(schema)
    return Finding("schema", "ok", f"{name}, read back and parsed")
