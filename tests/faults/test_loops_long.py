"""The long run: members, the broker and the registry go and come back at random, for half an hour.

Of `make soak` alone. `FLOWODM_SOAK_SECONDS` says for how long, `FLOWODM_SOAK_SEED` what is drawn.
"""

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from flowodm import avro
from flowodm.codec.encode import compile_encoder
from flowodm.codec.framing import frame
from flowodm.connection import KafkaConnection
from flowodm.sandbox import Sandbox
from tests.faults.programs import start
from tests.faults.steady import Course
from tests.models import connection_to
from tests.servers import wait_until
from tests.soak import seconds, seed

pytestmark = pytest.mark.faults

SOAK = bool(os.environ.get("FLOWODM_SOAK"))
MEMBERS: Final[tuple[dict[str, Any], ...]] = (
    {"kind": "sync", "concurrency": 4},
    {"kind": "async", "concurrency": 16},
    {"kind": "sync", "concurrency": 1},
)
SHARE: Final = {"classic": 1.0, "consumer": 1 / 3}
"""How much of the time the group speaks which protocol."""
BROKER: Final = {
    "group.consumer.session.timeout.ms": "6000",
    "group.consumer.heartbeat.interval.ms": "1000",
}
"""As long as the members of the other protocol ask for."""
PER_SECOND = 150
MOST_AGAIN = 500
"""Records that come again after a kill or a rebalance: what was in flight, some 200, and more where
nothing could be committed. While a group of the classic protocol waits for a killed member, and
while the broker is away, members work on with what they have fetched. It bounds them all together.
"""
Say = Callable[[str], None]
END_WITHIN = 60.0
"""Seconds for a member that is asked to end, whatever is out just then."""


class Editions:
    """Schemas of the same record, each with an id that no member has met."""

    def __init__(self, connection: KafkaConnection, subject: str) -> None:
        self._connection = connection
        self._subject = subject
        self._count = 0

    def next(self) -> Callable[[int, str], bytes]:
        """Register another one, and write by it from now on."""
        self._count += 1
        text = json.dumps(
            {
                "type": "record",
                "name": "Event",
                "doc": f"Edition {self._count}.",
                "fields": [{"name": "n", "type": "long"}, {"name": "key", "type": "string"}],
            }
        )
        known = self._connection.schema_registry().register(self._subject, text)
        encoder, prefix = compile_encoder(avro.parse(text)), frame(known.schema_id)
        return lambda number, key: encoder.encode({"n": number, "key": key}, prefix)


@dataclass
class Member:
    """A program that runs a loop."""

    place: int
    process: "subprocess.Popen[bytes]"
    saw_outage: bool = False
    """Whether the broker was away while it was there."""
    is_frozen: bool = False
    ends_by: float | None = None
    """By when it must have ended in order; None for one that was not asked to."""


