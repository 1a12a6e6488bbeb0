"""Characters that do not show, or would steer a terminal, in JSON: written as escapes."""

import re
from typing import Final

__all__ = ["UNSEEN", "escape_unseen"]

UNSEEN: Final = (
    "\x7f-\x9f"  # DEL, C1
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\ud800-\udfff"
)
"""Unicode 16, `Default_Ignorable_Code_Point`, with DEL, C1, U+2028/9, U+FFF9-FFFB, surrogates.

The inside of a character class; `display/sanitize.py` stands on it too.
"""

_PATTERN: Final = re.compile(f"[{UNSEEN}]")


def escape_unseen(document: str) -> str:
    r"""Write what does not show, or would steer a terminal, in a JSON text as `\uXXXX`.

    The document stays the same: JSON has these characters only inside strings.
    """
    if document.isascii() and "\x7f" not in document:
        return document
    return _PATTERN.sub(_escaped, document)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
