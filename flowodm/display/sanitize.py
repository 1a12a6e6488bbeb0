"""Text that cannot move a cursor, hide itself or read backwards.

One rule for every stream: control characters, line and paragraph separators, surrogates and every
code point that Unicode says to ignore when it is displayed (bidi controls, zero-width characters,
variation selectors, tags) become visible escapes. `output.py` applies it to all it prints; in
JSON the same characters are escaped by `flowodm.codec.unseen`.
"""

import re
from typing import Final

from flowodm.codec.unseen import UNSEEN

__all__ = ["visible", "visible_block"]

_IN_CELL: Final = re.compile(f"[\x00-\x1f{UNSEEN}]")
_IN_BLOCK: Final = re.compile(f"[\x00-\x08\x0b-\x1f{UNSEEN}]")
_SHORT: Final = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def visible(text: str) -> str:
    """Escape everything in `text` that would not show, line feeds and tabs included."""
    if text.isascii() and text.isprintable():
        return text
    return _IN_CELL.sub(_escape, text)


def visible_block(text: str) -> str:
    """Escape like `visible`, but keep line feeds and tabs: for text of several lines."""
    if text.isascii() and text.isprintable():
        return text
    return _IN_BLOCK.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
