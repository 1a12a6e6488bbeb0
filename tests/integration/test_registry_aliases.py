"""The commands of 0.3.1 by their own names and options."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Finished
from tests.integration.registries import CommandLine, command_line, record, unique

pytestmark = pytest.mark.integration

MODEL = """
from flowodm import FlowBaseModel


class Order(FlowBaseModel):
    class Settings:
        topic = "TOPIC"

    number: int
"""


@pytest.fixture
def run(registry_url: str, flowodm: Callable[..., Finished]) -> Iterator[CommandLine]:
    with command_line(registry_url, flowodm) as found:
        yield found


@pytest.fixture
def old(run: CommandLine, tmp_path: Path) -> Callable[..., Finished]:
    env = {"SCHEMA_REGISTRY_URL": run.url, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    return lambda *words: run.flowodm(*words, env=env, cwd=tmp_path)


def test_a_schema_is_uploaded_listed_and_shown(
    old: Callable[..., Finished], tmp_path: Path
) -> None:
    name = unique("old")
    (tmp_path / "a.avsc").write_text(record("R", "a"))
    done = old("upload-schema", "--avro", "a.avsc", "--subject", name, "--yes")
    assert done.exit_code == 0, done
    assert name in old("list-subjects").stdout
    shown = old("get-schema", "--subject", f"{name}@1")
    assert json.loads(shown.stdout) == json.loads(record("R", "a"))


def test_a_class_is_checked_by_its_dotted_name(
    old: Callable[..., Finished], run: CommandLine, tmp_path: Path
) -> None:
    topic = unique("old")
    (tmp_path / "app.py").write_text(MODEL.replace("TOPIC", topic))
    for words in (("--model", "app.Order"), ("--models", "app")):
        done = old("check-compatibility", *words)
        assert done.exit_code == 0, done
        assert f"{topic}-value" in done.stdout
    text = '{"type":"record","name":"Order","fields":[{"name":"number","type":"string"}]}'
    run.registry.register(f"{topic}-value", text)
    assert old("check-compatibility", "--model", "app.Order").exit_code == 3


@pytest.mark.parametrize(
    "words",
    [
        ("get-schema",),
        ("get-schema", "a", "--subject", "b"),
        ("upload-schema", "--avro", "a.avsc", "--subject", "a", "--compatibility", "FULL"),
    ],
    ids=" ".join,
)
def test_what_has_no_meaning_any_more_says_what_has(
    old: Callable[..., Finished], words: tuple[str, ...]
) -> None:
    done = old(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")


def test_no_help_lists_them(old: Callable[..., Finished]) -> None:
    assert "upload-schema" not in old("--help").stdout
