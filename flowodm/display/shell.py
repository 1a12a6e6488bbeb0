"""Commands that are shown or copied: pasted into a shell, each word is one word and nothing more."""

import shlex
from typing import Final

from flowodm.display.sanitize import visible

__all__ = ["command", "quoted"]

_BARE: Final = frozenset(range(0x20, 0x7F)) - frozenset(b"'\\")
"""What stands for itself between `$'` and `'`."""


def command(name: str, argument: str, *options: str) -> str:
    """Return a command of flowodm's.

    Args:
        name: What it does: `tail`.
        argument: What it does it to, as a stranger named it.
        options: What else it is told, each quoted already.
    """
    words = [quoted(argument), *options]
    if argument.startswith("-"):  # it would be read as an option
        words = [*options, "--", quoted(argument)]
    return " ".join(("flowodm", name, *words))


def quoted(word: str) -> str:
    r"""Return a word as a shell reads it back, in nothing but characters that can be seen.

    A line feed that is pasted runs what stands before it, and an escape is a key that was pressed:
    such a word is written in octal, `$'\033'`, as bash, ksh and zsh know it. No shell can pass a NUL
    on; it is written as it is shown, which is nobody's name.
    """
    if visible(word) == word:
        return shlex.quote(word)
    octets = word.replace("\0", visible("\0")).encode("utf-8", "surrogatepass")
    return f"$'{''.join(map(_octet, octets))}'"


def _octet(octet: int) -> str:
    return chr(octet) if octet in _BARE else f"\\{octet:03o}"
