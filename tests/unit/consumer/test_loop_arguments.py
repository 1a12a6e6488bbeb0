"""What a loop refuses when it is made: with class, argument and cure; it connects to nothing."""

import functools
from typing import Any

import pytest

from flowodm import (
    AsyncConsumerLoop,
    BatchSettings,
    ConsumerLoop,
    DeadLetterPolicy,
    FlowBaseModel,
    LongRunningSettings,
    RetryPolicy,
    SettingsError,
    TransactionalLoop,
    async_consumer_loop,
    consumer_loop,
)

pytestmark = pytest.mark.unit


class Order(FlowBaseModel):
    class Settings:
        topic = "orders"
        consumer_group = "billing"
        value_serializer = "json"

    n: int


class Groupless(FlowBaseModel):
    class Settings:
        topic = "orders"
        value_serializer = "json"

    n: int


def handle(order: Order) -> None: ...
async def ahandle(order: Order) -> None: ...
def generates(order: Order) -> Any:
    yield order


def takes_none() -> None: ...
def takes_two(order: Order, more: int) -> None: ...


class AsyncCallable:
    async def __call__(self, order: Order) -> None: ...


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an instance for a model": ({"model": Order(n=1)}, "`ConsumerLoop`: `model` is a model class"),
    "no model": ({"model": int}, "`model` is a model class"),
    "no function": ({"handler": "handle"}, "`handler` is a function, not `'handle'`"),
    "a coroutine function": ({"handler": ahandle}, "`handler` `ahandle` is a coroutine function"),
    "a partial of one": (
        {"handler": functools.partial(ahandle)},
        "`handler` `ahandle` is a coroutine function",
    ),
    "an object that is one": ({"handler": AsyncCallable()}, "is a coroutine function"),
    "a generator function": ({"handler": generates}, "`generates` is a generator function"),
    "no argument": ({"handler": takes_none}, "`takes_none() -> None` cannot be called with one"),
    "two arguments": ({"handler": takes_two}, "cannot be called with one record"),
    "no group": ({"model": Groupless}, "`Groupless` names no consumer group"),
    "no profile": ({"settings": 5}, "settings are a profile"),
    "a wrong hook": ({"on_startup": 5}, "`on_startup` is a function, or None, not `5`"),
    "a wrong error handler": ({"error_handler": "x"}, "`error_handler` is a function, or None"),
    "a strategy": (
        {"commit_strategy": "manual"},
        '`commit_strategy` is one of "after_processing", "before_processing", not `\'manual\'`',
    ),
    "an ordering": ({"ordering": "topic"}, '`ordering` is one of "key", "partition", "none"'),
    "no ordering": ({"ordering": None}, "`ordering` is one of"),
    "what to do": ({"on_failure": "ignore"}, '`on_failure` is one of "stop", "skip"'),
    "no concurrency": ({"concurrency": 0}, "`concurrency` is a whole number, at least 1, not `0`"),
    "half of one": ({"concurrency": 1.5}, "`concurrency` is a whole number"),
    "true": ({"concurrency": True}, "`concurrency` is a whole number"),
    "a word": ({"concurrency": "many"}, '`concurrency` is a number of records, or "profile"'),
    "too many": ({"concurrency": 10_001}, "`concurrency` is at most 10,000"),
    "no batch": ({"batch_size": 0}, "`batch_size` is a whole number, at least 1"),
    "no time": ({"shutdown_timeout": -1}, "`shutdown_timeout` is a number of seconds, not `-1`"),
    "for ever": ({"shutdown_timeout": float("inf")}, "`shutdown_timeout` is a number of seconds"),
    "no policy": ({"retry": 3}, "`retry` is a `RetryPolicy`, not `3`"),
    "two policies": (
        {"retry": RetryPolicy(), "max_retries": 3},
        "both `retry` and `max_retries` say how often",
    ),
    "fewer than no retries": ({"max_retries": -1}, "`max_retries` is a whole number, 0 or more"),
    "no delay": ({"retry_delay": "1s"}, "`retry_delay` is a number of seconds"),
    "no letters": ({"dead_letter": 5}, "`dead_letter` is a topic or a `DeadLetterPolicy`"),
    "its own topic": (
        {"dead_letter": "orders"},
        "`dead_letter` is topic `orders`, which this loop reads",
    ),
    "letters and skipping": (
        {"dead_letter": "x", "on_failure": "skip"},
        '`dead_letter` and `on_failure="skip"` contradict each other',
    ),
    "no name": ({"name": ""}, "`name` is a text"),
}


