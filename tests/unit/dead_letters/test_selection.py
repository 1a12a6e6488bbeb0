"""Which dead letters a selection chooses."""

import pytest

from flowodm.consumer.dead_letter import STYLES, DeadLetter, HeaderStyle
from flowodm.dead_letters import Selection, Sieve, facts_of
from flowodm.errors import UsageError
from tests.unit.dead_letters.letters import dead_record

pytestmark = pytest.mark.unit

LETTER = DeadLetter(
    topic="orders",
    partition=3,
    offset=41,
    group="billing",
    exception="org.example.Payment$Declined",
    message="no",
    attempts=5,
    stage="handler",
)


def chosen(selection: Selection, *, style: HeaderStyle = "spring", **more: object) -> bool:
    record = dead_record(LETTER, style=style, **more)  # type: ignore[arg-type]
    return bool(Sieve(selection).keep([record]))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("said", "other"),
    [
        ({"topic": "orders"}, {"topic": "order"}),
        ({"from_partitions": (0, 3)}, {"from_partitions": (0, 4)}),
        ({"group": "billing"}, {"group": "bill"}),
        ({"stage": "handler"}, {"stage": "decode"}),
        ({"exception": "org.example.Payment$Declined"}, {"exception": "org.example.Payment"}),
        ({"exception": "Payment$Declined"}, {"exception": "ment$Declined"}),
        ({"exception": "Declined"}, {"exception": "clined"}),
        ({"key": "^k$"}, {"key": "q"}),
        ({"where": "value.n == 1"}, {"where": "value.n == 2"}),
        ({"where": "letter.attempts > 4"}, {"where": "letter.attempts > 5"}),
        ({"where": "letter.group.startsWith('bill')"}, {"where": "letter.topic == 'x'"}),
        ({"where": "letter.replayed == 0"}, {"where": "letter.replayed > 0"}),
        ({"where": "letter.style != ''"}, {"where": "letter.style == ''"}),
    ],
)
def test_each_choice_takes_what_fits_and_nothing_else(
    style: HeaderStyle, said: dict[str, object], other: dict[str, object]
):
    assert chosen(Selection(**said), style=style)  # type: ignore[arg-type]
    assert not chosen(Selection(**other), style=style)  # type: ignore[arg-type]


def test_all_choices_must_agree():
    assert not chosen(Selection(topic="orders", group="other"))


def test_what_is_no_dead_letter_is_chosen_only_where_nothing_is_asked_of_its_headers():
    plain = [dead_record()]
    assert Sieve(Selection()).keep(plain)
    assert not Sieve(Selection(topic="orders")).keep(plain)
    assert not Sieve(Selection(where="letter.attempts > 1")).keep(plain)


def test_what_is_not_said_is_absent_in_an_expression():
    sieve = Sieve(Selection(where="letter.cause == 'x'"))
    assert not sieve.keep([dead_record(LETTER)])
    assert sieve.counts is not None
    assert sieve.counts.absent == 1
    assert Sieve(Selection(where="!has(letter.cause)")).keep([dead_record(LETTER)])


def test_a_letter_is_no_variable_of_other_filters():
    from flowodm.query import Filter

    with pytest.raises(UsageError, match="names `letter`"):
        Filter(where="letter.attempts > 1")


def test_a_wrong_name_is_told_with_letter_among_the_right_ones():
    with pytest.raises(UsageError, match="did you mean `letter`"):
        Sieve(Selection(where="leter.attempts > 1"))


@pytest.mark.parametrize(
    "headers",
    [
        (("kafka_dlt-original-topic", b"\xff\xfe"), ("kafka_dlt-original-partition", b"\0")),
        (("kafka_dlt-original-topic", b"orders"), ("kafka_dlt-original-offset", b"41")),
        (("__connect.errors.topic", b"orders"), ("__connect.errors.offset", b"9" * 5_000)),
        (("dead-letter-topic", b"orders"), ("dead-letter-partition", b"")),
        (("dead-letter-topic", None), ("kafka_dlt-original-topic", b"\x1b]0;x\x07")),
    ],
)
def test_hostile_headers_say_less_and_break_nothing(headers):
    record = dead_record(headers=headers)
    assert "partition" not in facts_of(record)
    assert "offset" not in facts_of(record)
    assert Sieve(Selection(where="letter.topic != 'x'")).keep([record])
