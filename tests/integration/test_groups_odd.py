"""Groups in every state, with every name, on topics that go away; shown, and changed or refused."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient, NewTopic

from tests.conftest import Finished
from tests.inside import run_inside
from tests.integration.consumer_groups import commit, committed, fill, member_of
from tests.servers import TestServers, wait_until
from tests.topics import create_topics

pytestmark = pytest.mark.integration

Run = Callable[..., Finished]


@pytest.fixture
def config(sandbox: TestServers) -> dict[str, str]:
    return sandbox.client_config


@pytest.fixture
def run(clean_environment: dict[str, str], sandbox: TestServers, tmp_path: Path) -> Run:
    environ = clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}

    def run_(*arguments: str) -> Finished:
        return run_inside(list(arguments), tmp_path, environ)

    return run_


@pytest.fixture
def named(admin: AdminClient) -> Iterator[Callable[[str], str]]:
    """Give a group a name of this test alone; it is deleted afterwards, if it is there."""
    made: list[str] = []

    def name(start: str) -> str:
        made.append(f"{start}{uuid.uuid4().hex[:12]}")
        return made[-1]

    yield name
    for future in admin.delete_consumer_groups(made).values():
        future.exception(timeout=15)


@contextmanager
def rebalancing(config: Mapping[str, str], group: str, topic: str) -> Iterator[None]:
    """Hold a group of the classic protocol in its rebalance: a member does not answer."""
    with member_of(config, group, topic):  # it polls no more, and so does not join anew
        settings = {**config, "group.id": group, "group.protocol": "classic"}
        other, ends = Consumer(settings), threading.Event()
        other.subscribe([topic])

        def poll() -> None:
            while not ends.is_set():
                other.poll(0.1)

        thread = threading.Thread(target=poll)
        thread.start()
        try:
            yield
        finally:
            ends.set()
            thread.join()
            other.close()


def test_a_group_in_its_rebalance_is_shown_and_left_alone(
    run: Run, named: Callable[[str], str], make_topic: Callable[..., str], config: dict[str, str]
) -> None:
    group, topic = named("moving-"), make_topic(partitions=2)
    fill(config, topic, {0: 3})
    commit(config, group, topic, {0: 1})
    with rebalancing(config, group, topic):

        def state() -> str:
            return json.loads(run("groups", "list", group, "-o", "json").stdout)[0]["state"]

        wait_until(lambda: state() == "preparing rebalance", seconds=20)
        shown = run("groups", "describe", group)
        assert (shown.exit_code, "preparing rebalance" in shown.stdout) == (0, True), shown
        assert run("groups", "lag", group, "--max-lag", "1").exit_code == 3
        words = ("groups", "reset", group, "--topic", topic, "--to", "end")
        assert run(*words).exit_code == 0
        for done in (run(*words, "--execute", "--yes"), run("groups", "delete", group, "--yes")):
            assert done.exit_code == 1
            assert f"group `{group}` is active (preparing rebalance" in done.stderr
        assert committed(config, group, topic, 2) == {0: (1, "")}


def test_a_group_that_is_dead_is_none(
    run: Run, named: Callable[[str], str], admin: AdminClient, topic: str, config: dict[str, str]
) -> None:
    group = named("dead-")
    commit(config, group, topic, {0: 0})
    admin.delete_consumer_groups([group])[group].result(15)
    for words in (
        ("describe", group),
        ("lag", group),
        ("reset", group, "--topic", topic, "--to", "end", "--execute", "--yes"),
        ("delete", group, "--yes"),
    ):
        done = run("groups", *words)
        assert (done.exit_code, done.stdout) == (1, "")
        assert f"error: group `{group}` does not exist" in done.stderr


@pytest.mark.parametrize(
    "start",
    ["\x1b[2J\x1b]0;evil\x07 ", "a\nb\r\t", "‮gnp\u2066", "[/red]", "-g", "ä ö", "x" * 237],
    ids=["escapes", "lines", "bidi", "markup", "an option", "umlauts", "249 characters"],
)
def test_whatever_a_group_is_called_it_is_shown_harmless_and_changed(
    start: str,
    run: Run,
    named: Callable[[str], str],
    topic: str,
    config: dict[str, str],
    tmp_path: Path,
) -> None:
    group = named(start)
    fill(config, topic, {0: 3})
    commit(config, group, topic, {0: 1})
    words = ("--topic", topic, "--to", "end", "--execute", "--yes")
    done = [
        run("groups", "list"),
        run("groups", "describe", "--", group),
        run("groups", "lag", "--", group),
        run("groups", "reset", *words, "--", group),
    ]
    assert done[0].exit_code in (0, 1)  # other tests have groups too, some of them in trouble
    assert [one.exit_code for one in done[1:]] == [0, 0, 0], done
    assert committed(config, group, topic, 1) == {0: (3, "")}
    (undo,) = tmp_path.glob("flowodm-undo-*.json")
    done += [
        run("groups", "reset", "--undo", str(undo), "--execute", "--yes", "--", group),
        run("groups", "delete", "--dry-run", "--", group),
    ]
    assert committed(config, group, topic, 1) == {0: (1, "")}
    done.append(run("groups", "delete", "--yes", "--", group))
    assert [one.exit_code for one in done[1:]] == [0] * 6, done
    listed = json.loads(run("groups", "list", "-o", "json").stdout)
    assert group not in {one["name"] for one in listed}
    for one in done:
        assert not set("\x1b\x07\r\u202e\u2066") & set(one.stdout + one.stderr)


def test_a_topic_of_249_characters_is_created_changed_and_deleted(
    run: Run, named: Callable[[str], str], admin: AdminClient, config: dict[str, str]
) -> None:
    topic, group = f"{uuid.uuid4().hex}{'y' * 217}", named("long-")
    assert run("topics", "create", topic).exit_code == 0
    wait_until(lambda: topic in admin.list_topics(timeout=10).topics, seconds=30)
    fill(config, topic, {0: 3})
    commit(config, group, topic, {0: 1})
    reset = ("groups", "reset", group, "--topic", topic, "--to", "end", "--execute", "--yes")
    for words in (
        ("topics", "alter", topic, "-s", "retention.ms=1h", "--yes"),
        reset,
        ("topics", "purge", topic, "--to", "2", "--yes"),
        ("topics", "delete", topic, "--yes"),
    ):
        done = run(*words)
        assert done.exit_code == 0, done
    assert run("topics", "create", f"{topic}y").exit_code == 2


def test_topics_that_go_away_meanwhile_are_told_and_the_rest_is_shown(
    run: Run, named: Callable[[str], str], admin: AdminClient, topic: str, config: dict[str, str]
) -> None:
    """Whatever is asked for while topics are made and deleted ends by itself, with 0 or one error."""
    group, mark = named("leaving-"), uuid.uuid4().hex[:8]
    names = [f"gone-{mark}-{number}" for number in range(8)]
    create_topics(admin, *(NewTopic(name, 2, 1) for name in names))
    commit(config, group, topic, {0: 0})
    for name in names:
        commit(config, group, name, {0: 0, 1: 0})
    ends = threading.Event()

    def delete() -> None:
        for name in names:
            admin.delete_topics([name])[name].result(15)
            if ends.wait(0.15):
                break

    deleting = threading.Thread(target=delete)
    deleting.start()
    try:
        until = time.monotonic() + 30
        while deleting.is_alive() and time.monotonic() < until:
            for words in (
                ("topics", "list", f"gone-{mark}-*"),
                ("groups", "list", group),
                ("groups", "lag", group),
                ("groups", "describe", group),
                ("topics", "describe", names[-1]),
                ("groups", "reset", group, "--topic", names[4], "--to", "end"),
            ):
                done = run(*words)
                assert done.exit_code in (0, 1), done
                assert "Traceback" not in done.stderr
                assert len(done.stderr.splitlines()) <= 5
    finally:
        ends.set()
        deleting.join()
    assert topic in run("groups", "describe", group).stdout
