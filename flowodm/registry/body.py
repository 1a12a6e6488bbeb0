"""Reading an answer's body: decompressed by ourselves, with a bound at every step.

Raw bytes go in piece by piece; a compression bomb is one error after at most `MAX_BODY` bytes.
"""

import zlib
from collections.abc import Iterable
from typing import Protocol

from flowodm.registry.wire import MAX_BODY, Cause, Failure

__all__ = ["Body", "BodyError", "headers_of"]


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return an answer's headers by lower-case name; of repeated ones the first."""
    headers: dict[str, str] = {}
    for name, value in raw:
        headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    return headers


class BodyError(Exception):
    """The body cannot be read; carries the cause for the person."""

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause
        self.detail = detail

    def failure(self) -> Failure:
        """Return the outcome that says so."""
        return Failure(self.cause, self.detail)


class _Inflater(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class Body:
    """A body that is being received.

    Args:
        encoding: The value of `Content-Encoding`.
        limit: Bytes that are taken at most, as sent and as decompressed.

    Raises:
        BodyError: The encoding is not one of identity, gzip and deflate.
    """

    def __init__(self, encoding: str = "", *, limit: int = MAX_BODY) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._received = 0
        self._length = 0
        self._coding = encoding.strip().lower()
        self._inflater: _Inflater | None = None
        if self._coding in ("gzip", "x-gzip"):
            self._inflater = zlib.decompressobj(wbits=31)
        elif self._coding not in ("", "identity", "deflate"):
            raise BodyError(
                "encoding", f"`Content-Encoding: {self._coding[:40]}` was not asked for"
            )

    def feed(self, data: bytes) -> None:
        """Take the next bytes as they were sent.

        Raises:
            BodyError: Too much, or not the encoding that was announced.
        """
        self._received += len(data)
        if self._received > self._limit:
            raise self._too_large()
        if self._coding == "deflate" and self._inflater is None and data:
            # Some servers send a zlib stream, as the standard says, others a raw one.
            self._inflater = zlib.decompressobj(wbits=15 if data[0] & 0x0F == 8 else -15)
        if self._inflater is None:
            self._keep(data)
        elif data:
            self._inflate(self._inflater, data)

    def finish(self) -> bytes:
        """Return the whole body.

        Raises:
            BodyError: A compressed body stopped in the middle.
        """
        if self._inflater is not None and not self._inflater.eof and self._received:
            raise BodyError("encoding", f"the {self._coding} body is cut off")
        return b"".join(self._parts)

    def _inflate(self, inflater: _Inflater, data: bytes) -> None:
        was_over = inflater.eof
        try:
            self._keep(inflater.decompress(data, self._limit - self._length + 1))
        except zlib.error as error:
            raise BodyError("encoding", f"the body is not {self._coding}") from error
        if was_over or inflater.unused_data:
            raise BodyError("encoding", f"bytes follow the {self._coding} body")

    def _keep(self, piece: bytes) -> None:
        self._length += len(piece)
        if self._length > self._limit:
            raise self._too_large()
        self._parts.append(piece)

    def _too_large(self) -> BodyError:
        return BodyError("too-large", f"more than {self._limit // (1024 * 1024)} MiB")
