"""Bytes without a schema: JSON, UTF-8 text, and what is neither. Pure functions.

JSON here is RFC 8259 to the letter: no `NaN`, no byte order mark, UTF-8 only. A document that
Python could not hold exactly, or only at a price, is not taken for one: deeper than `MAX_DEPTH`,
an integer longer than Python reads, an exponent beyond `MAX_EXPONENT`. As text it is still whole.
"""

import json
import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

from flowodm.avro.words import shown

__all__ = [
    "LINE_DEPTH",
    "MAX_DEPTH",
    "NotJson",
    "bytes_text",
    "check_depth",
    "read_json",
    "scan_json",
    "skip_space",
]

MAX_DEPTH: Final = 200
"""Arrays and objects inside one another; jq's own limit was 256."""

LINE_DEPTH: Final = 2 * MAX_DEPTH + 20
"""The same for the JSON form of an Avro value, which may have a tag at each of its levels."""

MAX_EXPONENT: Final = 6144
"""Of a number that no double holds: the range of IEEE 754 decimal128."""

_SHORT_NUMBER: Final = 16
_SPACE: Final = " \t\n\r"
_NESTING: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)
"""Strings as a whole (an unclosed one to the end, so that the search stays linear), brackets."""


class NotJson(ValueError):
    """A text is no JSON document that can be read exactly; the message says why."""


def read_json(text: str, *, depth: int = MAX_DEPTH, unique: bool = False) -> Any:
    """Read a JSON document without losing a digit.

    Integers are `int`. Other numbers are `float` where that has the same digits, else `Decimal`.

    Args:
        text: The document.
        depth: How deep its arrays and objects may be nested.
        unique: Whether to refuse a key that is twice in one object; the last one counts otherwise.

    Raises:
        NotJson: If the text is no such document.
    """
    check_depth(text, depth)
    value, end = scan_json(text, skip_space(text, 0), unique=unique)
    if skip_space(text, end) != len(text):
        raise NotJson(f"something follows the JSON document (character {end})")
    return value


def scan_json(text: str, start: int, *, unique: bool = False) -> tuple[Any, int]:
    """Read the JSON value that starts at a character of a text that `check_depth` let pass.

    Returns:
        The value, as `read_json` gives it, and the character after it.

    Raises:
        NotJson: If no value starts there.
    """
    try:
        return (_UNIQUE_DECODER if unique else _DECODER).raw_decode(text, start)
    except NotJson:
        raise
    except ValueError as error:
        raise NotJson(_reason(error)) from None
    except RecursionError:  # the caller's own stack was nearly full
        raise NotJson("JSON nested too deeply") from None


def check_depth(text: str, most: int) -> None:
    """Refuse a JSON text whose arrays and objects are nested deeper than so many.

    Raises:
        NotJson: If it is.
    """
    if text.count("[") + text.count("{") <= most:
        return
    depth = 0
    for match in _NESTING.finditer(text):
        sign = match.group()
        if sign in "[{":
            depth += 1
            if depth > most:
                raise NotJson(f"JSON nested deeper than {most}")
        elif sign in "]}":
            depth -= 1


def bytes_text(data: bytes) -> str | None:
    """Return bytes as the text they are; None when they are no UTF-8, or hold a NUL.

    A NUL says binary, as it does to git and grep: numbers in eight bytes are valid UTF-8 too.
    """
    if b"\x00" in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def skip_space(text: str, start: int) -> int:
    """Return the first character at or after `start` that is not JSON's white space."""
    while start < len(text) and text[start] in _SPACE:
        start += 1
    return start


def _exact_number(text: str) -> float | Decimal:
    value = float(text)
    if len(text) < _SHORT_NUMBER and value - value == 0 and (value or "e" not in text.lower()):
        return value
    if repr(value) == text:
        return value
    try:
        exact = Decimal(text)
    except InvalidOperation:
        raise NotJson("a number with an exponent out of range") from None
    if value - value == 0 and Decimal(repr(value)) == exact:
        return value
    if abs(exact.adjusted()) > MAX_EXPONENT:
        raise NotJson("a number with an exponent out of range")
    return exact


def _refuse_constant(name: str) -> NoReturn:
    raise NotJson(f"`{name}` is no JSON value")


def _unique_members(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        (twice, _), *_ = Counter(name for name, _ in members).most_common(1)
        raise NotJson(f"the key {shown(twice)} is there twice")
    return found


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} (character {error.pos})"
    return "an integer with more digits than can be read"


_DECODER: Final = json.JSONDecoder(parse_float=_exact_number, parse_constant=_refuse_constant)
_UNIQUE_DECODER: Final = json.JSONDecoder(
    parse_float=_exact_number,
    parse_constant=_refuse_constant,
    object_pairs_hook=_unique_members,
)
