"""Schema files that use each other's types, in whatever order they need each other.

A file that stands alone is parsed as it is. One that uses a name which it does not define waits
for the file that does. A circle of files is an error: no registry takes one.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flowodm.avro import Schema, parse
from flowodm.avro.document import read_json
from flowodm.avro.names import find_name
from flowodm.avro.text import exact_text
from flowodm.errors import FlowODMError, SchemaParseError
from flowodm.sources.lines import lines_of
from flowodm.sources.loaded import LoadedSchema, Unloadable
from flowodm.sources.needs import Needs, needs_of
from flowodm.sources.shelf import Shelf

__all__ = ["Library"]

_MOST_TOLD = 4
_NOTHING = Needs(frozenset(), (), "")


@dataclass(eq=False, slots=True)
class _Volume:
    """One file on its way to a schema."""

    label: str
    path: Path | None
    data: bytes = b""
    outcome: LoadedSchema | Unloadable | None = None
    needs: Needs = _NOTHING
    fault: SchemaParseError | None = None
    """Why it does not stand alone."""
    sources: "list[_Volume]" = field(default_factory=list)
    """The files that it waits for."""

    @property
    def defines(self) -> Iterable[str]:
        """The full names that it gives to others."""
        if isinstance(self.outcome, LoadedSchema):
            schema = self.outcome.schema
            return schema.names.keys() - schema.external
        return self.needs.defines

    @property
    def root(self) -> str:
        """The full name of what the file is about."""
        if isinstance(self.outcome, LoadedSchema):
            return self.outcome.schema.name
        return self.needs.root

    def fail(self, error: FlowODMError) -> None:
        self.outcome = Unloadable(self.label, error, self.path)


class Library:
    """The schemas of some places, read and parsed when they are first asked for.

    Args:
        shelf: The place.
        shared: Gives other places, which are looked at when a type is not found in the first.
    """

    def __init__(self, shelf: Shelf, shared: Callable[[], Sequence[Shelf]] = tuple) -> None:
        self._shelf = shelf
        self._shared: Callable[[], Sequence[Shelf]] | None = shared
        self._own: list[_Volume] | None = None
        self._known: dict[object, _Volume] = {}
        """By place; a file that two places hold counts once."""
        self._definers: dict[str, list[_Volume]] = {}

    def all(self) -> tuple[LoadedSchema | Unloadable, ...]:
        """Load every file of the place, in the order of their names.

        Raises:
            UsageError: A place cannot be read, or holds too much.
        """
        own = self._read_own()
        self._settle(own)
        return tuple(_outcome(volume) for volume in own)

    def load(self, data: bytes, label: str, path: Path | None = None) -> LoadedSchema | Unloadable:
        """Load one more file, which may use the types of those here.

        Raises:
            UsageError: A place cannot be read, or holds too much.
        """
        volume = _open(label, path, data)
        if volume.outcome is None:
            own = self._read_own()
            known = self._known.get(path.resolve()) if path else None
            self._settle([known or volume, *own])
            volume = known or volume
        return _outcome(volume)

    def _read_own(self) -> list[_Volume]:
        if self._own is None:
            self._own = [*self._take(self._shelf)]
        return self._own

    def _take(self, shelf: Shelf) -> Iterator[_Volume]:
        """Take the files of a place that are not here yet."""
        for name in shelf.names():
            path = shelf.path(name)
            key = (id(shelf), name) if path is None else path.resolve()
            if key not in self._known:
                volume = self._known[key] = _taken(shelf, name)
                for defined in volume.defines:
                    self._definers.setdefault(defined, []).append(volume)
                yield volume

    def _settle(self, volumes: Iterable[_Volume]) -> None:
        """Parse what waits, each after what it waits for."""
        waiting = dict.fromkeys(volume for volume in volumes if volume.outcome is None)
        if self._shared is not None and any(self._lacks(volume) for volume in waiting):
            shelves, self._shared = self._shared(), None
            added = [volume for shelf in shelves for volume in self._take(shelf)]
            waiting |= dict.fromkeys(volume for volume in added if volume.outcome is None)
        for volume in waiting:
            volume.sources = self._sources_of(volume)
        _parse_in_order([*waiting])

    def _lacks(self, volume: _Volume) -> bool:
        """Whether a file uses a name that none of those here defines."""
        return any(find_name(*use, self._definers) is None for use in volume.needs.uses)

    def _sources_of(self, volume: _Volume) -> list[_Volume]:
        """Find the files that define what a file uses."""
        found: dict[_Volume, None] = {}
        for name, namespace in volume.needs.uses:
            full = find_name(name, namespace, self._definers)
            if full is None:
                continue  # the parser says so, with the place
            definers = [each for each in self._definers[full] if each is not volume]
            found |= dict.fromkeys(_chosen(full, definers))
        return [*found]


def _parse_in_order(waiting: list[_Volume]) -> None:
    """Parse files, each after those it waits for."""
    users: dict[_Volume, list[_Volume]] = {}
    open_: dict[_Volume, int] = {}
    for volume in waiting:
        unsettled = [source for source in volume.sources if source.outcome is None]
        open_[volume] = len(unsettled)
        for source in unsettled:
            users.setdefault(source, []).append(volume)
    ready = deque(volume for volume in waiting if not open_[volume])
    while ready:
        volume = ready.popleft()
        _parse_with_sources(volume)
        for user in users.get(volume, ()):
            open_[user] -= 1
            if not open_[user]:
                ready.append(user)
    for volume in waiting:
        if volume.outcome is None:
            _fail_circle(volume)


def _chosen(name: str, definers: list[_Volume]) -> list[_Volume]:
    """The file to take a name from: the one about it, else any of those that agree."""
    about = [volume for volume in definers if volume.root == name]
    candidates = about or definers
    return candidates if _disagree(name, candidates) else candidates[:1]


def _disagree(name: str, volumes: list[_Volume]) -> bool:
    """Whether files define a name in different ways; those that cannot be told count as one."""
    texts = set()
    for volume in volumes:
        if isinstance(volume.outcome, LoadedSchema):
            schema = volume.outcome.schema
            texts.add(exact_text(schema.names[name], schema.names))
    return len(texts) > 1


def _taken(shelf: Shelf, name: str) -> _Volume:
    """Take one file of a place."""
    label, path = shelf.label(name), shelf.path(name)
    try:
        return _open(label, path, shelf.read(name))
    except FlowODMError as error:
        return _Volume(label, path, outcome=Unloadable(label, error, path))


def _open(label: str, path: Path | None, data: bytes) -> _Volume:
    """Parse a file that stands alone; of another, find out what it needs."""
    volume = _Volume(label, path, data)
    try:
        volume.outcome = _loaded(volume, parse(data))
    except SchemaParseError as fault:
        volume.fault = fault
        volume.needs = _needs(data)
        if not volume.needs.uses:
            volume.fail(_named(volume, fault))
    return volume


def _needs(data: bytes) -> Needs:
    try:
        return needs_of(read_json(data.decode("utf-8-sig")))
    except (UnicodeDecodeError, SchemaParseError):
        return _NOTHING


def _parse_with_sources(volume: _Volume) -> None:
    """Parse a file whose sources are settled."""
    schemas: list[Schema] = []
    uses: list[LoadedSchema] = []
    for source in volume.sources:
        outcome = _outcome(source)
        if isinstance(outcome, Unloadable):
            volume.fail(_behind(volume.label, outcome))
            return
        schemas.append(outcome.schema)
        uses.append(outcome)
    try:
        schema = parse(volume.data, references=schemas)
    except SchemaParseError as error:
        volume.fail(_named(volume, error))
        return
    volume.outcome = _loaded(volume, schema, tuple(uses))


def _loaded(volume: _Volume, schema: Schema, uses: tuple[LoadedSchema, ...] = ()) -> LoadedSchema:
    text = volume.data.decode("utf-8-sig")
    return LoadedSchema(volume.label, schema, text, volume.path, uses=uses)


def _named(volume: _Volume, error: SchemaParseError) -> SchemaParseError:
    """The same error, with the file in front, and the line in it."""
    line = error.line
    if line is None and error.path:
        line = lines_of(volume.data.decode("utf-8", "replace"), [error.path])[error.path]
    reason = f"`{volume.label}`: {error.reason}"
    return SchemaParseError(reason, path=error.path, hint=error.hint, line=line)


def _behind(label: str, source: Unloadable) -> FlowODMError:
    error = source.error
    message = f"`{label}` uses a type of `{source.label}`, which gives no schema"
    reason = error.reason if isinstance(error, SchemaParseError) else error.message
    return SchemaParseError(message, hint=f"first: {reason}")


def _fail_circle(volume: _Volume) -> None:
    """Say of a file that it is in a circle of files, or waits for one; and of all on the way."""
    way: dict[_Volume, int] = {}
    at = volume
    while at not in way and at.outcome is None:
        way[at] = len(way)
        at = next(source for source in at.sources if not _is_loaded(source))
    files = [*way]
    if at in way:
        circle = files[way[at] :]
        files = files[: way[at]]
        for each in circle:
            each.fail(_circle_error(each.label, circle))
    for each in reversed(files):
        assert isinstance(at.outcome, Unloadable), "it just failed"
        each.fail(_behind(each.label, at.outcome))
        at = each


def _circle_error(label: str, circle: list[_Volume]) -> SchemaParseError:
    told = " → ".join(f"`{each.label}`" for each in circle[:_MOST_TOLD])
    rest = " → …" if len(circle) > _MOST_TOLD else f" → `{circle[0].label}`"
    return SchemaParseError(
        f"`{label}`: files use each other's types in a circle: {told}{rest}",
        hint="define those types in one file",
    )


def _is_loaded(volume: _Volume) -> bool:
    return isinstance(volume.outcome, LoadedSchema)


def _outcome(volume: _Volume) -> LoadedSchema | Unloadable:
    assert volume.outcome is not None, "it was settled"
    return volume.outcome
