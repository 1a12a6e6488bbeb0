"""A shared producer at the end of its process, in a forked child, and under Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import confluent_kafka
import pytest

from tests.mock_cluster import MockCluster, Silent

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def cluster() -> Iterator[MockCluster]:
    cluster = MockCluster.start("user-events")
    yield cluster
    cluster.end()


def run(code: str) -> None:
    head = (
        "import os, sys\n"
        "from tests.mock_cluster import connection\n"
        "from flowodm.producer import producer_of\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", head + code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_end_of_the_program_hands_over_what_is_open(cluster: MockCluster) -> None:
    run(
        f"producer = producer_of(connection({cluster.bootstrap_servers!r}), {{'linger.ms': 2000}})\n"
        "for number in range(100):\n"
        "    producer.send('user-events', b'at-exit', b'x', partition=3)\n"
        "assert producer.outstanding == 100\n"
    )
    assert keys(cluster, 3).count(b"at-exit") == 100


def keys(cluster: MockCluster, partition: int) -> list[bytes | None]:
    consumer = confluent_kafka.Consumer(
        {"bootstrap.servers": cluster.bootstrap_servers, "group.id": "none"}, logger=Silent()
    )
    place = confluent_kafka.TopicPartition("user-events", partition, 0)
    _, end = consumer.get_watermark_offsets(place, timeout=30)
    consumer.assign([place])
    found: list[bytes | None] = []
    until = time.monotonic() + 30
    while len(found) < end and time.monotonic() < until:
        found.extend(message.key() for message in consumer.consume(1_000, 0.5))
    consumer.close()
    return found


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_has_a_producer_of_its_own(cluster: MockCluster) -> None:
    """The parent's client is left alone: used, flushed or destroyed, it would hang the child."""
    run(
        f"parent = connection({cluster.bootstrap_servers!r})\n"
        "producer, generation = producer_of(parent), parent.generation\n"
        "producer.deliver('user-events', b'parent', b'x', partition=2)\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    assert parent.generation > generation\n"
        "    assert producer_of(parent) is not producer\n"
        "    producer.deliver('user-events', b'old name', b'x', partition=2, timeout=60)\n"
        "    producer_of(parent).send('user-events', b'child', b'x', partition=2)\n"
        "    sys.exit(7)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7\n"
        "producer.deliver('user-events', b'parent', b'x', partition=2)\n"
        "parent.close()\n"
    )
    found = keys(cluster, 2)
    assert [found.count(key) for key in (b"parent", b"old name", b"child")] == [2, 1, 1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_the_end_of_a_worker_hands_over_what_is_open(cluster: MockCluster) -> None:
    run(
        "import multiprocessing\n"
        f"shared = connection({cluster.bootstrap_servers!r})\n"
        "producer_of(shared).deliver('user-events', b'parent', b'x', partition=1)\n"
        "def work():\n"
        "    producer = producer_of(shared, {'linger.ms': 2000})\n"
        "    producer.send('user-events', b'worker', b'x', partition=1)\n"
        "worker = multiprocessing.get_context('fork').Process(target=work)\n"
        "worker.start()\n"
        "worker.join()\n"
        "assert worker.exitcode == 0\n"
    )
    assert keys(cluster, 1).count(b"worker") == 1


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_ctrl_c_ends_the_wait() -> None:
    code = (
        "from tests.mock_cluster import MockCluster\n"
        "from flowodm.producer import producer_of\n"
        "cluster = MockCluster.start('t')\n"
        "producer = producer_of(cluster.connection())\n"
        "producer.deliver('t', None, b'x')\n"
        "cluster.end()\n"
        "try:\n"
        "    print('waiting', flush=True)\n"
        "    producer.deliver('t', None, b'x', timeout=60)\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted', flush=True)\n"
        "    producer.cancel()\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"waiting\n"
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == b"interrupted\n"
        assert time.monotonic() - begun < 10


def unheard(cluster: MockCluster, sending: str) -> str:
    """What a program that configures no logging writes to stderr."""
    code = (
        "from tests.mock_cluster import connection\n"
        "from flowodm.producer import producer_of\n"
        "lingering = {'linger.ms': '10000'}\n"  # nothing is delivered before what comes next
        f"at = connection({cluster.bootstrap_servers!r}, kafka=lingering)\n"
        f"producer = producer_of(at)\n{sending}\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_a_failure_that_nobody_hears_of_is_on_stderr_without_any_logging(
    cluster: MockCluster,
) -> None:
    told = unheard(
        cluster,
        "producer._sender.learn('user-events')\n"
        "producer.send('user-events', None, b'x')\n"
        "producer.client.purge()\nproducer.close()",
    )
    assert "1 record was not delivered; the last: a record for topic `user-events`" in told


def test_a_callback_that_raises_is_on_stderr_with_its_traceback(cluster: MockCluster) -> None:
    told = unheard(
        cluster,
        "producer.send('user-events', None, b'x', on_delivery=lambda outcome: 1 / 0)\n"
        "producer.close()",
    )
    assert "a delivery callback failed: ZeroDivisionError" in told
    assert "Traceback (most recent call last)" in told
