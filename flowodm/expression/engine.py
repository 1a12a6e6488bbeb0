"""The CEL library, without its command line.

`import cel` imports a whole command-line tool first, ten times the cost of the engine itself.
"""

import sys
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from types import ModuleType

__all__ = ["cel"]


@cache
def cel() -> ModuleType:
    """Return the extension module of `common-expression-language`."""
    if loaded := sys.modules.get("cel.cel"):
        return loaded
    package = find_spec("cel")
    places = package.submodule_search_locations if package else None
    spec = PathFinder.find_spec("cel.cel", places)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError("No module named 'cel.cel'", name="cel.cel")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return sys.modules.setdefault("cel.cel", module)
