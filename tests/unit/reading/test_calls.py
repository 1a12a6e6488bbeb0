"""A blocking call in a thread of its own."""

import threading

import pytest

from flowodm.reading.calls import in_background

pytestmark = pytest.mark.unit


def test_a_call_is_made_on_a_thread_that_keeps_no_program_alive() -> None:
    thread = in_background(threading.current_thread).result(timeout=5)
    assert thread is not threading.current_thread()
    assert thread.daemon


def test_the_error_of_a_call_is_raised_where_the_result_is_asked_for() -> None:
    with pytest.raises(ZeroDivisionError):
        in_background(lambda: 1 // 0).result(timeout=5)


def test_a_call_that_takes_long_keeps_nobody_waiting() -> None:
    release = threading.Event()
    future = in_background(release.wait)
    assert not future.done()
    release.set()
    assert future.result(timeout=5) is True
