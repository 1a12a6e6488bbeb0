"""A registry of words: its schemas are real, and so are the comparisons."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowodm.avro import parse
from flowodm.avro.pretty import pretty_text
from flowodm.errors import FlowODMError, UsageError
from flowodm.sources.comparison import Comparison, compare
from flowodm.sources.loaded import LoadedSchema
from flowodm.subjects.checking import Check
from flowodm.subjects.listing import Subject, SubjectList
from flowodm.subjects.settings import Setting
from flowodm.tui.sources.schemas import SubjectDetail, Use, VersionText


def record(*fields: tuple[str, Any], name: str = "Order", **more: Any) -> dict[str, Any]:
    return {
        "type": "record",
        "name": name,
        "fields": [{"name": one, "type": kind} for one, kind in fields],
        **more,
    }


ORDERS = (
    record(("id", "string"), ("amount", "double"), ("old", "string")),
    record(("id", "string"), ("amount", "double")),
    record(("id", "string"), ("amount", "string"), doc="an order"),
)


@dataclass
class FakeSchemas:
    """Subjects by name, each with its versions; files by what names them."""

    found: dict[str, tuple[dict[str, Any], ...]] = field(
        default_factory=lambda: {"orders-value": ORDERS, "payments-value": ORDERS[:1]}
    )
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    level: str = "BACKWARD"
    schema_type: str = "AVRO"
    error: FlowODMError | None = None
    level_error: FlowODMError | None = None
    asked: list[tuple[str, ...]] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)

    @property
    def known(self) -> tuple[str, ...]:
        return tuple(self.found)

    def subjects(self) -> SubjectList:
        if self.error is not None:
            raise self.error
        subjects = (
            Subject(name, len(versions), self.schema_type, 42)
            for name, versions in sorted(self.found.items())
        )
        return SubjectList(tuple(subjects), True)

    def levels(self, names: Iterable[str]) -> Mapping[str, Setting]:
        if self.level_error is not None:
            raise self.level_error
        self.asked.append(tuple(names))
        return {name: Setting("level", name, self.level, False) for name in self.asked[-1]}

    def subject(self, name: str) -> SubjectDetail:
        if self.error is not None:
            raise self.error
        numbers = tuple(range(len(self.found[name]), 0, -1))
        return SubjectDetail(
            name,
            self.schema_type,
            numbers,
            {number: 40 + number for number in numbers},
            Setting("level", name, self.level, True),
            Setting("mode", name, "READWRITE", False),
            Use(name.removesuffix("-value"), False, True),
            (("copies-value", 1),),
            ("invoices-value",),
        )

    def text(self, subject: str, version: int) -> VersionText:
        if self.schema_type != "AVRO":
            return VersionText(version, 41, "{}", f"{self.schema_type} is shown as it was")
        return VersionText(
            version, 40 + version, pretty_text(self._loaded(subject, version).schema)
        )

    def compare(self, subject: str, old: int, new: int) -> Comparison:
        if self.error is not None:
            raise self.error
        before, after = self._loaded(subject, old), self._loaded(subject, new)
        return compare(before, after, level=self.level)  # type: ignore[arg-type]

    def check(self, subject: str, source: str) -> Check:
        self.checked.append(source)
        if source not in self.files:
            raise UsageError(f"`{source}` is no file", hint="look where you are")
        text = json.dumps(self.files[source])
        loaded = LoadedSchema(source, parse(text), text)
        if subject not in self.found:
            return Check(subject, loaded, None)
        latest = self._loaded(subject, len(self.found[subject]))
        return Check(subject, loaded, compare(latest, loaded, level=self.level))  # type: ignore[arg-type]

    def _loaded(self, subject: str, version: int) -> LoadedSchema:
        text = json.dumps(self.found[subject][version - 1])
        label = f"{subject} v{version}"
        return LoadedSchema(label, parse(text), text, subject=subject, version=version)
