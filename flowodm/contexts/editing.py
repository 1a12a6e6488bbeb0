"""Adding a context to the user's own file, whose comments and order stay as they are."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flowodm.config.files import ConfigFile, check_file
from flowodm.config.store import write_private
from flowodm.documents.yaml import Document, parse_yaml, read_bytes
from flowodm.errors import ConfigurationError, UsageError

__all__ = ["add_context", "literal"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def add_context(path: Path, name: str, settings: Mapping[str, Any]) -> None:
    """Add a context to a configuration file, which is made when it is not there.

    Args:
        path: The file.
        name: The new context.
        settings: What it says, `${…}` included; it is checked before anything is written.

    Raises:
        UsageError: The name is taken, or is none.
        ConfigurationError: A setting is wrong, or the file is laid out in a way that does not
            let a context be added.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"`{name}` is no name for a context",
            hint="letters, digits, `.`, `_` and `-`, at most 64 of them",
        )
    text, document = _existing(path)
    found = document.value.get("contexts") if isinstance(document.value, dict) else None
    contexts: dict[str, Any] = found if isinstance(found, dict) else {}
    if name in contexts:
        where = document.where(("contexts", name))
        raise UsageError(f"context `{name}` is there already ({where})", hint=f"edit {path}")
    added = _inserted(text, document, name, settings)
    _check(added, {**contexts, name: settings}, path)
    write_private(path, added.encode())


def literal(text: str) -> str:
    """Write a text so that no variable is seen in it."""
    return text.replace("${", "$${")


def _existing(path: Path) -> tuple[str, Document]:
    if not path.exists():
        return "", Document(str(path), None, {})
    data = read_bytes(path, source=str(path))
    return data.decode("utf-8-sig"), parse_yaml(data, source=str(path))


def _inserted(text: str, document: Document, name: str, settings: Mapping[str, Any]) -> str:
    if text and not text.endswith("\n"):
        text += "\n"
    if not isinstance(document.value, dict) or "contexts" not in document.value:
        version = "" if isinstance(document.value, dict) else "version: 1\n"
        return f"{text}{version}contexts:\n" + "".join(_lines({name: settings}, 2))
    lines = text.splitlines(keepends=True)
    after = _end_of_contexts(document, lines)
    indent = min((p.column - 1 for (*_, p) in _context_places(document)), default=2)
    return "".join([*lines[:after], *_lines({name: settings}, indent), *lines[after:]])


def _context_places(document: Document) -> Iterator[tuple[Any, ...]]:
    for location, place in document.places.items():
        if len(location) == 2 and location[0] == "contexts":
            yield (location, place)


def _end_of_contexts(document: Document, lines: list[str]) -> int:
    """Find the line after the last of the contexts, before what belongs to the next key."""
    start = document.places[("contexts",)].line
    following = [
        place.line
        for location, place in document.places.items()
        if len(location) == 1 and place.line > start
    ]
    end = min(following) - 1 if following else len(lines)
    while end > start and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def _lines(settings: Mapping[str, Any], indent: int) -> Iterator[str]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield f"{' ' * indent}{key}:\n"
            yield from _lines(value, indent + 2)
        else:
            yield f"{' ' * indent}{key}: {_scalar(value)}\n"


def _scalar(value: str | bool) -> str:
    """Write a value plainly where that is read back as the same, else in quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        is_plain = parse_yaml(f"a: {value}\n".encode(), source="").value == {"a": value}
    except ConfigurationError:
        is_plain = False
    if is_plain:
        return value
    import yaml

    quoted = yaml.safe_dump(value, default_style='"', allow_unicode=True, width=1 << 30)
    return str(quoted).rstrip("\n")


def _check(text: str, expected: Mapping[str, Any], path: Path) -> None:
    """Make sure that the new file says what it should, and is right as a whole."""
    by_hand = f"the contexts in `{path}` are not laid out in lines; add this one by hand"
    try:
        document = parse_yaml(text.encode(), source=str(path))
    except ConfigurationError:
        raise ConfigurationError(by_hand) from None
    value = document.value
    if not isinstance(value, dict) or value.get("contexts") != expected:
        raise ConfigurationError(by_hand)
    check_file(ConfigFile(path, document, digest="", is_own=True))
