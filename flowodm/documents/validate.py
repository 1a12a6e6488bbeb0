"""Checking raw settings against a model, and saying in which line they are wrong.

Pydantic finds what is wrong; the words, the place and the suggestion are made here. No error
repeats a value.
"""

import difflib
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from flowodm.documents.yaml import Location
from flowodm.errors import ConfigurationError

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["did_you_mean", "validate"]

_Model = TypeVar("_Model", bound="BaseModel")

_WORDS = {
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "dict_type": "must be keys and values",
    "model_type": "must be keys and values",
    "model_attributes_type": "must be keys and values",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
}


_CONTAINERS = frozenset(
    kind for kind, words in _WORDS.items() if words.endswith(("values", "list"))
)
"""What no variable can become: it is a text."""


def validate(
    model: "type[_Model]",
    values: object,
    *,
    where: Callable[[Location], str],
    thing: Callable[[Location], str],
    ignore: Callable[[object], bool] = lambda value: False,
) -> "_Model | None":
    """Check settings, and return the model made of them.

    Args:
        model: What they must be.
        values: The settings as they were written.
        where: Names the place of a setting: `flowodm.yaml:12`.
        thing: Names what a setting belongs to, after a preposition: `in context `local``.
        ignore: Tells which wrong values are to be overlooked, since they are not final.

    Returns:
        The model; None when all that is wrong is to be overlooked.

    Raises:
        ConfigurationError: The first of what is wrong.
    """
    from pydantic import ValidationError

    try:
        return model.model_validate(values)
    except ValidationError as error:
        # An unknown key first: it is often why another one is missing.
        errors = error.errors(include_url=False)
        for found in sorted(errors, key=lambda found: found["type"] != "extra_forbidden"):
            location = _within(values, found["loc"], found["type"])
            if found["type"] in _CONTAINERS or not ignore(_at(values, location)):
                message, hint = _words(model, location, found, values, thing)
                raise ConfigurationError(f"{where(location)}: {message}", hint=hint) from None
        return None


def did_you_mean(word: str, known: Collection[str]) -> str | None:
    """Suggest the known words nearest to one that is not known."""
    near = difflib.get_close_matches(word, known, n=2, cutoff=0.65)
    return f"did you mean {' or '.join(f'`{name}`' for name in near)}?" if near else None


def _within(values: object, location: tuple[int | str, ...], kind: str) -> Location:
    """Cut off what Pydantic adds to a location (the branch of a union)."""
    kept: list[int | str] = []
    for step in location:
        if not _has(values, step):
            return (*kept, step) if kind == "missing" else tuple(kept)
        values = _at(values, (step,))
        kept.append(step)
    return tuple(kept)


def _has(values: object, step: int | str) -> bool:
    if isinstance(values, Mapping):
        return step in values
    return isinstance(values, list | tuple) and isinstance(step, int) and step < len(values)


def _at(values: Any, location: Location) -> object:
    for step in location:
        values = values.get(step) if isinstance(values, Mapping) else values[int(step)]
    return values


def _words(
    model: "type[BaseModel]",
    location: Location,
    found: Any,
    values: object,
    thing: Callable[[Location], str],
) -> tuple[str, str | None]:
    key = str(location[-1])[:60] if location else "the file"
    of = thing(location[:-1])
    of = f" {of}" if of else ""
    kind = found["type"]
    if kind == "extra_forbidden":
        known = _keys_at(model, location[:-1])
        near = did_you_mean(key, known)
        return f"unknown key `{key}`{of}", near or _list_keys(known)
    if kind == "missing":
        return f"`{key}` is missing{of}", None
    if kind == "value_error":
        text = str(found["ctx"]["error"])
        return (text + of, None) if text.startswith("`") else (f"`{key}`{of} {text}", None)
    if _at(values, location) is None:
        return f"`{key}`{of} has no value", None
    text = _WORDS.get(kind) or found["msg"].replace("Input should be", "must be")
    return f"`{key}`{of} {text}", None


def _list_keys(known: Collection[str]) -> str | None:
    return f"the keys are {', '.join(f'`{key}`' for key in known)}" if known else None


def _keys_at(model: "type[BaseModel]", location: Location) -> tuple[str, ...]:
    """List the keys of the model that stands at a location below another."""
    current: type[BaseModel] | None = model
    for step in location:
        field = current.model_fields.get(str(step)) if current else None
        # An entry of a mapping (a topic's name) has the mapping's own model.
        current = _model_in(field.annotation) if field else current
    return tuple(current.model_fields) if current else ()


def _model_in(annotation: Any) -> "type[BaseModel] | None":
    from pydantic import BaseModel

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    models = (_model_in(inner) for inner in getattr(annotation, "__args__", ()))
    return next((model for model in models if model), None)
