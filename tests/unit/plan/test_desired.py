"""What a `flowodm.yaml` wants to be there."""

import json
from pathlib import Path
from typing import Any

import pytest

from flowodm.errors import ConfigurationError, UsageError
from flowodm.plan import Desired, DesiredTopic, load_desired
from tests.plans import ADDRESSES, EVENTS, USER

pytestmark = pytest.mark.unit


def desired(directory: Path, **document: Any) -> Desired:
    path = directory / "flowodm.yaml"
    path.write_text(json.dumps({"version": 1} | document, indent=1))
    return load_desired(path, directory=directory)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "shared").mkdir()
    (tmp_path / "event.avsc").write_text(EVENTS[0])
    (tmp_path / "user.avsc").write_text(USER)
    (tmp_path / "shared" / "home-value.avsc").write_text(ADDRESSES[0])
    return tmp_path


def test_a_topic_is_wanted_as_it_is_declared(project: Path) -> None:
    config = {"retention.ms": "7d", "preallocate": True, "segment.ms": None, "segment.bytes": 9}
    topic = {"partitions": 3, "replication_factor": 2, "config": config}
    found = desired(project, topics={"a": topic, "b": {}})
    assert found.topics == (
        DesiredTopic(
            *("a", 3, 2),
            {
                "retention.ms": "604800000",
                "preallocate": "true",
                "segment.ms": None,
                "segment.bytes": "9",
            },
            found.topics[0].where,
        ),
        DesiredTopic("b", where=found.topics[1].where),
    )
    assert found.topics[0].where.startswith("flowodm.yaml:")
    assert not found.needs_registry


def test_schemas_stand_after_those_that_they_use(project: Path) -> None:
    topics = {"users": {"value": "user.avsc"}}
    found = desired(project, topics=topics, schemas=["shared"])
    assert [(one.name, one.wanted.uses) for one in found.subjects] == [
        ("home-value", ()),
        ("users-value", ("home-value",)),
    ]


def test_one_file_may_be_the_schema_of_several_subjects(project: Path) -> None:
    topics = {"a": {"key": "event.avsc", "value": "event.avsc"}, "b": {"value": "event.avsc"}}
    found = desired(project, topics=topics)
    assert [one.name for one in found.subjects] == ["a-key", "a-value", "b-value"]


def test_a_level_is_of_every_schema_of_a_topic_and_else_of_its_values(project: Path) -> None:
    topics = {
        "a": {"key": "event.avsc", "value": "event.avsc", "compatibility": "FULL"},
        "b": {"compatibility": "NONE"},
    }
    found = desired(project, topics=topics)
    assert found.levels == {"a-key": "FULL", "a-value": "FULL", "b-value": "NONE"}


def test_what_cannot_be_is_a_fault_with_its_place(project: Path) -> None:
    topics = {
        "__x": {},
        "a b": {},
        "a.b": {},
        "a_b": {},
        "a": {"value": "none.avsc"},
        "b": {"value": "model:os:path"},
    }
    found = desired(project, topics=topics)
    assert [(one.kind, one.name) for one in found.faults] == [
        *(("topic", "__x"), ("topic", "a b"), ("topic", "a_b")),
        *(("subject", "a-value"), ("subject", "b-value")),
    ]
    assert all(one.where.startswith("flowodm.yaml:") for one in found.faults)


def test_models_are_named_and_not_imported(project: Path) -> None:
    assert desired(project, models=["no.such.module"]).models == ("no.such.module",)


def test_two_schemas_for_one_subject_are_refused(project: Path) -> None:
    (project / "shared" / "a-value.avsc").write_text(EVENTS[3])
    with pytest.raises(UsageError, match="are two schemas for"):
        desired(project, topics={"a": {"value": "event.avsc"}}, schemas=["shared"])


@pytest.mark.parametrize(
    "topic", [{"config": {"retention.ms": "${KAFKA_X}"}}, {"value": "${KAFKA_X}.avsc"}]
)
def test_a_variable_in_a_topic_is_refused(project: Path, topic: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="holds a variable, and is not expanded"):
        desired(project, topics={"a": topic})


def test_a_file_that_declares_nothing_wants_nothing(project: Path) -> None:
    assert desired(project) == Desired(source="flowodm.yaml")
