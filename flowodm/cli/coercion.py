"""Words of the command line into values, without Pydantic.

Typer validates each parameter with a Pydantic adapter, whose import costs more than Typer itself.
The few plain types that commands use are converted here; a parameter of another type keeps
Typer's way.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

import typer

__all__ = ["lighten"]

_NAMES: Final[dict[Any, str]] = {int: "a whole number", float: "a number", str: "text"}


def lighten(parameter: Any) -> None:
    """Give a Typer parameter of a plain type a conversion of its own."""
    descriptor = parameter.type_descriptor
    info = descriptor.parameter_info
    annotation = descriptor.annotation
    if get_origin(annotation) is list:
        annotation = get_args(annotation)[0]
    convert = _conversion(annotation, info)
    if convert is not None:
        parameter._runtime_param = _PlainParameter(convert)


class _PlainParameter:
    """What Typer calls a runtime parameter: `coerce` from words to the value."""

    def __init__(self, convert: Callable[[Any], Any]) -> None:
        self._convert = convert

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Convert one value, or each of several.

        Raises:
            typer.BadParameter: If a word is not a value of the type.
        """
        many = param.multiple or param.nargs == -1
        if value is None:
            return () if many else None
        try:
            return [self._convert(item) for item in value] if many else self._convert(value)
        except ValueError as error:
            raise typer.BadParameter(str(error), ctx=ctx, param=param) from error


def _conversion(annotation: Any, info: Any) -> Callable[[Any], Any] | None:
    if info.parser is not None or info.mode is not None:
        return None
    if annotation in (str, bool):
        return lambda value: value
    if annotation in (int, float):
        return _number(annotation, info.min, info.max)
    if annotation is Path and not (
        info.exists or info.writable or info.resolve_path or info.path_type
    ):
        return Path
    if get_origin(annotation) is Literal and info.case_sensitive:
        return _choice(get_args(annotation))
    return None


def _number(
    kind: type[int] | type[float], least: float | None, most: float | None
) -> Callable[[Any], int | float]:
    def convert(value: Any) -> int | float:
        try:
            number = kind(value)
        except ValueError:
            raise ValueError(f"`{value}` is not {_NAMES[kind]}") from None
        if (least is not None and number < least) or (most is not None and number > most):
            raise ValueError(f"`{value}` is not in the range {_range(least, most)}")
        return number

    return convert


def _range(least: float | None, most: float | None) -> str:
    if most is None:
        return f"{least} and more"
    return f"up to {most}" if least is None else f"{least} to {most}"


def _choice(choices: tuple[Any, ...]) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if value in choices:
            return value
        from difflib import get_close_matches

        near = get_close_matches(str(value), choices, 1)
        did = f"; did you mean `{near[0]}`?" if near else ""
        raise ValueError(f"`{value}` is none of {', '.join(map(str, choices))}{did}")

    return convert
