"""The form in which a registry is moved: NDJSON, one document a line.

```
{"flowodm":"registry","format":1}
{"kind":"setting","subject":null,"level":"BACKWARD","mode":"READWRITE"}
{"kind":"setting","subject":"orders-value","level":"FULL","mode":null}
{"kind":"version","subject":"address-value","version":1,"id":4,"type":"AVRO","deleted":false,
 "references":[],"schema":"…"}
{"kind":"end","versions":1}
```
Settings are the registry's own (no subject) and each subject's own. A version stands behind those
that it references. There is no date and no address in it, so the same registry gives the same
bytes. An archive is a file, or a directory with such a file for each subject; how those are called
means nothing, what they say does.

Whoever reads one reads a stranger's bytes: shapes, sizes and counts are checked, nothing in it
becomes a path.
"""

import json
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from flowodm.avro.compatibility import CompatibilityLevel
from flowodm.avro.words import shown
from flowodm.documents.validate import validate
from flowodm.errors import ConfigurationError, UsageError
from flowodm.registry.model import Reference
from flowodm.registry.shapes import MAX_REFERENCES

__all__ = [
    "SUFFIX",
    "Archive",
    "ArchivedSetting",
    "ArchivedVersion",
    "archive_files",
    "archive_lines",
    "archived_version",
    "in_order",
    "is_archive",
    "read_archive",
]

SUFFIX: Final = ".ndjson"
_HEADER: Final = {"flowodm": "registry", "format": 1}
_LONGEST_LINE: Final = 32 * 1024 * 1024
"""Of a schema of 10 MiB, escaped."""
_MOST_BYTES: Final = 512 * 1024 * 1024
_MOST_VERSIONS: Final = 500_000
_MOST_FILES: Final = 100_000

_Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class _Reference(_Line):
    name: _Name
    subject: _Name
    version: _Number


class ArchivedSetting(_Line):
    """A level and a mode that are set; None: not set there."""

    kind: Literal["setting"] = "setting"
    subject: _Name | None
    """None: the registry's own."""
    level: CompatibilityLevel | None
    mode: Annotated[str, StringConstraints(pattern="^[A-Z_]{1,40}$")] | None


class ArchivedVersion(_Line):
    """A version of a subject."""

    kind: Literal["version"] = "version"
    subject: _Name
    version: _Number
    id: _Number
    type: Annotated[str, StringConstraints(pattern="^[A-Z_]{1,40}$")]
    deleted: bool
    references: Annotated[list[_Reference], Field(max_length=MAX_REFERENCES)]
    schema_: Annotated[str, Field(alias="schema")]

    @property
    def place(self) -> tuple[str, int]:
        """The subject and version."""
        return self.subject, self.version

    @property
    def needs(self) -> tuple[tuple[str, int], ...]:
        """The versions that it references."""
        return tuple((one.subject, one.version) for one in self.references)

    def named(self) -> tuple[Reference, ...]:
        """Its references as the registry's client takes them."""
        return tuple(Reference(one.name, one.subject, one.version) for one in self.references)


class _End(_Line):
    kind: Literal["end"] = "end"
    versions: Annotated[int, Field(ge=0)]


_KINDS: Final[dict[object, type[_Line]]] = {
    "setting": ArchivedSetting,
    "version": ArchivedVersion,
    "end": _End,
}


