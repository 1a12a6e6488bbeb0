"""`flowodm groups reset` and `delete`: what is shown is what is done, and it can be taken back."""

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from flowodm.config import Context
from flowodm.connection import KafkaConnection
from flowodm.errors import BrokerError
from flowodm.groups import apply_reset, parse_target, plan_reset
from tests.conftest import Finished
from tests.inside import run_inside
from tests.integration.consumer_groups import commit, committed, fill, member_of
from tests.integration.terminal import Terminal
from tests.servers import TestServers

pytestmark = pytest.mark.integration

Run = Callable[..., Finished]
MakeTopic = Callable[..., str]

NOW = 1_764_500_000
"""Seconds; record N of a partition is of N minutes after."""


@pytest.fixture
def config(sandbox: TestServers) -> dict[str, str]:
    return sandbox.client_config


@pytest.fixture
def environ(sandbox: TestServers) -> dict[str, str]:
    return {"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}


@pytest.fixture
def run(clean_environment: dict[str, str], environ: dict[str, str], tmp_path: Path) -> Run:
    def run_(*arguments: str) -> Finished:
        return run_inside(list(arguments), tmp_path, clean_environment | environ)

    return run_


@pytest.fixture
def group(admin: AdminClient) -> Iterator[str]:
    """A name for a group, which is deleted afterwards."""
    name = f"group-{uuid.uuid4().hex[:12]}"
    yield name
    admin.delete_consumer_groups([name])[name].exception(timeout=15)  # some tests have done it


@pytest.fixture
def topic(make_topic: MakeTopic, config: dict[str, str], admin: AdminClient) -> str:
    """Three partitions: offsets 5 to 19, 0 to 9, and none."""
    name = make_topic(partitions=3)
    for partition, count in ((0, 20), (1, 10)):
        for number in range(count):
            fill(config, name, {partition: 1}, timestamp=(NOW + number * 60) * 1000)
    for future in admin.delete_records([TopicPartition(name, 0, 5)]).values():
        future.result(30)
    return name


@pytest.fixture
def standing(group: str, topic: str, config: dict[str, str]) -> dict[int, tuple[int, str]]:
    """The group has committed 10 with a note, 99 (past the end) and 0."""
    commit(config, group, topic, {0: 10}, "a note")
    commit(config, group, topic, {1: 99, 2: 0})
    return {0: (10, "a note"), 1: (99, ""), 2: (0, "")}


FORMS = {
    "start": (5, 0, 0),
    "beginning": (5, 0, 0),
    "earliest": (5, 0, 0),
    "end": (20, 10, 0),
    "latest": (20, 10, 0),
    "7": (7, 7, 0),
    "0": (5, 0, 0),
    "7:": (7, 7, 0),
    "1000": (20, 10, 0),
    "+2": (7, 2, 0),
    "-2": (18, 8, 0),
    "-100": (5, 0, 0),
    "stored": (10, 10, 0),
    "stored+3": (13, 10, 0),
    "stored-3": (7, 10, 0),
    "stored-1000": (5, 0, 0),
    f"@{NOW + 8 * 60}": (8, 8, 0),
    f"@{NOW + 8 * 60}000": (8, 8, 0),
    "@2025-11-30T11:01:20Z": (8, 8, 0),
    "@2025-11-30T12:01:19.5+01:00": (8, 8, 0),
    f"@{NOW + 8 * 60}:": (8, 8, 0),
    "@now": (20, 10, 0),
    "@-2d": (20, 10, 0),
    "@-1m": (20, 10, 0),
    "@2025-01-01": (5, 0, 0),
    "s@0": (5, 0, 0),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_is_shown_is_what_is_done_and_undo_restores_it(
    form: str,
    run: Run,
    group: str,
    topic: str,
    standing: dict[int, tuple[int, str]],
    config: dict[str, str],
    tmp_path: Path,
) -> None:
    words = ("groups", "reset", group, "--topic", topic, "--to", form, "-o", "json")
    shown = run(*words)
    assert shown.exit_code == 0, shown
    plan = json.loads(shown.stdout)
    assert tuple(one["after"] for one in plan["partitions"]) == FORMS[form]
    assert committed(config, group, topic, 3) == standing
    assert list(tmp_path.glob("*.json")) == []

    undo = str(tmp_path / "undo.json")
    done = run(*words, "--execute", "--yes", "--undo-file", undo)
    assert done.exit_code == 0, done
    report = json.loads(done.stdout)
    assert (report["partitions"], report["executed"]) == (plan["partitions"], True)
    now = committed(config, group, topic, 3)
    assert {number: offset for number, (offset, _) in now.items()} == dict(enumerate(FORMS[form]))

    back = run("groups", "reset", group, "--undo", undo, "--execute", "--yes")
    assert back.exit_code == 0, back
    assert committed(config, group, topic, 3) == standing


def test_only_the_partitions_that_are_named_move(
    run: Run, group: str, topic: str, standing: dict[int, tuple[int, str]], config: dict[str, str]
) -> None:
    words = ("--topic", topic, "--to", "end", "--partition", "0,2", "--execute", "--yes")
    done = run("groups", "reset", group, *words)
    assert done.exit_code == 0, done
    assert committed(config, group, topic, 3) == standing | {0: (20, "")}


def test_the_preview_says_what_is_skipped_replayed_and_cut(
    run: Run, group: str, topic: str, standing: dict[int, tuple[int, str]]
) -> None:
    shown = run("groups", "reset", group, "--topic", topic, "--to", "12")
    heading, *rows = [line.split(maxsplit=6) for line in shown.stdout.splitlines()]
    assert heading == ["TOPIC", "PARTITION", "COMMITTED", "NEW", "CHANGE", "NOTE"]
    assert rows == [
        [topic, "0", "10", "12", "+2", "skipped"],
        [topic, "1", "99", "10", "-89", "replayed", "ends at 10: there is nothing from 12 yet"],
        [topic, "2", "0", "0", "stays", "ends", "at 0: there is nothing from 12 yet"],
    ]
    assert shown.stderr.splitlines() == [
        f"2 partitions of {group} would move: 2 skipped, 89 replayed",
        "nothing was changed; do it with --execute",
    ]


def test_a_first_commit_is_told_not_to_be_taken_away_again(
    run: Run, group: str, topic: str, config: dict[str, str], tmp_path: Path
) -> None:
    commit(config, group, topic, {0: 10})
    undo = str(tmp_path / "undo.json")
    words = ("--topic", topic, "--to", "start", "--execute", "--yes", "--undo-file", undo)
    done = run("groups", "reset", group, *words)
    assert done.exit_code == 0, done
    assert "warning: 2 have no commit yet; a commit cannot be taken away again" in done.stderr
    back = run("groups", "reset", group, "--undo", undo, "--execute", "--yes")
    assert back.exit_code == 0, back
    assert back.stdout.count("there was no commit, and one cannot be taken away") == 2
    assert committed(config, group, topic, 3) == {0: (10, ""), 1: (0, ""), 2: (0, "")}


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_an_active_group_is_shown_and_refused(
    protocol: str, run: Run, group: str, topic: str, config: dict[str, str], tmp_path: Path
) -> None:
    with member_of(config, group, topic, protocol=protocol) as member:
        member.commit(offsets=[TopicPartition(topic, 1, 3)], asynchronous=False)
        words = ("groups", "reset", group, "--topic", topic, "--to", "end")
        shown = run(*words)
        assert shown.exit_code == 0, shown
        assert f"group {group} is stable: a reset is refused while it is active" in shown.stderr
        for done in (run(*words, "--execute", "--yes"), run("groups", "delete", group, "--yes")):
            assert done.exit_code == 1
            assert f"error: group `{group}` is active (stable" in done.stderr
        assert committed(config, group, topic, 3) == {1: (3, "")}
    assert list(tmp_path.glob("*.json")) == []


def test_a_member_that_comes_after_the_plan_is_not_overruled(
    sandbox: TestServers, group: str, topic: str, config: dict[str, str]
) -> None:
    from datetime import UTC, datetime

    commit(config, group, topic, {0: 10})
    context = Context(name="t", source="t", bootstrap_servers=sandbox.bootstrap_servers)
    with KafkaConnection(context) as kafka:
        plan = plan_reset(kafka, group, topic, parse_target("end", now=datetime.now(UTC)))
        with member_of(config, group, topic), pytest.raises(BrokerError):
            apply_reset(kafka, plan)
        assert committed(config, group, topic, 3) == {0: (10, "")}


def test_the_offsets_of_an_internal_topic_are_not_moved(
    run: Run, group: str, topic: str, standing: object
) -> None:
    words = ("--topic", "__consumer_offsets", "--to", "end", "--execute", "--yes")
    done = run("groups", "reset", group, *words)
    assert done.exit_code == 4
    assert "is internal to Kafka" in done.stderr


@pytest.mark.parametrize(
    ("words", "exit_code", "reason"),
    [
        (("--to", "end"), 2, "a reset needs `--topic` and `--to`"),
        (("--topic", "TOPIC"), 2, "a reset needs `--topic` and `--to`"),
        (("--topic", "TOPIC", "--to", "5:8"), 2, "is a range"),
        (("--topic", "TOPIC", "--to", ":end"), 2, "is a range"),
        (("--topic", "TOPIC", "--to", "@-2h:@-1h"), 2, "is a range"),
        (("--topic", "TOPIC", "--to", "@:-1h"), 2, "is a range"),
        (("--topic", "TOPIC", "--to", "e@1764500000000"), 2, "is a range"),
        (("--topic", "TOPIC", "--to", "soon"), 2, "is not a position"),
        (("--topic", "TOPIC", "--to", "end", "-p", "7"), 2, "has no partition 7"),
        (("--topic", "no-such-topic", "--to", "end"), 1, "does not exist"),
        (("--undo", "none.json"), 2, "cannot read `none.json`"),
        (("--undo", "none.json", "--to", "end"), 2, "says itself what goes where"),
    ],
)
def test_a_reset_that_means_nothing_is_an_error(
    words: tuple[str, ...],
    exit_code: int,
    reason: str,
    run: Run,
    group: str,
    topic: str,
    standing: dict[int, tuple[int, str]],
    config: dict[str, str],
) -> None:
    named = [topic if word == "TOPIC" else word for word in words]
    done = run("groups", "reset", group, *named, "--execute", "--yes")
    assert (done.exit_code, done.stdout) == (exit_code, "")
    assert reason in done.stderr
    assert committed(config, group, topic, 3) == standing


def test_an_undo_file_of_another_group_is_refused(
    run: Run, group: str, topic: str, standing: object, config: dict[str, str], tmp_path: Path
) -> None:
    undo = tmp_path / "undo.json"
    words = ("--topic", topic, "--to", "end", "--execute", "--yes", "--undo-file", str(undo))
    assert run("groups", "reset", group, *words).exit_code == 0
    before = committed(config, group, topic, 3)
    document = json.loads(undo.read_text())
    for change in ({"group": "another"}, {"cluster_id": "another"}):
        undo.write_text(json.dumps(document | change))
        done = run("groups", "reset", group, "--undo", str(undo), "--execute", "--yes")
        assert done.exit_code == 4
        assert "`another`" in done.stderr
    assert committed(config, group, topic, 3) == before


def test_where_no_undo_file_can_be_written_nothing_is_done(
    run: Run, group: str, topic: str, standing: dict[int, tuple[int, str]], config: dict[str, str]
) -> None:
    words = ("--topic", topic, "--to", "end", "--execute", "--yes", "--undo-file", "/dev/null/x")
    done = run("groups", "reset", group, *words)
    assert done.exit_code == 2
    assert "cannot write" in done.stderr
    assert committed(config, group, topic, 3) == standing


@pytest.mark.parametrize(("answer", "exit_code"), [("GROUP", 0), ("y", 4), ("", 4)])
def test_a_deletion_wants_the_name_typed(
    answer: str,
    exit_code: int,
    environ: dict[str, str],
    clean_environment: dict[str, str],
    group: str,
    topic: str,
    standing: dict[int, tuple[int, str]],
    config: dict[str, str],
    tmp_path: Path,
) -> None:
    asked = Terminal(["groups", "delete", group], clean_environment | environ, tmp_path)
    try:
        asked.wait_for("Type the group's name to groups delete")
        asked.type(answer.replace("GROUP", group) + "\n")
        assert asked.end() == exit_code
    finally:
        asked.close()
    left = {} if exit_code == 0 else standing
    assert committed(config, group, topic, 3) == left


def test_a_dry_run_deletes_nothing(
    run: Run, group: str, topic: str, standing: dict[int, tuple[int, str]], config: dict[str, str]
) -> None:
    done = run("groups", "delete", group, "--dry-run")
    assert (done.exit_code, done.stdout) == (0, f"group {group} would be deleted\n")
    assert committed(config, group, topic, 3) == standing
