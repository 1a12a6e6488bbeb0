"""Subjects and their contexts: `:.context:subject`, or `subject` in the default context.

A context is a part of the name here: it has its own subjects and its own level and mode, and
shares the ids of the whole registry.
"""

from collections.abc import Iterable

from flowodm.sandbox.registry.http import Refusal

__all__ = ["check_subject", "contexts_of", "has_prefix", "plain", "scopes"]

_DEFAULT_CONTEXT = "."
_DEFAULT_PREFIX = ":.:"
_EVERY_CONTEXT = ":*:"


def plain(subject: str) -> str:
    """Write a subject of the default context without it."""
    return subject.removeprefix(_DEFAULT_PREFIX)


def check_subject(subject: str, *, or_context: bool = False) -> None:
    """Refuse what no subject is called.

    Args:
        subject: The name.
        or_context: Whether `:.context:` alone is a name too.

    Raises:
        Refusal: 42208.
    """
    is_bare = subject == _context(subject) and not (or_context and subject)
    if is_bare or not all(char.isprintable() for char in subject):
        raise Refusal(42208, "The specified subject is not a valid name")


def scopes(subject: str | None) -> tuple[str | None, ...]:
    """List where a setting of a subject may stand: its own, its context's, the registry's (None)."""
    if subject is None:
        return (None,)
    context = _context(subject)
    return (subject, context, None) if context not in ("", subject) else (subject, None)


def contexts_of(subjects: Iterable[str]) -> tuple[str, ...]:
    """List the contexts that subjects are in; the default one is always there."""
    named = {_context(subject).strip(":") for subject in subjects}
    return (_DEFAULT_CONTEXT, *sorted(named - {""}))


def has_prefix(subject: str, prefix: str) -> bool:
    """Apply a prefix: `:*:` stands for every context, `:.:` for the default one."""
    if prefix.startswith(_EVERY_CONTEXT):
        name = subject.removeprefix(_context(subject))
        return name.startswith(prefix.removeprefix(_EVERY_CONTEXT))
    if prefix.startswith(_DEFAULT_PREFIX):
        return not _context(subject) and subject.startswith(plain(prefix))
    return subject.startswith(prefix)


def _context(subject: str) -> str:
    """The context that a name begins with, colons included; empty for the default one."""
    if not subject.startswith(":."):
        return ""
    name, colon, _ = subject[1:].partition(":")
    return f":{name}:" if colon else ""
