"""YAML that others wrote: read safely, with the place of every value.

Serves `flowodm.yaml` and manifests. One document of at most 1 MiB, scalars as the core schema of
YAML 1.2 has them, no tag that makes an object, no merge key, each key once, bounded depth and
aliases; and every error names file and line. A number that starts with a needless zero (`0123`)
stays text, so that codes keep their zeros. `${NAME}` is one word also inside `{…}` and `[…]`.

An error never repeats the text of a value: it may be a secret. What the values mean is said by
those who read them (`files.py`, `manifest.py`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from flowodm.documents.scalars import KINDS, Scalar, plain_scalar, tagged_scalar
from flowodm.errors import ConfigurationError

if TYPE_CHECKING:
    import yaml

__all__ = ["Document", "Location", "Place", "Value", "parse_yaml", "read_bytes", "read_yaml"]

Value: TypeAlias = "Scalar | list[Value] | dict[str, Value]"
"""What a document holds."""

Location: TypeAlias = tuple[str | int, ...]
"""The keys and indexes that lead from the root to a value."""

MAXIMUM_BYTES = 1 << 20
MAXIMUM_DEPTH = 64
MAXIMUM_VALUES = 100_000
"""Keys and values together, those that an alias repeats included."""


class Place(NamedTuple):
    """A place in a file; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document and where each of its values was written."""

    source: str
    """The name of the file as people see it."""
    value: Value
    places: Mapping[Location, Place]

    def where(self, location: Location) -> str:
        """Name the file and line of a value, or of the nearest thing around it."""
        while location and location not in self.places:
            location = location[:-1]
        line = self.places[location].line if location in self.places else 1
        return f"{self.source}:{line}"

    def error(
        self, location: Location, message: str, *, hint: str | None = None
    ) -> ConfigurationError:
        """Make the error that a value deserves, with its file and line."""
        return ConfigurationError(f"{self.where(location)}: {message}", hint=hint)


def read_yaml(path: Path, *, source: str | None = None) -> Document:
    """Read the one document of a file.

    Args:
        path: The file.
        source: Its name in messages; the path when absent.

    Raises:
        ConfigurationError: The file cannot be read, or breaks one of the rules above.
    """
    source = source or str(path)
    return parse_yaml(read_bytes(path, source=source), source=source)


def read_bytes(path: Path, *, source: str) -> bytes:
    """Read a file, and no more of it than one byte over what is allowed.

    Raises:
        ConfigurationError: The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"cannot read `{source}`: {error.strerror or error}") from error


def parse_yaml(data: bytes, *, source: str) -> Document:
    """Read the one document in these bytes; an empty one holds None.

    Raises:
        ConfigurationError: The bytes break one of the rules above.
    """
    if len(data) > MAXIMUM_BYTES:
        raise ConfigurationError(f"`{source}` is larger than 1 MiB")
    text, words = _protect(_decode(data, source))
    return _Reader(source, words).read(text)


