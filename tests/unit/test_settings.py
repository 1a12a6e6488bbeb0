"""The profiles: their values, what a subclass changes, and what contradicts itself."""

import logging
import pickle

import pytest
from confluent_kafka import Consumer, Producer

from flowodm import settings as module
from flowodm.errors import SettingsError
from flowodm.settings import (
    BaseSettings,
    BatchSettings,
    HighThroughputSettings,
    LongRunningSettings,
    RealTimeSettings,
    ReliableSettings,
    profile_of,
)

pytestmark = pytest.mark.unit

PROFILES = [
    BaseSettings,
    LongRunningSettings,
    BatchSettings,
    RealTimeSettings,
    HighThroughputSettings,
    ReliableSettings,
]


class Lines:
    """Collects what librdkafka logs."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, _level: int, message: str, *arguments: object) -> None:
        self.lines.append(message % arguments if arguments else message)


@pytest.mark.parametrize("profile", PROFILES)
def test_librdkafka_takes_a_profile_without_a_word(profile: type[BaseSettings]) -> None:
    for kind, config in (
        (Consumer, profile().to_consumer_config() | {"group.id": "none"}),
        (Producer, profile().to_producer_config()),
    ):
        lines = Lines()
        client = kind(config, logger=lines)
        client.poll(0)
        assert [line for line in lines.lines if "bootstrap.servers" not in line] == []
        if kind is Consumer:
            client.close()


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_commits_only_what_is_done(profile: type[BaseSettings]) -> None:
    config = profile().to_consumer_config()
    assert config["enable.auto.offset.store"] is False
    assert config["enable.auto.commit"] is True
    assert config["auto.offset.reset"] == "earliest"
    assert config["isolation.level"] == "read_committed"
    assert config["partition.assignment.strategy"] == "cooperative-sticky"
    assert config["socket.keepalive.enable"] is True
    assert config["allow.auto.create.topics"] is False


_CONSUMER = (
    "session.timeout.ms",
    "heartbeat.interval.ms",
    "max.poll.interval.ms",
    "queued.min.messages",
    "queued.max.messages.kbytes",
    "fetch.min.bytes",
    "fetch.wait.max.ms",
    "fetch.queue.backoff.ms",
    "auto.commit.interval.ms",
)


@pytest.mark.parametrize(
    ("profile", "consumer", "producer", "work"),
    [
        (
            LongRunningSettings,
            (45_000, 3_000, 900_000, 100, 8_192, 1, 500, 100, 1_000),
            (5, "lz4"),
            (4, 8, 60, 25),
        ),
        (
            BatchSettings,
            (45_000, 3_000, 600_000, 100_000, 131_072, 65_536, 500, 100, 5_000),
            (50, "zstd"),
            (4, 500, 30, 60),
        ),
        (
            RealTimeSettings,
            (10_000, 3_000, 60_000, 1_000, 16_384, 1, 20, 10, 1_000),
            (0, "none"),
            (32, 100, 5, 10),
        ),
    ],
)
def test_the_values_of_a_profile_are_these(profile, consumer, producer, work) -> None:
    made = profile()
    assert tuple(made.to_consumer_config()[key] for key in _CONSUMER) == consumer
    config = made.to_producer_config()
    assert (config["linger.ms"], config["compression.type"]) == producer
    assert config["acks"] == "all"
    assert config["enable.idempotence"] is True
    assert config["delivery.timeout.ms"] == 120_000
    assert (
        made.concurrency,
        made.max_poll_records,
        made.revoke_drain_timeout,
        made.shutdown_timeout,
    ) == work


def test_high_throughput_is_batch_and_says_aloud_what_it_gives_up(caplog) -> None:
    high, batch = HighThroughputSettings(), BatchSettings()
    assert high.to_consumer_config() == batch.to_consumer_config()
    with caplog.at_level(logging.WARNING, "flowodm"):
        config = high.to_producer_config()
    assert config == batch.to_producer_config() | {"acks": "1", "enable.idempotence": False}
    assert high.gives_up is not None
    assert high.gives_up in caplog.text
    assert all(profile().gives_up is None for profile in PROFILES if profile is not type(high))


def test_reliable_is_long_running_with_one_request_in_flight() -> None:
    reliable, patient = ReliableSettings(), LongRunningSettings()
    assert reliable.to_consumer_config() == patient.to_consumer_config()
    assert reliable.to_producer_config() == patient.to_producer_config() | {
        "max.in.flight.requests.per.connection": 1,
        "delivery.timeout.ms": 300_000,
    }


def test_a_subclass_changes_values_in_its_body_or_by_an_argument() -> None:
    class Patient(LongRunningSettings):
        max_poll_interval_ms = 1_800_000
        linger_ms: int = 7

    class MorePatient(Patient):
        max_poll_interval_ms = 3_600_000

    assert Patient().to_consumer_config()["max.poll.interval.ms"] == 1_800_000
    assert Patient().to_producer_config()["linger.ms"] == 7
    assert MorePatient().max_poll_interval_ms == 3_600_000
    assert MorePatient().linger_ms == 7
    assert Patient(linger_ms=9).linger_ms == 9
    assert LongRunningSettings().max_poll_interval_ms == 900_000


def test_the_protocol_of_kafka_4_leaves_session_heartbeat_and_assignor_to_the_broker() -> None:
    dropped = {
        "session.timeout.ms",
        "heartbeat.interval.ms",
        "partition.assignment.strategy",
    }
    new = BaseSettings(group_protocol="consumer").to_consumer_config()
    old = BaseSettings().to_consumer_config()
    assert old.keys() - new.keys() == dropped
    assert new["group.protocol"] == "consumer"


def test_extra_keys_win_and_reach_only_the_client_that_knows_them() -> None:
    extra = {"max.poll.interval.ms": 700_000, "linger.ms": 3, "client.id": "me", "retries": 4}
    made = BaseSettings(extra_config=extra)
    consumer, producer = made.to_consumer_config(), made.to_producer_config()
    assert consumer["max.poll.interval.ms"] == 700_000
    assert producer["linger.ms"] == 3
    assert consumer["client.id"] == producer["client.id"] == "me"
    assert consumer.keys() & {"linger.ms", "retries"} == set()
    assert "max.poll.interval.ms" not in producer


@pytest.mark.parametrize(
    ("values", "says", "cure"),
    [
        ({"sesion_timeout_ms": 1}, "no setting `sesion_timeout_ms`", "`session_timeout_ms`"),
        ({"bogus": 1}, "no setting `bogus`", "extra_config"),
        ({"enable_auto_commit": False}, "`enable.auto.commit` cannot be false", "commit()"),
        ({"enable_auto_commit": 1}, "`enable_auto_commit` is True or False", None),
        ({"heartbeat_interval_ms": 20_000}, "a third of `session.timeout.ms`", "15000"),
        ({"session_timeout_ms": 400_000}, "more than `max.poll.interval.ms` 300000", "300000"),
        ({"acks": "1"}, "`enable.idempotence` needs `acks` all", "enable_idempotence=False"),
        ({"acks": "2"}, "`acks` is one of all, -1, 0, 1", None),
        ({"max_in_flight": 6}, "5 requests in flight, not 6", "max_in_flight"),
        ({"linger_ms": "5"}, "`linger_ms` is a whole number", None),
        ({"linger_ms": True}, "`linger_ms` is a whole number", None),
        ({"max_poll_records": 0}, "`max_poll_records` is at least 1", None),
        ({"shutdown_timeout": -1}, "`shutdown_timeout` is at least 0", None),
        ({"shutdown_timeout": float("nan")}, "`shutdown_timeout` is at least 0", None),
        ({"auto_offset_reset": "newest"}, "one of earliest, latest, error", None),
        ({"partition_assignment_strategy": ""}, "is a text", None),
        ({"extra_config": {3: 4}}, "a key of `extra_config` is 3", None),
        ({"extra_config": {"group.id": "g"}}, "`group.id` is not for `extra_config`", "group_id"),
        ({"extra_config": {"bootstrap.servers": "h"}}, "`bootstrap.servers`", "context"),
        (
            {"extra_config": {"enable.auto.offset.store": "true"}},
            "`enable.auto.offset.store` cannot be true",
            "leave it out",
        ),
        ({"extra_config": {"enable.auto.commit": "false"}}, "cannot be false", "leave it out"),
        ({"extra_config": {"auto.commit.enable": False}}, "cannot be false", "leave it out"),
        ({"extra_config": {"session.timeout.ms": 6_000}}, "a third", "2000"),
        ({"extra_config": {"session.timeout.ms": "soon"}}, "whole number, not `'soon'`", None),
        ({"extra_config": {"acks": 1}}, "needs `acks` all, not 1", None),
        ({"extra_config": {"request.required.acks": "1"}}, "needs `acks` all, not 1", None),
        ({"extra_config": {"max.in.flight": 9}}, "not 9", None),
        (
            {"group_protocol": "consumer", "extra_config": {"session.timeout.ms": 9_000}},
            "the broker decides `session.timeout.ms`",
            "leave it out",
        ),
    ],
)
def test_a_wrong_or_contradicting_value_is_refused(values, says: str, cure: str | None) -> None:
    with pytest.raises(SettingsError) as refused:
        BaseSettings(**values)
    assert says in refused.value.message
    assert "`BaseSettings`" in refused.value.message
    assert cure is None or cure in (refused.value.hint or "")


def test_a_slip_in_the_body_of_a_subclass_is_refused_when_the_class_is_made() -> None:
    with pytest.raises(SettingsError, match="no setting `linger`"):

        class Wrong(BatchSettings):
            linger = 3


def test_a_subclass_may_have_methods_and_private_names_of_its_own() -> None:
    class Named(BatchSettings):
        _note = "ours"

        @property
        def label(self) -> str:
            return f"{self._note} {self.linger_ms}"

        def double(self) -> int:
            return self.linger_ms * 2

    assert Named().label == "ours 50"
    assert Named().double() == 100


def test_a_profile_is_a_value() -> None:
    one, same = BaseSettings(extra_config={"client.id": "a"}), BaseSettings(
        extra_config={"client.id": "a"}
    )
    other = BaseSettings(extra_config={"client.id": "b"})
    assert one == same != other
    assert hash(one) == hash(same)
    assert pickle.loads(pickle.dumps(one)) == one
    with pytest.raises(AttributeError):
        one.linger_ms = 3  # type: ignore[misc]


def test_a_callers_dictionary_stays_the_callers() -> None:
    extra = {"client.id": "a"}
    made = BaseSettings(extra_config=extra)
    extra["client.id"] = "b"
    assert made.to_consumer_config()["client.id"] == "a"


def test_a_profile_is_named_by_its_class_or_an_instance() -> None:
    assert profile_of(BatchSettings) == BatchSettings()
    assert profile_of(BatchSettings(linger_ms=1)).linger_ms == 1
    assert profile_of(None) == BaseSettings()
    for wrong in ("batch", dict, 3):
        with pytest.raises(SettingsError, match="settings are a profile"):
            profile_of(wrong)  # type: ignore[arg-type]


def test_every_public_name_is_there() -> None:
    assert {getattr(module, name).__name__ for name in module.__all__} == set(module.__all__)


def test_a_subclass_may_say_its_extra_configuration_in_its_body():
    class Large(BatchSettings):
        extra_config = {"fetch.max.bytes": 1_000}  # noqa: RUF012

    assert Large().to_consumer_config()["fetch.max.bytes"] == 1_000
    assert Large() == Large()
    assert "fetch.max.bytes" not in BatchSettings().to_consumer_config()