@dataclass(frozen=True, slots=True)
class Archive:
    """What a registry holds, or a part of it."""

    versions: tuple[ArchivedVersion, ...]
    """Each behind those that it references, where they are in it."""
    settings: tuple[ArchivedSetting, ...] = ()

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subjects, in the order of their first version."""
        return tuple(dict.fromkeys(one.subject for one in self.versions))


def archived_version(
    place: tuple[str, int],
    schema_id: int,
    schema_type: str,
    text: str,
    references: Iterable[Reference],
    *,
    deleted: bool,
) -> ArchivedVersion:
    """Make the line of a version, checked as one that is read.

    Raises:
        ConfigurationError: The registry told what no archive can hold.
    """
    document = {
        "kind": "version",
        "subject": place[0],
        "version": place[1],
        "id": schema_id,
        "type": schema_type,
        "deleted": deleted,
        "references": [
            {"name": one.name, "subject": one.subject, "version": one.version} for one in references
        ],
        "schema": text,
    }
    where = f"{place[0]} v{place[1]}"
    found = validate(ArchivedVersion, document, where=lambda _: where, thing=lambda _: "")
    assert found is not None
    return found


def archive_lines(archive: Archive) -> Iterator[bytes]:
    """Yield the lines of an archive, in a stable order."""
    yield _line(_HEADER)
    for setting in sorted(archive.settings, key=lambda one: one.subject or ""):
        yield _line(setting.model_dump())
    for version in archive.versions:
        yield _line(version.model_dump(by_alias=True))
    yield _line({"kind": "end", "versions": len(archive.versions)})


def _line(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode("ascii") + b"\n"


def archive_files(path: Path) -> tuple[Path, ...]:
    """Return the files of an archive: itself, or all of a directory. Links are passed over.

    Raises:
        UsageError: There is no such file, or nothing in the directory.
    """
    try:
        if not stat.S_ISDIR(path.stat().st_mode):
            return (path,)
        found = sorted(
            one
            for one in path.iterdir()
            if one.suffix == SUFFIX and one.is_file() and not one.is_symlink()
        )
    except FileNotFoundError:
        raise UsageError(f"there is no archive `{path}`") from None
    except OSError as error:
        raise UsageError(f"cannot read `{path}`: {error.strerror or error}") from error
    if not found:
        raise UsageError(f"directory `{path}` holds no `*{SUFFIX}` file")
    if len(found) > _MOST_FILES:
        raise UsageError(f"directory `{path}` holds more than {_MOST_FILES:,} files")
    return tuple(found)


def is_archive(path: Path) -> bool:
    """Tell whether a file begins as an archive does."""
    try:
        with path.open("rb") as file:
            return file.readline(200) == _line(_HEADER)
    except OSError:
        return False


def read_archive(path: Path) -> Archive:
    """Read an archive, wherever it comes from.

    Raises:
        UsageError: There is none, or it is too large.
        ConfigurationError: It is none; with the file and the line.
    """
    reader = _Reader()
    for file in archive_files(path):
        try:
            with file.open("rb") as stream:
                reader.read(stream, str(file))
        except OSError as error:
            raise UsageError(f"cannot read `{file}`: {error.strerror or error}") from error
    return reader.finished()


class _Reader:
    """What was read so far."""

    def __init__(self) -> None:
        self._versions: dict[tuple[str, int], ArchivedVersion] = {}
        self._settings: dict[str | None, ArchivedSetting] = {}
        self._by_id: dict[tuple[str, int], ArchivedVersion] = {}
        self._bytes = 0

    def read(self, stream: BinaryIO, label: str) -> None:
        """Read one file, to its end."""
        header = self._document(stream.readline(_LONGEST_LINE), f"{label}:1")
        if header != _HEADER:
            raise ConfigurationError(
                f"{label}:1: this is no archive of a registry, or of a later FlowODM",
                hint=f"one begins with {json.dumps(_HEADER, separators=(',', ':'))}",
            )
        count, number = len(self._versions), 1
        while data := stream.readline(_LONGEST_LINE):
            number += 1
            line = self._parsed(data, f"{label}:{number}")
            if isinstance(line, _End):
                self._check_end(line, len(self._versions) - count, stream, f"{label}:{number}")
                return
            self._add(line, f"{label}:{number}")
        raise ConfigurationError(
            f"{label}: it is cut short: its last line is missing", hint="export it again"
        )

    def finished(self) -> Archive:
        """Return the whole, each version behind those that it references."""
        return Archive(in_order(self._versions.values()), tuple(self._settings.values()))

    def _parsed(self, data: bytes, where: str) -> _Line:
        document = self._document(data, where)
        kind = document.get("kind")
        model = _KINDS.get(kind) if isinstance(kind, str) else None
        if model is None:
            raise ConfigurationError(f"{where}: {shown(kind)} is no `kind` of line")
        line = validate(model, document, where=lambda _: where, thing=lambda _: f"of `{kind}`")
        assert line is not None
        return line

    def _document(self, data: bytes, where: str) -> dict[str, Any]:
        self._bytes += len(data)
        if self._bytes > _MOST_BYTES:
            raise UsageError(f"{where}: the archive is larger than {_MOST_BYTES >> 20} MiB")
        if len(data) >= _LONGEST_LINE:
            raise ConfigurationError(f"{where}: the line is longer than {_LONGEST_LINE >> 20} MiB")
        try:
            document = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise ConfigurationError(f"{where}: the line is no JSON") from error
        if not isinstance(document, dict):
            raise ConfigurationError(f"{where}: the line is no JSON object")
        return document

    def _add(self, line: _Line, where: str) -> None:
        if isinstance(line, ArchivedSetting):
            if line.subject in self._settings:
                raise ConfigurationError(f"{where}: the settings of this subject stand there twice")
            self._settings[line.subject] = line
            return
        assert isinstance(line, ArchivedVersion)
        if line.place in self._versions:
            raise ConfigurationError(
                f"{where}: version {line.version} of {shown(line.subject)} stands there twice"
            )
        if len(self._versions) >= _MOST_VERSIONS:
            raise ConfigurationError(f"{where}: there are more than {_MOST_VERSIONS:,} versions")
        self._check_id(line, where)
        self._versions[line.place] = line

    def _check_id(self, line: ArchivedVersion, where: str) -> None:
        """An id is one schema, in each context."""
        context = line.subject.split(":")[1] if line.subject.startswith(":.") else ""
        known = self._by_id.setdefault((context, line.id), line)
        if (known.schema_, known.type) != (line.schema_, line.type):
            raise ConfigurationError(
                f"{where}: id {line.id} is another schema than that of {shown(known.subject)} "
                f"version {known.version}"
            )

    def _check_end(self, end: _End, count: int, stream: BinaryIO, where: str) -> None:
        if end.versions != count:
            raise ConfigurationError(
                f"{where}: it says {end.versions:,} versions, and there are {count:,}",
                hint="export it again",
            )
        if stream.read(1):
            raise ConfigurationError(f"{where}: there is more behind the last line")


def in_order(versions: Iterable[ArchivedVersion]) -> tuple[ArchivedVersion, ...]:
    """Sort versions by id, each behind those that it references.

    Raises:
        ConfigurationError: They reference each other in a circle.
    """
    from heapq import heapify, heappop, heappush

    known = {one.place: one for one in versions}
    waiting = {place: {need for need in one.needs if need in known} for place, one in known.items()}
    users: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for place, needs in waiting.items():
        for need in needs:
            users.setdefault(need, []).append(place)
    ready = [(known[place].id, place) for place, needs in waiting.items() if not needs]
    heapify(ready)
    ordered: list[ArchivedVersion] = []
    while ready:
        _, place = heappop(ready)
        ordered.append(known[place])
        for user in users.get(place, ()):
            waiting[user].discard(place)
            if not waiting[user]:
                heappush(ready, (known[user].id, user))
    if len(ordered) < len(known):
        subject, version = next(place for place, needs in waiting.items() if needs)
        raise ConfigurationError(
            f"version {version} of {shown(subject)} references itself, by way of others"
        )
    return tuple(ordered)
