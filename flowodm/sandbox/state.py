"""Where named sandboxes are kept, and what is remembered of each.

One directory per name below the user's data directory, with everything the sandbox owns and one
file that says what it is made of. Whether it runs is not remembered: `process` looks.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flowodm.errors import SandboxError, UsageError
from flowodm.sandbox.spec import SandboxSpec

__all__ = ["DEFAULT_NAME", "directory_of", "forget", "list_names", "load", "lock", "save"]

DEFAULT_NAME = "default"

_FILE = "sandbox.json"
_VERSION = 1
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
_LOCK_TIMEOUT = 180.0


def directory_of(name: str) -> Path:
    """Return the directory of a sandbox, there or not.

    Raises:
        UsageError: The name is none.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"`{name}` cannot be the name of a sandbox",
            hint="a name is lower-case letters, digits, `-` and `_`, at most 41",
        )
    return _root() / name


def _root() -> Path:
    from platformdirs import user_data_path

    return user_data_path("flowodm", appauthor=False) / "sandboxes"


@contextmanager
def lock(name: str) -> Iterator[None]:
    """Let one process at a time change a sandbox.

    Raises:
        SandboxError: Another process has it for too long, or the directory cannot be written.
    """
    from filelock import FileLock, Timeout

    directory = directory_of(name)
    try:
        directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        guard = FileLock(directory.parent / f".{name}.lock", timeout=_LOCK_TIMEOUT)
        guard.acquire()
    except Timeout as error:
        raise SandboxError(
            f"another process has been at sandbox `{name}` for {_LOCK_TIMEOUT:.0f} s"
        ) from error
    except OSError as error:
        raise SandboxError(f"cannot write to `{directory.parent}`: {error.strerror}") from error
    try:
        yield
    finally:
        guard.release()


def list_names() -> tuple[str, ...]:
    """Name the sandboxes that were made and not forgotten, running or not."""
    root = _root()
    if not root.is_dir():
        return ()
    return tuple(sorted(entry.name for entry in root.iterdir() if (entry / _FILE).is_file()))


def load(name: str) -> SandboxSpec | None:
    """Return what a sandbox is made of, or None when there is none of that name.

    Raises:
        SandboxError: Its file cannot be read.
    """
    directory = directory_of(name)
    try:
        data = json.loads((directory / _FILE).read_text(encoding="utf-8"))
        if data["version"] != _VERSION:
            raise ValueError("another version")
        return SandboxSpec.from_json(directory, data["sandbox"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SandboxError(
            f"what is remembered of sandbox `{name}` cannot be read: `{directory / _FILE}`",
            hint=f"make it anew, its data is lost: flowodm sandbox up --name {name} --reset",
        ) from error


def save(spec: SandboxSpec) -> None:
    """Remember what a sandbox is made of: the old file or the new one, never a part of one.

    Raises:
        SandboxError: The file cannot be written.
    """
    data = json.dumps({"version": _VERSION, "sandbox": spec.to_json()}, indent=2)
    try:
        spec.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, aside = tempfile.mkstemp(prefix=f".{_FILE}-", dir=spec.directory)  # 0600
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, spec.directory / _FILE)
    except OSError as error:
        raise SandboxError(f"cannot write to `{spec.directory}`: {error.strerror}") from error


def forget(name: str) -> None:
    """Delete a sandbox's directory; its file goes first, so that a half of it is none.

    Raises:
        SandboxError: Something of it cannot be deleted.
    """
    directory = directory_of(name)
    try:
        (directory / _FILE).unlink(missing_ok=True)
        if directory.exists():
            shutil.rmtree(directory)
    except OSError as error:
        raise SandboxError(f"cannot delete `{directory}`: {error.strerror}") from error
