"""The words of the embedded registry: a request, a response, and its errors by number."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from flowodm.avro.types import Json

__all__ = ["Refusal", "RegistryRequest", "RegistryResponse"]


@dataclass(frozen=True, slots=True)
class RegistryRequest:
    """A request, taken apart."""

    method: str
    segments: tuple[str, ...]
    """The path's segments, each percent-decoded on its own; empty for `/`."""
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

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
