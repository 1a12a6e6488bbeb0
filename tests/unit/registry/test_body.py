"""Bodies are decompressed within bounds, however they are cut into pieces."""

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.registry.body import Body, BodyError, headers_of
from flowodm.registry.wire import MAX_BODY

pytestmark = pytest.mark.unit


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    " GZIP ": gzip.compress,
    "deflate": zlib.compress,
    "deflate ": raw_deflate,
}


def read(encoding: str, sent: bytes, size: int) -> bytes:
    body = Body(encoding)
    for start in range(0, len(sent), size):
        body.feed(sent[start : start + size])
    return body.finish()


@given(st.sampled_from(sorted(PACKERS)), st.binary(max_size=2000), st.integers(1, 700))
def test_a_body_is_what_was_packed(encoding: str, data: bytes, size: int) -> None:
    assert read(encoding, PACKERS[encoding](data), size) == data


@given(st.sampled_from(["gzip", "deflate"]), st.binary(min_size=1), st.integers(1, 50))
def test_any_bytes_are_a_body_or_an_error(encoding: str, sent: bytes, size: int) -> None:
    cause = "encoding"
    try:
        read(encoding, sent, size)
    except BodyError as error:
        cause = error.cause
    assert cause == "encoding"


@given(st.binary(min_size=1, max_size=500), st.data())
def test_a_body_that_is_cut_off_is_an_error(data: bytes, draw: st.DataObject) -> None:
    packed = gzip.compress(data)
    kept = packed[: draw.draw(st.integers(1, len(packed) - 1))]
    with pytest.raises(BodyError, match="cut off"):
        read("gzip", kept, 1000)


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "deflate,gzip", "x" * 999])
def test_an_encoding_that_was_not_asked_for_is_refused(encoding: str) -> None:
    with pytest.raises(BodyError) as caught:
        Body(encoding)
    assert len(caught.value.detail) < 100


def test_bytes_after_the_packed_body_are_refused() -> None:
    with pytest.raises(BodyError, match="bytes follow"):
        read("gzip", gzip.compress(b"a") + b"junk", 5)


def bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    block = bytes(1024 * 1024)
    return b"".join(packer.compress(block) for _ in range(size)) + packer.flush()


def test_a_bomb_is_one_error_and_no_memory() -> None:
    sent = bomb(200)
    tracemalloc.start()
    body = Body("gzip")
    with pytest.raises(BodyError) as caught:
        body.feed(sent)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.cause == "too-large"
    assert peak < 3 * MAX_BODY


def test_the_limit_holds_for_what_is_sent_and_for_what_it_becomes() -> None:
    assert read("", bytes(MAX_BODY), 99_999) == bytes(MAX_BODY)
    with pytest.raises(BodyError, match="more than 10 MiB"):
        read("", bytes(MAX_BODY + 1), 99_999)
    assert len(read("gzip", gzip.compress(bytes(MAX_BODY)), 99_999)) == MAX_BODY
    with pytest.raises(BodyError, match="more than 10 MiB"):
        read("gzip", gzip.compress(bytes(MAX_BODY + 1)), 99_999)


def test_of_repeated_headers_the_first_counts() -> None:
    raw = [(b"Location", b"a"), (b"LOCATION", b"b"), (b"X", b"\xff")]
    assert headers_of(raw) == {"location": "a", "x": "ÿ"}
