"""`flowodm sandbox`: started, found again, broken, started again, removed."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from flowodm.sandbox import process
from tests.conftest import Finished
from tests.integration.conftest import SandboxCommand, kill_9
from tests.servers import wait_until
from tests.topics import create_topics

pytestmark = pytest.mark.integration


def create_topic(bootstrap: str, name: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    create_topics(admin, NewTopic(name, 1, 1))


def write(bootstrap: str, topic: str, values: list[bytes]) -> None:
    """Write values, and return when the broker has acknowledged each."""
    failures = []
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})
    for value in values:
        producer.produce(
            topic, value, on_delivery=lambda error, _: error and failures.append(error)
        )
    assert producer.flush(20) == 0
    assert failures == []


def read(bootstrap: str, topic: str) -> list[bytes]:
    config = {"bootstrap.servers": bootstrap, "group.id": "unused", "enable.auto.commit": False}
    consumer = Consumer(config)
    try:
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=15)
        consumer.assign([TopicPartition(topic, 0, 0)])
        messages = consumer.consume(end, timeout=15) if end else []
        return [message.value() for message in messages]
    finally:
        consumer.close()


def register(url: str, subject: str) -> int:
    body = json.dumps({"schema": '{"type": "string"}'}).encode()
    request = urllib.request.Request(
        f"{url}/subjects/{subject}/versions", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)["id"]


def subjects(url: str) -> list[str]:
    with urllib.request.urlopen(f"{url}/subjects", timeout=10) as response:
        return json.load(response)


def alive(found: dict[str, Any]) -> list[int]:
    return [pid for pid in found["processes"].values() if is_alive(pid)]


def is_alive(pid: int) -> bool:
    """Say whether a process runs; a zombie waits for its parent only."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def is_left(found: dict[str, Any], count: int) -> bool:
    return len(alive(found)) == count


def test_what_is_in_a_sandbox_stays_over_down_and_up(sandbox_command: SandboxCommand) -> None:
    before = sandbox_command.up()
    create_topic(before["bootstrap_servers"], "kept")
    write(before["bootstrap_servers"], "kept", [b"one", b"two"])
    register(before["registry_url"], "kept-value")
    assert sandbox_command("down").exit_code == 0
    assert sandbox_command.status()["main"]["state"] == "stopped"
    assert alive(before) == []

    after = sandbox_command.up()
    changing = {"processes", "since"}
    assert {k: v for k, v in after.items() if k not in changing} == {
        k: v for k, v in before.items() if k not in changing
    }
    assert read(after["bootstrap_servers"], "kept") == [b"one", b"two"]
    assert subjects(after["registry_url"]) == ["kept-value"]


def test_what_was_killed_is_started_again_by_up(sandbox_command: SandboxCommand) -> None:
    found = sandbox_command.up()
    create_topic(found["bootstrap_servers"], "kept")
    write(found["bootstrap_servers"], "kept", [b"one"])
    register(found["registry_url"], "kept-value")
    for victims, state in ((["registry"], "incomplete"), (["node-1", "registry"], "stopped")):
        for role in victims:
            kill_9(found["processes"][role])
        wait_until(partial(is_left, found, 2 - len(victims)))
        assert sandbox_command.status()["main"]["state"] == state
        before, found = found, sandbox_command.up()
        assert found["bootstrap_servers"] == before["bootstrap_servers"]
        assert found["registry_url"] == before["registry_url"]
    assert read(found["bootstrap_servers"], "kept") == [b"one"]
    assert subjects(found["registry_url"]) == ["kept-value"]


def test_up_again_changes_nothing_and_says_so(sandbox_command: SandboxCommand) -> None:
    found = sandbox_command.up()
    done = sandbox_command("up", "-o", "json")
    assert done.exit_code == 0
    assert "is running already" in done.stderr
    assert json.loads(done.stdout) == found


def test_two_at_once_start_one_sandbox(sandbox_command: SandboxCommand) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: sandbox_command.up(), range(2))
    assert first == second
    assert len(alive(first)) == 2


def test_sandboxes_of_two_names_stand_side_by_side(sandbox_command: SandboxCommand) -> None:
    first, second = sandbox_command.up("--name", "first"), sandbox_command.up("--name", "second")
    create_topic(first["bootstrap_servers"], "only-in-the-first")
    admin = AdminClient({"bootstrap.servers": second["bootstrap_servers"]})
    assert "only-in-the-first" not in admin.list_topics(timeout=10).topics
    assert sandbox_command("down", "--name", "first").exit_code == 0
    states = {name: found["state"] for name, found in sandbox_command.status().items()}
    assert states == {"first": "stopped", "second": "running"}
    assert len(alive(second)) == 2


def test_reset_says_what_it_deletes_and_begins_anew(sandbox_command: SandboxCommand) -> None:
    before = sandbox_command.up()
    create_topic(before["bootstrap_servers"], "gone")
    done = sandbox_command("up", "--reset", "-o", "json")
    assert done.exit_code == 0
    assert "deleting its topics, records and schemas" in done.stderr
    after = json.loads(done.stdout)
    assert after["cluster_id"] != before["cluster_id"]
    admin = AdminClient({"bootstrap.servers": after["bootstrap_servers"]})
    assert "gone" not in admin.list_topics(timeout=10).topics
    assert sandbox_command("down", "--reset").exit_code == 0
    assert not Path(before["directory"]).exists()
    assert alive(after) == []


def test_a_fixed_port_that_is_taken_is_one_line(sandbox_command: SandboxCommand) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = sandbox_command("up", "--port", str(port))
    assert done.exit_code == 1
    assert f"error: port {port} is taken" in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert done.stdout == ""


def test_the_first_sandbox_stands_aside_when_the_usual_ports_are_taken(
    sandbox_command: SandboxCommand,
) -> None:
    with ExitStack() as stack:
        for port in (9092, 8081):
            with suppress(OSError):  # by another program, which does as well
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
        found = sandbox_command.up("--name", "default")
    assert found["bootstrap_servers"] != "127.0.0.1:9092"
    assert found["registry_url"] != "http://127.0.0.1:8081"


def test_a_sandbox_whose_port_was_taken_meanwhile_moves_and_says_so(
    sandbox_command: SandboxCommand,
) -> None:
    before = sandbox_command.up("--name", "moving")
    create_topic(before["bootstrap_servers"], "kept")
    sandbox_command("down", "--name", "moving")
    host, _, port = before["bootstrap_servers"].partition(":")
    with socket.create_server((host, int(port))):
        done = sandbox_command("up", "--name", "moving", "-o", "json")
    assert done.exit_code == 0, done
    after = json.loads(done.stdout)
    new = after["bootstrap_servers"].partition(":")[2]
    assert f"port {port} is taken by another program; it is {new} now" in done.stderr
    admin = AdminClient({"bootstrap.servers": after["bootstrap_servers"]})
    assert "kept" in admin.list_topics(timeout=10).topics


def test_a_start_that_fails_shows_the_end_of_the_log(sandbox_command: SandboxCommand) -> None:
    found = sandbox_command.up()
    sandbox_command("down")
    properties = Path(found["directory"]) / "node-1" / "data" / "meta.properties"
    properties.write_text(properties.read_text().replace("node.id=1", "node.id=7"))
    done = sandbox_command("up")
    assert done.exit_code == 1
    assert "Stored node id 7 doesn't match" in done.stderr
    assert "error: `node-1` ended with code 1" in done.stderr
    assert f"its log: {found['directory']}/logs/node-1.log" in done.stderr
    assert sandbox_command.status()["main"]["state"] == "stopped"


def test_a_sandbox_is_not_called_what_it_is_not(sandbox_command: SandboxCommand) -> None:
    sandbox_command.up()
    done = sandbox_command("up", "--nodes", "3", "--secure")
    assert done.exit_code == 1
    assert "was made with 1 node and no security" in done.stderr


def test_a_process_that_only_names_the_directory_is_left_alone(
    sandbox_command: SandboxCommand,
) -> None:
    found = sandbox_command.up()
    log = Path(found["directory"]) / "logs" / "node-1.log"
    with subprocess.Popen(["tail", "-f", log], stdout=subprocess.DEVNULL) as reader:
        try:
            sandbox_command("down")
            assert reader.poll() is None
            assert alive(found) == []
        finally:
            reader.kill()


def test_a_sandbox_whose_memory_is_damaged_can_be_made_anew(
    sandbox_command: SandboxCommand,
) -> None:
    found = sandbox_command.up()
    (Path(found["directory"]) / "sandbox.json").write_text("{")
    done = sandbox_command("up")
    assert done.exit_code == 1
    assert "--reset" in done.stderr
    assert sandbox_command.up("--reset")["state"] == "running"
    assert alive(found) == []


def test_what_up_exports_is_what_a_shell_needs(sandbox_command: SandboxCommand) -> None:
    done = sandbox_command("up", "--secure", "-o", "env")
    assert done.exit_code == 0
    shell = subprocess.run(
        ["sh", "-c", 'eval "$1"; env', "sh", done.stdout],
        capture_output=True,
        text=True,
        check=True,
    )
    variables = dict(line.split("=", 1) for line in shell.stdout.splitlines() if "=" in line)
    config = {
        "bootstrap.servers": variables["KAFKA_BOOTSTRAP_SERVERS"],
        "security.protocol": variables["KAFKA_SECURITY_PROTOCOL"],
        "sasl.mechanism": variables["KAFKA_SASL_MECHANISM"],
        "sasl.username": variables["KAFKA_SASL_USERNAME"],
        "sasl.password": variables["KAFKA_SASL_PASSWORD"],
        "ssl.ca.location": variables["FLOWODM_KAFKA_SSL_CA_LOCATION"],
    }
    assert len(AdminClient(config).list_topics(timeout=10).brokers) == 1
    assert subjects(variables["SCHEMA_REGISTRY_URL"]) == []


