"""Profiles: librdkafka's settings by what a program is for, and how much it works on at once.

A profile is a frozen dataclass; a subclass needs no decorator. Which cluster, and who one is
there, is the context's business (`config/`). What the values mean is librdkafka's; why they are
these is in `docs/consuming.md`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from functools import cache, partial
from typing import Any, ClassVar, Final, Literal, Self, get_args, get_origin

from flowodm.errors import SettingsError

__all__ = [
    "BaseSettings",
    "BatchSettings",
    "HighThroughputSettings",
    "LongRunningSettings",
    "RealTimeSettings",
    "ReliableSettings",
    "profile_of",
]


_ALWAYS: Final[Mapping[str, Any]] = {
    "enable.auto.offset.store": False,
    "socket.keepalive.enable": True,
    "allow.auto.create.topics": False,
}

_CONSUMER_FIELDS: Final = (
    *("session_timeout_ms", "heartbeat_interval_ms", "max_poll_interval_ms"),
    *("queued_min_messages", "queued_max_messages_kbytes", "fetch_min_bytes", "fetch_wait_max_ms"),
    *("fetch_queue_backoff_ms", "auto_offset_reset", "enable_auto_commit"),
    *("auto_commit_interval_ms", "isolation_level", "partition_assignment_strategy"),
    "group_protocol",
)
"""Each is librdkafka's key, with dots."""
_PRODUCER_KEYS: Final[Mapping[str, str]] = {
    "linger_ms": "linger.ms",
    "compression_type": "compression.type",
    "acks": "acks",
    "enable_idempotence": "enable.idempotence",
    "max_in_flight": "max.in.flight.requests.per.connection",
    "delivery_timeout_ms": "delivery.timeout.ms",
}
_POLICY: Final[Mapping[str, bool]] = {
    "enable.auto.offset.store": False,
    "enable.auto.commit": True,
    "auto.commit.enable": True,
}
"""What at-least-once stands on."""
_BROKER_DECIDES: Final = (
    "session.timeout.ms",
    "heartbeat.interval.ms",
    "partition.assignment.strategy",
)
_CONSUMERS_ALONE: Final = (
    *("auto.", "check.crcs", "consume.", "coordinator.", "enable.auto.", "enable.partition.eof"),
    *("fetch.", "group.", "heartbeat.", "isolation.", "max.partition.fetch.", "max.poll."),
    *("offset.", "partition.assignment.", "queued.", "session.", "allow.auto."),
)
"""How the keys begin that mean nothing to a producer; it would log a warning for each."""
_PRODUCERS_ALONE: Final = (
    *("acks", "batch.", "compression.", "delivery.", "dr_", "enable.gapless.", "linger."),
    *("enable.idempotence", "message.send.", "message.timeout.", "partitioner", "produce."),
    *("queue.buffering.", "queuing.", "request.required.", "request.timeout.", "retries"),
    *("sticky.", "transaction.", "transactional."),
)
_ELSEWHERE: Final[Mapping[str, str]] = {
    "bootstrap.servers": "the context says which brokers: `bootstrap_servers`",
    "group.id": "a model's `consumer_group`, or `group_id=`, names the group",
}
_LEAST: Final[Mapping[str, float]] = {
    **dict.fromkeys(("linger_ms", "fetch_wait_max_ms", "fetch_queue_backoff_ms"), 0),
    **dict.fromkeys(("revoke_drain_timeout", "shutdown_timeout"), 0),
}


