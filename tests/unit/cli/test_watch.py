"""Looks again and again: paces, outages, and what each kind of output gets."""

import io
import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from flowodm.cli.options import Session
from flowodm.cli.output import Output, Stream
from flowodm.cli.watch import Paces, Screen, Watch, every_second
from flowodm.display.pace import rate_text, time_left
from flowodm.errors import AuthenticationFailed, BrokerUnreachable, UsageError

pytestmark = pytest.mark.unit


class Ended(Exception):
    """The looks that were planned are over."""


def session(*, is_tty: bool = False, output: str | None = None) -> Session:
    made = Session(
        Output(Stream(io.BytesIO(), is_tty=is_tty), Stream(io.BytesIO(), is_tty=is_tty), width=80)
    )
    made.values.output = output
    return made


def written(stream: Stream) -> str:
    assert isinstance(stream.raw, io.BytesIO)
    return stream.raw.getvalue().decode()


def looks(*found: int | Exception) -> Callable[[], int]:
    left: Iterator[int | Exception] = iter(found)

    def look() -> int:
        one = next(left, Ended())
        if isinstance(one, Exception):
            raise one
        return one

    return look


def screen(number: int, now: float) -> Screen:
    return Screen([{"number": number}], lambda width: [[f"number {number} of {width}"]])


def watch(asked: Session, *found: int | Exception) -> None:
    with pytest.raises(Ended):
        Watch(asked).run(looks(*found), screen, 0.0)


def test_off_a_terminal_each_look_is_a_line_of_json() -> None:
    asked = session()
    watch(asked, 1, 2)
    lines = written(asked.output.stdout).splitlines()
    assert [json.loads(line) for line in lines] == [{"number": 1}, {"number": 2}]
    assert written(asked.output.stderr) == ""


def test_on_a_terminal_the_last_look_stands_in_the_place_of_the_one_before() -> None:
    asked = session(is_tty=True)
    watch(asked, 1, 2)
    drawn = written(asked.output.stderr)
    assert "number 1 of 79" in drawn
    assert drawn.index("\x1b[1A", drawn.index("number 1")) < drawn.index("number 2")
    assert written(asked.output.stdout) == ""


def test_ndjson_is_written_on_a_terminal_too() -> None:
    asked = session(is_tty=True, output="ndjson")
    watch(asked, 1)
    assert json.loads(written(asked.output.stdout)) == {"number": 1}


@pytest.mark.parametrize(
    ("is_tty", "output"),
    [(True, "json"), (True, "yaml"), (True, "name"), (False, "table"), (False, "wide")],
)
def test_a_format_that_cannot_go_on_is_refused(is_tty: bool, output: str) -> None:
    with pytest.raises(UsageError, match="cannot be watched here"):
        Watch(session(is_tty=is_tty, output=output))


def test_an_outage_is_told_once_and_the_looks_go_on() -> None:
    asked = session()
    away = BrokerUnreachable("no broker")
    watch(asked, 1, away, away, away, 2, away)
    told = "warning: no broker; looking again every 0 s"
    assert written(asked.output.stderr).splitlines() == [told, told]  # one for each outage
    assert len(written(asked.output.stdout).splitlines()) == 2


@pytest.mark.parametrize("error", [BrokerUnreachable("no broker"), AuthenticationFailed("no")])
def test_what_fails_at_the_first_look_is_an_error(error: Exception) -> None:
    with pytest.raises(type(error)):
        Watch(session()).run(looks(error), screen, 0.0)


def test_refused_credentials_end_it() -> None:
    with pytest.raises(AuthenticationFailed):
        Watch(session()).run(looks(1, AuthenticationFailed("no")), screen, 0.0)


def test_what_goes_on_from_look_to_look_is_told_once() -> None:
    asked = session()
    watching = Watch(asked)
    for _ in range(3):
        watching.tell_once("the registry is away")
    assert written(asked.output.stderr) == "warning: the registry is away\n"


def test_a_pace_is_known_from_the_second_look_on() -> None:
    paces = Paces()
    assert paces.rate("a", 10, 1.0) is None
    assert paces.rate("b", 0, 1.0) is None
    assert paces.rate("a", 30, 3.0) == 10.0
    assert paces.rate("a", None, 4.0) is None


@pytest.mark.parametrize(
    ("rate", "trend", "text"),
    [
        (None, None, "–"),
        (1234.4, None, "1,234/s"),
        (5.0, -3.0, "5/s ▼"),
        (5.0, 3.0, "5/s ▲"),
        (5.0, 0.01, "5/s"),
        (-2.0, 0.0, "0/s"),
    ],
)
def test_a_rate_for_people(rate: float | None, trend: float | None, text: str) -> None:
    assert rate_text(rate, trend) == text


@pytest.mark.parametrize(
    ("left", "trend", "found"),
    [
        (100, -10.0, timedelta(seconds=10)),
        (100, 10.0, None),
        (100, 0.0, None),
        (100, None, None),
        (0, -10.0, None),
        (None, -10.0, None),
        (10**18, -1e-8, None),
    ],
)
def test_when_it_is_done(left: int | None, trend: float | None, found: timedelta | None) -> None:
    assert time_left(left, trend) == found


def test_looks_keep_a_distance() -> None:
    assert every_second("2s") == 2
    assert every_second("1ms") == 0.1
