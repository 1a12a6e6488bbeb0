"""The class that `--model` names: found, imported, checked.

Nothing is imported but for this option: a module is code, and runs when it is imported.
"""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from flowodm.avro.words import shown, similar
from flowodm.errors import SchemaError, UsageError
from flowodm.modules import import_module

__all__ = ["load_model"]


def load_model(path: str, tell: Callable[[str], None]) -> type[BaseModel]:
    """Import a Pydantic class; the working directory counts as a place of modules.

    Args:
        path: The module and the class, as `app.events:UserEvent`.
        tell: Given each line that the module prints: it is no data.

    Raises:
        UsageError: There is no such module or class, it fails when it is imported, or the class
            has no Avro schema.
    """
    module_name, colon, names = path.partition(":")
    if not (module_name and colon and names):
        raise UsageError(
            f"`--model {path}` names no class", hint="as in --model app.events:UserEvent"
        )
    return _checked(path, _find(import_module(module_name, tell), names))


def _find(module: Any, names: str) -> Any:
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
