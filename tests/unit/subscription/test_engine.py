"""How the next record is taken from the shelf: when it leaves it, and who decodes it."""

import math
import threading
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import Message

from flowodm.errors import RegistryUnreachable
from flowodm.subscription.engine import NOTHING, Engine
from tests.mock_cluster import connection

pytestmark = pytest.mark.unit


def engine(decode: Callable[[Message], Any], at_once: Callable[[Message], Any]) -> Engine[Any]:
    """One that has three records, and no consumer."""
    made: Engine[Any] = Engine(
        connection("127.0.0.1:1"), "t", "g", decode=decode, decode_at_once=at_once
    )
    made.shelf.add(Message(topic="t", partition=0, offset=each, value=b"v") for each in range(3))
    made.shelf.due = math.inf
    return made


def offset_of(message: Message) -> int:
    return int(message.offset() or 0)


@pytest.mark.parametrize(
    "failure",
    [RegistryUnreachable("out"), ValueError("a validator with a mistake")],
    ids=["outage", "mistake"],
)
def test_a_record_whose_decoding_fails_stays_where_it_is(failure: Exception) -> None:
    failures = [failure]

    def decode(message: Message) -> int:
        if offset_of(message) == 1 and failures:
            raise failures.pop()
        return offset_of(message)

    made = engine(decode, lambda message: None)
    hold = made.ledger.hold_of(threading.current_thread())
    assert made.take(hold, True) == 0
    with pytest.raises(type(failure)):
        made.take(hold, True)
    assert [offset_of(one) for one in hold.messages] == [0]
    assert [made.take(hold, True) for _ in range(3)] == [1, 2, NOTHING]


def test_what_can_be_decoded_at_once_is_and_the_rest_waits_for_who_may_wait() -> None:
    def at_once(message: Message) -> int | None:
        return None if offset_of(message) == 1 else 7

    made = engine(lambda message: 9, at_once)
    hold = made.ledger.hold_of(threading.current_thread())
    assert made.take(hold, True, may_wait=False) == 7
    assert made.take(hold, True, may_wait=False) is NOTHING
    assert [made.take(hold, True) for _ in range(2)] == [9, 7]
