"""The owner in a simulated world: ten thousand schedules, the promises checked after every step."""

import random

import pytest

from tests.unit.consumer.world import World

pytestmark = pytest.mark.simulation

SCHEDULES = 10_000
CHUNKS = 20


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_whatever_happens_nothing_is_lost_and_no_order_broken(chunk: int) -> None:
    each = SCHEDULES // CHUNKS
    for seed in range(chunk * each, (chunk + 1) * each):
        try:
            turns = random.Random(seed).randint(0, 30)
            if seed % 4:
                World(seed).run(turns)
            else:
                World(seed).stop_in_the_middle(turns)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error}") from error
