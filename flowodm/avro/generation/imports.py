"""The imports of a module, sorted as Ruff's `I` rules sort them."""

from collections.abc import Iterable, Mapping
from typing import Final

from flowodm.avro.generation.layout import Bracketed, Word, laid_out

__all__ = ["import_block"]

_STANDARD: Final = frozenset(("decimal", "enum", "typing", "uuid"))
"""The modules of the standard library that names come from."""


def import_block(imports: Mapping[str, str], *, is_lazy: bool) -> str:
    """The lines that import names.

    Args:
        imports: Names, with their modules; `` for a module itself, as `import` has it.
        is_lazy: Whether annotations may name classes that are not there yet.
    """
    whole = sorted(name for name, module in imports.items() if not module)
    modules: dict[str, list[str]] = {}
    for name, module in imports.items():
        if module:
            modules.setdefault(module, []).append(name)
    standard = sorted(_STANDARD & modules.keys())
    local = sorted((module for module in modules if module.startswith(".")), key=_distance)
    others = sorted(modules.keys() - _STANDARD - set(local))
    blocks = [
        ["from __future__ import annotations"] if is_lazy else [],
        [f"import {name}" for name in whole] + _from(standard, modules),
        _from(others, modules),
        _from(local, modules),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _from(names: Iterable[str], modules: Mapping[str, list[str]]) -> list[str]:
    """A line for each module, and one for each name that becomes another."""
    lines: list[str] = []
    for module in names:
        members = sorted(modules[module], key=_member)
        plain = [name for name in members if " as " not in name]
        groups = [[name] for name in members if " as " in name] + ([plain] if plain else [])
        lines += (
            _line(module, group) for group in sorted(groups, key=lambda each: _member(each[0]))
        )
    return lines


def _line(module: str, members: list[str]) -> str:
    start = f"from {module} import "
    line = start + ", ".join(members)
    if len(line) <= 100:
        return line
    return laid_out(Bracketed("", "()", tuple(map(Word, members))), 0, start, "")


def _member(name: str) -> tuple[bool, str]:
    """Names in capitals come first, as constants."""
    bare = name.partition(" ")[0]
    return not (bare.isupper() and len(bare) > 1), name


def _distance(module: str) -> tuple[int, str]:
    """What is further away comes first."""
    name = module.lstrip(".")
    return len(name) - len(module), name
