"""`flowodm run` on a real broker: what it does, how it ends, and what it leaves behind."""

import json
import os
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient
from prometheus_client.parser import text_string_to_metric_families

from flowodm.sandbox.spec import free_ports
from tests.conftest import Finished
from tests.integration.test_tail_terminal import Terminal
from tests.running import Project, ask, children_of, is_alive
from tests.servers import wait_until

pytestmark = pytest.mark.integration

IMPATIENT = "settings: {session.timeout.ms: 6000, heartbeat.interval.ms: 1000}"
"""A member that was killed is missed soon."""


@pytest.fixture
def project(
    tmp_path: Path, kafka: str, registry_url: str, clean_environment: dict[str, str]
) -> Iterator[Project]:
    directory = tmp_path / "project"
    directory.mkdir()
    made = Project(directory, kafka, registry_url, clean_environment)
    made.make_topics()
    yield made
    made.close()


def no_more_than_once(handled: list[tuple[int, int]]) -> None:
    assert [place for place, count in Counter(handled).items() if count > 1] == []


def watermarks(handled: list[tuple[int, int]]) -> dict[int, int]:
    """Of each partition, the first offset that was not handled."""
    found: dict[int, int] = {}
    for partition in {place for place, _ in handled}:
        offsets, first = {offset for part, offset in handled if part == partition}, 0
        while first in offsets:
            first += 1
        found[partition] = first
    return found


# --- asked, and not run


def test_the_schema_of_manifests_is_written(flowodm: Callable[..., Finished]) -> None:
    done = flowodm("run", "--schema")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["title"] == "FlowODM manifest"


def test_no_manifest_is_a_usage_error(flowodm: Callable[..., Finished]) -> None:
    done = flowodm("run")
    assert done.exit_code == 2
    assert done.stderr == (
        "error: no manifest is named\n  for example: flowodm run manifest.yaml\n"
    )


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    """A manifest whose module leaves a file behind when it is imported."""
    (tmp_path / "marked.py").write_text(
        "open('imported', 'w').close()\nclass Event: ...\ndef handle(event): ...\n"
    )
    (tmp_path / "m.yaml").write_text(
        "loops:\n  - {name: a, model: 'marked:Event', handler: 'marked:handle'}\n"
    )
    return tmp_path


def test_a_check_imports_nothing(marked: Path, flowodm: Callable[..., Finished]) -> None:
    done = flowodm("run", "m.yaml", "--check")
    assert done.exit_code == 0, done
    assert done.stdout == ""
    assert done.stderr == "m.yaml: 1 loop, context default: nothing is wrong\n"
    assert not (marked / "imported").exists()


@pytest.mark.parametrize(
    ("handler", "message", "hint"),
    [
        ("marked:handel", "`marked` has no `handel`", "did you mean `handle`?"),
        ("market:handle", "there is no module `market`", "modules are looked for in"),
    ],
)
def test_a_check_finds_what_is_not_there(
    marked: Path, flowodm: Callable[..., Finished], handler: str, message: str, hint: str
) -> None:
    text = (marked / "m.yaml").read_text().replace("marked:handle", handler)
    (marked / "m.yaml").write_text(text)
    done = flowodm("run", "m.yaml", "--check")
    assert done.exit_code == 2
    assert f"error: m.yaml:2: {message} (`handler` of loop `a`)\n  {hint}" in done.stderr
    assert not (marked / "imported").exists()


