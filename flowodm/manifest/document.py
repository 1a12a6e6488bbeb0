"""What a manifest may hold: the models that a file is checked against.

The description of each key stands here once: the JSON Schema (`flowodm run --schema`) and the
table of the documentation are made of it.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from flowodm.config.context import Boolean, Strict, Text, plain_text
from flowodm.consumer.dead_letter import HeaderStyle
from flowodm.consumer.policy import DeadLetterPolicy, RetryPolicy
from flowodm.settings import (
    BaseSettings,
    BatchSettings,
    HighThroughputSettings,
    LongRunningSettings,
    RealTimeSettings,
    ReliableSettings,
)
from flowodm.times import parse_duration

__all__ = [
    "PROFILES",
    "DeadLetterSettings",
    "HealthSettings",
    "LoopSettings",
    "ManifestSettings",
    "RetrySettings",
    "manifest_schema",
]

PROFILES: Final[Mapping[str, type[BaseSettings]]] = {
    "long_running": LongRunningSettings,
    "batch": BatchSettings,
    "real_time": RealTimeSettings,
    "high_throughput": HighThroughputSettings,
    "reliable": ReliableSettings,
    "base": BaseSettings,
}
Profile = Literal["long_running", "batch", "real_time", "high_throughput", "reliable", "base"]

_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
_TOPIC: Final = r"[A-Za-z0-9._-]{1,249}"
_TARGET: Final = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*:[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_HOST: Final = r"[A-Za-z0-9.:_-]{1,253}"


def _of_form(form: str, must: str) -> AfterValidator:
    pattern = re.compile(form)

    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(f"must be {must}")
        return text

    return AfterValidator(check)


def _duration(value: object) -> float:
    from flowodm.errors import UsageError

    try:
        return parse_duration(value) if isinstance(value, str) else _no_duration()
    except UsageError:
        return _no_duration()


def _no_duration() -> float:
    raise ValueError("must be a length of time with its unit, such as `500ms`, `30s` or `10m`")


_LENGTH_FORM: Final = (
    r"^(?=[0-9])([0-9.]+w)?([0-9.]+d)?([0-9.]+h)?([0-9.]+m)?([0-9.]+s)?([0-9.]+ms)?$"
)
Duration = Annotated[
    float,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": _LENGTH_FORM, "examples": ["0.5s", "10m"]}),
]
"""Seconds, written with a unit."""
Topic = Annotated[
    str,
    _of_form(_TOPIC, "1 to 249 of `A-Z a-z 0-9 . _ -`, as Kafka names topics"),
    WithJsonSchema({"type": "string", "pattern": f"^{_TOPIC}$"}),
]
Target = Annotated[
    str,
    _of_form(_TARGET, "`module:name`, such as `app.handlers:audit`"),
    WithJsonSchema({"type": "string", "pattern": r"^[^\s:]+:[^\s:]+$"}),
]
"""A name in a module."""
Whole = Annotated[int, Field(strict=True, ge=1)]
Properties = Annotated[
    dict[str, Annotated[str, BeforeValidator(plain_text)]],
    WithJsonSchema(
        {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
    ),
]


_RETRY: Final = RetryPolicy()


class RetrySettings(Strict):
    """How often a record's handler is tried."""

    attempts: Whole = Field(
        _RETRY.attempts, description="How often in all, the first time included."
    )
    initial: Duration = Field(
        _RETRY.initial, description="Bounds the first delay; the bound doubles each time."
    )
    max: Duration = Field(_RETRY.max, description="Bounds every delay.")
    within: Duration = Field(
        _RETRY.within, description="After the first failure: no attempt begins later."
    )


class DeadLetterSettings(Strict):
    """Where a record goes that is given up."""

    topic: Topic | None = Field(
        None, description="The topic; else the loop's own with `-dlt` behind it."
    )
    headers: HeaderStyle = Field(
        DeadLetterPolicy().headers, description="Whose headers say what happened."
    )