@dataclass(frozen=True, kw_only=True)
class BaseSettings:
    """What every profile has: sound values for any program.

    A field is given to the constructor, or in the body of a subclass:

        class Patient(LongRunningSettings):
            max_poll_interval_ms = 1_800_000

    Raises:
        SettingsError: A name is not a field, or two values contradict each other.
    """

    gives_up: ClassVar[str | None] = None
    """What a profile pays with, in words for a person; None: nothing."""

    session_timeout_ms: int = 45_000
    """How long a member may be silent before its partitions go to others."""
    heartbeat_interval_ms: int = 3_000
    max_poll_interval_ms: int = 300_000
    """How long the work on what was taken may last before the partitions go to others."""
    max_poll_records: int = 100
    """Records taken from librdkafka at once."""
    queued_min_messages: int = 100_000
    """Records librdkafka keeps ready for each partition."""
    queued_max_messages_kbytes: int = 65_536
    fetch_min_bytes: int = 1
    fetch_wait_max_ms: int = 500
    """How long a broker may wait for `fetch_min_bytes`."""
    fetch_queue_backoff_ms: int = 10
    """How long a full queue rests before it is filled again."""
    auto_offset_reset: Literal["earliest", "latest", "error"] = "earliest"
    """Where a group without offsets begins."""
    enable_auto_commit: bool = True
    """Always true: what is done is stored, and librdkafka commits it in the background."""
    auto_commit_interval_ms: int = 1_000
    isolation_level: Literal["read_committed", "read_uncommitted"] = "read_committed"
    partition_assignment_strategy: str = "cooperative-sticky"
    group_protocol: Literal["classic", "consumer"] = "classic"
    """`consumer`: the protocol of Kafka 4 (KIP-848), where the broker decides the session, the
    heartbeat and who gets what."""
    assignment_timeout: float = 60.0
    """Seconds to wait for the group to say which partitions are ours."""

    linger_ms: int = 5
    compression_type: Literal["none", "gzip", "snappy", "lz4", "zstd"] = "lz4"
    acks: Literal["all", "-1", "0", "1"] = "all"
    enable_idempotence: bool = True
    max_in_flight: int = 5
    """Requests on their way to one broker."""
    delivery_timeout_ms: int = 120_000

    concurrency: int = 1
    """Records worked on at once, by what runs handlers."""
    revoke_drain_timeout: float = 30.0
    """Seconds for work on partitions that are being taken away."""
    shutdown_timeout: float = 25.0
    """Seconds for work when the program is asked to end."""

    extra_config: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """librdkafka's keys, which win over the fields and over the context."""

    def __new__(cls, **values: Any) -> Self:
        """Refuse what is no field."""
        _check_names(cls, values, [one.name for one in fields(cls)])
        return super().__new__(cls)

    def __init_subclass__(cls, **options: Any) -> None:
        """Make a dataclass of a subclass, so that what its body sets are its defaults."""
        super().__init_subclass__(**options)
        said = {name for name, value in vars(cls).items() if _is_plain(name, value)}
        _check_names(cls, said, cls.__dataclass_fields__)
        known = {one.name: one.type for one in fields(BaseSettings)}
        cls.__annotations__ = {name: known[name] for name in said if name in known}
        if isinstance(extra := vars(cls).get("extra_config"), Mapping):
            cls.extra_config = field(default_factory=partial(dict, extra), hash=False)
        dataclass(frozen=True, kw_only=True)(cls)

    def __post_init__(self) -> None:
        """Refuse values of a wrong kind, and those that contradict each other."""
        object.__setattr__(self, "extra_config", dict(self.extra_config))
        _check_values(self)
        _check_extra(self)
        _check_consumer(self, self.to_consumer_config())
        _check_producer(self, self._producer_config())

    def to_consumer_config(self) -> dict[str, Any]:
        """Return librdkafka's configuration for a consumer; it names no brokers and no group."""
        ours = {name.replace("_", "."): getattr(self, name) for name in _CONSUMER_FIELDS}
        config = {**ours, **_ALWAYS, **self._extra_but(_PRODUCERS_ALONE)}
        if config["group.protocol"] != "consumer":
            return config
        return {key: value for key, value in config.items() if key not in _BROKER_DECIDES}

    def to_producer_config(self) -> dict[str, Any]:
        """Return librdkafka's configuration for a producer; it names no brokers."""
        if self.gives_up is not None:
            import logging

            name = type(self).__name__
            logging.getLogger("flowodm.settings").warning("`%s`: %s", name, self.gives_up)
        return self._producer_config()

    def _producer_config(self) -> dict[str, Any]:
        config = {key: getattr(self, name) for name, key in _PRODUCER_KEYS.items()}
        return config | {"socket.keepalive.enable": True} | self._extra_but(_CONSUMERS_ALONE)

    def _extra_but(self, prefixes: tuple[str, ...]) -> dict[str, Any]:
        extra = self.extra_config
        return {key: extra[key] for key in extra if not key.startswith(prefixes)}


