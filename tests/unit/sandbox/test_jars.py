"""The lock of Kafka's archives."""

import re

import pytest

from flowodm.sandbox.jars import Artifact, kafka_artifacts, parse_lock

pytestmark = pytest.mark.unit


def test_the_lock_names_every_archive_once_with_its_digest() -> None:
    artifacts = kafka_artifacts()
    assert len(artifacts) == 45
    assert len({artifact.path for artifact in artifacts}) == 45
    assert all(re.fullmatch("[0-9a-f]{64}", artifact.sha256) for artifact in artifacts)
    assert {artifact.version for artifact in artifacts if "kafka" in artifact.group} == {"4.4.0"}


def test_a_line_of_the_lock_becomes_an_artifact_in_mavens_layout() -> None:
    (artifact,) = parse_lock("org.apache.kafka:kafka_2.13:4.4.0  sha256:00ff")
    assert artifact == Artifact("org.apache.kafka", "kafka_2.13", "4.4.0", "00ff")
    assert artifact.path.as_posix() == "org/apache/kafka/kafka_2.13/4.4.0/kafka_2.13-4.4.0.jar"


def test_a_classifier_and_a_packaging_are_part_of_the_file_name() -> None:
    artifact = Artifact("a.b", "c", "1", "00", classifier="all", packaging="tar.gz")
    assert artifact.path.as_posix() == "a/b/c/1/c-1-all.tar.gz"
