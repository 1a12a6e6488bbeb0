"""Text that cannot move a cursor, hide itself or read backwards.

One rule for every stream: control characters, line and paragraph separators, surrogates and every
code point that Unicode says to ignore when it is displayed (bidi controls, zero-width characters,
variation selectors, tags) become visible escapes. `output.py` applies it to all it prints; in
JSON the same characters are escaped by `flowodm.codec.unseen`.
"""

import re
from typing import Final

__all__ = ["visible", "visible_block"]

_INVISIBLE: Final = (
    "\x7f-\x9f"  # DEL, C1
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\ud800-\udfff"
)
"""Unicode 16, `Default_Ignorable_Code_Point`, with DEL, C1, U+2028/9, U+FFF9-FFFB, surrogates."""

_IN_CELL: Final = re.compile(f"[\x00-\x1f{_INVISIBLE}]")
_IN_BLOCK: Final = re.compile(f"[\x00-\x08\x0b-\x1f{_INVISIBLE}]")
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