def test_a_sandbox_is_a_context_without_any_configuration(
    sandbox_command: SandboxCommand, flowodm: Callable[..., Finished], tmp_path: Path
) -> None:
    found = sandbox_command.up("--secure")
    arguments = ("topics", "list", "--context", "sandbox:main")
    assert flowodm(*arguments).exit_code == 0
    misled = flowodm(*arguments, env={"KAFKA_BOOTSTRAP_SERVERS": "production.invalid:9092"})
    assert misled.exit_code == 0, misled
    named = flowodm("topics", "list", env={"FLOWODM_CONTEXT": "sandbox:main"})
    assert named.exit_code == 0, named
    unknown = flowodm("topics", "list", "--context", "sandbox:other")
    assert unknown.exit_code == 2
    assert "there is no sandbox `other`" in unknown.stderr
    address = found["bootstrap_servers"]
    (tmp_path / "flowodm.yaml").write_text(
        f'version: 1\ncontexts: {{"sandbox:main": {{bootstrap_servers: "{address}"}}}}\n'
    )
    hidden = flowodm("context", "show", "--context", "sandbox:main", "-o", "json")
    assert json.loads(hidden.stdout)["source"].startswith("flowodm.yaml"), hidden


def test_no_java_and_no_maven_are_needed_on_the_path(sandbox_command: SandboxCommand) -> None:
    assert sandbox_command.up(env={"PATH": "/nowhere"})["state"] == "running"


def test_ctrl_c_while_it_starts_leaves_nothing_running(
    sandbox_command: SandboxCommand, clean_environment: dict[str, str]
) -> None:
    directory = Path(clean_environment["HOME"], ".local/share/flowodm/sandboxes/main")
    program = subprocess.Popen(
        [sys.executable, "-m", "flowodm", "sandbox", "up", "--name", "main"],
        env=clean_environment,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: process.find(directory))
    program.send_signal(signal.SIGINT)
    assert program.wait(15) == 130
    assert process.find(directory) == ()
    assert sandbox_command.up()["state"] == "running"


@pytest.mark.parametrize("role", ["format-1", "node-1"])
def test_what_a_killed_up_has_begun_is_taken_up_again(
    sandbox_command: SandboxCommand, clean_environment: dict[str, str], role: str
) -> None:
    directory = Path(clean_environment["HOME"], ".local/share/flowodm/sandboxes/main")
    program = subprocess.Popen(
        [sys.executable, "-m", "flowodm", "sandbox", "up", "--name", "main"],
        env=clean_environment,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: role in {each.role for each in process.find(directory)})
    program.kill()
    program.wait()
    found = sandbox_command.up()
    assert found["state"] == "running"
    assert found["processes"] == {each.role: each.pid for each in process.find(directory)}
    create_topic(found["bootstrap_servers"], "works")


def test_down_of_an_unknown_name_is_an_error(sandbox_command: SandboxCommand) -> None:
    assert sandbox_command("down", "--name", "default").exit_code == 0
    done = sandbox_command("down", "--name", "typo")
    assert done.exit_code == 1
    assert "there is no sandbox `typo`" in done.stderr


@pytest.mark.parametrize(
    "arguments", [["--nodes", "2"], ["--port", "0"], ["--name", "../x"], ["--port", "70000"]]
)
def test_a_wish_that_makes_no_sense_is_a_usage_error(
    sandbox_command: SandboxCommand, arguments: list[str]
) -> None:
    done = sandbox_command("up", *arguments)
    assert done.exit_code == 2, done
    assert sandbox_command.status() == {}


def test_without_a_network_the_first_start_is_one_clear_line(
    sandbox_command: SandboxCommand, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    env = {
        "XDG_CACHE_HOME": str(tmp_path / "empty-cache"),
        "FLOWODM_MAVEN_REPOSITORY": f"http://127.0.0.1:{port}/maven",
    }
    done = sandbox_command("up", env=env)
    assert done.exit_code == 1
    errors = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    assert "from 127.0.0.1: connection refused" in errors[0]
    assert "needs the network" in done.stderr
    assert sandbox_command.status()["main"]["state"] == "stopped"
    assert not any((tmp_path / "empty-cache").rglob("*.jar"))
