"""Resolution against the vectors that Avro's Java implementation labelled."""

import json
from pathlib import Path
from typing import Any

import pytest

from flowodm.avro import parse
from flowodm.avro.resolution import Mismatch, ReadRecord, Resolution
from flowodm.avro.resolve import resolve
from flowodm.errors import SchemaError
from tests import adapters
from tests.vectors.run_resolution import failure

pytestmark = pytest.mark.unit

CASES = json.loads((Path(__file__).parents[2] / "vectors" / "resolution_cases.json").read_text())[
    "cases"
]


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if "note" not in case],
    ids=lambda case: f"{case['group']}/{case['name']}",
)
def test_the_value_is_what_java_reads(case: dict[str, Any]) -> None:
    assert failure(adapters.resolve, case) is None


def resolution(writer: Any, reader: Any) -> Resolution:
    return resolve(parse(writer), parse(reader))


def fields(*names: Any, **attributes: Any) -> dict[str, Any]:
    return {"type": "record", "name": "R", "fields": list(names), **attributes}


def field(name: str, *aliases: str, default: bool = False) -> dict[str, Any]:
    more = {"default": 0} if default else {}
    return {"name": name, "type": "int", "aliases": list(aliases), **more}


@pytest.mark.parametrize(
    ("written", "reader", "targets"),
    [
        ("a", [field("b", "a")], {"a": "b"}),
        ("ab", [field("b", default=True)], {"a": None, "b": "b"}),
        ("a", [field("a", default=True), field("b", "a")], {"a": "b"}),
        ("a", [field("a"), field("b", "a", default=True)], {"a": "a"}),
        ("a", [field("b", "a", default=True), field("c", "a", default=True)], {"a": "c"}),
        ("a", [field("b", "a"), field("c", "a", default=True)], {"a": "b"}),
        ("ab", [field("a", "b"), field("b", "a")], {"a": "a", "b": "b"}),
    ],
)
def test_a_written_field_goes_to_one_field_of_the_reader(
    written: str, reader: list[Any], targets: dict[str, str | None]
) -> None:
    found = resolution(fields(*map(field, written)), fields(*reader))
    root = found.nodes[found.root]
    assert isinstance(root, ReadRecord)
    assert {step.name: step.target for step in root.steps} == targets


@pytest.mark.parametrize("aliases", [("a",), ("a", "b"), ("x", "a")])
def test_two_written_fields_for_one_of_the_reader_are_ambiguous(aliases: tuple[str, ...]) -> None:
    found = resolution(fields(field("a"), field("b")), fields(field("b", *aliases)))
    root = found.nodes[found.root]
    assert isinstance(root, Mismatch)
    assert root.field == "b"


def test_each_pair_of_types_is_resolved_once() -> None:
    inner = {"type": "record", "name": "I", "fields": [field("a")]}
    many = [{"name": f"f{number}", "type": "I" if number else inner} for number in range(100)]
    assert len(resolution(fields(*many), fields(*many)).nodes) == 3


def test_a_recursive_pair_is_finite() -> None:
    node = fields({"name": "next", "type": ["null", "R"]})
    assert len(resolution(node, node).nodes) < 10


def test_a_schema_resolves_into_itself_without_a_mismatch() -> None:
    for case in CASES:
        schema = parse(adapters._plain(case["reader"])) if case["reader"] != [] else None
        nodes = resolve(schema).nodes if schema else ()
        assert not any(isinstance(node, Mismatch) for node in nodes), case["name"]


def test_too_many_records_to_compare_is_one_error() -> None:
    def union(letter: str) -> list[Any]:
        return [
            {
                "type": "record",
                "name": f"{letter}{number}",
                "fields": [{"name": letter, "type": "int"}],
            }
            for number in range(600)
        ]

    with pytest.raises(SchemaError, match="too many records"):
        resolution(union("a"), union("b"))
