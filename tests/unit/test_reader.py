"""What a reader refuses before it asks anybody."""

import subprocess
import sys
from typing import Any

import pytest

from flowodm.errors import UsageError
from flowodm.positions import At, End, FromEnd, Offset, Range, Start, Stored
from flowodm.reader import PartitionProgress, Progress, Reader, ReadOptions
from flowodm.reading.source import consumer_settings

pytestmark = pytest.mark.unit

NOBODY: Any = None
"""A connection that is not asked for anything."""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (ReadOptions(range=Range(Stored())), "no group is named"),
        (ReadOptions(range=Range(Start(), Stored())), "no group is named"),
        (ReadOptions(partition_ranges=((0, Range(Stored())),)), "no group is named"),
        (ReadOptions(last=-1), "last -1"),
        (ReadOptions(limit=-5), "limit -5"),
        (ReadOptions(group="g", range=Range(Offset(5))), "the group `g` decides"),
        (ReadOptions(group="g", range=Range(FromEnd(5))), "the group `g` decides"),
        (ReadOptions(group="g", range=Range(At(5))), "the group `g` decides"),
        (ReadOptions(group="g", range=Range(Start(), Offset(9))), "the group `g` decides"),
        (ReadOptions(group="g", partitions=(0,)), "the group `g` decides"),
        (ReadOptions(group="g", partition_ranges=((0, Range()),)), "the group `g` decides"),
        (ReadOptions(group="g", last=5), "the group `g` decides"),
    ],
)
def test_options_that_contradict_one_another_are_refused(
    options: ReadOptions, message: str
) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        Reader(NOBODY, ("t",), options)
    assert caught.value.hint


@pytest.mark.parametrize(
    "options",
    [
        ReadOptions(),
        ReadOptions(group="g"),
        ReadOptions(group="g", range=Range(Stored())),
        ReadOptions(group="g", range=Range(End())),
        ReadOptions(group="g", range=Range(Start(), End())),
        ReadOptions(last=0, limit=0),
    ],
)
def test_other_options_are_not(options: ReadOptions) -> None:
    Reader(NOBODY, ("t",), options)


def test_a_reader_is_read_inside_its_block() -> None:
    with pytest.raises(RuntimeError, match="`with`"):
        Reader(NOBODY, ("t",), ReadOptions()).batches()


def test_a_read_without_a_group_neither_commits_nor_creates() -> None:
    settings = consumer_settings(ReadOptions())
    assert settings["enable.auto.commit"] == "false"
    assert settings["enable.auto.offset.store"] == "false"
    assert settings["allow.auto.create.topics"] == "false"
    assert settings["auto.offset.reset"] == "error"
    assert settings["group.id"] != consumer_settings(ReadOptions())["group.id"]


def test_a_callers_settings_win() -> None:
    settings = consumer_settings(ReadOptions(kafka={"fetch.wait.max.ms": "7"}))
    assert settings["fetch.wait.max.ms"] == "7"


def test_progress_adds_up() -> None:
    def part(position: int, stop: int | None, end: int, *, is_done: bool = False) -> Any:
        return PartitionProgress("t", 0, 0, position, stop, end, position, is_done)

    parts = (part(3, 10, 99), part(3, None, 99), part(3, 10, 99, is_done=True), part(9, 5, 99))
    progress = Progress(parts, records=50, seconds=2.0)
    assert progress.remaining == 7 + 96
    assert progress.rate == 25.0
    assert Progress((), 0, 0.0).rate == 0.0


def test_importing_the_reader_loads_no_client() -> None:
    program = (
        "import sys, flowodm.reader, flowodm.query, flowodm.positions\n"
        "heavy = {'confluent_kafka', 'fastavro', 'httpx2', 'pydantic', 'cel', 'cel.cel'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
