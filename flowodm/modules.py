"""What `module:name` stands for: imported where it is to be used, or only looked for.

A module is code, and runs when it is imported. `import_target` does that; `missing_part` says what
is surely not there by reading files, and imports nothing.
"""

import ast
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import redirect_stdout
from importlib.machinery import ModuleSpec, PathFinder
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from flowodm.avro.words import shown, similar
from flowodm.errors import UsageError

__all__ = ["import_module", "import_target", "look_here", "missing_part", "names_in"]

_MOST_SOURCE: Final = 4 << 20
_DYNAMIC: Final = ("globals(", "sys.modules", "exec(", "setattr(", "__getattr__")
"""What makes names that no reader of a source can see."""


def look_here() -> str:
    """Let the working directory count as a place of modules, and return it."""
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    return here


def import_module(name: str, tell: Callable[[str], None]) -> ModuleType:
    """Import a module; the working directory counts as a place of modules.

    Args:
        name: The module.
        tell: Given each line that it prints: it is no data.

    Raises:
        UsageError: There is no such module, or it fails when it is imported.
    """
    here = look_here()
    printed = StringIO()
    try:
        with redirect_stdout(printed):
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            raise _no_module(error.name, here) from None
        raise _broken(name, error) from error
    except (Exception, SystemExit) as error:  # a module may raise anything
        raise _broken(name, error) from error
    finally:
        for line in printed.getvalue().splitlines():
            tell(line)


def import_target(target: str, tell: Callable[[str], None]) -> Any:
    """Import what `module:name` stands for.

    Args:
        target: The module, a colon, and the name, with dots where it is inside a class.
        tell: Given each line that the module prints.

    Raises:
        UsageError: There is no such module or name, or the module fails when it is imported.
    """
    module_name, _, names = target.partition(":")
    found: Any = import_module(module_name, tell)
    for name in names.split("."):
        if not hasattr(found, name):
            raise _no_name(getattr(found, "__name__", "?"), name, names_in(found))
        found = getattr(found, name)
    return found


def names_in(place: object) -> list[str]:
    """List what a module or class offers."""
    return [name for name in vars(place) if not name.startswith("_")]


def missing_part(target: str) -> UsageError | None:
    """Say what of `module:name` is not there, without importing anything.

    Packages are looked for where Python would, and the name in the module's source. What cannot be
    known that way (a name that code makes, a module without a source) counts as being there.
    """
    here = look_here()
    module_name, _, names = target.partition(":")
    spec: ModuleSpec | None = None
    parts = module_name.split(".")
    for depth in range(1, len(parts) + 1):
        name = ".".join(parts[:depth])
        spec = _spec(name, spec)
        if spec is None:
            return _no_module(name, here)
    known = _names_of_source(spec)
    name = names.partition(".")[0]
    return _no_name(module_name, name, known) if known and name not in known else None


def _spec(name: str, above: ModuleSpec | None) -> ModuleSpec | None:
    if name in sys.modules:
        return sys.modules[name].__spec__
    if above is not None:
        places = above.submodule_search_locations
        return PathFinder.find_spec(name, list(places)) if places is not None else None
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None


def _names_of_source(spec: ModuleSpec | None) -> Collection[str]:
    """The names that a module's source binds; none where that cannot be known."""
    origin = spec.origin if spec is not None else None
    if origin is None or not origin.endswith(".py"):
        return ()
    try:
        with Path(origin).open("rb") as file:
            data = file.read(_MOST_SOURCE + 1)
        text = data.decode("utf-8-sig") if len(data) <= _MOST_SOURCE else ""
        tree = ast.parse(text)
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return ()
    if any(word in text for word in _DYNAMIC):
        return ()
    bound = set(_bound(tree))
    return () if "*" in bound else bound


def _bound(tree: ast.Module) -> Iterator[str]:
    """The names that the statements of a module bind, those in `if` and `try` included."""
    open_nodes: list[ast.AST] = list(tree.body)
    while open_nodes:
        node = open_nodes.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
            continue  # what is inside is its own
        if isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        open_nodes.extend(ast.iter_child_nodes(node))


def _no_module(name: str, here: str) -> UsageError:
    return UsageError(
        f"there is no module {shown(name)}",
        hint=f"modules are looked for in `{here}` and where flowodm is installed",
    )


def _no_name(place: str, name: str, known: Collection[str]) -> UsageError:
    near = similar(name, known)
    return UsageError(
        f"{shown(place)} has no {shown(name)}", hint=f"did you mean `{near}`?" if near else None
    )


def _broken(name: str, error: BaseException) -> UsageError:
    reason = str(error).partition("\n")[0]
    return UsageError(
        f"module {shown(name)} cannot be imported: {type(error).__name__}"
        + (f": {reason}" if reason else ""),
        hint=f"python -c 'import {name}' shows where",
    )
