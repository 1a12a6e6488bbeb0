"""Records that no decent client would send: a Produce request, byte by byte.

Header names that are no text, keys and times of any kind. Kafka's protocol guide describes the
request (version 3) and the record batch (magic 2).
"""

import socket
import struct
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["RawRecord", "produce_raw"]

_NOT_LEADER = 6


@dataclass(frozen=True)
class RawRecord:
    """What one record holds, as bytes."""

    key: bytes | None = None
    value: bytes | None = None
    headers: Sequence[tuple[bytes, bytes | None]] = ()
    timestamp: int = 0


def produce_raw(bootstrap: str, topic: str, records: Sequence[RawRecord]) -> None:
    """Write records to partition 0, in one batch, to the broker that leads it."""
    batch = _batch(records)
    body = struct.pack(">hhi", -1, 1, 10_000) + struct.pack(">i", 1) + _string(topic)
    body += struct.pack(">iii", 1, 0, len(batch)) + batch
    request = struct.pack(">hhi", 0, 3, 1) + _string("raw") + body
    until = time.monotonic() + 10
    while (error := _send(bootstrap, topic, request)) != 0:
        # a topic that was just made has no leader for a moment
        assert error == _NOT_LEADER, f"the broker answers with error {error}"
        assert time.monotonic() < until, "the topic has no leader"


def _send(bootstrap: str, topic: str, request: bytes) -> int:
    """Send a request, and return the error code of the answer."""
    host, _, port = bootstrap.partition(",")[0].rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        answer = _receive(connection, struct.unpack(">i", _receive(connection, 4))[0])
    # correlation id, one topic, its name, one partition, its number; then the error code
    (error,) = struct.unpack_from(">h", answer, 4 + 4 + 2 + len(topic) + 4 + 4)
    return int(error)


def _batch(records: Sequence[RawRecord]) -> bytes:
    first = records[0].timestamp
    last = max(record.timestamp for record in records)
    body = struct.pack(">hiqqqhii", 0, len(records) - 1, first, last, -1, -1, -1, len(records))
    body += b"".join(_record(number, record, first) for number, record in enumerate(records))
    head = struct.pack(">ib", -1, 2) + struct.pack(">I", _crc32c(body))
    return struct.pack(">qi", 0, len(head) + len(body)) + head + body


def _record(number: int, record: RawRecord, first: int) -> bytes:
    body = b"\0" + _varint(record.timestamp - first) + _varint(number)
    body += _bytes(record.key) + _bytes(record.value) + _varint(len(record.headers))
    for name, value in record.headers:
        body += _varint(len(name)) + name + _bytes(value)
    return _varint(len(body)) + body


def _bytes(data: bytes | None) -> bytes:
    return _varint(-1) if data is None else _varint(len(data)) + data


def _varint(number: int) -> bytes:
    zigzag = number << 1 if number >= 0 else ((-number) << 1) - 1
    out = bytearray()
    while zigzag > 0x7F:
        out.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    return bytes([*out, zigzag])


def _string(text: str) -> bytes:
    return struct.pack(">h", len(text)) + text.encode()


def _receive(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        assert part, "the broker hung up"
        data += part
    return data


def _table() -> Iterable[int]:
    for number in range(256):
        for _ in range(8):
            number = number >> 1 ^ (0x82F63B78 if number & 1 else 0)
        yield number


_CRC_TABLE = tuple(_table())


def _crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF
