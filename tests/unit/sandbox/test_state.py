"""What is remembered of named sandboxes."""

import stat
from pathlib import Path

import pytest

from flowodm.errors import SandboxError, UsageError
from flowodm.sandbox import state
from flowodm.sandbox.spec import Node, SandboxSpec

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path


def spec_of(name: str) -> SandboxSpec:
    return SandboxSpec(state.directory_of(name), "id", (Node(1, 9092, 9093),), 8081)


def test_what_was_saved_is_loaded() -> None:
    state.save(spec_of("one"))
    assert state.load("one") == spec_of("one")
    assert state.list_names() == ("one",)


def test_an_unknown_sandbox_is_none() -> None:
    assert state.load("one") is None
    assert state.list_names() == ()


def test_nobody_else_can_read_what_is_remembered() -> None:
    state.save(spec_of("one"))
    directory = state.directory_of("one")
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / "sandbox.json").stat().st_mode) == 0o600
    assert [entry.name for entry in directory.iterdir()] == ["sandbox.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2}', '{"version": 1, "sandbox": {}}'])
def test_a_damaged_file_is_said_to_be_one_and_has_a_cure(text: str) -> None:
    state.save(spec_of("one"))
    (state.directory_of("one") / "sandbox.json").write_text(text)
    with pytest.raises(SandboxError, match="cannot be read") as caught:
        state.load("one")
    assert "sandbox up --name one --reset" in str(caught.value.hint)


def test_what_is_forgotten_is_gone() -> None:
    state.save(spec_of("one"))
    (state.directory_of("one") / "logs").mkdir()
    state.forget("one")
    assert not state.directory_of("one").exists()
    state.forget("one")


@pytest.mark.parametrize("name", ["", "../up", "A", ".hidden", "a/b", "a" * 42, "a\n", "-x"])
def test_a_name_stays_below_the_directory_of_sandboxes(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        state.directory_of(name)
