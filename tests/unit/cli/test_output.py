"""The two streams: sanitized, redacted, quiet when their reader has left, plain about the rest."""

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flowodm.cli.output import Output, OutputClosed, OutputFailed, Span, Stream
from flowodm.config.secrets import remember
from tests.unit.cli.hostile import HOSTILE_TEXTS, MUST_NOT_SHOW

pytestmark = pytest.mark.unit


def capture(**options: Any) -> tuple[Output, io.BytesIO, io.BytesIO]:
    stdout, stderr = io.BytesIO(), io.BytesIO()
    tty = options.pop("tty", False)
    streams = Stream(stdout, is_tty=tty, color=tty), Stream(stderr, is_tty=tty, color=tty)
    return Output(*streams, **options), stdout, stderr


@pytest.mark.parametrize("bad", HOSTILE_TEXTS)
def test_no_way_of_printing_lets_a_control_character_through(bad: str) -> None:
    output, stdout, stderr = capture()
    output.line(bad, Span(bad, "red"))
    output.block(bad)
    output.note(bad)
    output.warn(bad)
    output.message(Span(bad, "dim"))
    for stream in (stdout, stderr):
        assert not (MUST_NOT_SHOW - {"\t"}) & set(stream.getvalue().decode())


def test_data_and_messages_go_to_their_streams() -> None:
    output, stdout, stderr = capture()
    output.line("data")
    output.note("note")
    assert (stdout.getvalue(), stderr.getvalue()) == (b"data\n", b"note\n")


def test_a_note_stands_behind_its_data_where_both_go_to_one_place() -> None:
    both = io.BytesIO()
    stdout = Stream(io.BufferedWriter(both))  # type: ignore[arg-type]
    output = Output(stdout, Stream(both))
    output.line("data")
    output.note("note")
    assert both.getvalue() == b"data\nnote\n"


def test_quiet_leaves_out_notes_and_keeps_warnings() -> None:
    output, _, stderr = capture(quiet=True)
    output.note("note")
    output.warn("wrong")
    assert stderr.getvalue() == b"warning: wrong\n"


def test_styles_show_on_a_colour_stream_only() -> None:
    output, stdout, _ = capture(tty=True)
    output.line("a ", Span("b", "red"))
    output.without_color()
    output.line("a ", Span("b", "red"))
    assert stdout.getvalue() == b"a \x1b[31mb\x1b[0m\na b\n"


def test_a_secret_that_was_loaded_never_reaches_stderr() -> None:
    remember(["canary-7f3b"])
    output, _, stderr = capture()
    output.message("the password canary-7f3b is wrong")
    output.warn("canary-7f3b")
    assert b"canary" not in stderr.getvalue()


def test_the_status_line_is_gone_before_other_text() -> None:
    output, stdout, stderr = capture(tty=True, width=20)
    output.status("x" * 50)
    drawn = stderr.getvalue()
    assert drawn == b"\r" + b"x" * 18 + "…".encode() + b"\x1b[K"
    output.line("data")
    assert stderr.getvalue() == drawn + b"\r\x1b[K"
    assert stdout.getvalue() == b"data\n"


def test_there_is_no_status_line_off_a_terminal() -> None:
    output, _, stderr = capture()
    output.status("busy")
    output.clear_status()
    assert stderr.getvalue() == b""


def test_a_reader_that_left_ends_the_run_quietly() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    output = Output(Stream(os.fdopen(writer, "wb")), Stream(io.BytesIO()))
    assert output.is_abandoned()
    output.line("buffered")
    with pytest.raises(OutputClosed) as raised:
        output.flush()
    assert raised.value.code == 0
    detach(output)


def test_a_pipe_that_is_read_is_not_abandoned() -> None:
    reader, writer = os.pipe()
    output = Output(Stream(os.fdopen(writer, "wb")), Stream(io.BytesIO()))
    assert not output.is_abandoned()
    os.close(reader)
    assert output.is_abandoned()
    output.stdout.raw.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only where there is a full device")
def test_a_full_disk_is_an_error_with_its_cause() -> None:
    output = Output(
        Stream(os.fdopen(os.open("/dev/full", os.O_WRONLY), "wb")), Stream(io.BytesIO())
    )
    output.line("buffered")
    with pytest.raises(OutputFailed, match="cannot write the output: No space left on device"):
        output.flush()
    detach(output)


def test_text_that_the_stream_cannot_encode_is_escaped() -> None:
    stdout = io.BytesIO()
    Output(Stream(stdout, encoding="latin-1"), Stream(io.BytesIO())).line("Köln 東")
    assert stdout.getvalue() == b"K\xf6ln \\u6771\n"


@pytest.mark.parametrize(
    ("environ", "colour"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colour_follows_the_terminal_and_the_environment(
    environ: dict[str, str], colour: bool
) -> None:
    script = (
        "import os, pty, sys\n"
        "_, terminal = pty.openpty()\n"
        "os.dup2(terminal, 1)\n"
        "from flowodm.cli.output import Output\n"
        "output = Output.of_process(eval(sys.argv[1]))\n"
        "sys.stderr.write(f'{output.stdout.color} {output.stderr.color}')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, repr(environ)], capture_output=True, text=True, check=True
    )
    assert done.stderr == f"{colour} False"


def detach(output: Output) -> None:
    """Drop what cannot be written, so that closing the file does not try again."""
    with open(os.devnull, "wb") as null:
        os.dup2(null.fileno(), output.stdout.raw.fileno())
    output.stdout.raw.close()
