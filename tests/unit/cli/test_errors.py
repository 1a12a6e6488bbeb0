"""An error is a few lines: what, why, and what to do; the exit code says the rest."""

import io
from collections.abc import Callable
from typing import Any

import pytest

from flowodm import errors as core
from flowodm.cli.errors import report
from flowodm.cli.options import Session
from flowodm.cli.output import Output, OutputClosed, OutputFailed, Stream
from tests.unit.cli.hostile import HOSTILE_TEXTS, MUST_NOT_SHOW

pytestmark = pytest.mark.unit


def reported(error: BaseException, verbose: int = 0) -> tuple[int, list[str]]:
    stderr = io.BytesIO()
    session = Session(Output(Stream(io.BytesIO()), Stream(stderr)))
    session.values.verbose = verbose
    try:
        raise error
    except BaseException as raised:
        code = report(raised, session)
    return code, stderr.getvalue().decode().splitlines()


def test_an_error_names_the_thing_and_the_cure() -> None:
    error = core.TopicNotFound(
        "topic `user-event` does not exist on localhost:9092",
        hint="did you mean `user-events`?  (flowodm topics list)",
    )
    assert reported(error) == (
        1,
        [
            "error: topic `user-event` does not exist on localhost:9092",
            "  did you mean `user-events`?  (flowodm topics list)",
        ],
    )


def test_a_caret_in_the_cure_stays_under_its_column() -> None:
    error = core.UsageError("the filter is not CEL (column 8)", hint="value. > 1\n       ^")
    assert reported(error)[1][1:] == ["  value. > 1", "         ^"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (core.FlowODMError("x"), 1),
        (core.UsageError("x"), 2),
        (core.ConfigurationError("x"), 2),
        (core.SchemaCompatibilityError("x"), 3),
        (core.AuthenticationFailed("x"), 4),
        (core.ChangeRefused("x"), 4),
        (core.RegistryError("x", status=403), 4),
        (OutputFailed("cannot write the output: No space left on device"), 1),
        (SystemExit(5), 5),
        (SystemExit(None), 0),
        (SystemExit("words"), 1),
        (KeyboardInterrupt(), 130),
        (OutputClosed(), 0),
        (ZeroDivisionError("x"), 1),
    ],
)
def test_exit_codes(error: BaseException, code: int) -> None:
    assert reported(error)[0] == code


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OutputClosed(), SystemExit(3)])
def test_an_end_that_is_no_error_says_nothing(error: BaseException) -> None:
    assert reported(error)[1] == []


@pytest.mark.parametrize("verbose", [0, 1])
def test_an_error_is_at_most_five_lines_without_a_traceback(verbose: int) -> None:
    error = core.FlowODMError("line\n" * 30, hint="cure\n" * 30)
    code, lines = reported(error, verbose)
    assert (code, len(lines)) == (1, 5)
    assert "Traceback" not in "\n".join(lines)
    assert lines[2] == "  … (28 more lines)"


def test_an_unexpected_error_is_called_a_bug_and_says_how_to_see_more() -> None:
    code, lines = reported(ZeroDivisionError("division by zero"))
    assert code == 1
    assert lines == [
        "error: ZeroDivisionError: division by zero",
        "  This is a bug in FlowODM; run it again with -vv for the traceback, and please report it.",
    ]


def test_very_verbose_shows_the_traceback_and_its_causes() -> None:
    try:
        raise ValueError("the cause")
    except ValueError as cause:
        error = core.FlowODMError("the effect")
        error.__cause__ = cause
    _, lines = reported(error, verbose=2)
    assert "ValueError: the cause" in lines
    assert any(line.startswith("Traceback") for line in lines)


def test_a_traceback_holds_no_secret_and_no_local_variable() -> None:
    from flowodm.config.secrets import remember

    remember(["canary-91ab"])

    def fail(password: str) -> None:
        raise core.BrokerError(f"refused {password}")

    try:
        fail("canary-91ab")
    except core.BrokerError as error:
        text = "\n".join(reported(error, verbose=2)[1])
    assert "refused ********" in text
    assert "canary" not in text


def test_an_error_without_words_is_still_an_error_line() -> None:
    assert reported(core.FlowODMError(""))[1] == ["error: FlowODMError"]
    assert reported(RuntimeError())[1][0] == "error: RuntimeError"


@pytest.mark.parametrize("bad", HOSTILE_TEXTS)
@pytest.mark.parametrize("make", [core.FlowODMError, RuntimeError])
def test_hostile_words_in_an_error_are_harmless(bad: str, make: Callable[..., Any]) -> None:
    text = "\n".join(reported(make(bad), verbose=2)[1])
    assert not MUST_NOT_SHOW & set(text)
