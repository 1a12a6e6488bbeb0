"""Log lines go to stderr when asked for: sanitized, redacted, and not a hundred times."""

import io
import logging
import threading
import warnings

import pytest

from flowodm.cli import logs
from flowodm.cli.options import Session
from flowodm.cli.output import Output, Stream
from flowodm.config.secrets import remember
from tests.unit.cli.hostile import HOSTILE_TEXTS, MUST_NOT_SHOW

pytestmark = pytest.mark.unit


@pytest.fixture
def stderr() -> io.BytesIO:
    return io.BytesIO()


def configure(stderr: io.BytesIO, verbose: int) -> None:
    session = Session(Output(Stream(io.BytesIO()), Stream(stderr)))
    session.values.verbose = verbose
    logs.configure(session)


def lines(stderr: io.BytesIO) -> list[str]:
    return stderr.getvalue().decode().splitlines()


@pytest.mark.parametrize(("verbose", "told"), [(0, 0), (1, 2), (2, 3)])
def test_verbosity_chooses_the_level(stderr: io.BytesIO, verbose: int, told: int) -> None:
    configure(stderr, verbose)
    log = logging.getLogger("flowodm.kafka")
    log.debug("debug")
    log.info("info")
    log.critical("critical")
    assert len(lines(stderr)) == told


@pytest.mark.parametrize("bad", HOSTILE_TEXTS)
def test_hostile_log_lines_are_harmless(stderr: io.BytesIO, bad: str) -> None:
    configure(stderr, 2)
    logging.getLogger(bad.replace("\0", "")).warning("%s", bad)
    assert lines(stderr)
    assert not MUST_NOT_SHOW & set(stderr.getvalue().decode())


def test_a_secret_in_a_log_line_is_masked(stderr: io.BytesIO) -> None:
    remember(["canary-55aa"])
    configure(stderr, 2)
    try:
        raise ValueError("canary-55aa")
    except ValueError:
        logging.getLogger("x").exception("with canary-55aa")
    assert len(lines(stderr)) > 1
    assert "canary" not in stderr.getvalue().decode()


def test_a_line_that_repeats_itself_is_counted(stderr: io.BytesIO) -> None:
    configure(stderr, 1)
    for _ in range(100):
        logging.getLogger("x").warning("refused")
    logging.getLogger("x").warning("done")
    logging.getLogger("x").warning("done")
    logs.finish()
    shown = lines(stderr)
    assert [line.rpartition(" x: ")[2] for line in shown] == [
        "refused",
        "  … 99 times more",
        "done",
        "  … 1 times more",
    ]


def test_a_line_that_does_not_fit_its_arguments_is_told_all_the_same(stderr: io.BytesIO) -> None:
    configure(stderr, 1)
    logging.getLogger("x").warning("%d of %d", "one")
    assert lines(stderr) == ["%d of %d"]


def test_warnings_and_thread_errors_take_the_same_way(stderr: io.BytesIO) -> None:
    configure(stderr, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("old \x1b[2J", UserWarning, stacklevel=1)

    def fail() -> None:
        raise RuntimeError("lost \x1b[2J")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    shown = stderr.getvalue().decode()
    assert "old \\x1b[2J" in shown
    assert "a background thread failed: RuntimeError: lost \\x1b[2J" in shown
    assert "\x1b" not in shown
