"""The words of the embedded registry: a request, a response, and its errors by number."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, unquote_to_bytes

from flowodm.avro.types import Json

__all__ = ["Refusal", "RegistryRequest", "RegistryResponse"]

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class RegistryRequest:
    """A request, taken apart."""

    method: str
    segments: tuple[str, ...]
    """The path's segments, each percent-decoded on its own; empty for `/`."""
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of(cls, method: str, path: bytes, query: bytes, body: bytes) -> Self:
        """Take a request apart.

        Args:
            method: GET, POST, …
            path: As it is sent, percent-encoded.
            query: As it is sent, without the question mark.
            body: The body.

        Raises:
            Refusal: The path or the query is not what HTTP allows.
        """
        return cls(method, _segments(path), _query(query), body)

    def flag(self, *names: str) -> bool:
        """Read a boolean as Java does: `true` in any case, all else is false."""
        return any(self.query.get(name, "").lower() == "true" for name in names)


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
    """Split a path, then decode each segment, so that a name may hold any character."""
    if path in (b"", b"/"):
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
