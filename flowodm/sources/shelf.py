"""The schema files of a directory, read with bounds.

A `Shelf` is a place of files: a directory here, or one of a commit (`git.py`).
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from flowodm.avro.document import MAX_CHARACTERS
from flowodm.avro.words import similar
from flowodm.errors import FlowODMError, SchemaParseError, UsageError

__all__ = [
    "MAX_BYTES",
    "MOST_BYTES",
    "MOST_FILES",
    "SUFFIX",
    "Folder",
    "Shelf",
    "check_size",
    "read_file",
    "too_many",
]

SUFFIX: Final = ".avsc"
MAX_BYTES: Final = MAX_CHARACTERS
"""Of one file."""
MOST_FILES: Final = 10_000
"""Of one directory, with those below it."""
MOST_BYTES: Final = 8 * MAX_CHARACTERS
"""Of the files of one directory together."""
_MOST_LOOKED_AT: Final = 1_000_000
_MOST_DEPTH: Final = 64


class Shelf(Protocol):
    """A place of schema files."""

    def names(self) -> tuple[str, ...]:
        """The paths of its `.avsc` files, sorted, from the place on with `/` between the parts."""

    def read(self, name: str) -> bytes:
        """The bytes of one of them."""

    def label(self, name: str) -> str:
        """What people call it."""

    def path(self, name: str) -> Path | None:
        """The file on this machine, where it is one."""


class Folder:
    """A directory of this machine. Hidden directories are passed over, and links to directories.

    Args:
        path: The directory.
        shown: How people wrote it.
    """

    def __init__(self, path: Path, shown: str) -> None:
        self._path = path
        self._shown = shown

    def names(self) -> tuple[str, ...]:
        """List its schema files.

        Raises:
            UsageError: It cannot be read, or holds too many.
        """
        found: list[str] = []
        size = 0
        for entry, name in self._walk():
            if not name.endswith(SUFFIX):
                continue
            found.append(name)
            size += entry.stat().st_size
            if len(found) > MOST_FILES or size > MOST_BYTES:
                raise too_many(self._shown)
        return tuple(sorted(found))

    def read(self, name: str) -> bytes:
        """Read one of its files."""
        return read_file(self._path / name, self.label(name))

    def label(self, name: str) -> str:
        """Name a file as the directory was named."""
        return str(PurePosixPath(self._shown) / name)

    def path(self, name: str) -> Path | None:
        """The file itself."""
        return self._path / name

    def _walk(self) -> Iterator[tuple[os.DirEntry[str], str]]:
        """Every regular file below, with its path from here."""
        todo = [(self._path, "", 0)]
        looked_at = 0
        while todo:
            folder, before, depth = todo.pop()
            try:
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError as error:
                shown = self.label(before)
                raise UsageError(f"`{shown}` cannot be read: {error.strerror}") from error
            looked_at += len(entries)
            if looked_at > _MOST_LOOKED_AT:
                raise too_many(self._shown)
            for entry in entries:
                name = f"{before}{entry.name}"
                if entry.is_file():
                    yield entry, name
                elif (
                    entry.is_dir(follow_symlinks=False)
                    and not entry.name.startswith(".")
                    and depth < _MOST_DEPTH
                ):
                    todo.append((Path(entry.path), f"{name}/", depth + 1))


def read_file(path: Path, label: str) -> bytes:
    """Read a file, and no more of it than is allowed.

    Raises:
        UsageError: There is no such file, or it cannot be read.
        SchemaParseError: It is too large for a schema.
    """
    try:
        with path.open("rb") as file:
            if stat.S_ISDIR(os.fstat(file.fileno()).st_mode):
                raise IsADirectoryError
            data = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise _missing(path, label) from None
    except OSError as error:
        raise UsageError(f"`{label}` cannot be read: {error.strerror or error}") from error
    check_size(len(data), label)
    return data


def check_size(size: int, label: str) -> None:
    """Refuse what is too large for a schema.

    Raises:
        SchemaParseError: It is.
    """
    if size > MAX_BYTES:
        raise SchemaParseError(f"`{label}` is larger than {MAX_BYTES >> 20} MiB")


def too_many(label: str) -> FlowODMError:
    """The error of a directory with too much in it."""
    return UsageError(
        f"`{label}` holds too much: at most {MOST_FILES:,} schemas of {MOST_BYTES >> 20} MiB "
        "together are read",
        hint="name a directory further down",
    )


def _missing(path: Path, label: str) -> UsageError:
    """Say that there is no such file, and which one may be meant."""
    folder = path.parent
    try:
        names = sorted(os.listdir(folder))[:_MOST_LOOKED_AT]
    except OSError:
        return UsageError(
            f"there is no file `{label}`",
            hint=f"there is no directory `{PurePosixPath(label).parent}` either",
        )
    near = similar(path.name, [name for name in names if not name.startswith(".")])
    if near is not None:
        return UsageError(
            f"there is no file `{label}`",
            hint=f"did you mean `{PurePosixPath(label).with_name(near)}`?",
        )
    if "/" in label or label.endswith(SUFFIX):
        return UsageError(f"there is no file `{label}`", hint=f"looked for in `{folder}`")
    return UsageError(
        f"there is no file `{label}`",
        hint=f"a subject's version is `{label}@latest`; or git:REV:path, model:module:Class, "
        "context:NAME",
    )
