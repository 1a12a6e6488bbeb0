"""JSON documents: untrusted text or Python objects in, plain bounded documents out.

The reader is iterative, refuses duplicate keys, names line and column, and stops at a nesting
depth, a number of values and a length. It takes what Java's schema parser takes: comments too.
What the document means is not known here; writing one back is `text.py`'s.
"""

import json.decoder
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flowodm.avro.types import Json
from flowodm.avro.words import Path, counted, pointer, shown
from flowodm.errors import SchemaParseError

__all__ = ["MAX_CHARACTERS", "MAX_DEPTH", "MAX_DIGITS", "MAX_VALUES", "copy_document", "read_json"]

MAX_CHARACTERS: Final = 10 * 1024 * 1024
"""Of a schema's text."""

MAX_DEPTH: Final = 1000
"""Objects and arrays inside one another; Java's own limit (Jackson's `maxNestingDepth`)."""

MAX_VALUES: Final = 1_000_000
"""Values in one document, however they nest."""

MAX_DIGITS: Final = 1000
"""Characters of one number; Java's own limit (Jackson's `maxNumberLength`)."""

_SPACE = re.compile(r"(?:[ \t\n\r]+|//[^\n\r]*|/\*.*?\*/)*", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Json] = {"true": True, "false": False, "null": None}
_scan_string: Callable[[str, int, bool], tuple[str, int]] = json.decoder.scanstring  # type: ignore[attr-defined]  # missing from typeshed


@dataclass(slots=True)
class _Open:
    """An object or array whose end has not been read."""

    value: dict[str, Json] | list[Json]
    path: Path
    key: str = ""

    def inner_path(self) -> Path:
        key = self.key if isinstance(self.value, dict) else len(self.value)
        return (self.path, key)


def read_json(text: str) -> Json:
    """Read one JSON document.

    Raises:
        SchemaParseError: It is not JSON (with line and column), or beyond a limit.
    """
    if len(text) > MAX_CHARACTERS:
        raise SchemaParseError(
            f"the schema's text has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read"
        )
    return _Reader(text).read()


