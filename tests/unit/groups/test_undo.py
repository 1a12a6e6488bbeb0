"""The undo file gives back what was written, and nothing else is taken for one."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flowodm.errors import ConfigurationError, UsageError
from flowodm.groups.group import Commit
from flowodm.groups.undo import Undo, UndoStep, read_undo, write_undo
from flowodm.reading.spans import Partition

pytestmark = pytest.mark.unit

UNDO = Undo(
    "bill\x1b[2Jing/ä",
    "abc-123",
    datetime(2026, 11, 30, 12, 0, 1, 234567, tzinfo=UTC),
    (
        UndoStep(Partition("events", 0), Commit(5, "a note", 3), Commit(0)),
        UndoStep(Partition("events", 1), None, Commit(2**63 - 1)),
    ),
)


def test_an_undo_file_reads_as_it_was_written(tmp_path: Path) -> None:
    write_undo(UNDO, tmp_path / "undo.json")
    assert read_undo(tmp_path / "undo.json") == UNDO


def test_an_undo_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    write_undo(UNDO, tmp_path / "undo.json")
    assert stat.S_IMODE((tmp_path / "undo.json").stat().st_mode) == 0o600


def test_an_undo_file_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "undo.json").write_text("kept")
    with pytest.raises(UsageError, match="is there already"):
        write_undo(UNDO, tmp_path / "undo.json")
    assert (tmp_path / "undo.json").read_text() == "kept"


def changed(**changes: Any) -> str:
    step = {
        "topic": "t",
        "partition": 0,
        "before": None,
        "after": {"offset": 1, "metadata": "", "leader_epoch": None},
    }
    document = {
        "kind": "flowodm groups reset",
        "version": 1,
        "group": "g",
        "cluster_id": None,
        "written": "2026-11-30T12:00:00Z",
        "partitions": [step | changes.pop("step", {})],
    }
    return json.dumps(document | changes)


def test_the_document_that_the_others_spoil_is_fine(tmp_path: Path) -> None:
    (tmp_path / "undo.json").write_text(changed())
    assert read_undo(tmp_path / "undo.json").group == "g"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "[" * 100_000,
        changed(kind="flowodm plan"),
        changed(version=2),
        changed(group=5),
        changed(written="yesterday"),
        changed(partitions={}) + "x",
        changed(step={"partition": -1}),
        changed(step={"partition": True}),
        changed(step={"after": None}),
        changed(step={"after": {"offset": 2**63, "metadata": "", "leader_epoch": None}}),
        changed(step={"after": {"offset": 1.5, "metadata": "", "leader_epoch": None}}),
        changed(step={"before": {"offset": 1}}),
    ],
    ids=[
        *("nothing", "an empty object", "a list", "null", "deep", "another kind"),
        *("another version", "a number for a group", "no time", "more after it"),
        *("a negative partition", "a boolean", "no step", "too large", "a fraction"),
        "a part of a commit",
    ],
)
def test_what_is_no_undo_file_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "undo.json").write_text(text)
    with pytest.raises(ConfigurationError, match="is no undo file"):
        read_undo(tmp_path / "undo.json")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot read"):
        read_undo(tmp_path / "none.json")