@pytest.mark.parametrize(("wrong", "words"), WRONG.values(), ids=WRONG)
def test_what_means_nothing_is_refused_with_its_name(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        ConsumerLoop(**{"model": Order, "handler": handle, **wrong})
    assert words in caught.value.message


def test_an_async_loop_takes_coroutine_functions_and_names_itself() -> None:
    assert AsyncConsumerLoop(Order, ahandle).name == "ahandle"
    assert AsyncConsumerLoop(Order, AsyncCallable()).name == "AsyncCallable"
    with pytest.raises(SettingsError, match="`AsyncConsumerLoop`: `ordering`"):
        AsyncConsumerLoop(Order, ahandle, ordering="x")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="contradict each other"):
        AsyncConsumerLoop(Order, ahandle, max_concurrent=5, concurrency=6)


def test_one_record_at_a_time_unless_told_otherwise() -> None:
    """A profile's number counts only where it is asked for."""
    assert ConsumerLoop(Order, handle, BatchSettings).options.concurrency == 1
    asked = ConsumerLoop(Order, handle, BatchSettings, concurrency="profile")
    assert asked.options.concurrency == BatchSettings().concurrency
    assert AsyncConsumerLoop(Order, ahandle).options.concurrency == 10
    assert AsyncConsumerLoop(Order, ahandle, max_concurrent=64).options.concurrency == 64


def test_what_is_said_wins_over_the_profile() -> None:
    options = ConsumerLoop(Order, handle).options
    assert options.profile == LongRunningSettings()
    assert options.shutdown_timeout == 25.0
    assert ConsumerLoop(Order, handle, shutdown_timeout=3).options.shutdown_timeout == 3.0
    assert ConsumerLoop(Order, handle, group_id="other").options.group == "other"


def test_the_words_of_0_3_1_say_the_same_as_a_policy() -> None:
    options = ConsumerLoop(Order, handle, max_retries=2, retry_delay=0.5).options
    assert options.failure.retry == RetryPolicy(attempts=3, initial=0.5, max=30.0)
    assert ConsumerLoop(Order, handle).options.failure.retry.attempts == 1
    assert ConsumerLoop(Order, handle, poll_timeout=3.0)


def test_a_dead_letter_topic_has_a_default() -> None:
    assert ConsumerLoop(Order, handle).options.dead_letter_topic is None
    named = ConsumerLoop(Order, handle, dead_letter="bad-orders")
    assert named.options.dead_letter_topic == "bad-orders"
    default = ConsumerLoop(Order, handle, dead_letter=DeadLetterPolicy())
    assert default.options.dead_letter_topic == "orders-dlt"


def test_a_drain_ends_before_the_group_would_give_us_up() -> None:
    class Short(LongRunningSettings):
        session_timeout_ms = 9_000
        max_poll_interval_ms = 10_000

    assert ConsumerLoop(Order, handle, Short).options.drain_timeout == 8.0


def test_decorators_make_loops_that_can_still_be_called() -> None:
    @consumer_loop(Order, group_id="g")
    def double(order: Order) -> int:
        return order.n * 2

    @async_consumer_loop(model=Order, max_concurrent=3)
    async def adouble(order: Order) -> None: ...

    assert double(Order(n=4)) == 8
    assert isinstance(double, ConsumerLoop)
    assert isinstance(adouble, AsyncConsumerLoop)
    assert double.__name__ == "double"
    assert "double" in repr(double)


@pytest.mark.parametrize("refused", ["commit_strategy", "batch_size"])
def test_a_transactional_loop_says_what_it_does_not_take(refused: str) -> None:
    with pytest.raises(SettingsError, match=f"takes no `{refused}`"):
        TransactionalLoop(Order, handle, transactional_id="x", **{refused: 1})
    with pytest.raises(SettingsError, match="`transactional_id` is a text"):
        TransactionalLoop(Order, handle, transactional_id="")


def test_a_loop_that_has_not_run_says_so() -> None:
    status = ConsumerLoop(Order, handle, name="audit").status()
    assert (status.name, status.state, status.topic, status.group) == (
        *("audit", "new", "orders", "billing"),
    )
    assert not status.is_ready
    assert status.is_live()
