"""`flowodm.yaml`: where it is found, what it may hold, and the settings of a context in it.

Two files count: one found from the working directory upward, no higher than the root of the
repository, and the user's own. What a context's settings become is `load.py`'s matter.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from flowodm.config.expand import TRUST_HINT, has_variable, take_files
from flowodm.config.librdkafka import (
    BOOTSTRAP_KEYS,
    CODE_LOADING_KEYS,
    KEYS,
    SHELL_KEYS,
    TRUST_KEYS,
    is_known_key,
)
from flowodm.documents.validate import did_you_mean, validate
from flowodm.documents.yaml import Document, Location, parse_yaml, read_bytes
from flowodm.errors import ConfigurationError

__all__ = [
    "FILE_NAME",
    "ConfigFile",
    "check_file",
    "check_trust",
    "find_project_file",
    "read_config_file",
    "shown_path",
]

FILE_NAME = "flowodm.yaml"


@dataclass(frozen=True)
class ConfigFile:
    """One `flowodm.yaml`, read and checked."""

    path: Path
    """Absolute."""
    document: Document
    digest: str
    """SHA-256 of its bytes: what `context trust` remembers."""
    is_own: bool
    """Whether it is the user's own, in their configuration directory."""

    @cached_property
    def contexts(self) -> Mapping[str, Mapping[str, Any]]:
        """The settings of each context as they were written."""
        root = self.document.value
        contexts = root.get("contexts") if isinstance(root, dict) else None
        return cast(
            "Mapping[str, Mapping[str, Any]]", contexts if isinstance(contexts, dict) else {}
        )

    def where(self, location: Location) -> str:
        """Name the file and line of a setting."""
        return self.document.where(location)


def find_project_file(directory: Path) -> Path | None:
    """Find `flowodm.yaml` from a directory upward, no higher than the repository's root.

    Outside a repository only the directory itself counts: further up, the file may be
    anybody's.
    """
    candidates = []
    for folder in (directory, *directory.parents):
        candidates.append(folder / FILE_NAME)
        if os.path.exists(folder / ".git"):
            return next((path for path in candidates if os.path.isfile(path)), None)
    return candidates[0] if os.path.isfile(candidates[0]) else None


def read_config_file(path: Path, *, directory: Path, is_own: bool) -> ConfigFile:
    """Read and check a configuration file.

    Args:
        path: The file.
        directory: The working directory, which messages name the file from.
        is_own: Whether it is the user's own.

    Raises:
        ConfigurationError: It cannot be read, or something in it is wrong, with file and line.
    """
    path = Path(os.path.abspath(directory / path))
    source = shown_path(path, directory)
    data = read_bytes(path, source=source)
    document = parse_yaml(data, source=source)
    file = ConfigFile(path, document, hashlib.sha256(data).hexdigest(), is_own)
    check_file(file)
    return file


def shown_path(path: Path, directory: Path) -> str:
    """Name a file from the working directory when it lies at, above or below it, else from home."""
    if path.is_relative_to(directory) or directory.is_relative_to(path.parent):
        return os.path.relpath(path, directory)
    home = Path(os.path.expanduser("~"))
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def check_file(file: ConfigFile) -> None:
    """Check a whole file: every context in it, not the chosen one alone.

    Raises:
        ConfigurationError: Something is wrong, with file and line.
    """
    from flowodm.config.document import ConfigDocument

    if file.document.value is None:
        raise ConfigurationError(f"`{file.document.source}` is empty")
    values = file.document.value
    if isinstance(values, dict) and isinstance(values.get("contexts"), dict):
        contexts = {name: _fileless(item) for name, item in file.contexts.items()}
        values = {**values, "contexts": contexts}
    validate(ConfigDocument, values, where=file.where, thing=_thing, ignore=has_variable)
    for name, settings in file.contexts.items():
        for section in ("kafka", "consumer", "producer"):
            for key, value in (settings.get(section) or {}).items():
                _check_key(file, ("contexts", name, section, key), value)


def check_trust(file: ConfigFile, name: str, settings: Mapping[str, Any]) -> None:
    """Refuse what an untrusted file may not ask for in a context that is about to be used.

    Raises:
        ConfigurationError: A key would send a file or an identity of this machine away.
    """
    for section in ("kafka", "consumer", "producer"):
        for key in settings.get(section) or {}:
            if key in TRUST_KEYS:
                location = ("contexts", name, section, key)
                message = f"`{key}` may not be used on the word of this file"
                raise file.document.error(location, message, hint=TRUST_HINT)


def _fileless(settings: Any) -> Any:
    return take_files(settings) if isinstance(settings, Mapping) else settings


def _thing(location: Location) -> str:
    """Name what a key belongs to."""
    match location:
        case ("contexts" | "topics" as kind, str(name), *rest):
            inner = "".join(f"`{step}` of " for step in reversed(rest) if isinstance(step, str))
            return f"in {inner}{kind[:-1]} `{name}`"
        case (*_, str(name)):
            return f"in `{name}`"
        case _:
            return ""


_SHELL_SAFE = re.compile(r"[A-Za-z0-9_./@:-]*")


def _check_key(file: ConfigFile, location: Location, value: object) -> None:
    key, of = str(location[-1]), f"in context `{location[1]}`"
    if key in BOOTSTRAP_KEYS:
        hint = "a context names its brokers as `bootstrap_servers`"
        raise file.document.error(location, f"`{key}` has no place {of}", hint=hint)
    if file.is_own:
        pass
    elif key in CODE_LOADING_KEYS:
        hint = "it may stand in the file of your own configuration directory"
        message = f"`{key}` {of} runs code, and is refused in a project's file"
        raise file.document.error(location, message, hint=hint)
    elif key in SHELL_KEYS and not _SHELL_SAFE.fullmatch(str(value)):
        message = f"`{key}` {of} goes to a shell, and holds a character that is refused"
        raise file.document.error(location, message)
    if not is_known_key(key.removesuffix("_file")):
        message = f"unknown key `{key[:60]}` {of}"
        raise file.document.error(location, message, hint=did_you_mean(key, KEYS))
