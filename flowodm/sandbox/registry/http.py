"""The words of the embedded registry: a request, a response, and its errors by number."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn, Self, TypeVar
from urllib.parse import parse_qsl, unquote_to_bytes

from flowodm.avro.types import Json

__all__ = ["Refusal", "RegistryRequest", "RegistryResponse"]

_T = TypeVar("_T")

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTENT_TYPES = frozenset({"", "application/json", "application/octet-stream"})
"""What Confluent takes, besides its own; the form that `curl -d` says is none of them."""


@dataclass(frozen=True, slots=True)
class RegistryRequest:
    """A request, taken apart."""

    method: str
    segments: tuple[str, ...]
    """The path's segments, each percent-decoded on its own; empty for `/`."""
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_type: str = ""
    """What the body is said to be; empty when nothing is said."""

    @classmethod
    def of(
        cls, method: str, path: bytes, query: bytes, body: bytes, content_type: str = ""
    ) -> Self:
        """Take a request apart.

        Args:
            method: GET, POST, …
            path: As it is sent, percent-encoded.
            query: As it is sent, without the question mark.
            body: The body.
            content_type: What it is said to be.

        Raises:
            Refusal: The path or the query is not what HTTP allows.
        """
        return cls(method, _segments(path), _query(query), body, content_type)

    def flag(self, *names: str) -> bool:
        """Read a boolean, in any case, under any of its names; what is not said is false.

        Raises:
            Refusal: It is neither `true` nor `false`.
        """
        return any(self._is_true(name) for name in names)

    def number(self, name: str, default: int) -> int:
        """Read a number.

        Raises:
            Refusal: It is none.
        """
        text = self.query.get(name)
        if text is None or text == "":
            return default
        digits = text.removeprefix("-")
        if not digits.isascii() or not digits.isdigit() or len(digits) > 10:
            raise Refusal(400, f"`{name}` is not a number")
        return int(text)

    def page(self, items: Sequence[_T]) -> list[_T]:
        """Cut out the part that `offset` and `limit` ask for; a negative limit is none."""
        offset, limit = max(self.number("offset", 0), 0), self.number("limit", -1)
        return list(items[offset:] if limit < 0 else items[offset : offset + limit])

    def document(self) -> dict[str, Json]:
        """Return the JSON object of the body; an empty body is an empty object.

        Raises:
            Refusal: It is not a JSON object, or a name is in it twice.
        """
        self._check_content_type()
        if not self.body.strip():
            return {}
        try:
            document: Json = json.loads(
                self.body, object_pairs_hook=_once, parse_constant=_no_constant
            )
        except (ValueError, RecursionError):
            raise Refusal(400, "The body is not JSON") from None
        if not isinstance(document, dict):
            raise Refusal(400, "The body is not a JSON object")
        return document

    def _check_content_type(self) -> None:
        kind = self.content_type.partition(";")[0].strip().lower()
        if kind not in _CONTENT_TYPES and not kind.endswith("+json"):
            raise Refusal(415, "HTTP 415 Unsupported Media Type")

    def _is_true(self, name: str) -> bool:
        word = self.query.get(name, "").lower()
        if word not in ("true", "false", ""):
            raise Refusal(400, f"`{name}` is neither true nor false")
        return word == "true"


@dataclass(frozen=True, slots=True)
class RegistryResponse:
    """An answer."""

    status: int
    document: Json = None
    text: str | None = None
    """A body that is sent as it is, in place of the document's JSON."""

    def body(self) -> bytes:
        """Return the bytes to send."""
        if self.text is not None:
            return self.text.encode("utf-8")
        return json.dumps(self.document, separators=(",", ":")).encode("ascii")


class Refusal(Exception):
    """The request is answered with an error.

    Args:
        code: The registry's number; its first three digits are the HTTP status.
        message: What is said.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.code if self.code < 1000 else self.code // 100

    def response(self) -> RegistryResponse:
        """Return the answer that says so."""
        return RegistryResponse(self.status, {"error_code": self.code, "message": self.message})


def _segments(path: bytes) -> tuple[str, ...]:
    """Split a path, then decode each segment, so that a name may hold any character.

    One slash at the end says nothing.
    """
    path = path.removesuffix(b"/")
    if not path:
        return ()
    if _BAD_ESCAPE.search(path):
        raise Refusal(400, "The path is not percent-encoded")
    try:
        return tuple(
            unquote_to_bytes(part).decode("utf-8") for part in path.removeprefix(b"/").split(b"/")
        )
    except UnicodeDecodeError:
        raise Refusal(400, "The path is not UTF-8") from None


def _query(text: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100
        )
    except ValueError:
        raise Refusal(400, "The query is not valid") from None
    return dict(reversed(pairs))


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise Refusal(400, "The body has a name twice in one object")
    return document


def _no_constant(word: str) -> NoReturn:
    raise ValueError(word)
