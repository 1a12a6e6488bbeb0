r"""`tail --format`: a line of one's own, `%t %p %o` and so on.

```
%t topic   %p partition  %o offset       %d time, RFC 3339  %T time, milliseconds
%k key     %v value      %h headers      %K bytes of the key, -1 for none   %V of the value
%% a percent sign; \n \t \r \0 \\ \xHH   %s and %S are %v and %V, as kcat has them
```

A line feed is added unless the template ends with one, or with `\0`. Values are sanitized as
everywhere: a line feed inside a key cannot end the line.
"""

import json
import re
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from flowodm.codec.unseen import escape_unseen
from flowodm.display.sanitize import visible
from flowodm.display.sides import bytes_text
from flowodm.errors import UsageError
from flowodm.record import Decoded, DecodedRecord, Headers, Undecodable

__all__ = ["Template", "compile_template"]

Template = Callable[[DecodedRecord], str]

_TOKEN: Final = re.compile(r"%(.?)|\\(x[0-9A-Fa-f]{2}|.?)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\"}
_BREAKS: Final = re.compile("[\t\n\r]")
_FRAME: Final = 5
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def compile_template(text: str) -> Template:
    """Read a template.

    Raises:
        UsageError: If a `%` or a backslash is followed by something that has no meaning.
    """
    pieces: list[str | Callable[[DecodedRecord], str]] = []
    at = 0
    for match in _TOKEN.finditer(text):
        pieces.append(text[at : match.start()])
        at = match.end()
        pieces.append(_piece(match, text))
    pieces.append(text[at:])
    if not (isinstance(pieces[-1], str) and _ends_line(pieces)):
        pieces.append("\n")
    return lambda decoded: "".join(
        piece if isinstance(piece, str) else piece(decoded) for piece in pieces
    )


def _ends_line(pieces: list[str | Callable[[DecodedRecord], str]]) -> bool:
    last = next((piece for piece in reversed(pieces) if piece), "")
    return isinstance(last, str) and last.endswith(("\n", "\0"))


def _piece(match: re.Match[str], text: str) -> str | Callable[[DecodedRecord], str]:
    letter, escape = match.groups()
    if escape is not None:
        if escape in _ESCAPES:
            return _ESCAPES[escape]
        if len(escape) == 3:
            return chr(int(escape[1:], 16))
    elif letter == "%":
        return "%"
    elif letter in _FIELDS:
        return _FIELDS[letter]
    raise UsageError(
        f"`{match.group()}` in the format `{text}` has no meaning",
        hint="%t %p %o %k %v %h %d %K %V, %% for a percent sign, \\n \\t \\r \\0 \\\\ \\xHH",
    )


def _side(side: Decoded | Undecodable, raw: bytes | None) -> str:
    if isinstance(side, Undecodable) or side.encoding == "base64":
        return b64encode(raw or b"").decode()
    match side.encoding:
        case "text":
            return visible(str(side.value))
        case "null":
            return "null"
        case "json":
            return _json_as_written(raw or b"", framed=side.schema_id is not None)
        case _:
            return escape_unseen(_JSON_TEXT(side.value))


def _json_as_written(raw: bytes, *, framed: bool) -> str:
    """Return a JSON payload with every digit it has, on one line."""
    body = raw[_FRAME:] if framed and raw[:1] == b"\0" else raw
    return escape_unseen(_BREAKS.sub(" ", body.decode(errors="replace")).strip())


def _headers(headers: Headers) -> str:
    return ",".join(f"{visible(name)}={visible(bytes_text(value))}" for name, value in headers)


def _time(timestamp: int | None) -> str:
    if timestamp is None:
        return "null"
    try:
        moment = _EPOCH + timedelta(milliseconds=timestamp)
    except OverflowError:
        return str(timestamp)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _size(data: bytes | None) -> str:
    return "-1" if data is None else str(len(data))


_JSON_TEXT: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_FIELDS: Final[dict[str, Callable[[DecodedRecord], str]]] = {
    "t": lambda decoded: visible(decoded.record.topic),
    "p": lambda decoded: str(decoded.record.partition),
    "o": lambda decoded: str(decoded.record.offset),
    "d": lambda decoded: _time(decoded.record.timestamp),
    "T": lambda decoded: str(-1 if (ts := decoded.record.timestamp) is None else ts),
    "k": lambda decoded: _side(decoded.key, decoded.record.key),
    "v": lambda decoded: _side(decoded.value, decoded.record.value),
    "s": lambda decoded: _side(decoded.value, decoded.record.value),
    "h": lambda decoded: _headers(decoded.record.headers),
    "K": lambda decoded: _size(decoded.record.key),
    "V": lambda decoded: _size(decoded.record.value),
    "S": lambda decoded: _size(decoded.record.value),
}
