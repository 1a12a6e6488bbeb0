"""The inspector over real servers that die, come back as others, or hang."""

import asyncio
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from textual.pilot import Pilot

from flowodm.cli.tui import screen_loop
from flowodm.config import Context, RegistryConfig
from flowodm.connection import KafkaConnection
from flowodm.sandbox import Sandbox
from flowodm.sandbox.servers import Servers
from flowodm.sandbox.spec import Node, new_cluster_id
from flowodm.tui.app import InspectorApp
from flowodm.tui.screens.records import RecordsPage
from flowodm.tui.sources.bundle import sources_of
from tests.topics import create_topics
from tests.tui.pilots import Play, shown

pytestmark = pytest.mark.faults

TOPIC = "orders"
GONE = "no broker answers"
SECTIONS = (("2", "groups"), ("3", "subjects"), ("4", "controller"), ("1", "n=99"))
"""The key of each, and what stays there."""
TOLD = 3.0
"""Seconds after which an outage is told; a machine that is busy gets as much again."""


@pytest.fixture
def servers() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        make_topic(sandbox)
        fill(sandbox, 0, 100)
        yield sandbox


def make_topic(sandbox: Sandbox) -> None:
    admin = AdminClient({"bootstrap.servers": sandbox.bootstrap_servers})
    create_topics(admin, NewTopic(TOPIC, 1, 1))


def fill(sandbox: Sandbox, start: int, stop: int) -> None:
    producer = Producer({"bootstrap.servers": sandbox.bootstrap_servers})
    for number in range(start, stop):
        producer.produce(TOPIC, key=str(number), value=json.dumps({"n": number}))
    assert not producer.flush(60)


def visit(script: Play, bootstrap_servers: str, registry_url: str) -> None:
    """Open the topic's records in a real inspector, and run a script on it."""
    context = Context(
        name="outage",
        bootstrap_servers=bootstrap_servers,
        schema_registry=RegistryConfig(url=registry_url),
    )

    async def run() -> None:
        app = InspectorApp(sources_of(connection), topic=TOPIC)
        async with app.run_test(size=(130, 36)) as pilot:
            await script(pilot)

    loop = screen_loop()
    try:
        with KafkaConnection(context) as connection:
            loop.run_until_complete(run())
    finally:
        loop.close()


async def see(pilot: Pilot[None], pattern: str, seconds: float = 30.0) -> None:
    """Wait until a pattern is on the screen."""
    until = time.monotonic() + seconds
    while not re.search(pattern, shown(pilot.app)):
        assert time.monotonic() < until, f"{pattern!r} is not on the screen:\n{shown(pilot.app)}"
        await asyncio.sleep(0.02)


async def aside(function: Callable[..., None], *arguments: object) -> None:
    """Do what blocks, while the inspector goes on."""
    await asyncio.to_thread(function, *arguments)


def test_a_broker_that_dies_is_told_on_every_screen_and_the_tail_goes_on_when_it_is_back(
    servers: Sandbox,
):
    async def script(pilot: Pilot[None]) -> None:
        await see(pilot, "100 read")
        for section, known in SECTIONS:
            await pilot.press(section)
            await see(pilot, known)
        await see(pilot, "1 broker")
        await aside(servers.kill_node)
        await see(pilot, GONE, 2 * TOLD)
        assert "n=99" in shown(pilot.app)  # what was known stays
        for section, known in SECTIONS:
            await pilot.press(section)
            await see(pilot, known)
            assert GONE in shown(pilot.app)
        await see(pilot, r"age [1-9]\d* s")
        await see(pilot, "! cannot reach a broker")
        await aside(servers.start_node)
        await aside(fill, servers, 100, 200)
        await see(pilot, "200 read")
        await see(pilot, "1 broker")
        page = pilot.app.screen
        assert isinstance(page, RecordsPage)
        assert [record.offset for record in page.kept()] == list(range(200))
        until = time.monotonic() + 30
        while "! cannot reach" in shown(pilot.app):
            assert time.monotonic() < until
            await asyncio.sleep(0.02)
        await aside(servers.kill_node)
        await see(pilot, GONE, 2 * TOLD)  # the second time as soon as the first

    visit(script, servers.bootstrap_servers, servers.registry_url)


def test_another_cluster_on_the_same_port_is_told_and_what_was_read_stays(
    servers: Sandbox, tmp_path: Path
):
    (node,) = servers.spec.nodes
    changed = replace(
        servers.spec,
        directory=tmp_path,
        registry_port=None,
        cluster_id=new_cluster_id(),
        nodes=(Node(7, node.port, node.controller_port),),
    )
    others = Servers(changed)

    def begin_anew() -> None:
        servers.kill_node()
        others.start()
        others.wait()

    async def script(pilot: Pilot[None]) -> None:
        await see(pilot, "100 read")
        await see(pilot, "1 broker")
        await aside(begin_anew)
        await see(pilot, f"another cluster answers: {re.escape(changed.cluster_id)}")
        await see(pilot, "was deleted while it was read")
        assert "n=99" in shown(pilot.app)
        await pilot.press("4")
        await see(pilot, f"cluster {re.escape(changed.cluster_id)}")
        await see(pilot, r"\b7\b")

    try:
        visit(script, servers.bootstrap_servers, servers.registry_url)
    finally:
        others.kill()


def test_a_registry_that_hangs_holds_up_nothing_but_what_needs_it(servers: Sandbox):
    avro = b"\0\0\0\0\x07rest"

    def produce_avro() -> None:
        producer = Producer({"bootstrap.servers": servers.bootstrap_servers})
        for _ in range(5):
            producer.produce(TOPIC, key="avro", value=avro)
        assert not producer.flush(30)

    async def script(pilot: Pilot[None]) -> None:
        await see(pilot, "100 read")
        await see(pilot, "1 broker")
        await aside(produce_avro)
        await see(pilot, "105 read")
        await pilot.press("g")  # the keys answer meanwhile
        await see(pilot, r"(?m)n=0$")
        await pilot.press("3")
        await see(pilot, "registry ✗")
        await see(pilot, "did not answer in time")
        await pilot.press("1", "G")
        await aside(fill, servers, 105, 115)
        await see(pilot, "115 read")
        await see(pilot, r"avro +✗.*did not answer in time")

    with socket.create_server(("127.0.0.1", 0)) as silent:
        visit(script, servers.bootstrap_servers, f"http://127.0.0.1:{silent.getsockname()[1]}")
