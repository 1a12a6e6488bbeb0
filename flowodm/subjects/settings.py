"""Compatibility levels and modes: of a subject, of the registry, and changed after a look."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from flowodm.avro.compatibility import known_level
from flowodm.avro.words import similar
from flowodm.errors import SubjectNotFound, UsageError
from flowodm.schema.compatibility import own_level
from flowodm.subjects.names import check_change

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.registry import SchemaRegistry

__all__ = [
    "MODES",
    "Kind",
    "Setting",
    "SettingChange",
    "apply_setting",
    "known_mode",
    "plan_setting",
    "read_setting",
]

MODES: Final = ("READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT", "FORWARD")
"""What Confluent's registry knows; others know some of them."""

Kind: TypeAlias = Literal["level", "mode"]


@dataclass(frozen=True, slots=True)
class Setting:
    """A level or a mode that counts."""

    kind: Kind
    subject: str | None
    """None: the registry."""
    value: str
    is_own: bool
    """Whether it is set for the subject itself; else it is the registry's."""


@dataclass(frozen=True, slots=True)
class SettingChange:
    """What a change of a level or mode would do."""

    before: Setting
    after: str | None
    """None: the subject goes back to what the registry has."""
    after_in_force: str
    """What counts then."""

    @property
    def is_needed(self) -> bool:
        """Whether anything would change."""
        if self.after is None:
            return self.before.is_own
        return self.before.value != self.after or not self.before.is_own


def read_setting(registry: "SchemaRegistry", kind: Kind, subject: str | None = None) -> Setting:
    """Read the level or mode that counts for a subject, or for the registry.

    Raises:
        RegistryError: The registry cannot be asked.
    """
    if kind == "level":
        if subject is None:
            return Setting(kind, None, registry.compatibility_level() or "NONE", True)
        if (own := own_level(registry, subject)) is not None:
            return Setting(kind, subject, own, True)
        return Setting(kind, subject, registry.compatibility_level() or "NONE", False)
    if subject is not None:
        with suppress(SubjectNotFound):  # so some registries say that it has none of its own
            if (own := registry.mode(subject)) is not None:
                return Setting(kind, subject, own, True)
    return Setting(kind, subject, registry.mode() or "READWRITE", subject is None)


def plan_setting(
    registry: "SchemaRegistry", kind: Kind, value: str | None, subject: str | None = None
) -> SettingChange:
    """Look at what a change would do.

    Args:
        registry: Whose.
        kind: A level or a mode.
        value: The new one; None: the subject goes back to the registry's.
        subject: Whose; None: the registry's own.

    Raises:
        UsageError: There is no such level or mode.
        RegistryError: The registry cannot be asked.
    """
    if value is not None:
        check: Callable[[str], str] = known_level if kind == "level" else known_mode
        value = check(value.upper())
    before = read_setting(registry, kind, subject)
    if value is not None:
        return SettingChange(before, value, value)
    above = before.value
    if before.is_own and subject is not None:
        above = read_setting(registry, kind).value
    return SettingChange(before, None, above)


def apply_setting(
    connection: "KafkaConnection", change: SettingChange, *, force: bool = False
) -> Setting:
    """Make a change, and return what counts now.

    Args:
        connection: In whose registry.
        change: The change.
        force: Whether IMPORT mode may be set where schemas are.

    Raises:
        ChangeRefused: The context does not allow it; nothing was sent.
        RegistryError: The registry refuses, or cannot be asked.
    """
    kind, subject = change.before.kind, change.before.subject
    operation = "registry config" if kind == "level" else "registry mode"
    check_change(connection, operation, subject)
    registry = connection.schema_registry()
    if change.after is not None and kind == "level":
        registry.set_compatibility_level(change.after, subject)
    elif change.after is not None:
        registry.set_mode(change.after, subject, force=force)
    elif kind == "level":
        registry.delete_compatibility_level(subject)
    else:
        registry.delete_mode(subject or "")
    return read_setting(registry, kind, subject)


def known_mode(mode: str) -> str:
    """Return a mode by its name.

    Raises:
        UsageError: There is none of that name.
    """
    if mode in MODES:
        return mode
    near = similar(mode, MODES)
    raise UsageError(
        f"there is no mode `{mode}`",
        hint=f"did you mean `{near}`?" if near else f"there are {', '.join(MODES)}",
    )
