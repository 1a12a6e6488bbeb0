"""What a failure leads to."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from flowodm import (
    BrokerUnreachable,
    DeliveryError,
    DeliveryTimeout,
    DeserializationError,
    RegistryError,
    RegistryUnreachable,
    SettingsError,
)
from flowodm.consumer import DeadLetterPolicy, RetryPolicy
from flowodm.consumer.policy import (
    Decision,
    FailurePolicy,
    Misuse,
    UnknownSchema,
    Verdict,
    decide,
)

pytestmark = pytest.mark.unit

RETRY = RetryPolicy(attempts=4, initial=1.0, max=8.0, within=60.0)
LETTERS = FailurePolicy(retry=RETRY, dead_letter=DeadLetterPolicy())
SKIPS = FailurePolicy(retry=RETRY, on_failure="skip")
STOPS = FailurePolicy(retry=RETRY)
POLICIES = [LETTERS, SKIPS, STOPS]
GIVEN_UP = {
    id(LETTERS): Decision.DEAD_LETTER,
    id(SKIPS): Decision.SKIP,
    id(STOPS): Decision.STOP,
}


def invalid() -> ValidationError:
    class Model(BaseModel):
        n: int

    with pytest.raises(ValidationError) as caught:
        Model(n="x")  # type: ignore[arg-type]
    return caught.value


def ruling(error: BaseException | None, attempt: int = 1, policy: FailurePolicy = STOPS, **more):
    return decide(error, attempt, policy, chance=lambda: 1.0, **more)


def test_no_error_is_a_commit():
    assert ruling(None) == Verdict(Decision.COMMIT)


@given(st.integers(1, 10), st.floats(0, 200), st.floats(0, 1), st.sampled_from(POLICIES))
def test_a_transient_error_is_tried_again_within_its_bounds(
    attempt: int, elapsed: float, chance: float, policy: FailurePolicy
) -> None:
    found = decide(ValueError("x"), attempt, policy, elapsed=elapsed, chance=lambda: chance)
    delay = chance * min(8.0, 2.0 ** (attempt - 1))
    if attempt < 4 and elapsed + delay <= 60.0:
        assert found == Verdict(Decision.RETRY, delay)
    else:
        assert found.decision is GIVEN_UP[id(policy)]


@pytest.mark.parametrize("policy", POLICIES, ids=["dead letter", "skip", "stop"])
@pytest.mark.parametrize(
    "error",
    [
        TypeError("x"),
        invalid(),
        DeserializationError("x"),
        SettingsError("x"),
        KeyError("listed"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_no_time_heals_is_given_up_at_once(error: Exception, policy: FailurePolicy) -> None:
    listed = FailurePolicy(
        retry=RetryPolicy(permanent=(KeyError,)),
        dead_letter=policy.dead_letter,
        on_failure=policy.on_failure,
    )
    assert ruling(error, policy=listed).decision is GIVEN_UP[id(policy)]


@pytest.mark.parametrize("error", [SystemExit(0), KeyboardInterrupt(), GeneratorExit()])
@pytest.mark.parametrize("policy", POLICIES)
def test_what_is_no_exception_stops_the_loop(error: BaseException, policy: FailurePolicy) -> None:
    assert ruling(error, policy=policy).decision is Decision.STOP


def test_a_cancelled_task_is_a_failure_and_never_an_acknowledgement():
    assert ruling(asyncio.CancelledError()).decision is Decision.RETRY
    assert ruling(asyncio.CancelledError(), 4, LETTERS).decision is Decision.DEAD_LETTER


@pytest.mark.parametrize("policy", POLICIES)
def test_a_handler_that_is_none_for_the_loop_stops_it(policy: FailurePolicy) -> None:
    """Else it would send every record to the dead letters."""
    assert ruling(Misuse("x"), policy=policy).decision is Decision.STOP


@given(st.integers(1, 100_000), st.floats(0, 1e6), st.floats(0, 1))
def test_an_outage_of_the_registry_is_waited_out_for_ever(
    attempt: int, elapsed: float, chance: float
) -> None:
    error = RegistryUnreachable("down")
    found = decide(error, attempt, LETTERS, stage="decode", elapsed=elapsed, chance=lambda: chance)
    assert found.decision is Decision.RETRY
    assert found.is_outage
    assert 0.2 < found.delay <= 15.0


def test_a_registry_that_asks_to_wait_is_given_that_time():
    error = RegistryUnreachable("busy", status=429, retry_after=77.0)
    assert ruling(error, stage="decode").delay == 77.0


def test_a_registry_that_refuses_us_stops_the_loop():
    assert ruling(RegistryError("no", status=401), 1, LETTERS, stage="decode").decision is (
        Decision.STOP
    )


@pytest.mark.parametrize("policy", POLICIES)
def test_an_unknown_schema_has_half_a_minute_to_be_registered(policy: FailurePolicy) -> None:
    error = UnknownSchema("id 7")
    early = ruling(error, 5, policy, stage="decode", elapsed=29.0)
    assert early.decision is Decision.RETRY
    assert not early.is_outage
    late = ruling(error, 6, policy, stage="decode", elapsed=30.0)
    assert late.decision is GIVEN_UP[id(policy)]


@pytest.mark.parametrize("error", [BrokerUnreachable("x"), DeliveryTimeout("x")])
def test_a_dead_letter_waits_out_an_outage_of_the_brokers(error: Exception) -> None:
    found = ruling(error, 1_000, LETTERS, stage="dead letter", elapsed=1e6)
    assert found.decision is Decision.RETRY
    assert found.is_outage


def test_a_dead_letter_that_is_refused_is_tried_some_times_then_stops_the_loop():
    rulings = [
        ruling(DeliveryError("x"), attempt, LETTERS, stage="dead letter").decision
        for attempt in range(1, 6)
    ]
    assert rulings == [Decision.RETRY] * 4 + [Decision.STOP]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"attempts": 0}, "`RetryPolicy.attempts` is a whole number, at least 1, not `0`"),
        ({"attempts": True}, "`RetryPolicy.attempts`"),
        ({"initial": -1}, "`RetryPolicy.initial` is seconds, 0 or more, not `-1`"),
        ({"max": "30s"}, "`RetryPolicy.max` is seconds"),
        ({"initial": 5.0, "max": 1.0}, "`RetryPolicy.initial` 5 is more than `max` 1"),
        ({"permanent": ("ValueError",)}, "`RetryPolicy.permanent` is a tuple of exception"),
        ({"permanent": (SystemExit,)}, "`RetryPolicy.permanent`"),
    ],
)
def test_a_retry_policy_refuses_what_means_nothing(wrong: dict, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        RetryPolicy(**wrong)
    assert words in caught.value.message


def test_one_class_may_stand_for_a_tuple_of_one():
    assert RetryPolicy(permanent=KeyError).permanent == (KeyError,)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"topic": ""}, "`DeadLetterPolicy.topic` is the name of a topic, or None"),
        ({"headers": "kafka"}, "`DeadLetterPolicy.headers` is one of spring, connect, smallrye"),
    ],
)
def test_a_dead_letter_policy_refuses_what_means_nothing(wrong: dict, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        DeadLetterPolicy(**wrong)
    assert words in caught.value.message