@pytest.mark.parametrize("arguments", [("--check",), ()], ids=["check", "run"])
def test_a_port_that_is_taken_is_told(
    marked: Path, flowodm: Callable[..., Finished], arguments: tuple[str, ...]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (marked / "m.yaml").open("a") as file:
            file.write(f"health: {{port: {port}}}\n")
        (marked / "marked.py").write_text(
            "from flowodm import FlowBaseModel\nclass Event(FlowBaseModel):\n  class Settings:\n"
            "    topic = 't'\n    consumer_group = 'g'\n  n: int\ndef handle(event): ...\n"
        )
        done = flowodm("run", "m.yaml", *arguments)
    assert done.exit_code == 2
    assert f"`127.0.0.1:{port}` cannot be listened on for health" in done.stderr


@pytest.mark.parametrize("arguments", [("--check",), (), ("--workers", "2")], ids=str)
def test_a_read_only_context_runs_nothing(
    marked: Path, flowodm: Callable[..., Finished], arguments: tuple[str, ...]
) -> None:
    (marked / "flowodm.yaml").write_text(
        "contexts: {prod: {bootstrap_servers: 'localhost:1', read_only: true}}\n"
    )
    done = flowodm("run", "m.yaml", "--context", "prod", *arguments)
    assert done.exit_code == 4
    assert "context `prod` is read-only; `run` was not tried" in done.stderr
    assert not (marked / "imported").exists()


def test_the_context_of_the_manifest_is_used_unless_another_is_named(
    marked: Path, flowodm: Callable[..., Finished]
) -> None:
    (marked / "m.yaml").write_text("context: staging\n" + (marked / "m.yaml").read_text())
    done = flowodm("run", "m.yaml", "--check")
    assert done.exit_code == 2
    assert "there is no context `staging`" in done.stderr
    (marked / "flowodm.yaml").write_text(
        "contexts: {staging: {bootstrap_servers: 'localhost:1'}, b: {bootstrap_servers: 'b:1'}}\n"
    )
    assert "context staging:" in flowodm("run", "m.yaml", "--check").stderr
    assert "context b:" in flowodm("run", "m.yaml", "--check", "--context", "b").stderr
    variable = {"FLOWODM_CONTEXT": "b"}
    assert "context b:" in flowodm("run", "m.yaml", "--check", env=variable).stderr


# --- run to the end


def test_a_burst_does_what_is_there_and_ends(project: Project) -> None:
    project.fill(200)
    project.fill(40, model="Other")
    name = project.manifest("quick", "tidy@other, concurrency: 8")
    done = project.run(name, "--burst")
    assert done.code == 0, done
    assert len(project.handled()) == 200
    assert len(project.handled("Other")) == 40
    assert sum(project.committed("quick").values()) == 200
    assert sum(project.committed("tidy", project.other).values()) == 40
    for loop in ("quick", "tidy"):
        kinds = done.kinds(loop)
        assert (kinds[0], kinds[-1]) == ("started", "stopped")
        assert "assigned" in kinds
    assert "quick: 200 handled" in done.stderr


def test_only_the_loops_that_are_named_run(project: Project) -> None:
    project.fill(5)
    project.fill(5, model="Other")
    name = project.manifest("quick", "tidy@other")
    assert project.run(name, "--burst", "--only", "tidy").code == 0
    assert len(project.handled("Other")) == 5
    assert project.handled() == []


def test_a_topic_without_a_model_is_read_by_its_schema(project: Project) -> None:
    project.fill(12)
    (project.directory / "m.yaml").write_text(
        f"loops:\n  - {{name: made, topic: {project.name}, handler: 'app:quick',"
        f" group: {project.group('made')}}}\n"
    )
    done = project.run("m.yaml", "--burst")
    assert done.code == 0, done
    assert len(project.handled()) == 12


def test_a_dry_run_calls_nothing_and_joins_nothing(project: Project) -> None:
    project.fill(30)
    name = project.manifest("quick")
    done = project.run(name, "--dry-run")
    assert done.code == 0, done
    (found,) = done.events() if done.stdout.startswith("{") else [None]
    assert project.handled() == []
    assert project.committed("quick") == {}
    admin = AdminClient({"bootstrap.servers": project.bootstrap})
    groups = {group.group_id for group in admin.list_consumer_groups().result(10).valid}
    assert project.group("quick") not in groups
    assert found is None
    assert done.stdout.split()[-3:] == ["30", "0", "0"]


def test_a_dry_run_names_what_does_not_decode(project: Project) -> None:
    from confluent_kafka import Producer

    project.fill(3)
    producer = Producer({"bootstrap.servers": project.bootstrap})
    producer.produce(project.name, b"no avro", partition=0)
    assert producer.flush(10) == 0
    done = project.run(project.manifest("quick"), "--dry-run", "-o", "ndjson")
    assert done.code == 1
    assert done.events()[0]["not_decoded"] == 1
    assert "warning: quick 0:" in done.stderr


def test_a_dry_run_begins_where_the_group_stands(project: Project) -> None:
    project.fill(10)
    name = project.manifest("quick")
    assert project.run(name, "--burst").code == 0
    project.fill(4)
    done = project.run(name, "--dry-run", "-o", "ndjson")
    assert done.events()[0]["decoded"] == 4


# --- how it ends


def test_two_loops_under_load_drain_at_sigterm_and_resume_exactly_at_the_watermark(
    project: Project,
) -> None:
    project.fill(600)
    project.fill(600, model="Other")
    name = project.manifest("slow, concurrency: 4", "tidy@other, concurrency: 4")
    running = project.start(name)
    wait_until(
        lambda: len(project.handled()) > 40 and len(project.handled("Other")) > 40, seconds=40
    )
    running.send(signal.SIGTERM)
    done = running.end(30)
    assert done.code == 0, done
    assert done.seconds < 25
    first = {model: project.handled(model) for model in ("Event", "Other")}
    stood = {
        "Event": project.committed("slow"),
        "Other": project.committed("tidy", project.other),
    }
    for model in ("Event", "Other"):
        assert 0 < len(first[model]) < 600
        no_more_than_once(first[model])
        assert stood[model] == watermarks(first[model])
    again = project.run(name, "--burst")
    assert again.code == 0, again
    for model in ("Event", "Other"):
        second = project.handled(model)[len(first[model]) :]
        no_more_than_once(second)
        for partition, offset in stood[model].items():
            resumed = {one for place, one in second if place == partition}
            assert min(resumed) == offset
            assert resumed == set(range(offset, max(resumed) + 1))
        assert len(set(project.handled(model))) == 600


def test_a_terminal_that_is_closed_is_a_stop_as_well(project: Project) -> None:
    project.fill(400)
    running = project.start(project.manifest("slow"))
    wait_until(lambda: len(project.handled()) > 5, seconds=40)
    running.send(signal.SIGHUP)
    assert running.end(30).code == 0
    assert project.committed("slow") == watermarks(project.handled())


def test_a_second_signal_cancels_and_commits_what_is_finished(project: Project) -> None:
    project.fill(8, keys=1)
    running = project.start(project.manifest("hangs"))
    wait_until(lambda: (project.directory / "hanging").exists(), seconds=40)
    running.send(signal.SIGTERM)
    running.wait_for('"loop":"hangs"')
    time.sleep(0.5)  # between two signals, not for a result
    assert running.process.poll() is None
    running.send(signal.SIGINT)
    done = running.end(20)
    assert done.code == 5, done
    assert "with a handler still at work" in done.stderr
    assert sum(project.committed("hangs").values()) == 7


def test_a_third_signal_ends_at_once(project: Project) -> None:
    project.fill(8, keys=1)
    running = project.start(project.manifest("hangs"))
    wait_until(lambda: (project.directory / "hanging").exists(), seconds=40)
    for _ in range(3):
        running.send(signal.SIGTERM)
        time.sleep(0.2)  # a signal that is pending is not sent twice
    done = running.end(5)
    assert done.code == 5
    assert done.seconds < 1.5


def test_a_handler_that_outlasts_the_budget_is_exit_5(project: Project) -> None:
    project.fill(8, keys=1)
    running = project.start(project.manifest("hangs, shutdown_timeout: 1s"))
    wait_until(lambda: (project.directory / "hanging").exists(), seconds=40)
    running.send(signal.SIGTERM)
    done = running.end(20)
    assert done.code == 5, done
    assert "loop `hangs` ended after 1 s with a handler still at work" in done.stderr
    assert sum(project.committed("hangs").values()) == 7


def test_a_loop_that_fails_ends_the_others_and_is_exit_1(project: Project) -> None:
    project.fill(20, keys=1)
    project.fill(400, model="Other")
    name = project.manifest("fails, retry: {attempts: 1}", "tidy@other, concurrency: 2")
    done = project.run(name)
    assert done.code == 1, done
    assert "no seven" in done.stderr
    assert done.kinds("fails")[-1] == "failed"
    assert done.kinds("tidy")[-1] == "stopped"
    assert project.committed("tidy", project.other) == watermarks(project.handled("Other"))
    assert sum(project.committed("fails").values()) == 7


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("app:quick", "app:quack", "m.yaml:2: `app` has no `quack` (`handler` of loop `quick`)"),
        ("app:Event", "app:quick", "m.yaml:2: `app:quick` is no `FlowBaseModel`"),
        ("app:quick", "app:HANDLED", "`handler` is a function, not"),
        ("app:quick", "broken:x", "module `broken` cannot be imported: RuntimeError: no"),
    ],
)
def test_what_is_wrong_at_the_start_is_exit_2_with_its_line(
    project: Project, before: str, after: str, message: str
) -> None:
    (project.directory / "broken.py").write_text("raise RuntimeError('no')")
    path = project.directory / project.manifest("quick")
    path.write_text(path.read_text().replace(before, after))
    done = project.run("m.yaml")
    assert done.code == 2, done
    assert f"error: {message}" in done.stderr or message in done.stderr
    assert "m.yaml:2:" in done.stderr


