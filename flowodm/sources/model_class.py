"""The class or module that a user names: found, imported, checked.

Nothing is imported unless it is named: a module is code, and runs when it is imported.
"""

import importlib
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from flowodm.avro.words import shown, similar
from flowodm.errors import SchemaError, UsageError

if TYPE_CHECKING:
    from flowodm.model import FlowBaseModel

__all__ = ["load_model", "load_module", "place_of"]


def load_model(
    path: str, tell: Callable[[str], None], *, said: str | None = None
) -> type[BaseModel]:
    """Import a Pydantic class; the working directory counts as a place of modules.

    Args:
        path: The module and the class, as `app.events:UserEvent`.
        tell: Given each line that the module prints: it is no data.
        said: What the user wrote, where that is more than the path.

    Raises:
        UsageError: There is no such module or class, it fails when it is imported, or the class
            has no Avro schema.
    """
    module_name, colon, names = path.partition(":")
    if not (module_name and colon and names):
        raise UsageError(f"`{said or path}` names no class", hint="as in app.events:UserEvent")
    return _checked(path, _find(_import(module_name, tell), names))


def load_module(
    name: str, tell: Callable[[str], None]
) -> "tuple[tuple[str, type[FlowBaseModel]], ...]":
    """Import a module and list the classes with a topic that it defines, as they stand there.

    Args:
        name: The module; of a package, what its own modules define counts too, where the package
            has imported them.
        tell: Given each line that the module prints.

    Returns:
        Each class with its path.

    Raises:
        UsageError: There is no such module, it fails when it is imported, or has no such class.
    """
    from flowodm.model import FlowBaseModel

    module = _import(name, tell)
    found: dict[type[FlowBaseModel], str] = {}
    for value in vars(module).values():
        if (
            isinstance(value, type)
            and issubclass(value, FlowBaseModel)
            and value.__declaration__ is not None
            and f"{value.__module__}.".startswith(f"{name}.")
        ):
            found.setdefault(value, f"{name}:{value.__qualname__}")
    if not found:
        raise UsageError(
            f"module {shown(name)} defines no class with a topic",
            hint="a `FlowBaseModel` whose `Settings` name one",
        )
    return tuple((path, model) for model, path in found.items())


def place_of(model: type[BaseModel]) -> tuple[Path | None, int | None]:
    """The file and the line where a class begins, where there is a file."""
    import inspect

    try:
        return Path(inspect.getfile(model)), inspect.getsourcelines(model)[1]
    except (OSError, TypeError, SyntaxError):
        return None, None


def _import(name: str, tell: Callable[[str], None]) -> ModuleType:
    if (here := os.getcwd()) not in sys.path:
        sys.path.insert(0, here)
    printed = StringIO()
    try:
        with redirect_stdout(printed):
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            raise UsageError(
                f"there is no module {shown(error.name)}",
                hint=f"modules are looked for in `{here}` and where flowodm is installed",
            ) from None
        raise _broken(name, error) from error
    except (Exception, SystemExit) as error:  # a module may raise anything
        raise _broken(name, error) from error
    finally:
        for line in printed.getvalue().splitlines():
            tell(line)


def _broken(name: str, error: BaseException) -> UsageError:
    reason = str(error).partition("\n")[0]
    return UsageError(
        f"module {shown(name)} cannot be imported: {type(error).__name__}"
        + (f": {reason}" if reason else ""),
        hint=f"python -c 'import {name}' shows where",
    )


def _find(module: ModuleType, names: str) -> Any:
    found: Any = module
    for name in names.split("."):
        if not hasattr(found, name):
            near = similar(name, _models_in(found))
            raise UsageError(
                f"{shown(getattr(found, '__name__', '?'))} has no class {shown(name)}",
                hint=f"did you mean `{near}`?" if near else None,
            )
        found = getattr(found, name)
    return found


def _models_in(place: object) -> list[str]:
    return [name for name, value in vars(place).items() if _is_model(value)]


def _is_model(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel)


def _checked(path: str, found: Any) -> type[BaseModel]:
    from flowodm.avro.bind import bind

    if not _is_model(found):
        raise UsageError(f"`{path}` is no Pydantic model")
    model: type[BaseModel] = found
    try:
        bind(model)
    except SchemaError as error:
        raise UsageError(f"`{path}`: {error.message}", hint=error.hint) from error
    return model
