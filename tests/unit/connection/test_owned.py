"""What belongs to a connection goes with it."""

from typing import ClassVar

import pytest

from flowodm.config import Context
from flowodm.connection import KafkaConnection

pytestmark = pytest.mark.unit


class Thing:
    def __init__(self, name: str, closed: list[str]) -> None:
        self.name = name
        self._closed = closed

    def close(self) -> None:
        self._closed.append(self.name)


@pytest.fixture
def connection() -> KafkaConnection:
    return KafkaConnection(Context(name="c", source="c", bootstrap_servers="127.0.0.1:1"))


def test_a_thing_is_made_once(connection: KafkaConnection) -> None:
    first = connection.owned("a", object)
    assert connection.owned("a", object) is first
    assert connection.owned("b", object) is not first


def test_closing_closes_the_newest_first(connection: KafkaConnection) -> None:
    closed: list[str] = []
    for name in ("first", "second"):
        connection.owned(name, lambda name=name: Thing(name, closed))
    connection.owned("plain", object)
    connection.close()
    assert closed == ["second", "first"]


def test_what_was_closed_is_made_anew_and_the_generation_tells(connection: KafkaConnection) -> None:
    before, generation = connection.owned("a", object), connection.generation
    connection.close()
    assert connection.owned("a", object) is not before
    assert connection.generation > generation


def test_connecting_to_something_else_closes_too(connection: KafkaConnection) -> None:
    closed: list[str] = []
    connection.owned("a", lambda: Thing("a", closed))
    connection.configure(Context(name="d", source="d", bootstrap_servers="127.0.0.1:2"))
    assert closed == ["a"]


def test_what_flushes_is_given_the_time_there_is(connection: KafkaConnection) -> None:
    class Holder:
        given: ClassVar[list[float]] = []

        def flush(self) -> None:
            raise AssertionError("closing does that")

        def close(self, timeout: float = 10) -> None:
            self.given.append(timeout)

    connection.owned("a", Holder)
    connection.close()
    connection.owned("a", Holder)
    connection.close(timeout=0)
    assert Holder.given == [10, 0]