def test_one_group_on_different_topics_is_found_when_the_models_are_known(
    project: Project,
) -> None:
    path = project.directory / project.manifest("quick", "tidy@other")
    path.write_text(path.read_text().replace(project.group("tidy"), project.group("quick")))
    done = project.run("m.yaml")
    assert done.code == 2, done
    assert "m.yaml:3: loops `quick` and `tidy` are one group" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_it_runs_is_exit_130(project: Project, number: int) -> None:
    (project.directory / "app.py").write_text(
        "import time\nopen('importing', 'w').close()\ntime.sleep(30)\n"
    )
    running = project.start(project.manifest("quick"))
    wait_until(lambda: (project.directory / "importing").exists(), seconds=20)
    running.send(number)
    assert running.end(5).code == 130


def test_what_handlers_print_is_no_data(project: Project) -> None:
    project.fill(3)
    done = project.run(project.manifest("prints"), "--burst")
    assert done.code == 0
    assert {"handling 0", "handling 1", "handling 2"} <= set(done.stderr.splitlines())
    assert all("event" in event for event in done.events())


def test_a_reader_that_leaves_ends_the_run_in_order(project: Project) -> None:
    project.fill(300)
    running = project.start(project.manifest("slow, concurrency: 1"), lines=1)
    done = running.end(40)
    assert done.code == 0, done
    assert 0 <= len(project.handled()) < 300
    assert project.committed("slow") == watermarks(project.handled())


