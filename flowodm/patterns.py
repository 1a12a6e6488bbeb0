r"""Regular expressions in time linear in the text, whatever the pattern and the text.

Texts are anybody's, and Python's `re` can be made to search for years. The engine is the one of
CEL's `matches`, with RE2's syntax: no look-around and no back-references, and `\d`, `\w` and
`\s` mean ASCII. A pattern without special characters is looked for as it stands.
"""

import fnmatch
import re
from collections.abc import Callable
from typing import Final

from flowodm.errors import UsageError

__all__ = ["compile_pattern", "name_filter"]

_CLASSES: Final = {
    r"\d": "[0-9]",
    r"\D": "[^0-9]",
    r"\w": "[0-9A-Za-z_]",
    r"\W": "[^0-9A-Za-z_]",
    r"\s": r"[\t\n\f\r ]",
    r"\S": r"[^\t\n\f\r ]",
    r"\b": r"(?-u:\b)",
}
"""As RE2 has them. The engine would take all of Unicode's, and a hundred microseconds a search."""

_ESCAPE: Final = re.compile(r"\\.", re.DOTALL)
_SPECIAL: Final = re.compile(r"[\\.^$*+?{}\[\]|()]")


def compile_pattern(pattern: str, what: str, *, whole: bool = False) -> Callable[[str], bool]:
    """Return a function that says whether a text holds the pattern.

    Args:
        pattern: RE2 syntax; `(?i)` at its beginning ignores case.
        what: What it is for, for the message: `key`, `topic`.
        whole: The pattern must match the whole text.

    Raises:
        UsageError: It is no regular expression.
    """
    if not _SPECIAL.search(pattern):
        return pattern.__eq__ if whole else lambda text: pattern in text
    from flowodm.expression.engine import cel

    plain = _ESCAPE.sub(lambda found: _CLASSES.get(found[0], found[0]), pattern)
    searched = rf"\A(?:{plain})\z" if whole else plain
    execute = cel().compile("text.matches(pattern)").execute
    try:
        execute({"text": "", "pattern": pattern})
    except (RuntimeError, ValueError) as error:
        raise _refusal(pattern, what, error) from error

    def search(text: str) -> bool:
        try:
            return bool(execute({"text": text, "pattern": searched}))
        except ValueError:  # half a surrogate pair, which is not Unicode
            clean = text.encode(errors="replace").decode()
            return bool(execute({"text": clean, "pattern": searched}))

    return search


def name_filter(pattern: str | None, what: str, *, is_regex: bool = False) -> Callable[[str], bool]:
    """Return a function that says whether a list shows a name.

    Args:
        pattern: A glob that fits the whole name; None: every name.
        what: What has the name, for the message: `topic`, `subject`.
        is_regex: Whether the pattern is a regular expression instead, found anywhere in a name.

    Raises:
        UsageError: It is no regular expression.
    """
    if pattern is None:
        return lambda name: True
    if is_regex:
        return compile_pattern(pattern, what)
    return lambda name: fnmatch.fnmatchcase(name, pattern)


def _refusal(pattern: str, what: str, error: Exception) -> UsageError:
    found = re.search(r"\nerror: (.*?)(?:\. Check|$)", str(error))
    reason = found[1] if found else "it is too large, or not Unicode"
    return UsageError(
        f"{what} pattern `{pattern}` is no regular expression: {reason}",
        hint="the syntax is RE2's: no look-around and no back-references",
    )
