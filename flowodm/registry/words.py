"""What a registry or a certificate said, quoted: capped, on one line, without secrets; and names."""

from collections.abc import Iterable

__all__ = ["quoted", "without_context"]


def quoted(text: str, *, limit: int = 200, secrets: Iterable[str] = ()) -> str:
    """Return foreign text fit for one line of a message.

    Args:
        text: Anything a stranger sent.
        limit: Characters that are kept.
        secrets: Strings that must not appear; an echo of them becomes `***`.
    """
    for secret in secrets:
        text = text.replace(secret, "***")
    line = " ".join(text[: limit * 4].split())
    line = "".join(char if char.isprintable() else _escaped(char) for char in line[: limit + 1])
    return line if len(line) <= limit else line[: limit - 1] + "…"


def without_context(subject: str) -> str:
    """Leave out `:.context:`, which a registry puts before the subjects of its contexts."""
    if subject.startswith(":."):
        return subject[2:].partition(":")[2]
    return subject


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")
