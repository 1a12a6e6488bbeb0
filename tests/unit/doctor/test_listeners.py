"""The brokers that a client's log names."""

import pytest

from flowodm.doctor.listeners import Hearing, look_at_listeners
from tests.unit.connection.servers import listening

pytestmark = pytest.mark.unit

LINE = "METADATA [flowodm#producer-1] [thrd:main]: k0:9092/bootstrap:   Broker #%s: %s NodeId %s"


def test_brokers_are_heard_with_their_numbers() -> None:
    hearing = Hearing()
    hearing.log(7, LINE, "1/2", "k2:9092", "2")
    hearing.log(7, LINE % ("0/2", "[::1]:9092", "1"))
    assert hearing.brokers == {1: "[::1]:9092", 2: "k2:9092"}


@pytest.mark.parametrize(
    "line",
    [
        "METADATA [x#y-1] [thrd:main]: k0:9092/bootstrap:   Topic Broker #0 with 1 partitions",
        "BROKER [x#y-1] [thrd:main]: k1:9092/1: Added new broker with NodeId 1",
        "",
    ],
)
def test_other_lines_name_no_broker(line: str) -> None:
    hearing = Hearing()
    hearing.log(7, line)
    assert hearing.brokers == {}


def test_each_broker_that_is_away_is_a_failure_of_its_own() -> None:
    with listening() as port:
        brokers = {1: f"127.0.0.1:{port}", 2: "127.0.0.1:1", 3: "127.0.0.1:2"}
        found = look_at_listeners(brokers, {}, timeout=2)
    assert [(one.status, one.place) for one in found] == [
        ("ok", None),
        ("failure", "127.0.0.1:1"),
        ("failure", "127.0.0.1:2"),
    ]
    assert found[0].text == f"1 127.0.0.1:{port}"
    assert found[1].text == "broker 2: 127.0.0.1:1: connection refused"


def test_many_brokers_are_counted() -> None:
    with listening() as port:
        brokers = dict.fromkeys(range(7), f"127.0.0.1:{port}")
        (found,) = look_at_listeners(brokers, {}, timeout=2)
    assert found.text.endswith(", and 3 more")
