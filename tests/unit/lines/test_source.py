"""Bytes to numbered lines, and messages that wait in a spool."""

import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.errors import FlowODMError, SerializationError, UsageError
from flowodm.lines import Message, Spool, numbered_lines
from flowodm.lines.source import followed_lines, text_of

pytestmark = pytest.mark.unit


def lines(data: bytes) -> list[tuple[int, bytes]]:
    return list(numbered_lines(io.BytesIO(data)))


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", []),
        (b"\n \t\n\r\n", []),
        (b"a", [(1, b"a")]),
        (b"a\r\n\r\nb\n", [(1, b"a"), (3, b"b")]),
        (b"\xef\xbb\xbfa\n\xef\xbb\xbfb", [(1, b"a"), (2, b"\xef\xbb\xbfb")]),
        (b"\xef\xbb\xbf\na", [(2, b"a")]),
        (b" a \x0b", [(1, b" a \x0b")]),
    ],
)
def test_lines_are_numbered_and_blank_ones_left_out(
    data: bytes, found: list[tuple[int, bytes]]
) -> None:
    assert lines(data) == found


def test_a_line_may_be_of_any_length() -> None:
    assert lines(b"x" * 3_000_000 + b"\ny") == [(1, b"x" * 3_000_000), (2, b"y")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf16_is_named_with_the_cure(encoding: str) -> None:
    with pytest.raises(UsageError, match="UTF-16") as caught:
        lines("\ufeff{}".encode("utf-16-be") if encoding == "utf-16-be" else "{}".encode(encoding))
    assert caught.value.hint is not None
    assert "iconv" in caught.value.hint


def test_what_is_no_utf8_says_where() -> None:
    assert text_of("Köln".encode()) == "Köln"
    with pytest.raises(SerializationError, match=r"not UTF-8 \(byte 2 of the line\)"):
        text_of(b"ab\xff")


MESSAGES = st.builds(
    Message,
    st.none() | st.binary(),
    st.none() | st.binary(),
    st.lists(st.tuples(st.text(), st.none() | st.binary())).map(tuple),
    st.none() | st.integers(1, 2**62),
)


@given(st.lists(st.tuples(st.integers(1, 10**9), MESSAGES)))
def test_a_spool_gives_back_what_was_put_in(entries: list[tuple[int, Message]]) -> None:
    with Spool() as spool:
        for number, message in entries:
            spool.add(number, message)
        assert len(spool) == len(entries)
        assert list(spool) == entries


def test_a_large_spool_leaves_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowodm.lines.spool._IN_MEMORY", 1_000)
    with Spool() as spool:
        for number in range(100):
            spool.add(number, Message(None, b"x" * 100, (), None))
        assert spool._file._rolled
        assert [number for number, _ in spool] == list(range(100))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_is_one_error() -> None:
    with Spool() as spool, open("/dev/full", "wb", buffering=0) as full:
        kept, spool._file = spool._file, full  # type: ignore[assignment]
        with pytest.raises(FlowODMError, match="No space left on device"):
            spool.add(1, Message(None, b"x", (), None))
        spool._file = kept


def test_a_stream_that_cannot_be_read_is_one_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with (
        open(writer, "rb", buffering=0) as stream,  # the end that can only be written to
        pytest.raises(FlowODMError, match="cannot read the lines: "),
    ):
        list(numbered_lines(stream))


def test_lines_that_take_their_time_are_followed_with_ticks_in_between() -> None:
    reader, writer = os.pipe()
    with open(reader, "rb") as stream, open(writer, "wb", buffering=0) as source:
        lines = followed_lines(stream, 0.01)
        source.write(b"first\n")
        assert next(line for line in lines if line is not None) == (1, b"first")
        assert next(lines) is None
        source.write(b"\nthird")
        source.close()
        assert [line for line in lines if line is not None] == [(3, b"third")]


def test_what_is_wrong_with_followed_lines_is_raised_to_the_caller() -> None:
    with pytest.raises(UsageError, match="UTF-16"):
        list(followed_lines(io.BytesIO("{}".encode("utf-16")), 1))
