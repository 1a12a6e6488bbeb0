"""Avro's names: what may be one, and which full name a short one means (spec, "Names")."""

import re
from collections.abc import Container
from typing import Final

__all__ = ["PRIMITIVES", "find_name", "full_name", "is_name", "name_fault", "namespace_of"]

PRIMITIVES: Final = frozenset(
    ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OLD_NAMESPACE = re.compile(r"[A-Za-z0-9_-]+")


def is_name(text: str) -> bool:
    """Whether `text` is one name: a letter or `_`, then letters, digits and `_`, all ASCII."""
    return _NAME.fullmatch(text) is not None


def full_name(name: str, namespace: str | None) -> str:
    """The full name of a definition: a dotted name is full already, `.X` has no namespace."""
    space, dot, short = name.rpartition(".")
    if not dot:
        space, short = namespace or "", name
    return f"{space}.{short}" if space else short


def namespace_of(fullname: str) -> str:
    """The namespace of a full name; `` when it has none."""
    return fullname.rpartition(".")[0]


def name_fault(fullname: str, *, strict_namespace: bool = True) -> str | None:
    """The part of a full name that is no name, if any.

    Args:
        fullname: The name with its namespace.
        strict_namespace: False to let the namespace's parts hold hyphens and begin with digits.
    """
    space, dot, short = fullname.rpartition(".")
    rule = _NAME if strict_namespace else _OLD_NAMESPACE
    parts = space.split(".") if dot else []
    faulty = next((part for part in parts if rule.fullmatch(part) is None), None)
    return short if faulty is None and not is_name(short) else faulty


def find_name(name: str, namespace: str, known: Container[str]) -> str | None:
    """The full name that a use of `name` means among those known.

    A short name is looked for in the namespace around it, then (as Java does, beyond the
    specification) among the names without one.
    """
    return next((full for full in _meanings(name, namespace) if full in known), None)


def _meanings(name: str, namespace: str) -> tuple[str, ...]:
    if "." in name:
        return (name.removeprefix("."),) if name.rfind(".") == 0 else (name,)
    return (f"{namespace}.{name}", name) if namespace else (name,)
