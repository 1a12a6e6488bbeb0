"""Threads that ask for the same thing at the same time share one fetch."""

import threading

import pytest

from flowodm.errors import SchemaParseError
from flowodm.registry.flights import Flights, again

pytestmark = pytest.mark.unit


def fly(flights: Flights, fetch, threads: int = 6) -> list[object]:
    results: list[object] = []

    def join() -> None:
        try:
            results.append(flights.join("key", fetch))
        except BaseException as error:
            results.append(error)

    running = [threading.Thread(target=join) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(10)
    return results


class Gate:
    """A fetch that ends when as many as expected have asked, or a second has passed."""

    def __init__(self, outcome) -> None:
        self.calls = 0
        self._outcome = outcome

    def __call__(self) -> object:
        self.calls += 1
        threading.Event().wait(0.2)
        return self._outcome()


def test_one_fetch_serves_all() -> None:
    gate = Gate(object)
    results = fly(Flights(), gate)
    assert gate.calls == 1
    assert len(results) == 6
    assert len(set(map(id, results))) == 1


def test_each_gets_an_error_of_its_own() -> None:
    def fail() -> object:
        raise SchemaParseError("bad", path="/fields/0")

    gate = Gate(fail)
    results = fly(Flights(), gate)
    assert gate.calls == 1
    assert {str(error) for error in results} == {"bad (at `/fields/0`)"}
    assert len(set(map(id, results))) == 6


def test_an_interrupted_fetch_is_done_by_the_next() -> None:
    interruptions = iter([KeyboardInterrupt])

    def fetch() -> object:
        for interruption in interruptions:
            raise interruption
        return "done"

    results = fly(Flights(), Gate(fetch))
    assert sum(isinstance(one, KeyboardInterrupt) for one in results) == 1
    assert results.count("done") == 5


def test_a_later_question_is_asked_anew() -> None:
    flights = Flights()
    answers = iter([1, 2])
    assert [flights.join("key", lambda: next(answers)) for _ in range(2)] == [1, 2]


def test_a_copied_error_is_the_same_but_for_its_traceback() -> None:
    error = SchemaParseError("bad", path="/a", hint="do")
    copy = again(error)
    assert (str(copy), copy.args, vars(copy)) == (str(error), error.args, vars(error))
    assert copy is not error
