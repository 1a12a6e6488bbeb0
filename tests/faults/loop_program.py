"""A program that runs a loop and writes down what it has handled, to be killed by its tests.

What stands in the file was handled: each line is synced before the handler returns. `kill_at` says
where it kills itself: in a handler, at the 57th call (`handler:57`), while partitions are taken away
(`revoke`), with a dead letter acknowledged and its record not yet counted as done (`letter`), or
before that (`before letter`). `told` names a file for what the loop tells.
"""

import asyncio
import itertools
import json
import os
import signal
import sys
import time
from typing import Any

from flowodm import (
    AsyncConsumerLoop,
    BaseSettings,
    ConsumerLoop,
    FlowBaseModel,
    LoopEvent,
    RetryPolicy,
    TransactionalLoop,
    connect,
)
from flowodm.consumer.judge import Judge
from flowodm.consumer.settling import AfterProcessing
from flowodm.consumer.transaction import Transactions

said: dict[str, Any] = json.loads(sys.argv[1])
connect(bootstrap_servers=said["bootstrap"], schema_registry_url=said.get("registry"))
out = os.open(said["path"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
told = os.open(said.get("told", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
kill_at = said.get("kill_at", "")


class Event(FlowBaseModel):
    class Settings:
        topic = said["topic"]
        consumer_group = said["group"]
        value_serializer = said.get("serializer", "json")

    n: int
    key: str


class Priced(FlowBaseModel):
    class Settings:
        topic = said.get("out", "out")
        value_serializer = "json"
        key_field = "key"

    n: int
    key: str


class Settings(BaseSettings):
    session_timeout_ms = 6_000
    heartbeat_interval_ms = 1_000
    auto_commit_interval_ms = 50
    group_protocol = said.get("protocol", "classic")
    extra_config = said.get("config", {})


def write(event: Event, word: str) -> None:
    meta = event.meta
    line = f"{word} {os.getpid()} {meta.partition} {meta.offset} {event.n} {event.key}\n"
    os.write(out, line.encode())
    os.fsync(out)


def note(event: LoopEvent) -> None:
    line = f"{event.kind.replace(' ', '-')} {os.getpid()} {event.partitions} {event.text}\n"
    os.write(told, line.encode())


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


calls = itertools.count(1)
stumbled: set[int] = set()


def begin(event: Event) -> None:
    if kill_at == f"handler:{next(calls)}":
        die()
    if event.n in said.get("poison", ()):
        raise ValueError("poison")
    if event.n in said.get("fails", ()):
        write(event, "failed")
        raise OSError("fails")
    if said.get("stumbles") and event.n % said["stumbles"] == 0 and event.n not in stumbled:
        stumbled.add(event.n)
        raise OSError("stumbles")


def seconds(event: Event) -> float:
    return float(said.get("slow", {}).get(str(event.n), said.get("seconds", 0.002)))


def handle(event: Event) -> None:
    begin(event)
    time.sleep(seconds(event))
    write(event, "done")


def price(event: Event) -> Priced:
    handle(event)
    return Priced(n=event.n, key=event.key)


async def ahandle(event: Event) -> None:
    begin(event)
    await asyncio.sleep(seconds(event))
    write(event, "done")


def dying(persist: Any) -> Any:
    """Die right before a call of some transaction, or right after it."""

    def die_there(self: Any, call: Any, *arguments: Any) -> None:
        if call.__name__ == kill_at and next(calls) > 100:
            if said.get("kill_after"):
                persist(self, call, *arguments)
            die()
        persist(self, call, *arguments)

    return die_there


def arm() -> None:
    """Put the kills where they are wanted."""
    if kill_at == "revoke":
        AfterProcessing.give = lambda *_: die()  # type: ignore[method-assign]
    if kill_at == "letter":
        Judge.buried = lambda *_: os._exit(9)  # type: ignore[method-assign]
    if kill_at in ("send_offsets_to_transaction", "commit_transaction"):
        Transactions._persist = dying(Transactions._persist)  # type: ignore[method-assign]
    if kill_at == "before letter":
        Judge.bury = lambda *_: die()  # type: ignore[method-assign,assign]


arm()
options: dict[str, Any] = {
    "settings": Settings,
    "concurrency": said.get("concurrency", 4),
    "retry": RetryPolicy(**said.get("retry", {"attempts": 1})),
    "dead_letter": said.get("letters"),
    "commit_strategy": said.get("commit_strategy", "after_processing"),
    "on_event": note,
}
loop: Any
if said["kind"] == "async":
    loop = AsyncConsumerLoop(Event, ahandle, **options)
elif said["kind"] == "transactional":
    del options["commit_strategy"]
    loop = TransactionalLoop(Event, price, transactional_id=said["topic"], **options)
else:
    loop = ConsumerLoop(Event, handle, **options)
signal.signal(signal.SIGTERM, lambda *_: loop.stop())
if said["kind"] == "async":
    asyncio.run(loop.run())
else:
    loop.run()
