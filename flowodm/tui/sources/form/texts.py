r"""What is typed into a field, as the JSON form that `flowodm produce` reads, and back.

A text is taken as it is; one that stands in quotes as JSON has them is what they hold, so that an
empty text (`""`), a line feed (`"\n"`) and what cannot be seen can be typed too.
"""

import json
import re
from typing import Final, Literal, TypeAlias

from flowodm.avro.types import Enum, Fixed, Json, Primitive, Type
from flowodm.codec.plain import LINE_DEPTH, NotJson, read_json
from flowodm.codec.unseen import UNSEEN, escape_unseen
from flowodm.errors import SerializationError

__all__ = ["Spelling", "is_plain", "read_text", "spelling_of", "write_text"]

Spelling: TypeAlias = Literal["text", "word", "time", "number", "boolean", "json"]
"""How a field's text is read: as it is or quoted, as it is, as a number where it is one, …"""

_ODD: Final = re.compile(f"[\x00-\x1f{UNSEEN}]")
_DIGITS: Final = re.compile(r"[+-]?[0-9]{1,40}")
_BOOLEANS: Final = {"true": True, "false": False}


def spelling_of(node: Type) -> Spelling:
    """Tell how values of a type, given as its definition, are typed."""
    match node:
        case Primitive(name="string", logical=None):
            return "text"
        case Primitive(name="int" | "long", logical=logical) if logical is not None:
            return "time"
        case Primitive(name="int" | "long" | "float" | "double"):
            return "number"
        case Primitive(name="boolean"):
            return "boolean"
        case Primitive(name="string" | "bytes") | Enum():
            return "word"
        case Fixed(logical=logical):
            return "json" if logical is not None and logical.name == "duration" else "word"
    return "json"


def read_text(text: str, spelling: Spelling) -> Json:
    """Read what was typed; a type that it does not fit refuses it later.

    Raises:
        SerializationError: It has to be JSON, and is none.
    """
    match spelling:
        case "text":
            return _unquoted(text)
        case "time":
            return int(text) if _DIGITS.fullmatch(text.strip()) else text.strip()
        case "number":
            return _number(text.strip())
        case "boolean":
            return _BOOLEANS.get(text.strip(), text.strip())
        case "json":
            return _document(text)
    return text.strip()


def write_text(value: Json, spelling: Spelling) -> str:
    """Write a value as it would be typed: `read_text` gives it back. Null is no text at all."""
    if value is None:
        return ""
    if isinstance(value, str) and spelling != "json":
        is_odd = not value or _is_quoted(value) or not is_plain(value)
        return _quoted(value) if is_odd else value
    return _quoted(value)


def is_plain(text: str) -> bool:
    """Tell whether all of a text can be seen, and typed on one line."""
    return _ODD.search(text) is None


def _quoted(value: Json) -> str:
    return escape_unseen(json.dumps(value, ensure_ascii=False, default=str))


def _is_quoted(text: str) -> bool:
    return len(text) > 1 and text[0] == text[-1] == '"'


def _unquoted(text: str) -> Json:
    if not _is_quoted(text):
        return text
    try:
        value: Json = read_json(text)
    except NotJson:
        return text
    return value if isinstance(value, str) else text


def _number(text: str) -> Json:
    try:
        value = read_json(text, depth=0)
    except NotJson:
        return text
    is_number = not isinstance(value, bool | str) and value is not None
    found: Json = value if is_number else text
    return found


def _document(text: str) -> Json:
    try:
        value: Json = read_json(text, depth=LINE_DEPTH, unique=True)
    except NotJson as error:
        raise SerializationError(f"not JSON: {error}") from None
    return value
