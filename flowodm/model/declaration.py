"""What a class's inner `Settings` say: gathered along its bases, checked, settled.

Read once, when the class is created. What follows from it (subject, schema, codec) is found in
`writing.py` and `reading.py`.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

from flowodm.avro.words import shown, similar
from flowodm.errors import SettingsError

if TYPE_CHECKING:
    from flowodm.settings import BaseSettings

__all__ = ["Declaration", "KeySerializer", "Register", "SubjectStrategy", "read_declaration"]

KeySerializer: TypeAlias = Literal["string", "avro", "json", "bytes"]
ValueSerializer: TypeAlias = Literal["avro", "json"]
Register: TypeAlias = Literal["auto", "latest", "never"]
SubjectStrategy: TypeAlias = Literal["topic", "record", "topic_record"]


@dataclass(frozen=True, slots=True)
class Declaration:
    """The settings of one class; the names are those of its `Settings`."""

    topic: str
    schema_subject: str | None = None
    """The subject of the value's schema; None leaves it to `subject_strategy`."""
    subject_strategy: SubjectStrategy = "topic"
    schema_path: Path | None = None
    """A schema file that is written with instead of the class's own schema."""
    consumer_group: str | None = None
    key_field: str | None = None
    """The attribute that is the record's key."""
    key_serializer: KeySerializer = "string"
    value_serializer: ValueSerializer = "avro"
    confluent_wire_format: bool = True
    """Whether Avro values carry the id of their schema; raw Avro otherwise."""
    register: Register = "auto"
    profile: "BaseSettings | None" = None

    def subject(self, record: str) -> str:
        """The subject of the value's schema.

        Args:
            record: The schema's full name.
        """
        if self.schema_subject is not None:
            return self.schema_subject
        match self.subject_strategy:
            case "topic":
                return f"{self.topic}-value"
            case "record":
                return record
            case "topic_record":
                return f"{self.topic}-{record}"

    @property
    def key_subject(self) -> str:
        """The subject of an Avro key's schema."""
        return f"{self.topic}-key"

    @property
    def is_framed(self) -> bool:
        """Whether values carry the id of their schema in the registry."""
        return self.value_serializer == "avro" and self.confluent_wire_format


def read_declaration(cls: type, attributes: Iterable[str]) -> Declaration | None:
    """Read the `Settings` of a class and of its bases; what is nearest counts, one by one.

    Args:
        cls: The class.
        attributes: Its fields.

    Returns:
        None when no topic is named, which only an abstract class may do.

    Raises:
        SettingsError: A setting is unknown, has a wrong value, or contradicts another.
    """
    said: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        own = _own_settings(base)
        if own:
            _check_names(cls, own)
            _replace_subject(cls, said, own)
            said.update((name, _CHECKS[name](_Setting(cls, name), own[name])) for name in own)
    if said.get("topic") is None:
        return None
    declaration = Declaration(**said)
    _check_key(cls, declaration, list(attributes))
    _check_whole(cls, declaration)
    return declaration


def _own_settings(base: type) -> dict[str, Any]:
    """What the `Settings` in the body of one class say, with its own bases."""
    settings = base.__dict__.get("Settings")
    if settings is None:
        return {}
    if not isinstance(settings, type):
        raise SettingsError(f"`{base.__name__}.Settings` must be a class")
    own: dict[str, Any] = {}
    for part in reversed(settings.__mro__[:-1]):
        own.update((name, value) for name, value in vars(part).items() if name[0] != "_")
    return own


def _check_names(cls: type, own: Mapping[str, Any]) -> None:
    for name in own:
        if name not in _CHECKS:
            near = similar(name, _CHECKS)
            raise SettingsError(
                f"`{cls.__name__}.Settings` has no setting {shown(name)}",
                hint=f"did you mean `{near}`?" if near else f"there are {_listed(_CHECKS, 'and')}",
            )


def _replace_subject(cls: type, said: dict[str, Any], own: Mapping[str, Any]) -> None:
    """Let the nearer of the two ways to name a subject count."""
    ways = {"schema_subject", "subject_strategy"}
    if ways <= own.keys() and own["schema_subject"] is not None:
        raise SettingsError(
            f"`{cls.__name__}.Settings` gives both `schema_subject` and `subject_strategy`",
            hint="keep one: the strategy makes a subject, the other is one",
        )
    if ways & own.keys():
        for way in ways:
            said.pop(way, None)


