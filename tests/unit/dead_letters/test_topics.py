"""Which names are those of topics of dead letters."""

import pytest

from flowodm.dead_letters import is_dead_letter_name

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "name",
    [
        *("orders-dlt", "orders.DLT", "dlq-orders", "orders_dlq", "dead-letter-topic-orders"),
        *("deadletters", "a.dead-letters.b", "DLQ"),
    ],
)
def test_names_of_dead_letters(name: str):
    assert is_dead_letter_name(name)


@pytest.mark.parametrize("name", ["orders", "adlt", "dltx", "orders-dltx", "deadline", "mydlq"])
def test_other_names(name: str):
    assert not is_dead_letter_name(name)