# --- several processes


def test_workers_share_the_partitions_and_one_that_is_killed_is_started_again(
    project: Project,
) -> None:
    project.fill(800)
    name = project.manifest(f"slow, concurrency: 2, {IMPATIENT}")
    running = project.start(name, "--workers", "2")
    wait_until(lambda: {place for place, _ in project.handled()} == {0, 1}, seconds=60)
    first, *_ = children_of(running.process.pid)
    os.kill(first, signal.SIGKILL)
    running.wait_for('"event":"worker ended"')
    wait_until(lambda: len(set(project.handled())) == 800, seconds=90, what="the rest")
    running.send(signal.SIGTERM)
    done = running.end(40)
    assert done.code == 0, done
    (ended,) = (event for event in done.events() if event["event"] == "worker ended")
    assert ended["code"] == -9
    assert ended["starts_in"] == 0.5
    assert {event["worker"] for event in done.events()} == {1, 2}


def test_workers_that_keep_dying_end_the_run_with_exit_1(project: Project) -> None:
    project.fill(8)
    name = project.manifest(f"dies, {IMPATIENT}")
    done = project.run(name, "--workers", "1", timeout=120)
    assert done.code == 1, done
    assert "error: worker 1 ended 5 times in a row (exit 9)" in done.stderr


def test_workers_that_cannot_begin_are_not_started_again(project: Project) -> None:
    path = project.directory / project.manifest("quick")
    path.write_text(path.read_text().replace("app:quick", "app:quack"))
    done = project.run("m.yaml", "--workers", "2")
    assert done.code == 2, done
    assert "m.yaml:2: `app` has no `quack`" in done.stderr


def test_workers_end_in_order_when_nobody_watches_over_them(project: Project) -> None:
    project.fill(400)
    running = project.start(project.manifest("slow"), "--workers", "2")
    wait_until(lambda: len(project.handled()) > 10, seconds=60)
    workers = children_of(running.process.pid)
    assert len(workers) == 2
    running.send(signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, workers)), seconds=40)
    assert project.committed("slow") == watermarks(project.handled())


