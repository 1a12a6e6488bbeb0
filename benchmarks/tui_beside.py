"""`flowodm tui` beside kaskade: the same data, machine, terminal and clock, taken in turns.

usage: python -m benchmarks.tui_beside KASKADE [ROUNDS]

KASKADE is the path of its executable, installed elsewhere (5.1 was measured). What it has no
counterpart for is in `tui.py`.
"""

import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.inspector import Inspector
from benchmarks.messages import EVENT, encoded, events
from benchmarks.tail import produce, report
from benchmarks.tui import SCANNED, large_json, silent_server
from flowodm.codec.framing import frame
from flowodm.config import RegistryConfig
from flowodm.registry import SchemaRegistry
from flowodm.sandbox import Sandbox

ROUNDS = 3
AFTER = 300
"""Records behind the one that is looked for: more than are shown without being asked for."""
NEEDLE = "needle-0042"
PART = "needle-00"
"""What is looked for: the whole is shown of nothing but the record."""
PATIENCE = 180.0

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Place:
    """Where both look."""

    servers: str
    registry: str
    silent: str
    home: str
    kaskade: str

    def ours(self, *arguments: str, servers: str = "") -> Inspector:
        variables = {
            "KAFKA_BOOTSTRAP_SERVERS": servers or self.servers,
            "SCHEMA_REGISTRY_URL": self.registry,
        }
        return Inspector(arguments, variables)

    def theirs(self, *arguments: str, servers: str = "") -> Inspector:
        return Inspector(
            [*arguments, "-b", servers or self.servers],
            {"HOME": self.home},
            (self.kaskade,),
            quit="\x11\x03",
        )

    def their_records(self, topic: str, value: str, servers: str = "") -> Inspector:
        kinds = ("-k", "string", "-v", value)
        registry = ("--registry", f"url={self.registry}") if value == "registry" else ()
        return self.theirs(
            "consumer", "-t", topic, "--earliest", *kinds, *registry, servers=servers
        )


def main(kaskade: str, rounds: int) -> None:
    with Sandbox() as sandbox, silent_server() as silent, tempfile.TemporaryDirectory() as home:
        fill(sandbox.bootstrap_servers, sandbox.registry_url)
        place = Place(sandbox.bootstrap_servers, sandbox.registry_url, silent, home, kaskade)
        for ours, theirs in cases(place):
            contenders = {"flowodm tui": ours, "kaskade": theirs}
            found: dict[str, list[Figures]] = {name: [] for name in contenders}
            for _ in range(rounds):
                for name, measure in contenders.items():
                    found[name].append(measure())
            tell(found)


def cases(place: Place) -> list[tuple[Callable[[], Figures], Callable[[], Figures]]]:
    refused, silent = "127.0.0.1:9", place.silent
    reach, transport = "cannot reach", "transport failure"
    return [
        (
            partial(until, place.ours, "topic names, s", "five"),
            partial(until, partial(place.theirs, "admin"), "topic names, s", "five"),
        ),
        (
            partial(until, partial(place.ours, "five"), "a topic of five, s", "evt-"),
            partial(
                until,
                partial(place.their_records, "five", "registry"),
                "a topic of five, s",
                "{'id",
            ),
        ),
        *(
            (
                partial(until, partial(place.ours, servers=servers), f"{name}, told, s", reach),
                partial(
                    until,
                    partial(place.theirs, "admin", servers=servers),
                    f"{name}, told, s",
                    transport,
                ),
            )
            for name, servers in (("refused", refused), ("silent broker", silent))
        ),
        (partial(our_scan, place), partial(their_scan, place)),
        (partial(our_json, place), partial(their_json, place)),
    ]


def until(start: Callable[[], Inspector], name: str, text: str) -> Figures:
    """Seconds from the start until a text is shown."""
    with start() as inspector:
        return {name: seen(inspector, text)}


def seen(inspector: Inspector, text: str) -> float:
    """Seconds until a text is shown; infinite when it is not in time."""
    try:
        return inspector.see(text, PATIENCE)
    except RuntimeError:
        return float("inf")


def after(inspector: Inspector, keys: str, text: str) -> float:
    """Seconds from some keys until a text is shown."""
    inspector.watch(0.5)
    began = inspector.seconds
    inspector.type(keys)
    return seen(inspector, text) - began


def our_scan(place: Place) -> Figures:
    with place.ours("haystack") as inspector:
        inspector.see("evt-")
        inspector.type(f'/value.id.startsWith("{PART}")')
        inspector.see("Take it")
        inspector.watch(0.5)
        inspector.type("\r")
        inspector.see("Nothing matched yet")
        inspector.type("tstart")
        took = after(inspector, "\r", NEEDLE)
        return scanned(inspector, took)


def their_scan(place: Place) -> Figures:
    with place.their_records("haystack", "registry") as inspector:
        inspector.see("{'id")
        inspector.watch(1.0)
        inspector.type("/")
        inspector.watch(1.0)
        inspector.type("\t")
        inspector.watch(0.5)  # or the field before takes what is typed
        inspector.type(PART)
        took = after(inspector, "\r", NEEDLE)
        return scanned(inspector, took)


def scanned(inspector: Inspector, took: float) -> Figures:
    name = f"a match behind {SCANNED:,} values"
    return {f"{name}, s": took, f"{name}, memory, MB": inspector.memory("VmRSS")}


def our_json(place: Place) -> Figures:
    with place.ours("large-json") as inspector:
        inspector.see("items")
        return opened_and_closed(inspector, "Headers", "VALUE")


def their_json(place: Place) -> Figures:
    with place.their_records("large-json", "json") as inspector:
        inspector.see("{'it")
        return opened_and_closed(inspector, "Record Details", "Records")


def opened_and_closed(inspector: Inspector, opened: str, closed: str) -> Figures:
    inspector.watch(1.0)
    before = inspector.memory("VmRSS")
    opening = after(inspector, "\r", opened)
    inspector.watch(2.0)
    more = inspector.memory("VmRSS") - before
    closing = after(inspector, "\x1b", closed)
    return {
        "1 MB of JSON, opened, s": opening,
        "1 MB of JSON, memory, MB": more,
        "1 MB of JSON, closed, s": closing,
    }


def fill(servers: str, registry_url: str) -> None:
    names = ("five", "haystack", "large-json")
    admin = AdminClient({"bootstrap.servers": servers})
    for future in admin.create_topics([NewTopic(name, 1, 1) for name in names]).values():
        future.result()
    registry = SchemaRegistry(RegistryConfig(url=registry_url))
    source = events()
    prefix = frame(registry.register("haystack-value", json.dumps(EVENT)).schema_id)
    values = [prefix + each for each in source.encoded]
    needle = prefix + encoded(source.parsed, {**source.values[0], "id": NEEDLE})
    produce(servers, "five", values, 5)
    produce(servers, "haystack", values, SCANNED)
    produce(servers, "haystack", [needle], 1)
    produce(servers, "haystack", values, AFTER)
    produce(servers, "large-json", [large_json()], 1)


def tell(found: Mapping[str, list[Figures]]) -> None:
    for case in next(iter(found.values()))[0]:
        what, _, unit = case.rpartition(", ")
        for name, rounds in found.items():
            values = [one[case] for one in rounds]
            three = (min(values), statistics.median(values), max(values))
            report([f"| {what} | {name} | {' / '.join(map(worded, three))} {unit} |"])


def worded(figure: float) -> str:
    if figure == float("inf"):
        return f"not in {PATIENCE:.0f}"
    return f"{figure:,.2f}" if figure < 10 else f"{figure:,.1f}"


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS)
