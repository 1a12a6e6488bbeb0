"""The configuration files that count, and which of their contexts is the current one."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowodm.config.environment import CONFIG_VARIABLE
from flowodm.config.files import ConfigFile, find_project_file, read_config_file
from flowodm.config.store import Store
from flowodm.errors import ConfigurationError

__all__ = [
    "BUILT_IN",
    "DEFAULT",
    "DEFAULT_SETTINGS",
    "ENVIRONMENT",
    "Sources",
    "find_sources",
    "project_file",
]

ENVIRONMENT = "environment"
"""The name of the context that the environment makes."""
DEFAULT = "default"
"""The name of the context where nothing is configured: the ports of a local cluster."""

BUILT_IN = "built in"
"""The source of that context."""

DEFAULT_SETTINGS: Mapping[str, Any] = {
    "bootstrap_servers": "localhost:9092",
    "schema_registry": {"url": "http://localhost:8081"},
}


@dataclass(frozen=True)
class Sources:
    """Where contexts can come from, in one place at one time."""

    environ: Mapping[str, str]
    directory: Path
    store: Store
    files: tuple[ConfigFile, ...]
    """The nearest first; a context there hides one of the same name further on."""
    config_is_named: bool
    """Whether a flag named the file, which counts more than the environment."""

    @property
    def project(self) -> Path | None:
        """The project's file, which the current context is remembered beside."""
        return next((file.path for file in self.files if not file.is_own), None)

    def find(self, name: str) -> ConfigFile | None:
        """Return the file that defines a context."""
        return next((file for file in self.files if name in file.contexts), None)

    def current(self) -> str | None:
        """Return the context that counts when none is named; None when there is no choice.

        Raises:
            ConfigurationError: There are several and none was chosen, or the chosen is gone.
        """
        if chosen := self.store.current(self.project):
            return self._chosen(chosen)
        for file in self.files:
            if len(file.contexts) == 1:
                return next(iter(file.contexts))
            if not file.is_own and (chosen := self.store.current(None)) and self.find(chosen):
                return chosen
            if file.contexts:
                names = ", ".join(f"`{name}`" for name in file.contexts)
                raise ConfigurationError(
                    f"no context is chosen; `{file.document.source}` has {names}",
                    hint="choose one: flowodm context use NAME, or --context NAME",
                )
        return None

    def _chosen(self, name: str) -> str:
        if self.find(name) is None:
            raise ConfigurationError(
                f"the current context `{name}` is no longer defined",
                hint="choose another: flowodm context use NAME  (flowodm context list)",
            )
        return name

    def is_trusted(self, file: ConfigFile) -> bool:
        """Whether a file may name any variable and any file."""
        return file.is_own or self.store.is_trusted(file.path, file.digest)


def find_sources(
    config_file: Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Sources:
    """Find and read the configuration files that count.

    Args:
        config_file: The only file to count; without it, the nearest and the user's own.
        environ: The environment; the process's when absent.
        directory: The working directory; the process's when absent.

    Raises:
        ConfigurationError: A file cannot be read, or something in it is wrong.
    """
    environ = os.environ if environ is None else environ
    directory = _working_directory() if directory is None else directory.absolute()
    store = Store.of(environ)
    named = config_file or (Path(path) if (path := environ.get(CONFIG_VARIABLE)) else None)
    own = store.config_file
    paths = (
        [named] if named else [find_project_file(directory), own if os.path.isfile(own) else None]
    )
    files = [
        read_config_file(path, directory=directory, is_own=_is_same(directory / path, own))
        for path in paths
        if path is not None
    ]
    if len(files) == 2 and files[0].path == files[1].path:
        files.pop()
    return Sources(environ, directory, store, tuple(files), config_file is not None)


def project_file(
    config_file: Path | None = None, *, directory: Path | None = None
) -> ConfigFile | None:
    """Return the project's `flowodm.yaml`, or the file that is named; None without one.

    Args:
        config_file: The file that is named.
        directory: As for `find_sources`.

    Raises:
        ConfigurationError: It cannot be read, or something in it is wrong.
    """
    files = find_sources(config_file, directory=directory).files
    return next((file for file in files if config_file or not file.is_own), None)


def _working_directory() -> Path:
    try:
        return Path.cwd()
    except OSError as error:
        raise ConfigurationError(
            f"the working directory cannot be read: {error.strerror or error}"
        ) from error


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False