def test_a_burst_of_several_workers_ends(project: Project) -> None:
    project.fill(100)
    done = project.run(project.manifest("quick"), "--workers", "2", "--burst", timeout=90)
    assert done.code == 0, done
    assert len(set(project.handled())) == 100


def test_a_static_member_in_several_processes_is_refused(project: Project) -> None:
    name = project.manifest("quick, settings: {group.instance.id: one}")
    done = project.run(name, "--workers", "2")
    assert done.code == 2
    assert "`group.instance.id` of loop `quick` is one member" in done.stderr


def test_a_source_that_changes_starts_the_loops_anew(project: Project) -> None:
    project.fill(5)
    running = project.start(project.manifest("quick"), "--reload")
    wait_until(lambda: len(project.handled()) == 5, seconds=60)
    path = project.directory / "app.py"
    good = path.read_text()
    path.write_text("def (:\n")
    running.wait_for("app.py has changed: starting anew")
    running.wait_for("SyntaxError")
    path.write_text(good.replace("def quick(event):", "def quick(event):\n    print('new code')"))
    project.fill(5)
    running.wait_for("new code")
    wait_until(lambda: len(project.handled()) == 10, seconds=60)
    running.send(signal.SIGTERM)
    assert running.end(40).code == 0


# --- health


def test_the_lag_of_the_metrics_is_kafkas_own(project: Project) -> None:
    project.fill(60, keys=1)
    (port,) = free_ports(1)
    running = project.start(project.manifest("waits", health=port))
    wait_until(lambda: sum(project.committed("waits").values()) == 7, seconds=60)
    assert ask(port, "/livez") == (200, '{"status": "ok"}\n')
    assert ask(port, "/readyz") == (200, '{"status": "ok"}\n')

    def lag() -> dict[str, float]:
        return {
            sample.labels["partition"]: sample.value
            for family in text_string_to_metric_families(ask(port, "/metrics")[1])
            for sample in family.samples
            if sample.name == "flowodm_loop_lag_records"
        }

    (partition,) = project.committed("waits")
    other = 1 - partition
    wait_until(lambda: lag().get(str(other)) == 0, what="nothing is there, so nothing is left")
    wait_until(lambda: lag()[str(partition)] == 60 - 7)
    (project.directory / "go").touch()
    wait_until(lambda: sum(project.committed("waits").values()) == 60, seconds=30)
    wait_until(lambda: lag()[str(partition)] == 0)
    running.send(signal.SIGTERM)
    assert running.end(30).code == 0


def test_a_loop_with_nothing_to_do_has_no_lag(project: Project) -> None:
    project.fill(20)
    (port,) = free_ports(1)
    name = project.manifest("quick", health=port)
    assert project.run(name, "--burst").code == 0
    running = project.start(name)
    wait_until(lambda: ask(port, "/readyz")[0] == 200, seconds=40)
    wait_until(lambda: ask(port, "/metrics")[1].count("flowodm_loop_lag_records{") == 2)
    for family in text_string_to_metric_families(ask(port, "/metrics")[1]):
        if family.name == "flowodm_loop_lag_records":
            assert {sample.value for sample in family.samples} == {0.0}
    running.send(signal.SIGTERM)
    assert running.end(30).code == 0


# --- on a terminal


def test_a_terminal_shows_each_loop_and_is_left_clean(project: Project) -> None:
    project.fill(300)
    name = project.manifest("slow, concurrency: 2", "fails, retry: {attempts: 1}, on_failure: skip")
    shown = Terminal(["run", name], project.environ, project.directory)
    try:
        shown.wait_for("slow ")
        shown.wait_for("2 workers")
        shown.wait_for("skipped")
        shown.wait_for(" · ctrl-c ends")
        shown.process.send_signal(signal.SIGINT)
        assert shown.end(30) == 0
    finally:
        shown.close()
    assert "no seven" in shown.seen
    assert "retries 0" in shown.seen
    last = shown.seen.rpartition("\x1b[J")[2]
    assert "slow: " in last  # the summary, and no line of the status behind it
    assert "ctrl-c" not in last
    assert '"event"' not in shown.seen
