"""The user's own directory: their `flowodm.yaml`, the current context, the trusted files.

Every file is written whole or not at all, readable by the user alone. Which context is current
is remembered per project, since a name means something only beside the file that defines it.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flowodm.config.environment import CONFIG_DIRECTORY_VARIABLE
from flowodm.config.files import FILE_NAME
from flowodm.errors import ConfigurationError

__all__ = ["Store", "write_private"]


@dataclass(frozen=True, slots=True)
class Store:
    """The user's configuration directory."""

    directory: Path

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Store":
        """Return the store of an environment: `FLOWODM_CONFIG_DIR`, else the platform's place."""
        if named := environ.get(CONFIG_DIRECTORY_VARIABLE):
            return cls(Path(os.path.abspath(os.path.expanduser(named))))
        if (base := environ.get("XDG_CONFIG_HOME")) and os.path.isabs(base):
            return cls(Path(base) / "flowodm")
        import platformdirs

        return cls(Path(platformdirs.user_config_dir("flowodm", appauthor=False)))

    @property
    def config_file(self) -> Path:
        """The user's own `flowodm.yaml`."""
        return self.directory / FILE_NAME

    def current(self, project: Path | None) -> str | None:
        """Return the name of the current context beside a project's file, or without one."""
        return self._read("current.json").get(_key(project))

    def set_current(self, project: Path | None, name: str) -> None:
        """Remember the current context beside a project's file, or without one."""
        self._write("current.json", {**self._read("current.json"), _key(project): name})

    def is_trusted(self, path: Path, digest: str) -> bool:
        """Tell whether a file with these contents was trusted."""
        return self._read("trusted.json").get(str(path.resolve())) == digest

    def trust(self, path: Path, digest: str) -> None:
        """Trust a file for as long as it stays as it is."""
        self._write("trusted.json", {**self._read("trusted.json"), str(path.resolve()): digest})

    def _read(self, name: str) -> dict[str, str]:
        path = self.directory / name
        try:
            content = json.loads(path.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ConfigurationError(f"cannot read `{path}`: {error.strerror or error}") from error
        except ValueError as error:
            raise ConfigurationError(f"`{path}` is damaged", hint=f"remove {path}") from error
        if not isinstance(content, dict):
            raise ConfigurationError(f"`{path}` is damaged", hint=f"remove {path}")
        return {key: value for key, value in content.items() if isinstance(value, str)}

    def _write(self, name: str, content: Mapping[str, str]) -> None:
        text = json.dumps(content, indent=2, sort_keys=True) + "\n"
        write_private(self.directory / name, text.encode())


def _key(project: Path | None) -> str:
    return str(project.resolve()) if project else ""


def write_private(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, for the user's eyes only.

    A symbolic link stays one: what it points to is replaced.

    Raises:
        ConfigurationError: The file cannot be written.
    """
    path = path.resolve()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # 0600
    except OSError as error:
        raise ConfigurationError(f"cannot write `{path}`: {error.strerror or error}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_directory(path.parent)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
            raise ConfigurationError(f"cannot write `{path}`: {reason}") from error
        raise


def _sync_directory(directory: Path) -> None:
    """Make the new name last through a power cut, where directories can be synced."""
    if os.name != "posix":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
