"""Events and statuses as JSON: one line each, between processes and for logs."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from flowodm.consumer.events import LoopEvent
from flowodm.consumer.status import LoopStatus, PartitionStatus
from flowodm.health import Standing

__all__ = ["event_from", "event_of", "standing_from", "standing_of"]


def event_of(event: LoopEvent) -> dict[str, Any]:
    """Return an event as JSON has it, without what it does not say."""
    found: dict[str, Any] = {"event": event.kind, "loop": event.loop}
    found["time"] = event.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    found |= {"topic": event.topic, "group": event.group}
    if event.partitions or event.kind in ("assigned", "revoked", "lost"):
        found["partitions"] = list(event.partitions)
    for name in ("partition", "offset", "attempt", "delay"):
        if (value := getattr(event, name)) is not None:
            found[name] = value
    if event.text:
        found["text"] = event.text
    return found


def event_from(said: Mapping[str, Any]) -> LoopEvent:
    """Read what `event_of` returned."""
    return LoopEvent(
        kind=said["event"],
        loop=said["loop"],
        at=datetime.fromisoformat(said["time"]),
        topic=said["topic"],
        group=said["group"],
        partitions=tuple(said.get("partitions", ())),
        partition=said.get("partition"),
        offset=said.get("offset"),
        attempt=said.get("attempt"),
        delay=said.get("delay"),
        text=said.get("text", ""),
    )


def standing_of(standing: Standing) -> dict[str, Any]:
    """Return a standing as JSON has it."""
    return asdict(standing)


def standing_from(said: Mapping[str, Any], *, worker: int) -> Standing:
    """Read what `standing_of` returned.

    Args:
        said: The JSON.
        worker: Which worker it came from.
    """
    status = dict(said["status"])
    partitions = tuple(PartitionStatus(**part) for part in status.pop("partitions"))
    return Standing(
        status=LoopStatus(**status, partitions=partitions),
        worker=worker,
        rebalances=said["rebalances"],
    )
