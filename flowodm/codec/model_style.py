"""The style that decodes bytes into what a model's own validator takes.

That is plain dicts and lists wherever the validator cannot mistake them, so that it is called once
for the whole message. Where it could, in a union of several records, the nested instance is made
here, of the class that was written.
"""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flowodm.avro.binding import Binding, Conversion, RecordBinding
from flowodm.avro.types import (
    Enum,
    Fixed,
    Logical,
    Map,
    Primitive,
    Record,
    Type,
    Union,
    type_name,
)
from flowodm.avro.values import Convert, Duration, RawNumber, conversion
from flowodm.codec.misfit import Misfit
from flowodm.codec.model_kinds import raw_number
from flowodm.codec.physical import unscaled_decimal
from flowodm.codec.style import Refused, Style

if TYPE_CHECKING:
    from pydantic import ValidationError

__all__ = ["model_style", "problems"]

_MOST_PROBLEMS = 5


def model_style(binding: Binding) -> Style:
    """What decoded values become, for `binding.model.__pydantic_validator__.validate_python`.

    Call that with `strict=False`: every value has its Avro type already, but a set comes as a
    list and a path as its text, which a strict class would refuse.

    Args:
        binding: The class and its schema, which must be the reader's: nodes are known by identity.

    Returns:
        A style for `compile_decoder(writer, binding.schema, style=…)`, and for no other schema.
    """
    return _ModelStyle(binding)


class _ModelStyle:
    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self.name = f"`{binding.model.__name__}`"

    def convert(self, node: Type) -> Convert | None:
        """The conversion of one node; None, mostly: what was read is what the validator takes."""
        own = self._own(node)
        converted: Conversion | None = self._binding.conversions.get(node)
        if converted is None or converted.from_avro is None:
            return own
        return _chained(own, converted.from_avro)

    def _own(self, node: Type) -> Convert | None:
        match node:
            case Record(fullname=name):
                return _renamer(self._binding.records[name])
            case Enum(fullname=name):
                enum = self._binding.enums[name]
                return None if enum.cls is None else enum.members.__getitem__
            case Fixed(fullname=name):
                plain = conversion(node)
                own = self._binding.fixeds.get(name)
                if own is None:
                    return plain
                if node.logical is not None and node.logical.name == "decimal":
                    # an instance of its own class passes Pydantic, whose check is of the plain one
                    plain = _chained(plain, _within_digits(node.logical))
                return _chained(plain, _maker(own))
            case Primitive(name="string", logical=Logical(name="uuid")):
                return _uuids()
            case Primitive():
                bare = node in self._binding.bare_times
                return conversion(node, raw=_RefusedNumber if bare else raw_number(node))
        return None

    def branch(self, union: Union, index: int) -> Convert | None:
        """Make sure of the branch where a validator might take the value for one of another."""
        branches = [self._binding.schema.deref(branch) for branch in union.branches]
        others = branches[:index] + branches[index + 1 :]
        match branches[index]:
            case Record(fullname=name) if any(isinstance(each, Record | Map) for each in others):
                return _validator(self._binding.records[name].cls)
            case Primitive() | Fixed() as node if node.logical and node.logical.name == "decimal":
                is_alone = not any(type_name(other) != "null" for other in others)
                return None if is_alone else _within_digits(node.logical)
        return None


class _RefusedNumber(RawNumber):
    """The number of a time that the annotation cannot hold: refused where it is read."""

    __slots__ = ()

    def __new__(cls, number: int) -> "_RefusedNumber":
        raise Refused(f"the number {number} is beyond what Python's dates and times can hold")


@cache
def _uuids() -> Convert:
    """Texts to UUIDs by Pydantic, which makes them much faster than `UUID` itself."""
    from pydantic_core import SchemaValidator, core_schema

    validate = SchemaValidator(core_schema.uuid_schema()).validate_python

    def convert(text: str) -> UUID | str:
        try:
            made: UUID = validate(text)
        except ValueError:
            return text
        return made

    return convert


def _chained(first: Convert | None, second: Convert) -> Convert:
    return second if first is None else lambda value: second(first(value))


def _within_digits(logical: Logical) -> Convert:
    """Refuse a decimal that a class would refuse, and another branch might take for a float."""
    check = unscaled_decimal(logical)

    def convert(value: Any) -> Any:
        try:
            check(value)
        except Misfit as misfit:
            raise Refused(misfit.reason) from None
        return value

    return convert


def _renamer(binding: RecordBinding) -> Convert | None:
    keys = {field.name: field.key for field in binding.fields}
    if all(name == key for name, key in keys.items()):
        return None
    return lambda record: {keys[name]: value for name, value in record.items()}


def _maker(cls: Any) -> Convert:
    """What makes a fixed's own class of its plain value."""
    if issubclass(cls, UUID):
        return lambda value: cls(int=value.int)
    return (lambda value: cls(*value)) if issubclass(cls, Duration) else cls


def _validator(cls: Any) -> Convert:
    from pydantic import ValidationError

    validate_python = cls.__pydantic_validator__.validate_python

    def validate(value: Any) -> Any:
        try:
            return validate_python(value, strict=False)
        except ValidationError as error:
            raise Refused(problems(error, cls)) from error

    return validate


def problems(error: "ValidationError", cls: type) -> str:
    """What a validation found wrong, in one line that quotes no value."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    told = [_problem(each) for each in found[:_MOST_PROBLEMS]]
    more = f" (and {len(found) - len(told)} more)" if len(found) > len(told) else ""
    return f"`{cls.__name__}` does not take it: {'; '.join(told)}{more}"


def _problem(error: Mapping[str, Any]) -> str:
    path = ".".join(str(step) for step in error["loc"])
    message = str(error["msg"]).partition("\n")[0]
    return f"{message} at `{path}`" if path else message