def _decode(data: bytes, source: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{source}:{line}: not UTF-8") from error


_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def _protect(text: str) -> tuple[str, dict[int, str]]:
    """Replace the braces of `${NAME}` by characters without a meaning in YAML, one for one."""
    opening, closing = (chr(code) for code in _unused(text, 2))
    protected = _VARIABLE.sub(lambda match: f"${opening}{match[1]}{closing}", text)
    return protected, {ord(opening): "{", ord(closing): "}"}


def _unused(text: str, count: int) -> list[int]:
    """Find private-use characters that a text of at most 1 MiB (350,000 of them) lacks."""
    private = (code for code in range(0xE000, 0xF8FF) if chr(code) not in text)
    return [code for code, _ in zip(private, range(count), strict=False)]


_TAG = "tag:yaml.org,2002:"


class _Refused(Exception):
    """A rule was broken, at an event; becomes a ConfigurationError."""

    def __init__(self, message: str, event: "yaml.Event", hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.place, self.hint = message, _place(event), hint


class _Measure(NamedTuple):
    """How much an alias to a node repeats: keys and values, and levels."""

    weight: int
    depth: int


_SCALAR = _Measure(1, 1)


@dataclass(frozen=True, slots=True)
class _Node:
    """A value with its place."""

    place: Place
    value: Scalar = None
    items: "tuple[_Node, ...] | None" = None
    entries: "dict[str, tuple[Place, _Node]] | None" = None
    measure: _Measure = _SCALAR


class _Reader:
    """Turns the parser's events into a document, refusing as it goes."""

    def __init__(self, source: str, words: dict[int, str]) -> None:
        self._source = source
        self._words = words
        self._anchors: dict[str, _Node | None] = {}  # None: still open
        self._weight = 0

    def read(self, text: str) -> Document:
        import yaml

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            root = self._document(iter(yaml.parse(text, Loader=loader)))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
            raise self._error(_syntax(error), place) from None
        except yaml.YAMLError as error:  # a character that YAML does not allow
            line = text.count("\n", 0, getattr(error, "position", 0)) + 1
            raise ConfigurationError(
                f"{self._source}:{line}: a character that YAML does not allow"
            ) from None
        except _Refused as refused:
            raise self._error(refused.message, refused.place, refused.hint) from None
        places: dict[Location, Place] = {(): root.place} if root else {}
        value = _unfold(root, (), places) if root else None
        return Document(self._source, value, places)

    def _error(self, message: str, place: Place, hint: str | None = None) -> ConfigurationError:
        where = f"{self._source}:{place.line}:{place.column}"
        return ConfigurationError(f"{where}: {message}", hint=hint)

    def _document(self, events: "Iterator[yaml.Event]") -> _Node | None:
        import yaml

        root = None
        seen = False
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if seen:
                    raise _Refused("a second document; one is allowed", event)
                seen = True
                root = self._node(next(events), events, 1)
        return root

    def _node(self, event: "yaml.Event", events: "Iterator[yaml.Event]", depth: int) -> _Node:
        import yaml

        self._count(1, event)
        if depth > MAXIMUM_DEPTH:
            raise _Refused(f"nested deeper than {MAXIMUM_DEPTH} levels", event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth)
        assert isinstance(event, yaml.NodeEvent)
        self._open(event)
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._sequence(event, events, depth)
        else:
            assert isinstance(event, yaml.MappingStartEvent)
            node = self._mapping(event, events, depth)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _count(self, weight: int, event: "yaml.Event") -> None:
        self._weight += weight
        if self._weight > MAXIMUM_VALUES:
            raise _Refused(f"more than {MAXIMUM_VALUES:,} keys and values", event)

    def _open(self, event: "yaml.NodeEvent") -> None:
        if not event.anchor:
            return
        if event.anchor in self._anchors:
            raise _Refused("an anchor of this name is there already", event)
        self._anchors[event.anchor] = None

    def _alias(self, event: "yaml.AliasEvent", depth: int) -> _Node:
        hint = "quote the value when it is a text that starts with `*`"
        if event.anchor not in self._anchors:
            raise _Refused("an alias to an anchor that is not there", event, hint)
        node = self._anchors[event.anchor]
        if node is None:
            raise _Refused("an alias to what it is part of", event)
        if depth + node.measure.depth - 1 > MAXIMUM_DEPTH:
            raise _Refused(f"nested deeper than {MAXIMUM_DEPTH} levels", event)
        self._count(node.measure.weight, event)
        return node

    def _sequence(
        self, event: "yaml.SequenceStartEvent", events: "Iterator[yaml.Event]", depth: int
    ) -> _Node:
        import yaml

        _check_tag(event, "seq")
        items = []
        while not isinstance(inner := next(events), yaml.SequenceEndEvent):
            items.append(self._node(inner, events, depth + 1))
        return _Node(_place(event), items=tuple(items), measure=_measure(items))

    def _mapping(
        self, event: "yaml.MappingStartEvent", events: "Iterator[yaml.Event]", depth: int
    ) -> _Node:
        import yaml

        _check_tag(event, "map")
        entries: dict[str, tuple[Place, _Node]] = {}
        while not isinstance(inner := next(events), yaml.MappingEndEvent):
            key = self._key(inner)
            if key in entries:
                first = entries[key][0].line
                raise _Refused(f"key `{key[:60]}` is there already, in line {first}", inner)
            entries[key] = (_place(inner), self._node(next(events), events, depth + 1))
        values = [node for _, node in entries.values()]
        return _Node(_place(event), entries=entries, measure=_measure(values, keys=len(values)))

    def _key(self, event: "yaml.Event") -> str:
        import yaml

        self._count(1, event)
        if not isinstance(event, yaml.ScalarEvent):
            raise _Refused("a key must be text", event)
        self._open(event)
        if event.value == "<<" and event.implicit[0]:
            hint = "write the keys out, or repeat the whole value by an alias"
            raise _Refused("`<<` (merge) is not part of YAML 1.2", event, hint)
        node = self._scalar(event)
        if not isinstance(node.value, str):
            raise _Refused("a key must be text", event, "quote it")
        if event.anchor:
            self._anchors[event.anchor] = node
        return node.value

    def _scalar(self, event: "yaml.ScalarEvent") -> _Node:
        is_text = event.tag in ("!", f"{_TAG}str") or not (event.tag or event.implicit[0])
        value = event.value if is_text else _converted(event)
        if isinstance(value, str):
            value = value.translate(self._words)
        return _Node(_place(event), value)


def _measure(nodes: list[_Node], *, keys: int = 0) -> _Measure:
    deepest = max((node.measure.depth for node in nodes), default=0)
    return _Measure(1 + keys + sum(node.measure.weight for node in nodes), 1 + deepest)


def _place(event: "yaml.Event") -> Place:
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)


def _converted(event: "yaml.ScalarEvent") -> Scalar:
    """Read a scalar that is not simply text."""
    tag = event.tag or ""
    kind = tag.removeprefix(_TAG)
    if tag and (tag == kind or kind not in KINDS):
        raise _refused_tag(event)
    try:
        return tagged_scalar(kind, event.value) if tag else plain_scalar(event.value)
    except ValueError as error:
        raise _Refused(str(error), event, "quote it when it is a text") from None


def _check_tag(event: "yaml.CollectionStartEvent", kind: str) -> None:
    if not event.implicit and event.tag not in (None, "!", _TAG + kind):
        raise _refused_tag(event)


def _refused_tag(event: "yaml.NodeEvent") -> _Refused:
    """Name only the tags that Python's YAML is known for: another may be a secret unquoted."""
    tag = str(getattr(event, "tag", ""))
    if tag.startswith(f"{_TAG}python/"):
        kind = tag.removeprefix(_TAG).partition(":")[0]
        return _Refused(f"tag `!!{kind}` makes an object, and is refused", event)
    hint = "quote the value when it is a text that starts with `!`"
    return _Refused("a tag that is not of YAML's core schema", event, hint)


def _syntax(error: "yaml.MarkedYAMLError") -> str:
    """Say what the parser found, without what it quotes from the file."""
    parts = [part for part in (error.problem, error.context) if part]
    quoted = re.compile(r"'[^']*'|\"[^\"]*\"")
    kept = [quoted.sub(lambda m: m[0] if len(m[0]) <= 3 else "…", part) for part in parts]
    return "not YAML: " + ", ".join(kept)


def _unfold(node: _Node, location: Location, places: dict[Location, Place]) -> Value:
    """Make the plain values, and note where each was written (a key's place for its value)."""
    if node.entries is not None:
        mapping: dict[str, Value] = {}
        for key, (place, inner) in node.entries.items():
            places[(*location, key)] = place
            mapping[key] = _unfold(inner, (*location, key), places)
        return mapping
    if node.items is not None:
        sequence: list[Value] = []
        for index, inner in enumerate(node.items):
            places[(*location, index)] = inner.place
            sequence.append(_unfold(inner, (*location, index), places))
        return sequence
    return node.value
