"""Which files of a run have changed: the manifest, and the modules of the working directory."""

import sys
from collections.abc import Iterable
from pathlib import Path

__all__ = ["Stamps", "changed", "modules_below", "stamps"]

Stamps = dict[Path, tuple[int, int]]
"""Of each file when it was written last, in nanoseconds, and its size; a missing one has none."""


def modules_below(directory: Path) -> tuple[Path, ...]:
    """List the sources of the imported modules that lie in a directory, installed ones left out."""
    found = set()
    for module in list(sys.modules.values()):
        source = getattr(module, "__file__", None)
        if isinstance(source, str) and source.endswith(".py"):
            path = Path(source)
            if path.is_relative_to(directory) and "site-packages" not in path.parts:
                found.add(path)
    return tuple(sorted(found))


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
    return tuple(path for path, stamp in now.items() if before.get(path, stamp) != stamp)
