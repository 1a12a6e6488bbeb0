"""Which file of a package each class goes into: one for each namespace, and none in a circle.

Python imports a package before what is in it, and cannot import in a circle. Namespaces whose
classes need each other are put into one module, from which each of them takes its own.
"""

import keyword
import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from flowodm.avro.blueprint.naming import Taken

__all__ = ["CIRCLE", "File", "directories", "files_of"]

File: TypeAlias = tuple[str, ...]
"""A package, as the parts of its name below the outermost."""

CIRCLE: Final[File] = ("_models",)
"""The module of namespaces that need each other."""

_FOREIGN: Final = re.compile(r"[^A-Za-z0-9_]+")


def directories(namespaces: Iterable[str], classes: Iterable[str]) -> dict[str, File]:
    """The package of each namespace.

    Args:
        namespaces: Their names; `` is the outermost package itself.
        classes: The names of all classes, which a package must not hide.
    """
    hidden = frozenset(classes)
    known: dict[tuple[str, ...], File] = {(): ()}
    taken: dict[File, Taken] = {}
    namespaces = sorted(set(namespaces))
    for namespace in namespaces:
        parts = tuple(filter(None, namespace.split(".")))
        for end in range(1, len(parts) + 1):
            if parts[:end] not in known:
                outer = known[parts[: end - 1]]
                free = taken.setdefault(outer, Taken())
                known[parts[:end]] = (*outer, free.claim(_part(parts[end - 1], hidden)))
    return {each: known[tuple(filter(None, each.split(".")))] for each in namespaces}


def _part(name: str, hidden: frozenset[str]) -> str:
    plain = _FOREIGN.sub("_", name).strip("_") or "namespace"
    if plain[0].isdigit():
        plain = f"n{plain}"
    return f"{plain}_" if keyword.iskeyword(plain) or plain in hidden else plain


def files_of(homes: Mapping[str, File], needs: Mapping[str, Iterable[str]]) -> dict[str, File]:
    """The file of each class.

    Args:
        homes: The package of each class's namespace.
        needs: The classes that each class needs.
    """
    files = dict(homes)
    while True:
        edges = _edges(homes, files, needs)
        circular = {file for file in _knotted(edges) if _reaches(file, edges)}
        if not (circular - {CIRCLE}) & set(files.values()):
            return files
        files = {name: CIRCLE if file in circular else file for name, file in files.items()}


def _edges(
    homes: Mapping[str, File], files: Mapping[str, File], needs: Mapping[str, Iterable[str]]
) -> dict[File, set[File]]:
    """The files that each file has Python run."""
    edges: dict[File, set[File]] = {}
    for name, others in needs.items():
        for other in others:
            edges.setdefault(files[name], set()).update(_loaded(files[name], files[other]))
    handing_on = {homes[name] for name, file in files.items() if file == CIRCLE}
    for file in handing_on:
        edges.setdefault(file, set()).add(CIRCLE)
    for file in set(files.values()):
        around = {file[:end] for end in range(1, len(file))}
        edges.setdefault(file, set()).update(around & handing_on)
    return edges


def _loaded(user: File, target: File) -> set[File]:
    """The packages that Python runs when one file imports from another.

    Those around the user run already, or have run.
    """
    if target == user:
        return set()
    around = {target[:end] for end in range(len(target))}
    own = {user[:end] for end in range(len(user) + 1)}
    return {target, *(around - own)}


def _knotted(edges: Mapping[File, set[File]]) -> set[File]:
    """The files that are left when those that need none of the rest are taken away, again and again.

    All that are in a circle are among them, and few others.
    """
    users: dict[File, list[File]] = {}
    for file, others in edges.items():
        for other in others:
            users.setdefault(other, []).append(file)
    open_ = {file: len(others) for file, others in edges.items()}
    free = [file for file in {*edges, *users} if not open_.get(file)]
    left = set(edges)
    while free:
        file = free.pop()
        left.discard(file)
        for user in users.get(file, ()):
            open_[user] -= 1
            if not open_[user]:
                free.append(user)
    return left


def _reaches(start: File, edges: Mapping[File, set[File]]) -> bool:
    """Whether a file leads back to itself."""
    seen: set[File] = set()
    todo = list(edges[start])
    while todo:
        at = todo.pop()
        if at == start:
            return True
        if at not in seen:
            seen.add(at)
            todo += edges.get(at, ())
    return False
