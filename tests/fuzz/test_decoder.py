"""200,000 inputs: a value or a `DeserializationError`, never anything else, and soon.

Every input is judged by the slow reader too: where the generated decoder gives a value, it must
give the same one; where it refuses, it must know why.
"""

import json
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from random import Random
from typing import Any

import pytest

from flowodm.errors import DeserializationError
from flowodm.json_form import JSON
from tests.fuzz.inputs import Pair, Stored, example, judge, load, mutated

pytestmark = pytest.mark.unit

SEED = 20_260_101
CHUNKS = 20
INPUTS_EACH = 10_000
LONGEST = 5.0
"""Seconds of processor time for one input."""


@cache
def corpus() -> Stored:
    return load()


@cache
def pair(index: int) -> Pair:
    return Pair.of(*corpus().pairs[index])


class Hang(BaseException):
    """An input took too long; no `except Exception` in between may keep it back."""


@contextmanager
def watched() -> Iterator[None]:
    """Interrupt an input that does not end."""

    def interrupt(*_: Any) -> None:
        raise Hang

    before = signal.signal(signal.SIGVTALRM, interrupt)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def verdict(index: int, data: bytes) -> str:
    """What became of one input, within the time it has."""
    signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST)
    try:
        return judge(pair(index), data)
    except Hang:
        pytest.fail(f"more than {LONGEST} s: pair {index}, {data.hex()}")
    except DeserializationError as error:
        pytest.fail(f"only one of two readers refused: {error}; pair {index}, {data.hex()}")


def made(chunk: int) -> Iterator[tuple[int, bytes]]:
    """The inputs of one chunk: mutated stored ones, values as they are and mutated, random bytes."""
    random = Random(SEED + chunk)
    stored = corpus().inputs
    for _ in range(INPUTS_EACH):
        index, data = random.choice(stored)
        match random.randint(0, 9):
            case 0:
                index = random.randrange(len(corpus().pairs))
                yield index, random.randbytes(random.randint(0, 64))
            case 1 | 2 | 3 as way:
                index = random.randrange(len(corpus().pairs))
                value = example(random, corpus().pairs[index][0])
                yield index, value if way == 3 else mutated(random, value, data)
            case _:
                yield index, mutated(random, data, random.choice(stored)[1])


def test_the_corpus_is_broad() -> None:
    stored = corpus()
    assert len(stored.pairs) >= 300
    assert len({index for index, _ in stored.inputs}) >= 300
    assert sum(reader is not None for _, reader in stored.pairs) >= 100


def test_every_stored_input_is_judged() -> None:
    with watched():
        seen = Counter(verdict(index, data) for index, data in corpus().inputs)
    assert seen["value"] > len(corpus().inputs) // 20
    assert seen["refused"] > len(corpus().inputs) // 10


def test_every_stored_input_that_is_a_value_has_a_json_form() -> None:
    decoders = {}
    values = 0
    for index, data in corpus().inputs:
        if index not in decoders:
            decoders[index] = pair(index).styled(JSON)
        try:
            value = decoders[index](data)
        except DeserializationError:
            continue
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
        values += 1
    assert values > len(corpus().inputs) // 20


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_ten_thousand_new_inputs_are_judged(chunk: int) -> None:
    with watched():
        seen = Counter(verdict(index, data) for index, data in made(chunk))
    assert seen.total() == INPUTS_EACH
    assert seen["value"] > INPUTS_EACH // 20
    assert seen["refused"] > INPUTS_EACH // 20
