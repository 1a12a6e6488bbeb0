"""What a plain scalar means: the core schema of YAML 1.2 (YAML 1.2.2, 10.3.2).

With one exception: a number that starts with a needless zero (`0123`) stays text.
"""

import re
from typing import Final, TypeAlias

__all__ = ["KINDS", "Scalar", "plain_scalar", "tagged_scalar"]

Scalar: TypeAlias = str | int | float | bool | None

KINDS: Final[dict[str, tuple[type, ...]]] = {
    "null": (type(None),),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
}
"""The tags of the core schema that are not text, and the types of what may be tagged so."""

_MAXIMUM_DIGITS = 400

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)


def plain_scalar(text: str) -> Scalar:
    """Read a scalar without quotes or tag.

    Raises:
        ValueError: It is a number that nobody means.
    """
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    return _number(text) if text[0] in "+-.0123456789" else text


def tagged_scalar(kind: str, text: str) -> Scalar:
    """Read a scalar with one of the tags in `KINDS`.

    Raises:
        ValueError: It is no such scalar.
    """
    value = plain_scalar(text)
    if type(value) not in KINDS[kind]:
        raise ValueError(f"the value is no `!!{kind}`")
    return float(value) if kind == "float" and isinstance(value, int) else value


def _number(text: str) -> str | int | float:
    base = 0 if _OCTAL.fullmatch(text) or _HEXADECIMAL.fullmatch(text) else 10
    is_integer = base == 0 or _INTEGER.fullmatch(text)
    if not is_integer and not _FLOAT.fullmatch(text):
        return text
    if len(text) > _MAXIMUM_DIGITS:
        raise ValueError(f"a number of more than {_MAXIMUM_DIGITS} digits")
    if is_integer:
        return int(text, base)
    if text[-1] in "fFnN":  # .inf and .nan
        return float(text.replace(".", ""))
    return float(text)
