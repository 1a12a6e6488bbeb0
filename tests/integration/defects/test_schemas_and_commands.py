"""Defects 27 to 29: verdicts on schemas, and what a command says by its exit code."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from flowodm import FlowBaseModel, schema
from flowodm.avro import parse
from tests.conftest import Finished
from tests.integration.defects.conftest import settings
from tests.servers import TestServers

pytestmark = pytest.mark.integration


class Labelled(FlowBaseModel):
    class Settings:
        topic = "labelled"

    key: str
    labels: str


ARRAY = parse(
    {
        "type": "record",
        "name": "Labelled",
        "fields": [
            {"name": "key", "type": "string"},
            {"name": "labels", "type": {"type": "array", "items": "string"}},
        ],
    }
)


def test_27_a_text_is_not_an_array(base: Any, topic: str, tmp_path: Path) -> None:
    """0.3.1 took any annotation for a type that it did not know: `str` for an array."""
    path = tmp_path / "labelled.avsc"
    path.write_text(ARRAY.to_json())
    connection = base.get_connection()
    connection.schema_registry().register(f"{topic}-value", ARRAY)

    class Here(Labelled, base):
        Settings: ClassVar = settings(topic)

    for result in (
        schema.validate_against_file(Labelled, path),
        schema.validate_against_registry(Here),
    ):
        assert not result.is_valid
        (error,) = result.errors
        assert error.startswith("`labels`: ")
        assert "array" in error

    class Right(Labelled):
        labels: list[str]  # type: ignore[assignment]

    assert schema.validate_against_file(Right, path).is_valid


def test_28_a_level_that_is_asked_for_is_the_one_that_counts(base: Any, topic: str) -> None:
    """0.3.1 ignored the level: it checked at the registry's own, and reported the one it got."""
    registry = base.get_connection().schema_registry()
    registry.register(f"{topic}-value", ARRAY)
    registry.set_compatibility_level("NONE", f"{topic}-value")

    class Here(Labelled, base):
        Settings: ClassVar = settings(topic)

    strict = schema.check_compatibility(Here, compatibility_level="FULL_TRANSITIVE")
    assert (strict.is_compatible, strict.compatibility_level) == (False, "FULL_TRANSITIVE")
    result = schema.check_compatibility(Here)
    assert (result.is_compatible, result.compatibility_level) == (True, "NONE")


MODULE = """
from flowodm import FlowBaseModel


class Event(FlowBaseModel):
    class Settings:
        topic = "{topic}"

    text: str
"""


def test_29_a_failure_has_its_exit_code_and_modules_beside_us_are_found(
    base: Any,
    topic: str,
    sandbox: TestServers,
    registry_url: str,
    flowodm: Callable[..., Finished],
    write: Callable[..., None],
    tmp_path: Path,
) -> None:
    """0.3.1 ended with 0 when a check had failed, and did not find the modules of the directory
    that it was run in."""
    package = tmp_path / "work" / "shop"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "events.py").write_text(MODULE.format(topic=topic))

    class Event(base):
        Settings: ClassVar = settings(topic)

        text: str

    Event(text="hello").produce()
    servers = {
        "KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers,
        "SCHEMA_REGISTRY_URL": registry_url,
    }

    def tail(*arguments: str, env: dict[str, str] = servers) -> Finished:
        return flowodm("tail", *arguments, "-e", "-o", "pretty", env=env, cwd=package.parent)

    done = tail(topic, "--model", "shop.events:Event")
    assert "Event(text='hello')" in done.stdout, done
    assert done.exit_code == 0
    write(topic, b"no avro")
    assert tail(topic, "--model", "shop.events:Event", "--strict").exit_code == 1
    assert tail(topic, "--model", "shop.events:Evnet").exit_code == 2
    assert tail(topic, "--model", "shop.nothing:Event").exit_code == 2
    assert tail(f"{topic}-missing").exit_code not in (0, 2)
    nobody = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"}
    assert tail(topic, env=nobody).exit_code not in (0, 2)
    assert flowodm("no-such-command").exit_code == 2
