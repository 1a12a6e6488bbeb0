"""What the log of librdkafka becomes: few lines, and all of them heard."""

import logging

import pytest

from flowodm.connection import journal as room
from flowodm.connection.journal import Journal

pytestmark = pytest.mark.unit

REFUSED = (
    "FAIL [rdkafka#%s] [thrd:localhost:1/bootstrap]: localhost:1/bootstrap: Connect to "
    "ipv4#127.0.0.1:1 failed: Connection refused (after %dms in state CONNECT)"
)


def test_an_outage_is_told_once_by_each_kind_of_client_and_heard_every_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "flowodm.kafka")
    journal = Journal()
    for number in range(100):
        journal.log(logging.ERROR, REFUSED, f"producer-{number}", number)
        journal.log(logging.ERROR, REFUSED, f"consumer-{number}", number)
    assert [record.levelno for record in caplog.records] == [logging.INFO] * 2
    worst = journal.worst()
    assert worst is not None
    assert worst.tries == 200


def test_another_broker_or_reason_is_news(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "flowodm.kafka")
    journal = Journal()
    line = REFUSED % ("producer-1", 1)
    for told in (line, line.replace("localhost:1", "localhost:2"), line.replace("refused", "lost")):
        journal.log(logging.ERROR, told)
        journal.log(logging.ERROR, told)
    assert len(caplog.records) == 3


def test_a_warning_comes_again_after_a_while(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG, "flowodm.kafka")
    journal = Journal()
    journal.log(logging.WARNING, "MAXPOLL [rdkafka#consumer-1]: exceeded by 4ms")
    journal.log(logging.WARNING, "MAXPOLL [rdkafka#consumer-1]: exceeded by 9ms")
    assert [record.levelno for record in caplog.records] == [logging.INFO]
    monkeypatch.setattr(room, "_QUIET", 0.0)
    journal.log(logging.WARNING, "MAXPOLL [rdkafka#consumer-1]: exceeded by 4ms")
    assert len(caplog.records) == 2


def test_what_is_only_information_is_for_debugging(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "flowodm.kafka")
    for _ in range(3):
        Journal().log(logging.INFO, "REBALANCE [rdkafka#consumer-1]: joined")
    assert [record.levelno for record in caplog.records] == [logging.DEBUG] * 3
