"""Health over HTTP: who may ask, what is answered, and what a stranger cannot do."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.client import HTTPConnection

import pytest
from prometheus_client.parser import text_string_to_metric_families

from flowodm.consumer.status import LoopStatus, PartitionStatus
from flowodm.errors import ConfigurationError, RegistryError, RegistryUnreachable
from flowodm.health import HealthServer, RegistryProbe, Standing, check_port
from tests.servers import wait_until

pytestmark = pytest.mark.unit

RUNNING = LoopStatus(
    name="audit",
    topic="events",
    group="g",
    state="running",
    partitions=(
        PartitionStatus(partition=0, watermark=12, lag_records=3, lag_seconds=0.5),
        PartitionStatus(partition=1),
    ),
    in_flight=2,
    handled=7,
    retried=1,
    dead_lettered=4,
    heartbeat_age=0.1,
)


class Loops:
    """What a server is told."""

    def __init__(self) -> None:
        self.standings: tuple[Standing, ...] = (Standing(status=RUNNING, rebalances=2),)
        self.outage: str | None = None

    def now(self, **changes: object) -> None:
        self.standings = (Standing(status=replace(RUNNING, **changes)),)


@pytest.fixture
def loops() -> Loops:
    return Loops()


@pytest.fixture
def server(loops: Loops) -> Iterator[HealthServer]:
    with HealthServer(
        lambda: loops.standings, port=0, registry_outage=lambda: loops.outage
    ) as server:
        yield server


@pytest.fixture
def get(server: HealthServer) -> Callable[..., tuple[int, str]]:
    def ask(path: str, *, method: str = "GET", host: str | None = None) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request(method, path, headers={"Host": host} if host else {})
        answer = connection.getresponse()
        found = answer.status, answer.read().decode()
        connection.close()
        return found

    return ask


def test_loops_that_run_are_live_and_ready(get: Callable[..., tuple[int, str]]) -> None:
    assert get("/livez") == (200, '{"status": "ok"}\n')
    assert get("/readyz?verbose") == (200, '{"status": "ok"}\n')
    assert get("/readyz", method="HEAD") == (200, "")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"outage": "the broker is gone"}, "the broker is gone"), ({"state": "joining"}, "joining")],
)
def test_a_loop_in_an_outage_is_live_and_not_ready(
    loops: Loops, get: Callable[..., tuple[int, str]], changes: dict[str, object], reason: str
) -> None:
    loops.now(**changes)
    assert get("/readyz") == (
        503,
        f'{{"status": "failing", "reasons": ["loop `audit`: {reason}"]}}\n',
    )
    assert get("/livez")[0] == 200


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"fatal": "no such topic", "state": "failed"}, "no such topic"),
        ({"heartbeat_age": 91.0}, "no turn for 91 s"),
    ],
)
def test_a_loop_that_failed_or_hangs_is_not_live(
    loops: Loops, get: Callable[..., tuple[int, str]], changes: dict[str, object], reason: str
) -> None:
    loops.now(**changes)
    code, body = get("/livez")
    assert code == 503
    assert reason in body


def test_a_registry_that_is_down_makes_it_not_ready(
    loops: Loops, get: Callable[..., tuple[int, str]]
) -> None:
    loops.outage = "the registry does not answer"
    assert get("/readyz")[0] == 503
    assert get("/livez")[0] == 200
    assert "flowodm_registry_up 0.0" in get("/metrics")[1]


def test_the_figures_are_prometheus_ones(get: Callable[..., tuple[int, str]]) -> None:
    code, text = get("/metrics")
    assert code == 200
    samples = {
        (sample.name, sample.labels.get("partition")): (sample.value, sample.labels)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    labels = {"loop": "audit", "topic": "events", "group": "g", "worker": "0"}
    assert samples["flowodm_loop_records_handled_total", None] == (7.0, labels)
    assert samples["flowodm_loop_rebalances_total", None] == (2.0, labels)
    assert samples["flowodm_loop_records_in_flight", None] == (2.0, labels)
    assert samples["flowodm_loop_ready", None] == (1.0, labels)
    assert samples["flowodm_loop_lag_records", "0"] == (3.0, labels | {"partition": "0"})
    assert samples["flowodm_loop_lag_seconds", "0"][0] == 0.5
    assert ("flowodm_loop_lag_records", "1") not in samples  # not known is no sample
    assert samples["flowodm_registry_up", None][0] == 1.0


def test_there_is_nothing_else(get: Callable[..., tuple[int, str]]) -> None:
    assert get("/")[0] == 404
    assert get("/livez", method="POST")[0] == 501


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example"])
def test_a_page_that_came_under_another_name_is_refused(
    get: Callable[..., tuple[int, str]], host: str
) -> None:
    assert get("/metrics", host=host)[0] == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:80", "[::1]"])
def test_the_loopback_has_several_names(get: Callable[..., tuple[int, str]], host: str) -> None:
    assert get("/livez", host=host)[0] == 200


def test_a_stranger_who_says_nothing_keeps_nobody_waiting(
    server: HealthServer, get: Callable[..., tuple[int, str]]
) -> None:
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(10)]
    try:
        assert get("/livez")[0] == 200
    finally:
        for each in silent:
            each.close()


def test_a_port_that_is_taken_is_an_error(server: HealthServer) -> None:
    for take in (check_port, lambda host, port: HealthServer(tuple, port=port, host=host)):
        with pytest.raises(ConfigurationError) as caught:
            take("127.0.0.1", server.port)
        assert caught.value.message == (
            f"`127.0.0.1:{server.port}` cannot be listened on for health: Address already in use"
        )


def test_a_port_is_free_again_after_the_server_and_after_a_check(loops: Loops) -> None:
    with HealthServer(lambda: loops.standings, port=0) as server:
        port = server.port
    check_port("127.0.0.1", port)
    check_port("127.0.0.1", port)


def test_a_probe_tells_an_outage_and_its_end() -> None:
    answers: list[Exception | None] = [None]

    def ask() -> None:
        if answers[-1] is not None:
            raise answers[-1]

    with RegistryProbe(ask, every=0.01) as probe:
        answers.append(RegistryUnreachable("no answer"))
        wait_until(lambda: probe.outage == "no answer")
        answers.append(RegistryError("forbidden", status=403))
        wait_until(lambda: probe.outage is None)