def _is_plain(name: str, value: object) -> bool:
    return not (name.startswith("_") or callable(value) or hasattr(value, "__get__"))


def _check_names(cls: type, names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            from flowodm.avro.words import similar

            near = similar(name, known)
            cure = f"did you mean `{near}`?" if near else "`extra_config` takes librdkafka's keys"
            raise SettingsError(f"`{cls.__name__}` has no setting `{name}`", hint=cure)


def _check_values(settings: BaseSettings) -> None:
    for one in fields(BaseSettings):
        value = getattr(settings, one.name)
        if (problem := _problem(one, value)) is not None:
            raise SettingsError(f"{_place(settings)}: `{one.name}` {problem}, not `{value!r}`")


def _problem(one: Field[Any], value: object) -> str | None:
    """What is wrong with a value, by the annotation and the default of its field."""
    if get_origin(one.type) is Literal:
        choices = get_args(one.type)
        return None if value in choices else f"is one of {', '.join(choices)}"
    default = one.default
    if isinstance(default, bool):
        return None if isinstance(value, bool) else "is True or False"
    if isinstance(default, int | float):
        kinds = (int, float) if isinstance(default, float) else (int,)
        if not isinstance(value, kinds) or isinstance(value, bool):
            return "is a number" if isinstance(default, float) else "is a whole number"
        least = _LEAST.get(one.name, 1)
        return None if value >= least else f"is at least {least:g}"
    if isinstance(default, str):
        return None if isinstance(value, str) and value else "is a text"
    return None


def _check_extra(settings: BaseSettings) -> None:
    for key, value in settings.extra_config.items():
        if not isinstance(key, str):
            raise SettingsError(f"{_place(settings)}: a key of `extra_config` is {key!r}, no text")
        if (hint := _ELSEWHERE.get(key)) is not None:
            raise SettingsError(f"{_place(settings)}: `{key}` is not for `extra_config`", hint=hint)
        if key in _POLICY and _is_on(value) != _POLICY[key]:
            raise _policy(settings, key, value)
    protocol = settings.extra_config.get("group.protocol", settings.group_protocol)
    if protocol == "consumer" and (said := settings.extra_config.keys() & set(_BROKER_DECIDES)):
        raise SettingsError(
            f"{_place(settings)}: with `group.protocol` consumer, the broker decides"
            f" `{min(said)}`",
            hint="leave it out",
        )


def _check_consumer(settings: BaseSettings, config: Mapping[str, Any]) -> None:
    if not settings.enable_auto_commit:
        raise _policy(settings, "enable.auto.commit", False)
    heartbeat, session, work = (
        _milliseconds(settings, config, key)
        for key in ("heartbeat.interval.ms", "session.timeout.ms", "max.poll.interval.ms")
    )
    if heartbeat is not None and session is not None and heartbeat * 3 > session:
        raise SettingsError(
            f"{_place(settings)}: `heartbeat.interval.ms` {heartbeat} is more than a third of"
            f" `session.timeout.ms` {session}: one lost heartbeat would end the session",
            hint=f"a heartbeat of {session // 3} or less",
        )
    if session is not None and work is not None and session > work:
        raise SettingsError(
            f"{_place(settings)}: `session.timeout.ms` {session} is more than"
            f" `max.poll.interval.ms` {work}",
            hint=f"a session of {work} or less, or more time for the work",
        )


def _check_producer(settings: BaseSettings, config: Mapping[str, Any]) -> None:
    if not _is_on(config["enable.idempotence"]):
        return
    acks = str(config.get("request.required.acks", config["acks"]))
    if acks not in ("all", "-1"):
        raise SettingsError(
            f"{_place(settings)}: `enable.idempotence` needs `acks` all, not {acks}",
            hint="set `enable_idempotence=False` to give it up",
        )
    name = "max.in.flight" if "max.in.flight" in config else _PRODUCER_KEYS["max_in_flight"]
    if (in_flight := _milliseconds(settings, config, name)) is not None and in_flight > 5:
        raise SettingsError(
            f"{_place(settings)}: `enable.idempotence` allows 5 requests in flight,"
            f" not {in_flight}",
            hint="set `max_in_flight` to 5 or less",
        )


def _milliseconds(settings: BaseSettings, config: Mapping[str, Any], key: str) -> int | None:
    if key not in config:
        return None
    try:
        return int(config[key])
    except (TypeError, ValueError):
        raise SettingsError(
            f"{_place(settings)}: `{key}` is a whole number, not `{config[key]!r}`"
        ) from None


def _policy(settings: BaseSettings, key: str, value: object) -> SettingsError:
    return SettingsError(
        f"{_place(settings)}: `{key}` cannot be {str(_is_on(value)).lower()}: an offset is stored"
        " when its record is done, and librdkafka commits what is stored",
        hint="leave it out; `commit()` commits at once and waits for the broker's answer",
    )


def _is_on(value: object) -> bool:
    return str(value).lower() in ("true", "1", "yes", "on", "t")


def _place(settings: BaseSettings) -> str:
    return f"`{type(settings).__name__}`"


class LongRunningSettings(BaseSettings):
    """Each record is minutes of work: few are taken at once, and the group is patient."""

    max_poll_interval_ms = 900_000
    max_poll_records = 8
    queued_min_messages = 100
    queued_max_messages_kbytes = 8_192
    fetch_queue_backoff_ms = 100
    concurrency = 4
    revoke_drain_timeout = 60.0


class BatchSettings(BaseSettings):
    """Much at once counts for more than soon: large fetches, large batches, zstd."""

    max_poll_interval_ms = 600_000
    max_poll_records = 500
    queued_max_messages_kbytes = 131_072
    fetch_min_bytes = 65_536
    fetch_queue_backoff_ms = 100
    auto_commit_interval_ms = 5_000
    linger_ms = 50
    compression_type = "zstd"
    concurrency = 4
    shutdown_timeout = 60.0


class RealTimeSettings(BaseSettings):
    """Soon counts for more than much: nothing lingers, and a dead member is noticed quickly."""

    session_timeout_ms = 10_000
    max_poll_interval_ms = 60_000
    queued_min_messages = 1_000
    queued_max_messages_kbytes = 16_384
    fetch_wait_max_ms = 20
    linger_ms = 0
    compression_type = "none"
    concurrency = 32
    revoke_drain_timeout = 5.0
    shutdown_timeout = 10.0


class HighThroughputSettings(BatchSettings):
    """`BatchSettings`, and a record counts as delivered when one broker has it."""

    gives_up = (
        "acks=1 without idempotence: a record that was acknowledged is lost when its leader fails"
        " before others have it, and a retry may write a record twice or out of order"
    )

    acks = "1"
    enable_idempotence = False


class ReliableSettings(LongRunningSettings):
    """`LongRunningSettings`, with one request on its way and five minutes for a delivery."""

    max_in_flight = 1
    delivery_timeout_ms = 300_000


def profile_of(settings: "BaseSettings | type[BaseSettings] | None") -> BaseSettings:
    """Return the profile that a class or an instance stands for; None stands for `BaseSettings`.

    Raises:
        SettingsError: It is neither.
    """
    if settings is None:
        return _made(BaseSettings)
    if isinstance(settings, type) and issubclass(settings, BaseSettings):
        return _made(settings)  # type: ignore[arg-type]  # not the hash of an instance
    if isinstance(settings, BaseSettings):
        return settings
    raise SettingsError(
        f"settings are a profile or an instance of one, not a `{type(settings).__name__}`",
        hint="for example `LongRunningSettings(max_poll_interval_ms=900_000)`",
    )


@cache
def _made(profile: type[BaseSettings]) -> BaseSettings:
    """The one instance of a class: a verb that is called per record may name the class."""
    return profile()
