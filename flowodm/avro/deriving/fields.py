"""The fields of a Pydantic class that its schema has, and what Pydantic knows of them."""

from collections.abc import Iterator
from typing import NamedTuple

from pydantic import AliasChoices, AliasPath, BaseModel
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError
from pydantic.fields import FieldInfo

from flowodm.avro.binding import FieldBinding
from flowodm.avro.deriving.place import Place
from flowodm.avro.names import is_name
from flowodm.avro.words import shown

__all__ = ["FieldPlan", "complete", "field_plans"]


class FieldPlan(NamedTuple):
    """A field that goes into the schema."""

    binding: FieldBinding
    info: FieldInfo


def complete(cls: type[BaseModel], place: Place) -> None:
    """Have Pydantic finish a class that waits for names it did not know yet.

    The classes around it may be such: a class of a circle is looked at before its module has it.

    Raises:
        SchemaError: A name is still unknown.
    """
    if cls.__pydantic_complete__:
        return
    try:
        cls.model_rebuild(raise_errors=True, _types_namespace=_around(cls, place))
    except (PydanticUserError, PydanticUndefinedAnnotation, NameError) as error:
        reason = getattr(error, "message", str(error)).partition("\n")[0]
        raise place.fault(
            f"the class `{cls.__name__}` is not complete: {reason}",
            f"call `{cls.__name__}.model_rebuild()` where every name of its annotations is known",
        ) from error


def _around(cls: type[BaseModel], place: Place) -> dict[str, type]:
    """The classes of its module that a class stands in."""
    found: dict[str, type] = {}
    at: Place | None = place
    while at is not None:
        if at.cls.__module__ == cls.__module__:
            found[at.cls.__name__] = at.cls
        at = at.outer
    return found


def field_plans(cls: type[BaseModel], place: Place) -> tuple[FieldPlan, ...]:
    """The fields in the class's order.

    A field that is excluded (`exclude=True`) is left out; then it must have a default, as nothing
    that is read gives it a value.

    Raises:
        SchemaError: A name is wrong, or two are the same.
    """
    taken: dict[str, str] = {}
    plans = []
    for attribute, info, at in _kept(cls, place):
        name = info.serialization_alias or info.alias or attribute
        if not is_name(name):
            raise at.fault(
                f"{shown(name)} cannot be the name of an Avro field",
                "a name is a letter A-Z, a-z or `_`, then letters, digits and `_`:"
                ' say one with `Field(alias="name")`',
            )
        if name in taken:
            raise at.fault(
                f"{shown(name)} is the Avro name of `{taken[name]}` too",
                "give one of the two another alias",
            )
        taken[name] = attribute
        plans.append(FieldPlan(FieldBinding(name, attribute, _key(cls, attribute, info, at)), info))
    return tuple(plans)


def _kept(cls: type[BaseModel], place: Place) -> Iterator[tuple[str, FieldInfo, Place]]:
    for attribute, info in cls.model_fields.items():
        at = place.at(attribute)
        if not info.exclude:
            yield attribute, info, at
        elif info.is_required():
            raise at.fault(
                "a field that is excluded needs a default, as nothing that is read gives it a value",
                "give it one, or keep it off the model's fields with `PrivateAttr`",
            )


def _key(cls: type[BaseModel], attribute: str, info: FieldInfo, place: Place) -> str:
    """What the validator knows the field by."""
    alias = info.validation_alias
    config = cls.model_config
    is_by_name = config.get("validate_by_name") or config.get("populate_by_name")
    if alias is None or (is_by_name and config.get("validate_by_alias") is False):
        return attribute
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    for choice in choices:
        parts = choice.path if isinstance(choice, AliasPath) else [choice]
        if len(parts) == 1 and isinstance(parts[0], str):
            return parts[0]
    if is_by_name:
        return attribute
    raise place.fault(
        "its validation alias is a path into other values, and a record has no such place",
        "let it be validated by name too: `model_config = ConfigDict(validate_by_name=True)`",
    )
