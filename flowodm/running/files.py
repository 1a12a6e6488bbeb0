"""Which files of a run have changed: the manifest, and the sources below the working directory.

They are looked at again and again, which works on every file system, network ones and those of
containers included.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TypeAlias

__all__ = ["Stamps", "changed", "sources_below", "stamps"]

Stamps: TypeAlias = dict[Path, tuple[int, int]]
"""Of each file when it was written last, in nanoseconds, and its size; a missing one has none."""

_MOST: Final = 5_000
_NOT_OURS: Final = frozenset({"__pycache__", "node_modules", "site-packages", "venv"})


def sources_below(directory: Path) -> tuple[Path, ...]:
    """List the Python sources below a directory, at most 5,000: no hidden or installed ones."""
    found: list[Path] = []
    for folder, names, files in os.walk(directory):
        names[:] = sorted(name for name in names if name not in _NOT_OURS and name[0] != ".")
        found.extend(Path(folder, name) for name in sorted(files) if name.endswith(".py"))
        if len(found) >= _MOST:
            break
    return tuple(found[:_MOST])


def stamps(files: Iterable[Path]) -> Stamps:
    """Look at files."""
    found: Stamps = {}
    for path in files:
        try:
            seen = path.stat()
        except OSError:  # an editor replaces a file in two steps
            continue
        found[path] = (seen.st_mtime_ns, seen.st_size)
    return found


def changed(before: Stamps, now: Stamps) -> tuple[Path, ...]:
    """Name the files that are there now and are not what they were."""
    return tuple(path for path, stamp in now.items() if before.get(path) != stamp)
