"""The addresses that brokers tell their clients (`advertised.listeners`): reached from here?

A client comes by a bootstrap server, and goes on to these. Where they are not reached, librdkafka
may lose the answer that names them, having left the server that it came by: but its log has them.
"""

import re
import time
from collections.abc import Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from flowodm.connection.waiting import in_thread
from flowodm.doctor.report import Finding
from flowodm.doctor.servers import look_at

if TYPE_CHECKING:
    from confluent_kafka.admin._metadata import ClusterMetadata

    from flowodm.connection import KafkaConnection

__all__ = ["Hearing", "brokers_of", "look_at_listeners"]

_NAMED: Final = re.compile(r"^METADATA .*: +Broker #\d+/\d+: (\S+) NodeId (\d+)$")


class Hearing:
    """Takes a client's log, with `debug` on `metadata`, and picks the brokers out of it."""

    def __init__(self) -> None:
        self._connection: KafkaConnection | None = None
        self._brokers: dict[int, str] = {}

    @property
    def brokers(self) -> dict[int, str]:
        """The address of each broker that a cluster has named, by its id."""
        return dict(sorted(self._brokers.copy().items()))

    def listen(self, connection: "KafkaConnection") -> None:
        """Hand what is heard on to the connection's own journal from now on."""
        self._connection = connection

    def log(self, level: int, message: str, *arguments: object) -> None:
        """Take a line as a `logging.Logger` would: confluent-kafka calls this."""
        line = message % arguments if arguments else message
        if found := _NAMED.match(line):
            self._brokers[int(found[2])] = found[1]
        elif self._connection is not None and not line.startswith("METADATA "):
            self._connection.journal.log(level, "%s", line)


def brokers_of(metadata: "ClusterMetadata") -> dict[int, str]:
    """Return the address of each broker, by its id."""
    return {broker.id: _server(broker) for broker in metadata.brokers.values()}


def _server(broker: Any) -> str:
    host = f"[{broker.host}]" if ":" in broker.host else broker.host
    return f"{host}:{broker.port}"


def look_at_listeners(
    brokers: Mapping[int, str], config: Mapping[str, str], *, timeout: float
) -> tuple[Finding, ...]:
    """Look at every broker under the address that it tells clients, all at once.

    Args:
        brokers: Their addresses, by id.
        config: librdkafka's configuration.
        timeout: Seconds for each step of each look.
    """
    begun = time.monotonic()
    looks = {
        number: in_thread(partial(look_at, server, config, timeout=timeout))
        for number, server in sorted(brokers.items())
    }
    last = {number: look.result()[-1] for number, look in looks.items()}
    bad = {number: one for number, one in last.items() if one.status == "failure"}
    good = [f"{number} {brokers[number]}" for number in last if number not in bad]
    found = [_unreachable(number, one) for number, one in bad.items()]
    if good:
        found.insert(0, Finding("listeners", "ok", _listed(good), None, time.monotonic() - begun))
    return tuple(found)


def _listed(names: Collection[str]) -> str:
    shown = ", ".join(list(names)[:4])
    return f"{shown}, and {len(names) - 4} more" if len(names) > 4 else shown


def _unreachable(number: int, last: Finding) -> Finding:
    hint = (
        f"broker {number} tells clients this address: set its `advertised.listeners` to one that "
        "is reached from here"
    )
    if last.step == "tls" and last.hint is not None:
        hint = f"broker {number} tells clients this address; {last.hint}"
    text = f"broker {number}: {last.text}"
    return Finding("listeners", "failure", text, hint, last.seconds, last.place, exit_code=1)
