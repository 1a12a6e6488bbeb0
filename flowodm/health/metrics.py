"""The figures of loops as Prometheus reads them.

The names follow Prometheus: a unit at the end, `_total` for what only grows, seconds for times.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from flowodm.consumer.status import LoopStatus
from flowodm.health.standing import Standing

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

__all__ = [
    "CONTENT_TYPE",
    "FIGURES",
    "PARTITION_FIGURES",
    "REGISTRY_HELP",
    "REGISTRY_UP",
    "Figure",
    "render",
]

CONTENT_TYPE: Final = "text/plain; version=1.0.0; charset=utf-8"


class Figure(NamedTuple):
    """One figure of each loop."""

    name: str
    help: str
    value: Callable[[Standing], float | None]
    """None where it is not known, which is no sample."""
    is_counter: bool = False


_LOOP: Final = ("loop", "topic", "group", "worker")
FIGURES: Final = (
    Figure(
        "flowodm_loop_records_handled",
        "Records whose handler returned.",
        lambda one: one.status.handled,
        True,
    ),
    Figure(
        "flowodm_loop_retries", "Attempts after the first.", lambda one: one.status.retried, True
    ),
    Figure(
        "flowodm_loop_dead_letters",
        "Records that went to the dead letters.",
        lambda one: one.status.dead_lettered,
        True,
    ),
    Figure(
        "flowodm_loop_records_skipped",
        "Records that were given up without a dead letter.",
        lambda one: one.status.skipped,
        True,
    ),
    Figure(
        "flowodm_loop_rebalances",
        "How often partitions came or went.",
        lambda one: one.rebalances,
        True,
    ),
    Figure(
        "flowodm_loop_records_in_flight",
        "Records that came and are not done.",
        lambda one: one.status.in_flight,
    ),
    Figure(
        "flowodm_loop_records_running",
        "Records that handlers work on now.",
        lambda one: one.status.running,
    ),
    Figure(
        "flowodm_loop_oldest_in_flight_seconds",
        "Since when the longest running handler works.",
        lambda one: one.status.oldest_seconds or 0.0,
    ),
    Figure(
        "flowodm_loop_heartbeat_age_seconds",
        "Since the last turn of the loop's owner.",
        lambda one: one.status.heartbeat_age,
    ),
    Figure(
        "flowodm_loop_ready",
        "1 when it has joined its group and nothing is out.",
        lambda one: one.status.is_ready,
    ),
    Figure(
        "flowodm_loop_live",
        "1 when its owner is at work and nothing has ended it.",
        lambda one: one.status.is_live(),
    ),
)
PARTITION_FIGURES: Final = (
    ("flowodm_loop_lag_records", "Records that are not done, those at the broker included."),
    ("flowodm_loop_lag_seconds", "Age of the first record that is not done; 0 when all are."),
    ("flowodm_loop_watermark_offset", "The first offset that is not done."),
)


REGISTRY_UP: Final = "flowodm_registry_up"
REGISTRY_HELP: Final = "1 when the registry answers; only where a registry is configured."


def render(standings: Sequence[Standing], *, is_registry_up: bool | None = None) -> bytes:
    """Return the figures in Prometheus's text format.

    Args:
        standings: The loops, as each worker has them.
        is_registry_up: Whether the registry answers; None: it is not asked.
    """
    from prometheus_client import CollectorRegistry, generate_latest

    class Collector:
        def collect(self) -> "Iterator[Metric]":
            yield from _of_loops(standings)
            yield from _of_partitions(standings)
            if is_registry_up is not None:
                yield _gauge(
                    "flowodm_registry_up",
                    "1 when the registry answers.",
                    (),
                    [((), is_registry_up)],
                )

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector())
    return bytes(generate_latest(registry))


def _of_loops(standings: Sequence[Standing]) -> "Iterator[Metric]":
    from prometheus_client.core import CounterMetricFamily

    for figure in FIGURES:
        samples = [
            (_labels(one), float(value))
            for one in standings
            if (value := figure.value(one)) is not None
        ]
        if not figure.is_counter:
            yield _gauge(figure.name, figure.help, _LOOP, samples)
            continue
        family = CounterMetricFamily(figure.name, figure.help, labels=_LOOP)
        for labels, value in samples:
            family.add_metric(labels, value)
        yield family


def _of_partitions(standings: Sequence[Standing]) -> "Iterator[Metric]":
    labels = (*_LOOP, "partition")
    samples: tuple[list[tuple[tuple[str, ...], float]], ...] = ([], [], [])
    for one in standings:
        for part in one.status.partitions:
            place = (*_labels(one), str(part.partition))
            values = (part.lag_records, part.lag_seconds, part.watermark)
            for family, value in zip(samples, values, strict=True):
                if value is not None:
                    family.append((place, float(value)))
    for (name, text), found in zip(PARTITION_FIGURES, samples, strict=True):
        yield _gauge(name, text, labels, found)


def _gauge(
    name: str,
    text: str,
    labels: Sequence[str],
    samples: Iterable[tuple[Sequence[str], float]],
) -> "Metric":
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(name, text, labels=labels)
    for values, value in samples:
        family.add_metric(values, float(value))
    return family


def _labels(one: Standing) -> tuple[str, ...]:
    status: LoopStatus = one.status
    return (status.name, status.topic, status.group, str(one.worker))
