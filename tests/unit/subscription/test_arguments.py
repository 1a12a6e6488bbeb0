"""What the consume verbs refuse before they connect to anything."""

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from flowodm.errors import UsageError
from flowodm.settings import BaseSettings
from flowodm.subscription import Subscription, consumer_config
from tests.faces import FACES, Face, play
from tests.mock_cluster import connection

pytestmark = pytest.mark.unit

Verb = Callable[..., Any]


@pytest.fixture(params=FACES, ids=lambda face: face.name)
def face(request: pytest.FixtureRequest) -> Face:
    return request.param


@pytest.fixture
def source() -> Subscription[Any]:
    return Subscription(connection("127.0.0.1:1"), "t", "g", decode=lambda message: message)


async def iterate(face: Face, source: Subscription[Any], **options: Any) -> None:
    face.iterate(source, **options)


VERBS: dict[str, Verb] = {
    "one": lambda face, source, **options: face.one(source, **options),
    "batch": lambda face, source, **options: face.batch(source, 5, **options),
    "iterate": iterate,
}


def refusal(call: Callable[[], Any]) -> UsageError:
    async def scenario() -> None:
        await call()

    with pytest.raises(UsageError) as caught:
        play(scenario)
    return caught.value


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
@pytest.mark.parametrize("word", ["yeild", "", None, True])
def test_a_word_that_on_error_does_not_have_is_refused_with_both_it_has(
    face: Face, source: Subscription[Any], verb: Verb, word: Any
) -> None:
    error = refusal(lambda: verb(face, source, on_error=word))
    assert '"raise" or "yield"' in error.message
    assert repr(word) in error.message
    assert error.hint is not None


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
@pytest.mark.parametrize("timeout", [None, "1", -1, -0.1, math.nan, True])
def test_a_timeout_that_is_no_number_of_seconds_is_refused(
    face: Face, source: Subscription[Any], verb: Verb, timeout: Any
) -> None:
    error = refusal(lambda: verb(face, source, timeout=timeout))
    assert "`timeout` is a number of seconds" in error.message
    assert error.hint is not None
    assert "timeout=" in error.hint


@pytest.mark.parametrize("timeout", [None, "1", -1])
def test_committing_has_a_timeout_too(face: Face, source: Subscription[Any], timeout: Any) -> None:
    error = refusal(lambda: face.commit(source, timeout=timeout))
    assert "`timeout` is a number of seconds" in error.message


@pytest.mark.parametrize("count", ["5", 2.0, True])
def test_a_number_of_records_is_whole(face: Face, source: Subscription[Any], count: Any) -> None:
    for error in (
        refusal(lambda: face.batch(source, count)),
        refusal(lambda: iterate(face, source, max_messages=count)),
    ):
        assert "`max_messages` is a whole number" in error.message
        assert error.hint is not None


def test_a_group_is_named_by_a_text() -> None:
    with pytest.raises(UsageError, match="named by a text, not `3`"):
        consumer_config(connection("127.0.0.1:1"), 3, BaseSettings)  # type: ignore[arg-type]


def test_what_is_right_is_let_through() -> None:
    """Or the others prove nothing: here the cluster is what is missing."""
    from flowodm.errors import BrokerUnreachable

    def is_let_through(take: Callable[[Subscription[Any]], object]) -> bool:
        made: Subscription[Any] = Subscription(
            connection("127.0.0.1:1"), "t", "g", decode=lambda message: message
        )
        with pytest.raises(BrokerUnreachable):
            take(made)
        return True

    calls: list[Callable[[Subscription[Any]], object]] = []
    for timeout in (0, 0.5, math.inf):
        calls += [
            lambda made, timeout=timeout: made.consume_one(timeout, on_error="yield"),
            lambda made, timeout=timeout: asyncio.run(
                made.aconsume_batch(1, timeout, on_error="raise")
            ),
        ]
    with ThreadPoolExecutor(len(calls)) as threads:  # each waits some seconds
        assert list(threads.map(is_let_through, calls)) == [True] * len(calls)
