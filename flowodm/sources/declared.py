"""The schemas that a project's `flowodm.yaml` declares, each with the subject it is meant for.

- `topics`: the `key` and `value` of each topic, under `TOPIC-key` and `TOPIC-value`.
- `models`: every class with a topic, under the subject that its own settings give.
- `schemas`: every other file, under its own name where that ends in `-key` or `-value`
  (`orders-value.avsc`), else under the full name of its type.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from flowodm.config.files import ConfigFile
from flowodm.errors import FlowODMError, UsageError
from flowodm.sources.forms import FileForm, ModelForm, read_form
from flowodm.sources.loaded import LoadedSchema, Unloadable
from flowodm.sources.sources import Sources

if TYPE_CHECKING:
    from flowodm.avro import CompatibilityLevel

__all__ = [
    "Declared",
    "declared_models",
    "declared_paths",
    "declared_schemas",
    "subject_of_file",
    "subjects_of",
]

_SUBJECT: Final = re.compile(r".+-(?:key|value)")
_SIDES: Final[tuple[Literal["key", "value"], ...]] = ("key", "value")


@dataclass(frozen=True, slots=True)
class Declared:
    """One schema of the project."""

    subject: str
    """What it is, or is to be, registered under; what names it, where it gives no schema."""
    found: LoadedSchema | Unloadable
    where: str
    """Where it is declared: `flowodm.yaml:12`."""
    level: "CompatibilityLevel | None" = None
    """The compatibility that is declared for its subject."""


def declared_schemas(
    file: ConfigFile, sources: Sources, directory: Path, *, imports: bool = True
) -> tuple[Declared, ...]:
    """Load what a project declares, in the order of its file; each subject once for each source.

    Args:
        file: Its `flowodm.yaml`.
        sources: What loads.
        directory: The working directory, which files are named from.
        imports: Whether code may be imported. Without it, what stands under `models` is left out,
            and a `model:` elsewhere gives no schema.
    """
    found = [*_of_topics(file, sources, directory, imports)]
    if imports:
        found += _of_models(file, sources)
    paths = {path for each in found if (path := _path(each.found)) is not None}
    found += (
        each
        for each in _of_files(file, sources, directory, imports)
        if _path(each.found) not in paths
    )
    return tuple(found)


def declared_models(file: ConfigFile) -> tuple[str, ...]:
    """Name the modules under `models`."""
    return tuple(str(name) for name in _listed(file, "models"))


def declared_paths(file: ConfigFile, directory: Path) -> tuple[str, ...]:
    """Name the files and directories under `schemas`, from the working directory on."""
    return tuple(_from_here(file, str(name), directory) for name in _listed(file, "schemas"))


def subjects_of(declared: Iterable[Declared]) -> Callable[[LoadedSchema], str]:
    """Return what gives the subject of a file that others use: the declared one, else its name."""
    known = {
        each.found.path.resolve(): each.subject for each in declared if each.found.path is not None
    }

    def find(loaded: LoadedSchema) -> str:
        path = None if loaded.path is None else loaded.path.resolve()
        return (known.get(path) if path else None) or loaded.subject or subject_of_file(loaded)

    return find


def _of_topics(
    file: ConfigFile, sources: Sources, directory: Path, imports: bool
) -> Iterator[Declared]:
    topics = _root(file).get("topics") or {}
    for topic, settings in topics.items():
        for side in _SIDES:
            source = (settings or {}).get(side)
            if source is None:
                continue
            subject = f"{topic}-{side}"
            where = file.where(("topics", topic, side))
            level = settings.get("compatibility")
            found = _one(sources, _from_here(file, source, directory), imports)
            yield Declared(subject, found, where, level)


def _of_models(file: ConfigFile, sources: Sources) -> Iterator[Declared]:
    for index, module in enumerate(_listed(file, "models")):
        where = file.where(("models", index))
        for found in _every(sources, f"model:{module}"):
            subject = found.subject if isinstance(found, LoadedSchema) else None
            yield Declared(subject or found.label, found, where)


def _of_files(
    file: ConfigFile, sources: Sources, directory: Path, imports: bool
) -> Iterator[Declared]:
    for index, source in enumerate(_listed(file, "schemas")):
        where = file.where(("schemas", index))
        for found in _every(sources, _from_here(file, str(source), directory), imports):
            yield Declared(subject_of_file(found), found, where)


def subject_of_file(found: LoadedSchema | Unloadable) -> str:
    """Return the subject of a file that nothing else gives one: its own name, else its type's."""
    stem = found.path.stem if found.path is not None else ""
    if _SUBJECT.fullmatch(stem):
        return stem
    return found.schema.name if isinstance(found, LoadedSchema) else found.label


def _one(sources: Sources, source: str, imports: bool) -> LoadedSchema | Unloadable:
    try:
        _check_import(source, imports)
        return sources.load(source)
    except FlowODMError as error:
        return Unloadable(source, error)


def _every(
    sources: Sources, source: str, imports: bool = True
) -> tuple[LoadedSchema | Unloadable, ...]:
    try:
        _check_import(source, imports)
        return sources.load_all(source)
    except FlowODMError as error:
        return (Unloadable(source, error),)


def _check_import(source: str, imports: bool) -> None:
    if not imports and isinstance(read_form(source), ModelForm):
        raise UsageError(
            f"`{source}` is code, and nothing is imported here",
            hint=f"write its schema to a file: flowodm models schema {source} > NAME.avsc",
        )


def _from_here(file: ConfigFile, source: str, directory: Path) -> str:
    """A source of the file as it is named from the working directory."""
    form = read_form(source)
    if not isinstance(form, FileForm):
        return source
    folder = file.path.parent
    path = folder / Path(form.path).expanduser()
    is_near = directory.is_relative_to(folder) or folder.is_relative_to(directory)
    shown = os.path.relpath(path, directory) if is_near else str(path)
    return shown if isinstance(read_form(shown), FileForm) else f"./{shown}"


def _path(found: LoadedSchema | Unloadable) -> Path | None:
    is_model = isinstance(found, LoadedSchema) and found.line is not None
    return None if found.path is None or is_model else found.path.resolve()


def _root(file: ConfigFile) -> dict[str, Any]:
    value = file.document.value
    return value if isinstance(value, dict) else {}


def _listed(file: ConfigFile, key: str) -> list[Any]:
    value = _root(file).get(key)
    return value if isinstance(value, list) else []
