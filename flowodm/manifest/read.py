"""From a file to a `Manifest`: bounded YAML, checked keys, and the contents after that."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from flowodm.documents.validate import did_you_mean, validate
from flowodm.documents.yaml import Document, Location, Value, parse_yaml, read_bytes
from flowodm.errors import ConfigurationError, UsageError
from flowodm.manifest.contents import check_contents
from flowodm.manifest.document import LoopSettings, ManifestSettings

__all__ = ["Manifest", "read_manifest"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest, read and checked."""

    path: Path
    """Absolute."""
    document: Document
    settings: ManifestSettings
    chosen: tuple[int, ...]
    """The indexes of the loops that are to run."""

    @property
    def loops(self) -> tuple[LoopSettings, ...]:
        """The loops that are to run."""
        return tuple(self.settings.loops[index] for index in self.chosen)

    def error(
        self, loop: LoopSettings, key: str, message: str, *, hint: str | None = None
    ) -> ConfigurationError:
        """Make the error that a key of a loop deserves, with its file and line."""
        index = next(i for i, one in enumerate(self.settings.loops) if one.name == loop.name)
        return self.document.error(("loops", index, key), message, hint=hint)

    def only(self, names: Collection[str]) -> "Manifest":
        """Choose some of the loops.

        Raises:
            UsageError: There is no loop of that name.
        """
        known = [loop.name for loop in self.settings.loops]
        for name in names:
            if name not in known:
                hint = did_you_mean(name, known) or f"the loops are {', '.join(known)}"
                raise UsageError(f"`{self.document.source}` has no loop `{name[:60]}`", hint=hint)
        return replace(
            self, chosen=tuple(index for index, name in enumerate(known) if name in names)
        )


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest; nothing that it names is imported or asked.

    Raises:
        ConfigurationError: It cannot be read, or something in it is wrong, with file and line.
    """
    source = str(path)
    document = parse_yaml(read_bytes(path, source=source), source=source)
    if document.value is None:
        raise ConfigurationError(f"`{source}` is empty")
    _refuse_empty(document, (), document.value)
    settings = validate(
        ManifestSettings,
        document.value,
        where=document.where,
        thing=lambda location: _thing(document, location),
    )
    assert settings is not None  # nothing is overlooked here
    check_contents(document, settings)
    return Manifest(path.absolute(), document, settings, tuple(range(len(settings.loops))))


def _refuse_empty(document: Document, location: Location, value: Value) -> None:
    """Refuse a key without a value: leaving it out would mean another thing than one thinks."""
    if value is None:
        thing = _thing(document, location[:-1])
        raise document.error(location, f"`{location[-1]}` {thing}".rstrip() + " has no value")
    items = value.items() if isinstance(value, dict) else ()
    entries = enumerate(value) if isinstance(value, list) else items
    for step, inner in entries:
        _refuse_empty(document, (*location, step), inner)


def _thing(document: Document, location: Location) -> str:
    """Name what a key belongs to."""
    match location:
        case ("loops", int(index), *rest):
            inner = "".join(f"`{step}` of " for step in reversed(rest) if isinstance(step, str))
            return f"in {inner}loop {_name(document, index)}"
        case (*_, str(name)):
            return f"in `{name}`"
        case _:
            return ""


def _name(document: Document, index: int) -> str:
    root = document.value
    loops = root.get("loops") if isinstance(root, dict) else None
    loop = loops[index] if isinstance(loops, list) and index < len(loops) else None
    name = loop.get("name") if isinstance(loop, dict) else None
    return f"`{name[:60]}`" if isinstance(name, str) else f"{index + 1}"