class _Reader:
    """One pass over a text; `self.at` is the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.values = 0
        self.open: list[_Open] = []

    def read(self) -> Json:
        """The whole text as one document."""
        while True:
            value = self._value()
            while self.open and value is not _OPENED:
                value = self._close_into(value)
            if not self.open and value is not _OPENED:
                break
        if self._peek():
            raise self._fault("there is more text after the schema's end")
        return value  # type: ignore[return-value]  # _OPENED never leaves the loop

    def _peek(self) -> str:
        """Skip spaces and comments; the next character, or nothing at the end."""
        match = _SPACE.match(self.text, self.at)
        assert match is not None, "the pattern matches nothing too"
        self.at = match.end()
        return self.text[self.at : self.at + 1]

    def _value(self) -> "Json | _Opened":
        """Read a scalar or an empty container; or open one and stand before its first value."""
        first = self._peek()
        self.values += 1
        if self.values > MAX_VALUES:
            raise self._error(f"more than {MAX_VALUES:,} values")
        if first == '"':
            return self._string()
        if first == "{":
            return self._open({}, "}")
        if first == "[":
            return self._open([], "]")
        if first and first in "-0123456789":
            return self._number()
        return self._word()

    def _open(self, value: dict[str, Json] | list[Json], end: str) -> "Json | _Opened":
        if len(self.open) >= MAX_DEPTH:
            raise self._error(f"nested more than {MAX_DEPTH:,} deep")
        self.at += 1
        if self._peek() == end:
            self.at += 1
            return value
        self.open.append(_Open(value, self.open[-1].inner_path() if self.open else None))
        if isinstance(value, dict):
            self._key()
        return _OPENED

    def _close_into(self, value: "Json | _Opened") -> "Json | _Opened":
        """Put a value into the innermost container; give that one back when it ends here."""
        top = self.open[-1]
        if isinstance(top.value, dict):
            top.value[top.key] = value  # type: ignore[assignment]  # the caller excludes _OPENED
            end = "}"
        else:
            top.value.append(value)  # type: ignore[arg-type]  # the caller excludes _OPENED
            end = "]"
        found = self._peek()
        if found == end:
            self.at += 1
            self.open.pop()
            return top.value
        if found != ",":
            raise self._fault(f"expected `,` or `{end}`")
        self.at += 1
        if isinstance(top.value, dict):
            self._key()
        return _OPENED

    def _key(self) -> None:
        """Read `"key":` into the innermost object."""
        top = self.open[-1]
        if self._peek() != '"':
            raise self._fault("expected a key in double quotes")
        start = self.at
        top.key = self._string()
        if top.key in top.value:
            self.at = start
            raise self._error(
                f"the key {shown(top.key)} stands twice in one object",
                path=top.inner_path(),
                hint="remove one of the two: a JSON reader would silently take the last",
            )
        if self._peek() != ":":
            raise self._fault("expected `:` after a key")
        self.at += 1

    def _string(self) -> str:
        try:
            value, self.at = _scan_string(self.text, self.at + 1, True)
        except json.JSONDecodeError as error:
            self.at = min(error.pos, len(self.text))
            reason = error.msg.removesuffix(" at").removesuffix(" starting")
            raise self._fault(reason[:1].lower() + reason[1:]) from None
        return value

    def _number(self) -> Json:
        match = _NUMBER.match(self.text, self.at)
        if match is None:
            raise self._fault("not a number")
        if match.end() - match.start() > MAX_DIGITS:
            raise self._error(f"a number of more than {MAX_DIGITS:,} characters")
        self.at = match.end()
        fraction, exponent = match.groups()
        return int(match[0]) if fraction is None and exponent is None else float(match[0])

    def _word(self) -> Json:
        for word, value in _WORDS.items():
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return value
        what = self.text[self.at : self.at + 1]
        if not what:
            raise self._fault("the text ends too early")
        raise self._fault(f"expected a value, found {shown(what)}")

    def _fault(self, reason: str) -> SchemaParseError:
        return self._error(f"not JSON: {reason}")

    def _error(
        self, reason: str, *, path: Path = None, hint: str | None = None
    ) -> SchemaParseError:
        line = self.text.count("\n", 0, self.at) + 1
        column = self.at - (self.text.rfind("\n", 0, self.at) + 1) + 1
        if path is None and self.open:
            path = self.open[-1].path
        return SchemaParseError(
            f"{reason}, line {line}, column {column}", path=pointer(path), hint=hint, line=line
        )


class _Opened:
    """The mark that a container was opened and its first value comes next."""


_OPENED: Final = _Opened()


def copy_document(document: object) -> Json:
    """Copy a Python object that is meant as JSON, and check that it is.

    Raises:
        SchemaParseError: Something in it has no place in JSON, it holds itself, or it is beyond
            a limit.
    """
    holder: list[Json] = []
    todo: list[tuple[object, Path, int, Callable[[Json], None]]] = [
        (document, None, 0, holder.append)
    ]
    values = 0
    while todo:
        value, path, depth, put = todo.pop()
        values += 1
        if values > MAX_VALUES:
            raise SchemaParseError(f"more than {MAX_VALUES:,} values")
        if isinstance(value, dict | list | tuple):
            if depth >= MAX_DEPTH:
                raise SchemaParseError(
                    f"nested more than {MAX_DEPTH:,} deep",
                    hint="does the document hold itself?",
                )
            put(_copy_container(value, path, depth + 1, todo))
        else:
            put(_scalar(value, path))
    return holder[0]


def _copy_container(
    value: dict[object, object] | list[object] | tuple[object, ...],
    path: Path,
    depth: int,
    todo: list[tuple[object, Path, int, Callable[[Json], None]]],
) -> Json:
    """An empty copy, and its contents put on the list (last first, so the first comes first)."""
    if len(value) > MAX_VALUES:
        raise SchemaParseError(f"more than {MAX_VALUES:,} values")
    if not isinstance(value, dict):
        items: list[Json] = [None] * len(value)
        for index in range(len(value) - 1, -1, -1):
            todo.append((value[index], (path, index), depth, _setter(items, index)))
        return items
    copy: dict[str, Json] = {}
    for key in value:
        if not isinstance(key, str):
            raise SchemaParseError(
                f"a key must be a string, not {counted(type(key).__name__)}", path=pointer(path)
            )
        copy[_whole(key)] = None
    for key in reversed(value):
        assert isinstance(key, str)
        todo.append((value[key], (path, key), depth, _setter(copy, _whole(key))))
    return copy


def _setter(target: "dict[str, Json] | list[Json]", key: "str | int") -> Callable[[Json], None]:
    def put(value: Json) -> None:
        target[key] = value  # type: ignore[index]  # key and target come in pairs

    return put


def _scalar(value: object, path: Path) -> Json:
    """A scalar of exactly JSON's own types, whatever subclass came."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _whole(str.__str__(value))
    if isinstance(value, float):
        return float(value)
    if isinstance(value, int):
        if abs(int(value)).bit_length() > MAX_DIGITS * math.log2(10):
            raise SchemaParseError(
                f"a number of more than {MAX_DIGITS:,} digits", path=pointer(path)
            )
        return int(value)
    raise SchemaParseError(
        f"{counted(type(value).__name__)} has no place in a schema",
        path=pointer(path),
        hint="a schema is made of dict, list, str, int, float, bool and None",
    )


def _whole(text: str) -> str:
    """Join surrogate halves that stand side by side, as a JSON reader does."""
    if text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
