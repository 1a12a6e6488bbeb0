"""`flowodm tui TOPIC` for an hour under a steady stream: memory, processor, records accounted for.

usage: python -m benchmarks.tui_soak [SECONDS [RATE [FILE]]]

A real process on a pseudo-terminal follows a topic with a filter, and is looked at every second;
FILE gets the samples. In the end each record that was produced must be counted on the screen, and
each that matched must be in the buffer or in the counter of what was dropped from it.
"""

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import astuple, dataclass, fields
from typing import TextIO

from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.inspector import FILTER, Inspector
from benchmarks.tail import report
from flowodm.sandbox import Sandbox

TOPIC = "stream"
PARTITIONS = 4
KEPT = {"retention.bytes": str(64 << 20), "segment.bytes": str(16 << 20)}
"""Of each partition: an hour at full rate would be seven gigabytes."""
RATE = 20_000
BEAT = 1.0
_COUNTERS = re.compile(
    r"(FOLLOW|READING|PAUSED|END|STOPPED) (\S+)/s · matched ([\d,]+) of ([\d,]+)"
    r" · buffer (\S+)/([\d.]+) MB · dropped ([\d,]+)(?: · ([\d,]+) to go)?"
)
_TIMES = {"k": 1e3, "M": 1e6}


@dataclass(frozen=True, slots=True)
class Sample:
    """How it is at one moment: what the kernel says, and what the screen does."""

    seconds: float
    megabytes: float
    cpu: float
    rate: float
    matched: int
    scanned: int
    dropped: int
    to_go: int


def main(seconds: float, rate: float, path: str | None) -> None:
    with ExitStack() as stack:
        properties = {"log.retention.check.interval.ms": "5000"}
        sandbox = stack.enter_context(Sandbox(properties=properties))
        registry = sandbox.registry_url
        assert registry is not None
        servers = sandbox.bootstrap_servers
        make_topic(servers)
        env = {"KAFKA_BOOTSTRAP_SERVERS": servers, "SCHEMA_REGISTRY_URL": registry}
        file = stack.enter_context(open(path, "w")) if path else None
        inspector = stack.enter_context(Inspector([TOPIC], env))
        take_filter(inspector)
        arguments = [servers, registry, TOPIC, str(rate), str(seconds)]
        command = [sys.executable, "-m", "benchmarks.inspector", *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as producer:
            samples = list(sampled(inspector, producer, file))
            assert producer.stdout is not None
            produced, matching = map(int, producer.stdout.read().split())
        last = settled(inspector)
        report(figures(samples, inspector.memory("VmHWM")))
        report(accounts(last, produced, matching))


def make_topic(servers: str) -> None:
    admin = AdminClient({"bootstrap.servers": servers})
    for future in admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1, config=KEPT)]).values():
        future.result()


def take_filter(inspector: Inspector) -> None:
    inspector.see("from")
    inspector.type(f"/{FILTER}")
    inspector.see("where")
    inspector.type("\r")
    inspector.see("Nothing matched yet")


def sampled(
    inspector: Inspector, producer: "subprocess.Popen[str]", file: TextIO | None
) -> Iterator[Sample]:
    """Look once a second until the stream ends."""
    if file is not None:
        print(*(field.name for field in fields(Sample)), sep="\t", file=file)
    began, cpu = time.perf_counter(), inspector.cpu
    while producer.poll() is None:
        inspector.watch(BEAT)
        sample = look(inspector, time.perf_counter() - began, cpu)
        if sample is None:
            continue
        if file is not None:
            print(*astuple(sample), sep="\t", file=file, flush=True)
        yield sample


def look(inspector: Inspector, seconds: float, cpu: float) -> Sample | None:
    """What is shown last; None before there is anything."""
    found = _COUNTERS.findall(inspector.shown)
    if not found:
        return None
    _, rate, matched, scanned, _, _, dropped, to_go = found[-1]
    return Sample(
        round(seconds, 1),
        inspector.memory("VmRSS"),
        round(inspector.cpu - cpu, 2),
        expanded(rate),
        *(int((text or "0").replace(",", "")) for text in (matched, scanned, dropped, to_go)),
    )


def expanded(text: str) -> float:
    """`18k` is 18,000."""
    return float(text.rstrip("kM").replace(",", "")) * _TIMES.get(text[-1], 1)


def settled(inspector: Inspector) -> tuple[int, int, int, str]:
    """Wait until the counters stand still; return matched, scanned, dropped, and the buffer."""
    last, until = None, time.monotonic() + 30
    while time.monotonic() < until:
        inspector.watch(2.0)
        _, _, matched, scanned, rows, _, dropped, _ = _COUNTERS.findall(inspector.shown)[-1]
        counts = [int(text.replace(",", "")) for text in (matched, scanned, dropped)]
        if counts == last:
            break
        last = counts
    matched, scanned, dropped = counts
    return matched, scanned, dropped, rows


def figures(samples: Sequence[Sample], most: float) -> Iterator[str]:
    """The rows of the table."""
    first, last = samples[0], samples[-1]
    for minutes in (0, 10, 30, 60):
        near = [s for s in samples if abs(s.seconds - minutes * 60) <= 30]
        if near and last.seconds >= minutes * 60 - 30:
            memory = statistics.median(s.megabytes for s in near)
            yield row(f"memory, around minute {minutes}", f"{memory:.1f} MB")
    yield row("memory, at most", f"{most:.1f} MB")
    later = [s for s in samples if s.seconds > last.seconds / 6]
    times, sizes = [s.seconds / 3600 for s in later], [s.megabytes for s in later]
    slope = statistics.linear_regression(times, sizes).slope
    yield row("memory, slope after the first sixth", f"{slope:+.2f} MB an hour")
    took = last.seconds - first.seconds
    yield row("share of a core", f"{100 * (last.cpu - first.cpu) / took:.1f} %")
    yield row("records a second, read", f"{(last.scanned - first.scanned) / took:,.0f}")
    yield row("records a second, shown, least", f"{min(s.rate for s in samples[10:]):,.0f}")
    yield row("behind, at most", f"{max(s.to_go for s in samples):,} records")


def accounts(last: tuple[int, int, int, str], produced: int, matching: int) -> Iterator[str]:
    """Whether each record is counted."""
    matched, scanned, dropped, rows = last
    yield row("records produced, counted", f"{produced:,}, {scanned:,}")
    yield row("records that match, counted", f"{matching:,}, {matched:,}")
    yield row(
        "dropped from the buffer, kept", f"{dropped:,}, {matched - dropped:,} (shown: {rows})"
    )
    is_whole = (scanned, matched) == (produced, matching)
    yield row("each record accounted for", "yes" if is_whole else "NO")


def row(name: str, figure: str) -> str:
    return f"| {name} | flowodm tui | {figure} |"


if __name__ == "__main__":
    given = sys.argv[1:]
    main(
        float(given[0]) if given else 3600.0,
        float(given[1]) if len(given) > 1 else RATE,
        given[2] if len(given) > 2 else None,
    )
