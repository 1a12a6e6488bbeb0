"""What a file leaves open: `${VARIABLE}`, secrets in files of their own, and relative paths.

A file that was found, not written by its reader, may name only variables that are about Kafka,
and no file to read a secret from, until `flowodm context trust` says otherwise: a stranger's
`flowodm.yaml` could send either to a host of its own.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowodm.config.librdkafka import PATH_KEYS, is_secret_key
from flowodm.config.secrets import remember
from flowodm.documents.yaml import Location
from flowodm.errors import ConfigurationError

__all__ = ["Expansion", "has_variable", "is_secret_name", "read_secret", "take_files"]

_VARIABLE = re.compile(r"\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$?\$\{")
_OPEN_TO_ALL = ("KAFKA_", "SCHEMA_REGISTRY_", "SR_", "FLOWODM_")
_SECRET_NAME = re.compile(
    r"PASS|PWD|SECRET|TOKEN|CREDENTIAL|PRIVATE|(?:^|_)KEY(?:_|$)|API_?KEY|USER_?INFO|BASIC_?AUTH"
)
_LARGEST_SECRET = 1 << 16

TRUST_HINT = "read the file, then allow it: flowodm context trust"


def has_variable(value: object) -> bool:
    """Tell whether a value is a text with a variable in it."""
    return isinstance(value, str) and "${" in value


def is_secret_name(variable: str) -> bool:
    """Tell whether an environment variable is a secret by its name."""
    return bool(_SECRET_NAME.search(variable.upper()))


@dataclass
class Expansion:
    """Fills in the settings of one context, and keeps what it learnt on the way."""

    environ: Mapping[str, str]
    place: Callable[[Location], str]
    """Names the place of a setting as it was written."""
    directory: Path
    """What paths are relative to."""
    is_trusted: bool
    """Whether the file may name any variable and any file."""
    is_verbatim: bool = False
    """Whether `${` is nothing special."""
    used: dict[Location, tuple[str, ...]] = field(default_factory=dict)
    """The variables in each value."""
    read: set[Location] = field(default_factory=set)
    """The settings that came from files of their own."""

    def where(self, location: Location) -> str:
        """Name the place of a setting, also of one that came from a file of its own."""
        if location in self.read:
            location = (*location[:-1], f"{location[-1]}_file")
        return self.place(location)

    def apply(self, settings: Mapping[str, Any], location: Location = ()) -> dict[str, Any]:
        """Return the settings with variables expanded, secrets read and paths absolute.

        Raises:
            ConfigurationError: A variable is not set or not allowed, a file cannot be read.
        """
        expanded = {key: self._value(value, (*location, key)) for key, value in settings.items()}
        for key, target in _file_keys(location, expanded):
            if target in expanded:
                message = f"`{target}` and `{key}` are both there"
                raise ConfigurationError(f"{self.place((*location, key))}: {message}")
            expanded[target] = self._read(expanded.pop(key), (*location, key))
            self.read.add((*location, target))
        for key in _path_keys(location, expanded):
            expanded[key] = self._absolute(expanded[key])
        return expanded

    def _value(self, value: Any, location: Location) -> Any:
        if isinstance(value, str):
            return value if self.is_verbatim else self._text(value, location)
        if isinstance(value, Mapping):
            return self.apply(value, location)
        if isinstance(value, list):
            return [self._value(item, (*location, index)) for index, item in enumerate(value)]
        return value

    def _text(self, text: str, location: Location) -> str:
        def replace(match: re.Match[str]) -> str:
            if match[0].startswith("$$"):
                return match[0][1:]
            if match[1] is None:
                raise ConfigurationError(
                    f"{self.place(location)}: `${{` in `{location[-1]}` begins no variable",
                    hint="a variable is `${NAME}`; write `$${` for the text `${`",
                )
            names.append(match[1])
            return self._variable(match[1], location)

        names: list[str] = []
        expanded = _VARIABLE.sub(replace, text)
        if names:
            self.used[location] = tuple(names)
        return expanded

    def _variable(self, name: str, location: Location) -> str:
        if not self.is_trusted and not name.startswith(_OPEN_TO_ALL):
            kinds = ", ".join(f"`{prefix}*`" for prefix in _OPEN_TO_ALL)
            raise ConfigurationError(
                f"{self.place(location)}: variable `{name}` may not be read by this file; "
                f"only {kinds} may",
                hint=TRUST_HINT,
            )
        value = self.environ.get(name)
        if value is None:
            raise ConfigurationError(
                f"{self.place(location)}: variable `{name}` of `{location[-1]}` is not set",
                hint=f"export {name}=…, or write `$${{{name}}}` for the text itself",
            )
        if is_secret_name(name):
            remember([value])
        return value

    def _read(self, path: object, location: Location) -> str:
        where = self.place(location)
        if not isinstance(path, str) or not path:
            raise ConfigurationError(f"{where}: `{location[-1]}` must be a path")
        if not self.is_trusted:
            raise ConfigurationError(
                f"{where}: `{location[-1]}` may not be read on the word of this file",
                hint=TRUST_HINT,
            )
        return read_secret(Path(self._absolute(path)), shown=path, where=where)

    def _absolute(self, path: Any) -> Any:
        if not isinstance(path, str) or not path or path == "probe":  # librdkafka's own word
            return path
        return str(self.directory / os.path.expanduser(path))


def read_secret(path: Path, *, shown: str, where: str) -> str:
    """Read a secret from its file; the line break at the end is not part of it.

    Args:
        path: The file.
        shown: The file as it was named.
        where: The place that named it.

    Raises:
        ConfigurationError: The file cannot be read, or holds no secret.
    """
    try:
        with path.open(encoding="utf-8") as file:
            secret = file.read(_LARGEST_SECRET + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError(f"{where}: cannot read `{shown}`: {reason}") from error
    except UnicodeDecodeError:
        raise ConfigurationError(f"{where}: `{shown}` is not UTF-8") from None
    secret = secret.removesuffix("\n").removesuffix("\r")
    if not secret or len(secret) > _LARGEST_SECRET:
        wrong = "is too large for a secret" if secret else "is empty"
        raise ConfigurationError(f"{where}: `{shown}` {wrong}")
    remember([secret])
    return secret


def take_files(settings: Mapping[str, Any], location: Location = ()) -> dict[str, Any]:
    """Put a placeholder where a secret's file is named, for a check that reads no file."""
    taken = {
        key: take_files(value, (*location, key)) if isinstance(value, Mapping) else value
        for key, value in settings.items()
    }
    for key, target in _file_keys(location, taken):
        taken[target] = "${" if taken.pop(key) else None
    return taken


_FILE_KEYS: Mapping[Location, tuple[str, ...]] = {
    ("schema_registry",): ("basic_auth", "bearer_token", "key_password"),
    ("schema_registry", "oauth"): ("client_secret",),
}
_KAFKA = (("kafka",), ("consumer",), ("producer",))


def _file_keys(location: Location, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List the keys here that name a file with a secret, each with the key of the secret."""
    if location in _KAFKA:
        named = [(key, key.removesuffix("_file")) for key in settings if key.endswith("_file")]
        return [(key, target) for key, target in named if is_secret_key(target)]
    targets = _FILE_KEYS.get(location, ())
    return [(f"{target}_file", target) for target in targets if f"{target}_file" in settings]


def _path_keys(location: Location, settings: Mapping[str, Any]) -> list[str]:
    if location in _KAFKA:
        return [key for key in settings if key in PATH_KEYS]
    if location == ("schema_registry",):
        return [key for key in ("ca", "certificate", "key") if key in settings]
    return []
