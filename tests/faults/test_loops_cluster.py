"""Loops on three brokers: leaders are killed under load, and members share the work.

`FLOWODM_SOAK=1` runs the full durations.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowodm.sandbox import Sandbox
from tests.faults.programs import member
from tests.faults.steady import Course
from tests.servers import wait_until

pytestmark = pytest.mark.faults

SOAK = bool(os.environ.get("FLOWODM_SOAK"))
PARTITIONS = 6
KILLS, EVERY, AWAY = (15, 20.0, 5.0) if SOAK else (2, 9.0, 2.0)
"""How often a leader is killed, each how many seconds, and for how many it stays away."""
PER_SECOND = 200
MOST_AGAIN = 9 * PER_SECOND
"""What the load brings while the group's coordinator is away, until the session has ended: the loop
works on with what the other leaders send, and nothing can be committed."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Sandbox]:
    """Three brokers, copies on each, of which two must agree; whoever kills one starts it again."""
    with Sandbox(nodes=3, registry=False) as sandbox:
        yield sandbox


@pytest.fixture
def course(cluster: Sandbox, tmp_path: Path) -> Iterator[Course]:
    made = Course(cluster, tmp_path, partitions=PARTITIONS, copies=3, per_second=PER_SECOND)
    made.load.start()
    yield made
    made.close()


def watch(course: Course, program: "subprocess.Popen[bytes]", until: float) -> None:
    """Check all the while that the loop runs, and what it commits."""
    while time.monotonic() < until:
        assert program.poll() is None, f"it ended with {program.returncode}"
        course.check()
        time.sleep(0.2)


def test_a_loop_outlives_the_leaders_that_it_reads_from_and_loses_nothing(
    cluster: Sandbox, course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    with member(course.said, concurrency=4) as program:
        wait_until(lambda: course.check() or len(course.handled.numbers) > 100, seconds=60)
        for turn in range(KILLS):
            begun = time.monotonic()
            leader = course.leader(turn % PARTITIONS)
            cluster.kill_node(leader)
            watch(course, program, begun + AWAY)
            cluster.start_node(leader)
            watch(course, program, begun + EVERY)
        course.finish()
        assert program.poll() is None
    course.check()
    events = course.events()
    taken = events["revoked"] + events["lost"]
    with capsys.disabled():
        print(
            f"\nkills of leaders: {KILLS}, acknowledged: {len(course.load.acknowledged)},"
            f" handled: {len(course.handled.numbers)}, duplicates: {course.handled.duplicates},"
            f" checks: {course.checks}, events: {dict(events)}"
        )
    assert course.handled.duplicates <= MOST_AGAIN * taken
    assert events["failed"] == 0
    assert course.checks > 2 * KILLS


def test_members_on_three_brokers_share_the_partitions(course: Course) -> None:
    with member(course.said) as one, member(course.said) as other:

        def is_shared() -> bool:
            course.check()
            parts = [course.handled.partitions_of[program.pid] for program in (one, other)]
            return all(parts) and set.union(*parts) == set(range(PARTITIONS))

        wait_until(is_shared, seconds=60)
        other.terminate()  # and what was its is the other's then
        assert other.wait(60) == 0
        course.finish()
    course.check()
    assert course.handled.by_process[one.pid] > 0