class Storm:
    """What happens, in an order and at times that a seed decides."""

    def __init__(
        self, sandbox: Sandbox, course: Course, editions: Editions, chance: int, say: Say
    ) -> None:
        self.count: Counter[str] = Counter()
        self._sandbox, self._course, self._editions = sandbox, course, editions
        self._chance, self._say = random.Random(chance), say
        self._members: list[Member] = []
        self._due: list[tuple[float, Callable[[], None]]] = []
        self._is_broker_away = False
        self._is_registry_away = False
        self._begun = time.monotonic()

    def begin(self) -> None:
        """Start a member in each place."""
        for place in range(len(MEMBERS)):
            self._start(place)

    def blow(self, length: float) -> None:
        """Have something happen every few seconds, and look on all the while."""
        until = time.monotonic() + length
        happens = (
            *(self._kill,) * 3,
            *(self._terminate,) * 2,
            *(self._freeze,) * 2,
            self._stop_broker,
            self._stop_registry,
            self._rest,
        )
        again = time.monotonic() + 5
        while time.monotonic() < until:
            self.look()
            if time.monotonic() >= again:
                self._chance.choice(happens)()
                again = time.monotonic() + self._chance.uniform(1.0, 6.0)
            time.sleep(0.2)

    def calm(self) -> None:
        """Bring back whatever is away."""
        for _, comes_back in self._due:
            comes_back()
        self._due.clear()

    def look(self) -> None:
        """See to what is due, that nobody has ended unasked, and what the group commits."""
        for one in [one for one in self._due if one[0] <= time.monotonic()]:
            self._due.remove(one)
            one[1]()
        for member in list(self._members):
            self._see(member)
        self._course.check()

    def end(self) -> None:
        """Ask all members to end."""
        for member in self._members:
            member.process.terminate()
        for member in self._members:
            assert member.process.wait(END_WITHIN) == 0

    def close(self) -> None:
        """End what still runs."""
        for member in self._members:
            member.process.kill()
            member.process.wait(30)

    # --- members

    def _start(self, place: int) -> None:
        process = start(self._course.said, **MEMBERS[place])
        self._members.append(Member(place, process, saw_outage=self._is_broker_away))
        self._note("starts", process.pid)

    def _see(self, member: Member) -> None:
        """See whether a member has ended that should not, or not ended that should."""
        code = member.process.poll()
        if member.ends_by is not None:
            assert code in (None, 0), f"{member} ended with {code}"
            assert code == 0 or time.monotonic() < member.ends_by, f"{member} does not end"
            if code == 0:
                self._members.remove(member)
        elif code is not None:
            has_started = member.process.pid in self._course.started()
            assert member.saw_outage, f"{member} ended with {code}"
            assert not has_started, f"{member} ended with {code}"
            self._note("refused starts", member.process.pid)  # no broker: a supervisor tries again
            self._members.remove(member)
            self._later(1.0, lambda: self._start(member.place))

    def _any(self) -> Member | None:
        """A member that runs its loop and was not asked to end."""
        started = self._course.started()
        found = [
            one
            for one in self._members
            if one.ends_by is None and not one.is_frozen and one.process.pid in started
        ]
        return self._chance.choice(found) if found else None

    def _kill(self) -> None:
        if member := self._any():
            member.process.kill()
            member.process.wait(30)
            self._members.remove(member)
            self._note("kills", member.process.pid)
            self._start(member.place)

    def _terminate(self) -> None:
        if member := self._any():
            member.process.terminate()
            member.ends_by = time.monotonic() + END_WITHIN
            self._note("terms", member.process.pid)
            self._start(member.place)

    def _freeze(self) -> None:
        """Stop a member in its tracks, often for longer than its session, and let it go on."""
        if member := self._any():
            member.process.send_signal(signal.SIGSTOP)
            member.is_frozen = True
            self._note("freezes", member.process.pid)

            def thaw() -> None:
                member.process.send_signal(signal.SIGCONT)
                member.is_frozen = False

            self._later(self._chance.uniform(1.0, 10.0), thaw)

    # --- servers

    def _stop_broker(self) -> None:
        if self._is_broker_away:
            return
        self._is_broker_away = True
        for member in self._members:
            member.saw_outage = True
        self._chance.choice((self._sandbox.stop_node, self._sandbox.kill_node))()
        self._note("broker outages")

        def again() -> None:
            self._sandbox.start_node()
            self._is_broker_away = False

        self._later(self._chance.uniform(5.0, 10.0), again)

    def _stop_registry(self) -> None:
        """Write by a schema that only the registry knows, which is gone."""
        if self._is_registry_away:
            return
        self._is_registry_away = True
        encode = self._editions.next()
        self._sandbox.kill_registry()
        self._course.load.encode = encode
        self._note("registry outages")

        def again() -> None:
            self._sandbox.start_registry()
            self._is_registry_away = False

        self._later(self._chance.uniform(10.0, 20.0), again)

    def _rest(self) -> None:
        self._course.load.is_resting = True
        self._note("rests")

        def go_on() -> None:
            self._course.load.is_resting = False

        self._later(self._chance.uniform(1.0, 8.0), go_on)

    def _later(self, after: float, what: Callable[[], None]) -> None:
        self._due.append((time.monotonic() + after, what))

    def _note(self, what: str, process: int | None = None) -> None:
        self.count[what] += 1
        handled = self._course.handled
        waiting = len(self._course.load.acknowledged) - len(handled.numbers) - len(handled.buried)
        self._say(
            f"{time.monotonic() - self._begun:7.1f} s  {what} {process or ''}"
            f"  (duplicates: {handled.duplicates}, waiting: {waiting})"
        )


@contextmanager
def a_storm(
    sandbox: Sandbox, directory: Path, chance: int, say: Say
) -> Iterator[tuple[Storm, Course]]:
    with connection_to(sandbox.bootstrap_servers, sandbox.registry_url) as connection:
        editions = Editions(connection, "long-run-value")
        course = Course(
            sandbox,
            directory,
            partitions=6,
            copies=1,
            per_second=PER_SECOND,
            encode=editions.next(),
            poison=range(500, 1_000_000, 997),
        )
        course.said |= {
            "registry": sandbox.registry_url,
            "serializer": "avro",
            "stumbles": 97,
            "retry": {"attempts": 5, "initial": 0.2, "max": 1.0},
        }
        storm = Storm(sandbox, course, editions, chance, say)
        try:
            yield storm, course
        finally:
            storm.close()
            course.close()


@pytest.mark.skipif(not SOAK, reason="it takes half an hour: `make soak`")
@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_a_long_run_of_everything_at_random(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], protocol: str
) -> None:
    def say(text: str) -> None:
        with capsys.disabled():
            print(text, flush=True)

    chance, length = seed(), seconds(1_800) * SHARE[protocol]
    say(f"\nFLOWODM_SOAK_SEED={chance}, {protocol} protocol, {length:g} s")
    with (
        Sandbox(properties=BROKER) as sandbox,
        a_storm(sandbox, tmp_path, chance, say) as (storm, course),
    ):
        course.said["protocol"] = protocol
        storm.begin()
        course.load.start()
        wait_until(lambda: course.check() or len(course.handled.numbers) > 100, seconds=60)
        storm.blow(length)
        storm.calm()
        course.finish(240)
        storm.look()
        storm.end()
        course.check()
        events, handled = course.events(), course.handled
    say(
        f"acknowledged: {len(course.load.acknowledged)}, handled: {len(handled.numbers)},"
        f" dead letters: {len(handled.buried)} and {handled.buried_again} again,"
        f" lost: {len(course.load.acknowledged - handled.numbers - handled.buried)},"
        f" duplicates: {handled.duplicates}, checks: {course.checks}\n"
        f"happened: {dict(storm.count)}\ntold: {dict(events)}"
    )
    ends = storm.count["kills"] + events["revoked"] + events["lost"] + events["stopped"]
    assert handled.duplicates <= MOST_AGAIN * ends
    assert handled.buried_again <= ends
    assert events["failed"] == 0
    assert course.checks > length / 2
