"""Values made by Pydantic before a model's own validator sees them."""

from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from flowodm.avro.deriving.place import annotation_text
from flowodm.avro.values import Refused

__all__ = ["instance_maker"]


def instance_maker(
    annotation: Any, before: Callable[[Any], Any] | None = None
) -> Callable[[Any], Any]:
    """What makes values of an annotation, by Pydantic.

    Args:
        annotation: The annotation; its validator is made when the first value comes.
        before: What is done to a value first.
    """

    @cache
    def adapter() -> TypeAdapter[Any]:
        return TypeAdapter(annotation)

    def make(value: Any) -> Any:
        try:
            return adapter().validate_python(
                value if before is None else before(value), strict=False
            )
        except ValidationError as error:
            raise Refused(f"{annotation_text(annotation)} does not take the value") from error

    return make