@dataclass(frozen=True, slots=True)
class _Setting:
    """A setting of a class, to speak of in an error."""

    cls: type
    name: str

    def wrong(self, value: object, must: str) -> SettingsError:
        shown_value = shown(value) if isinstance(value, str) else f"`{value!r:.60}`"
        return SettingsError(
            f"`{self.cls.__name__}.Settings.{self.name}` cannot be {shown_value}",
            hint=f"it must be {must}",
        )


_Check: TypeAlias = Callable[[_Setting, Any], Any]

_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")


def _topic(setting: _Setting, value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and _TOPIC.fullmatch(value) and value not in (".", ".."):
        return value
    raise setting.wrong(value, "1 to 249 of `A-Z a-z 0-9 . _ -`, as Kafka names topics")


def _text(setting: _Setting, value: object) -> str | None:
    if value is None or (isinstance(value, str) and value):
        return value
    raise setting.wrong(value, "a text, or None")


def _path(setting: _Setting, value: object) -> Path | None:
    if value is None:
        return None
    if isinstance(value, str | os.PathLike) and str(value):
        return Path(value)
    raise setting.wrong(value, "the path of a file, or None")


def _boolean(setting: _Setting, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise setting.wrong(value, "True or False")


def _choice(choices: object) -> _Check:
    words = get_args(choices)

    def check(setting: _Setting, value: object) -> object:
        if isinstance(value, str) and value in words:
            return value
        raise setting.wrong(value, _listed(words, "or"))

    return check


def _profile(setting: _Setting, value: object) -> "BaseSettings | None":
    from flowodm.settings import BaseSettings

    if isinstance(value, type) and issubclass(value, BaseSettings):
        return value()
    if value is None or isinstance(value, BaseSettings):
        return value
    raise setting.wrong(value, "a profile of `flowodm.settings`, such as `LongRunningSettings`")


_CHECKS: Final[Mapping[str, _Check]] = {
    "topic": _topic,
    "schema_subject": _text,
    "subject_strategy": _choice(SubjectStrategy),
    "schema_path": _path,
    "consumer_group": _text,
    "key_field": _text,
    "key_serializer": _choice(KeySerializer),
    "value_serializer": _choice(ValueSerializer),
    "confluent_wire_format": _boolean,
    "register": _choice(Register),
    "profile": _profile,
}
assert [*_CHECKS] == [field.name for field in fields(Declaration)]


def _check_key(cls: type, declaration: Declaration, attributes: list[str]) -> None:
    key = declaration.key_field
    if key is None and declaration.key_serializer == "avro":
        raise SettingsError(
            f'`{cls.__name__}.Settings` has `key_serializer = "avro"` and no `key_field`',
            hint="name the field that is the key: its annotation is the key's schema",
        )
    if key is not None and key not in attributes:
        near = similar(key, attributes)
        raise SettingsError(
            f"`{cls.__name__}.Settings.key_field` is {shown(key)}, and the class has no such field",
            hint=f"did you mean `{near}`?" if near else f"its fields: {_listed(attributes, 'and')}",
        )


def _check_whole(cls: type, declaration: Declaration) -> None:
    where = f"`{cls.__name__}.Settings`"
    if declaration.register == "latest":
        if declaration.schema_path is not None:
            raise SettingsError(
                f'{where} gives `schema_path` and `register = "latest"`: two schemas to write with',
                hint='with a file, `register` is "auto" or "never"',
            )
        if not declaration.is_framed:
            raise SettingsError(
                f'{where} has `register = "latest"`, and its values carry no schema id',
                hint='it needs `confluent_wire_format = True` and `value_serializer = "avro"`',
            )
    if declaration.value_serializer == "json" and declaration.schema_path is not None:
        raise SettingsError(f"{where} gives `schema_path`, and its values are JSON")


def _listed(words: Iterable[str], joint: str) -> str:
    *most, last = (f"`{word}`" for word in words)
    return f"{', '.join(most)} {joint} {last}" if most else last
