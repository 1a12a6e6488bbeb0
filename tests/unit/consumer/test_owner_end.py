"""An owner that runs to the end ends when all that was there is done, and not before."""

import pytest
from confluent_kafka import KafkaError

from tests.unit.consumer.world import FakeMessage, World

pytestmark = pytest.mark.unit

END = KafkaError(KafkaError._PARTITION_EOF)


def an_owner() -> World:
    """A world of one partition, which is ours; its owner runs to the end."""
    world = World(0)
    world.owner.stops_at_end = True
    world.owner.join()
    world.committed[0] = 0
    world.consumer.give([0])
    return world


def test_an_end_in_one_batch_with_its_records_counts_when_they_are_done() -> None:
    world = an_owner()
    world.owner._receive([FakeMessage(0, 0, b"k"), FakeMessage(0, 1, b"k", END)])  # type: ignore[list-item]
    world.owner._stop_at_end()
    assert not world.owner.is_over
    assert 0 in world.owner.at_end
    assert len(world.board) == 1
    world.board.finish([world.board.take(None)])  # type: ignore[list-item]
    world.owner.collect()
    world.owner._stop_at_end()
    assert world.owner.is_over


def test_records_behind_an_end_take_it_back() -> None:
    world = an_owner()
    world.owner._receive([FakeMessage(0, 0, b"k", END), FakeMessage(0, 0, b"k")])  # type: ignore[list-item]
    assert 0 not in world.owner.at_end
    assert not world.owner.is_over


def test_an_end_with_nothing_before_it_ends_the_run() -> None:
    world = an_owner()
    world.owner._receive([FakeMessage(0, 0, b"k", END)])  # type: ignore[list-item]
    world.owner._stop_at_end()
    assert world.owner.is_over
