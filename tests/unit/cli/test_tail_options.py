"""What the options of `tail` mean together."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest

from flowodm.cli import tail_loop
from flowodm.cli.app import run
from flowodm.cli.options import Session
from flowodm.cli.output import Output, Stream
from flowodm.cli.tail import TailRequest
from flowodm.positions import At, End, FromEnd, Offset, Range, Start, Stored

pytestmark = pytest.mark.unit


@pytest.fixture
def request_of(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Parse a command line of `tail` as far as the loop, which is not run."""
    caught: list[TailRequest] = []

    def keep(request: TailRequest, session: Session) -> int:
        caught.append(request)
        return 0

    monkeypatch.setattr(tail_loop, "run", keep)

    def parse(*words: str, tty: bool = False) -> TailRequest:
        stderr = io.BytesIO()
        output = Output(Stream(io.BytesIO(), is_tty=tty), Stream(stderr))
        code = run(["tail", *words], Session(output))
        assert code == 0, stderr.getvalue().decode()
        return caught.pop()

    return parse


def refusal(*words: str, tty: bool = False) -> str:
    stderr = io.BytesIO()
    output = Output(Stream(io.BytesIO(), is_tty=tty), Stream(stderr))
    assert run(["tail", *words], Session(output)) == 2
    return stderr.getvalue().decode()


@pytest.mark.parametrize(
    ("words", "span", "follows"),
    [
        ("t", Range(End()), True),
        ("t -f", Range(End()), True),
        ("t -e", Range(Start()), False),
        ("t --offset start", Range(Start()), True),
        ("t --offset start -e", Range(Start()), False),
        ("t --offset -5", Range(FromEnd(5)), True),
        ("t --offset 5:8", Range(Offset(5), Offset(8)), False),
        ("t --offset 5:8 -f", Range(Offset(5), Offset(8)), True),
        ("t --since 1970-01-02", Range(At(86_400_000)), True),
        ("t --since 1970-01-02 -e", Range(At(86_400_000)), False),
        ("t --until 1970-01-02", Range(Start(), At(86_400_000)), False),
        ("t -n 3", Range(Start()), False),
        ("t -n 3 -f", Range(Start()), True),
        ("t -n 3 --since 1970-01-02", Range(At(86_400_000)), False),
        ("t -g team", Range(Stored()), True),
        ("t -g team -e", Range(Start()), False),
    ],
)
def test_where_it_reads_and_whether_it_follows(
    request_of: Any, words: str, span: Range, follows: bool
) -> None:
    read = request_of(*words.split()).read
    assert (read.range, read.follow) == (span, follows)


def test_every_option_arrives(request_of: Any) -> None:
    request = request_of(
        "a", "b", "-c", "7", "--idle-timeout", "1m30s", "-p", "0,3-5", "--partition-offset", "3=9",
        "--isolation", "read_uncommitted", "-r", "-g", "team", "--where", "true", "-H", "x=1",
        "-H", "y", "--key", "k", "--grep", "g", "--strict", "--key-format", "text",
        "--value-format", "json", "-o", "json",
    )  # fmt: skip
    assert request.topics == ("a", "b")
    assert request.limit == 7
    assert request.read.limit is None  # the filter decides what counts
    assert request.read.idle_timeout == 90
    assert request.read.partitions == (0, 3, 4, 5)
    assert request.read.partition_ranges == ((3, Range(Offset(9), strict=True)),)
    assert (request.read.isolation, request.read.regex, request.read.group) == (
        "read_uncommitted",
        True,
        "team",
    )
    assert (request.where, request.headers, request.key, request.grep) == (
        "true",
        ("x=1", "y"),
        "k",
        "g",
    )
    assert (request.strict, request.key_format, request.value_format) == (True, "text", "json")
    assert request.form == "json"


def test_a_limit_without_a_filter_is_the_readers_own(request_of: Any) -> None:
    assert request_of("t", "-c", "7").read.limit == 7


@pytest.mark.parametrize(
    ("words", "tty", "form"),
    [
        ("t", True, "pretty"),
        ("t", False, "ndjson"),
        ("t -o table", True, "table"),
        ("t -o pretty", False, "pretty"),
        ("t -o raw", False, "raw"),
        ("t --raw", True, "raw"),
        ("t --raw -o raw", True, "raw"),
    ],
)
def test_the_format_follows_the_terminal(request_of: Any, words: str, tty: bool, form: str) -> None:
    assert request_of(*words.split(), tty=tty).form == form


@pytest.mark.parametrize(
    ("words", "tty", "why"),
    [
        ("", False, "missing argument"),
        ("t -f -e", False, "contradict"),
        ("t --offset 5 --since 1h", False, "give one of them"),
        ("t --offset bogus", False, "is not a position"),
        ("t --offset strt", False, "did you mean `start`"),
        ("t --since never", False, "is not a time"),
        ("t -p 0-", False, "partitions `0-`"),
        ("t --partition-offset 5", False, "PARTITION=POSITION"),
        ("t --idle-timeout soon", False, "soon"),
        ("t -n 0", False, "is not in the range 1 and more"),
        ("t -c ten", False, "is not a whole number"),
        ("t --isolation read_comitted", False, "did you mean `read_committed`"),
        ("t --value-format avr", False, "did you mean `avro`"),
        ("t -o yaml", False, "is not an output format"),
        ("t -o ndjon", False, "did you mean `ndjson`"),
        ("t -o raw", True, "could steer this terminal"),
        ("t -o json --raw", False, "contradict"),
        ("t -o json --format %v", False, "an output of its own"),
        ("t --formt x", False, "did you mean `--format`"),
    ],
)
def test_what_means_nothing_is_a_usage_error_in_few_lines(words: str, tty: bool, why: str) -> None:
    shown = refusal(*words.split(), tty=tty)
    assert why in shown
    assert len(shown.splitlines()) <= 5


def test_now_is_when_the_command_starts(request_of: Any) -> None:
    start = request_of("t", "--since", "1h").read.range.start
    ago = datetime.now(UTC).timestamp() - start.timestamp / 1000
    assert 3_599 < ago < 3_700
