"""`tail -g`: the one tail that commits, and where it goes on."""

import json
from collections.abc import Callable

import pytest
from confluent_kafka import Producer

from tests.conftest import Finished
from tests.servers import TestServers

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("options", [(), ("--grep", "[13579]$")], ids=["all", "filtered"])
def test_a_group_goes_on_behind_the_last_record_that_was_looked_at(
    flowodm: Callable[..., Finished], sandbox: TestServers, topic: str, options: tuple[str, ...]
) -> None:
    producer = Producer({**sandbox.client_config, "enable.idempotence": True})
    for number in range(12):
        producer.produce(topic, f"value {number}")
    assert producer.flush(20) == 0
    env = {"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}
    shown = []
    for _ in range(2):
        command = (
            "tail",
            topic,
            "-g",
            f"g-{topic}",
            "-c",
            "2",
            "-o",
            "ndjson",
            "-e",
        )
        done = flowodm(*command, *options, env=env)
        assert done.exit_code == 0, done
        shown += [json.loads(line)["payload"] for line in done.stdout.splitlines()]
    wanted = [number for number in range(12) if not options or number % 2][:4]
    assert shown == [f"value {number}" for number in wanted]
