"""`Sandbox`, the context manager of tests and programs."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from flowodm.sandbox import Sandbox, process, secure
from flowodm.sandbox.spec import Credentials
from tests.servers import TestServers, wait_until

pytestmark = pytest.mark.integration

PROGRAM = """
import sys, time
from flowodm.sandbox import Sandbox
with Sandbox(registry={registry}) as sandbox:
    print(sandbox.spec.directory, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_the_program_is_killed(number: signal.Signals) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(registry=number == signal.SIGKILL)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with program:
        assert program.stdout is not None
        directory = Path(program.stdout.readline().strip())
        assert process.find(directory)
        program.send_signal(number)
        try:
            program.wait(30)
        finally:
            program.kill()
    wait_until(lambda: not process.find(directory) and not directory.exists())


def test_nothing_is_left_when_the_program_is_killed_while_it_starts(tmp_path: Path) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(registry=True)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    with program:
        wait_until(lambda: any(process.find(entry) for entry in tmp_path.iterdir()))
        program.kill()
    wait_until(lambda: not any(tmp_path.iterdir()))


@pytest.fixture(scope="module")
def closed_sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(registry=False)
    yield sandbox
    sandbox.close()


def test_a_sandbox_that_is_not_running_says_so(closed_sandbox: Sandbox) -> None:
    with pytest.raises(RuntimeError, match="not running"):
        _ = closed_sandbox.bootstrap_servers


def test_a_forked_child_does_not_keep_a_sandbox_from_closing() -> None:
    program = """
import os, time
from flowodm.sandbox import Sandbox
with Sandbox(registry=False) as sandbox:
    directory = sandbox.spec.directory
    child = os.fork()
    if not child:
        time.sleep(600)
os.kill(child, 9)
os.waitpid(child, 0)
print(directory.exists())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "False\n"


def test_the_callers_properties_replace_the_sandboxs_own() -> None:
    with Sandbox(registry=False, properties={"auto.create.topics.enable": "true"}) as sandbox:
        admin = AdminClient(sandbox.client_config)
        admin.list_topics("made-by-asking", timeout=10)
        wait_until(lambda: "made-by-asking" in admin.list_topics(timeout=10).topics)


def test_a_topic_goes_on_when_the_leader_of_three_is_killed() -> None:
    with Sandbox(nodes=3, registry=False) as sandbox:
        admin = AdminClient(sandbox.client_config)
        for future in admin.create_topics([NewTopic("three", 1, 3)]).values():
            future.result(timeout=15)
        wait_until(lambda: in_sync(admin) == 3, seconds=60)
        victim = leader(admin)
        sandbox.kill_node(victim)
        wait_until(lambda: leader(admin) not in (-1, victim), seconds=60)
        producer = Producer({**sandbox.client_config, "enable.idempotence": True})
        producer.produce("three", b"value")
        assert producer.flush(60) == 0
        sandbox.start_node(victim)
        wait_until(lambda: in_sync(admin) == 3, seconds=60)


def in_sync(admin: AdminClient) -> int:
    found = partition(admin)
    return len(found.isrs) if found else 0


def leader(admin: AdminClient) -> int:
    found = partition(admin)
    return found.leader if found else -1


def partition(admin: AdminClient):
    """Return what a broker knows of the topic's partition; None while none answers."""
    try:
        return admin.list_topics("three", timeout=10).topics["three"].partitions.get(0)
    except KafkaException:
        return None


def refusal(config: dict) -> KafkaError:
    """Try to make a topic and return the broker's refusal."""
    admin = AdminClient(config)
    (future,) = admin.create_topics([NewTopic("forbidden", 1, 1)]).values()
    with pytest.raises(KafkaException) as caught:
        future.result(timeout=15)
    return caught.value.args[0]


@pytest.fixture(scope="module")
def bob(secure_sandbox: TestServers) -> Credentials:
    user = secure.new_credentials("bob")
    secure.add_user(secure_sandbox.spec, user)
    return user


def test_a_user_may_do_nothing_until_it_is_allowed(
    secure_sandbox: TestServers, bob: Credentials
) -> None:
    config = secure_sandbox.spec.client_config(bob)
    assert refusal(config).code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
    entry = AclBinding(
        ResourceType.TOPIC,
        "bobs-",
        ResourcePatternType.PREFIXED,
        "User:bob",
        "*",
        AclOperation.ALL,
        AclPermissionType.ALLOW,
    )
    secure.allow(secure_sandbox.spec, [entry])
    admin = AdminClient(config)
    for future in admin.create_topics([NewTopic("bobs-own", 1, 1)]).values():
        future.result(timeout=15)
    assert refusal(config).code() == KafkaError.TOPIC_AUTHORIZATION_FAILED


def meets(config: dict, code: int) -> bool:
    """Say whether a client of this configuration meets an error of this code."""
    seen: set[int] = set()
    quiet = logging.getLogger("flowodm.tests.quiet")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    admin = AdminClient(config | {"error_cb": lambda error: seen.add(error.code())}, logger=quiet)
    until = time.monotonic() + 10
    while code not in seen and time.monotonic() < until:
        admin.poll(0.1)
    return code in seen


def test_a_wrong_password_is_refused(secure_sandbox: TestServers, bob: Credentials) -> None:
    config = secure_sandbox.spec.client_config(Credentials("bob", "wrong"))
    assert meets(config, KafkaError._AUTHENTICATION)


def test_a_client_that_does_not_know_the_authority_turns_away(
    secure_sandbox: TestServers,
) -> None:
    config = dict(secure_sandbox.client_config)
    del config["ssl.ca.location"]
    assert meets(config, KafkaError._SSL)


def test_nothing_listens_beyond_the_loopback_interface(secure_sandbox: TestServers) -> None:
    listening = [
        connection.laddr
        for found in process.find(secure_sandbox.spec.directory)
        for connection in psutil.Process(found.pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert {address.ip.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}
    spec = secure_sandbox.spec
    known = {spec.registry_port, spec.nodes[0].port, spec.nodes[0].controller_port}
    assert {address.port for address in listening} == known


def test_its_secrets_are_the_users_own_files(secure_sandbox: TestServers) -> None:
    directory = secure_sandbox.spec.directory
    private = [directory / "server.pem", directory / "node-1" / "server.properties"]
    assert {path.stat().st_mode & 0o077 for path in private} == {0}
    for found in process.find(directory):
        arguments = Path(f"/proc/{found.pid}/cmdline")
        if arguments.exists():
            assert secure_sandbox.spec.admin.password.encode() not in arguments.read_bytes()
