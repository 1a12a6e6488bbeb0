"""The process around a command: its descriptors, its interrupts, its end."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from flowodm.cli.process import Shield

pytestmark = pytest.mark.unit


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_waits_behind_the_shield() -> None:
    done = []

    def work() -> None:
        with Shield() as shield:
            with shield.up():
                interrupt()
                done.append("whole")
            done.append("never")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["whole"]


def test_an_interrupt_elsewhere_is_raised_at_once() -> None:
    done = []

    def work() -> None:
        with Shield():
            interrupt()
            done.append("never")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == []


def test_an_error_behind_the_shield_comes_before_the_interrupt() -> None:
    def work() -> None:
        with Shield() as shield, shield.up():
            interrupt()
            raise ValueError("first")

    with pytest.raises(ValueError, match="first"):
        work()


def test_the_handler_is_what_it_was_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Shield():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before


def test_a_shield_in_another_thread_changes_no_handler() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work() -> None:
        with Shield() as shield, shield.up():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


def run_script(body: str, *, redirect: str = "") -> subprocess.CompletedProcess[str]:
    script = "from flowodm.cli import process\n" + textwrap.dedent(body)
    return subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" {redirect}', sys.executable, script],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


STUBBORN = """
    import os, signal, threading, time
    from flowodm.cli.options import Session
    from flowodm.cli.output import Output
    session = Session(Output.of_process())
    session.patience = 0.3
    signal.signal(signal.SIGINT, lambda *_: None)  # as a call that never looks up
    with process.interrupts(session):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(2_000):
            time.sleep(0.01)
    print("outlived it")
"""


def test_a_command_that_does_not_hear_of_an_interrupt_is_ended() -> None:
    began = time.monotonic()
    done = run_script(STUBBORN)
    assert (done.returncode, done.stdout) == (130, "")
    assert time.monotonic() - began < 15


def test_a_command_that_ends_in_order_keeps_its_exit_code() -> None:
    done = run_script(STUBBORN.replace("range(2_000)", "range(1)") + "    process.end(7)\n")
    assert (done.returncode, done.stdout) == (7, "outlived it\n")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_descriptors_are_not_taken_by_the_next_file(closed: str) -> None:
    done = run_script(
        """
        import os, sys
        process.prepare_streams()
        number = os.open(os.devnull, os.O_RDONLY)
        sys.exit(0 if number > 2 else 1)
        """,
        redirect=closed,
    )
    assert done.returncode == 0


def test_writing_to_a_stdout_that_was_closed_fails() -> None:
    done = run_script(
        """
        import os, sys
        process.prepare_streams()
        try:
            os.write(1, b"x")
        except OSError as error:
            sys.exit(error.errno)
        """,
        redirect=">&-",
    )
    import errno

    assert done.returncode == errno.EBADF