class LoopSettings(Strict):
    """One loop."""

    name: Annotated[
        str,
        _of_form(_NAME, "1 to 100 of `A-Z a-z 0-9 . _ -`, the first a letter or digit"),
        WithJsonSchema({"type": "string", "pattern": f"^{_NAME}$"}),
    ] = Field(description="Its name in logs and metrics, and for `--only`.")
    model: Target | None = Field(
        None, description="The model class of its records, `module:Class`; it names the topic."
    )
    topic: Topic | None = Field(
        None,
        description="Instead of `model`: the topic, whose class is made of its schema in the registry.",
    )
    subject: Text | None = Field(
        None, description="With `topic`: the schema's subject; else the topic's name with `-value`."
    )
    handler: Target = Field(
        description="The function that takes each record, `module:function`; sync or `async`."
    )
    group: Text | None = Field(
        None, description="The consumer group; else the model's `consumer_group`."
    )
    profile: Profile = Field("long_running", description="The settings to start from.")
    concurrency: Whole | None = Field(
        None, description="Records worked on at once; else the profile's."
    )
    ordering: Literal["key", "partition", "none"] = Field(
        "key",
        description="Which records are worked on one after the other: those of one key, of one partition, or none.",
    )
    batch_size: Whole | None = Field(
        None, description="The handler takes lists, of so many records at most."
    )
    retry: RetrySettings = Field(
        default_factory=lambda: RetrySettings.model_validate({}),
        description="How often the handler is tried.",
    )
    dead_letter: DeadLetterSettings | None = Field(
        None, description="Where records go that are given up; without it `on_failure` counts."
    )
    on_failure: Literal["stop", "skip"] = Field(
        "stop", description="Without `dead_letter`: what becomes of a record that is given up."
    )
    commit_strategy: Literal["after_processing", "before_processing"] = Field(
        "after_processing",
        description="`before_processing`: at most once, committed before the handler runs.",
    )
    shutdown_timeout: Duration | None = Field(
        None, description="For work under way when the program is asked to end; else the profile's."
    )
    revoke_drain_timeout: Duration | None = Field(
        None, description="For work on partitions that are taken away; else the profile's."
    )
    settings: Properties = Field(
        default_factory=dict, description="librdkafka's keys, which win over the profile."
    )

    @property
    def retry_policy(self) -> RetryPolicy:
        """How often its handler is tried.

        Raises:
            SettingsError: The first delay is bounded by more than every delay.
        """
        return RetryPolicy(**dict(self.retry))

    @property
    def dead_letter_policy(self) -> DeadLetterPolicy | None:
        """Where its dead letters go."""
        return None if self.dead_letter is None else DeadLetterPolicy(**dict(self.dead_letter))

    @property
    def effective(self) -> BaseSettings:
        """Its profile, with what the loop says itself.

        Raises:
            SettingsError: Two settings contradict each other.
        """
        own = {
            name: value
            for name in ("concurrency", "shutdown_timeout", "revoke_drain_timeout")
            if (value := getattr(self, name)) is not None
        }
        return PROFILES[self.profile](extra_config=self.settings, **own)


class HealthSettings(Strict):
    """Where `/livez`, `/readyz` and `/metrics` are served."""

    port: Annotated[int, Field(strict=True, ge=0, le=65_535)] = Field(
        description="The port; 0 for a free one."
    )
    host: Annotated[
        str,
        _of_form(_HOST, "an address of this machine, such as `127.0.0.1` or `0.0.0.0`"),
        WithJsonSchema({"type": "string", "pattern": f"^{_HOST}$"}),
    ] = Field(
        "127.0.0.1", description="The address to listen on; `0.0.0.0` for a container's probes."
    )
    registry: Boolean = Field(
        True, description="Whether a registry that is down makes it not ready."
    )


class ManifestSettings(Strict):
    """A whole manifest."""

    version: Literal[1] = Field(1, description="The version of this form.")
    context: Text | None = Field(
        None, description="The context to run in; `--context` and `FLOWODM_CONTEXT` win."
    )
    loops: tuple[LoopSettings, ...] = Field(min_length=1, description="The loops.")
    health: HealthSettings | None = Field(
        None, description="Where health and metrics are served; without it nowhere."
    )


def manifest_schema() -> dict[str, Any]:
    """Return the JSON Schema of manifests (draft 2020-12)."""
    schema = ManifestSettings.model_json_schema()
    loop = schema["$defs"]["LoopSettings"]
    loop["oneOf"] = [{"required": ["model"]}, {"required": ["topic"]}]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "FlowODM manifest"}
    plain = _plain(schema)
    assert isinstance(plain, dict)
    return head | {key: value for key, value in plain.items() if key not in head}


def _plain(node: object) -> object:
    """A schema without what Pydantic adds for itself: titles, and the null of a key left out."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _plain(value) for key, value in node.items() if not _is_added(key, value)}
    branches = kept.get("anyOf")
    if isinstance(branches, list) and {"type": "null"} in branches:
        del kept["anyOf"]
        (only,) = (branch for branch in branches if branch != {"type": "null"})
        kept = {**only, **kept}
    if kept.get("pattern") == _LENGTH_FORM and isinstance(default := kept.get("default"), float):
        kept["default"] = f"{default:g}s"
    return kept


def _is_added(key: str, value: object) -> bool:
    return (key == "title" and isinstance(value, str)) or (key == "default" and value is None)
