"""librdkafka's own mock cluster: Kafka's protocol on loopback sockets, in this process.

confluent-kafka starts one too (`test.mock.num.brokers`), but its topics then have four partitions
each, across which nothing is in order. librdkafka's C interface (`rdkafka_mock.h`) says how many;
it is in the library that confluent-kafka brings. What the cluster does for tests is in
`cluster.py`.
"""

import ctypes
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

__all__ = ["MockCluster"]

_PRODUCER: Final = 0
_TOPIC_EXISTS: Final = 36
_PATIENCE: Final = 10.0
_API_VERSIONS: Final = struct.pack(">ihhih", 10, 18, 0, 1, -1)
"""A whole request of Kafka's: which requests do you know?"""

_POINTER: Final = ctypes.c_void_p
_FUNCTIONS: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "rd_kafka_conf_new": (_POINTER, ()),
    "rd_kafka_conf_set_log_cb": (None, (_POINTER, _POINTER)),
    "rd_kafka_new": (_POINTER, (ctypes.c_int, _POINTER, ctypes.c_char_p, ctypes.c_size_t)),
    "rd_kafka_destroy": (None, (_POINTER,)),
    "rd_kafka_mock_cluster_new": (_POINTER, (_POINTER, ctypes.c_int)),
    "rd_kafka_mock_cluster_bootstraps": (ctypes.c_char_p, (_POINTER,)),
    "rd_kafka_mock_cluster_destroy": (None, (_POINTER,)),
    "rd_kafka_mock_topic_create": (
        ctypes.c_int,
        (_POINTER, ctypes.c_char_p, ctypes.c_int, ctypes.c_int),
    ),
}


class MockCluster:
    """A cluster of one broker that lives until it is closed; one thread at a time may use it.

    Raises:
        RuntimeError: librdkafka would not start it.
    """

    def __init__(self) -> None:
        self._call = _library()
        reason = ctypes.create_string_buffer(512)
        settings = self._call["rd_kafka_conf_new"]()
        self._call["rd_kafka_conf_set_log_cb"](settings, None)
        self._host = self._call["rd_kafka_new"](_PRODUCER, settings, reason, len(reason))
        if not self._host:
            raise RuntimeError(f"librdkafka would not start: {reason.value.decode()}")
        self._cluster = self._call["rd_kafka_mock_cluster_new"](self._host, 1)
        if not self._cluster:
            self._call["rd_kafka_destroy"](self._host)
            raise RuntimeError("librdkafka would not start its mock cluster: no port was free")
        servers: bytes = self._call["rd_kafka_mock_cluster_bootstraps"](self._cluster)
        self.bootstrap_servers = servers.decode()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def create_topic(self, name: str, partitions: int = 1) -> bool:
        """Create a topic; one that is there already stays as it is.

        Args:
            name: Its name.
            partitions: How many.

        Returns:
            Whether it is new.

        Raises:
            ValueError: librdkafka refuses the name or the number.
        """
        code: int = self._call["rd_kafka_mock_topic_create"](
            self._cluster, name.encode(), partitions, 1
        )
        self._settle()
        if code not in (0, _TOPIC_EXISTS):
            raise ValueError(f"a topic `{name}` of {partitions} partitions is refused: {code}")
        return code == 0

    def close(self) -> None:
        """End the cluster with everything in it."""
        host, self._host = self._host, None
        if host is not None:
            self._call["rd_kafka_mock_cluster_destroy"](self._cluster)
            self._call["rd_kafka_destroy"](host)

    def _settle(self) -> None:
        """Let the cluster's thread come round once.

        It answers a command first and clears its alarm afterwards: the alarm of a command that
        comes in between is lost, and the command waits a second. An answer over the network
        says that it has come round.
        """
        host, _, port = self.bootstrap_servers.rpartition(":")
        with socket.create_connection((host, int(port)), _PATIENCE) as visitor:
            visitor.sendall(_API_VERSIONS)
            visitor.recv(4)


def _library() -> dict[str, Callable[..., Any]]:
    """Return librdkafka's functions, from the library that confluent-kafka uses."""
    from confluent_kafka import cimpl

    extension = Path(cimpl.__file__)
    # On Windows a library does not offer the functions of those that it needs itself.
    beside = extension.parent.with_name("confluent_kafka.libs").glob("librdkafka*")
    for path in (extension, *beside):
        library = ctypes.CDLL(str(path))
        if hasattr(library, "rd_kafka_mock_topic_create"):
            return {name: _function(library, name) for name in _FUNCTIONS}
    raise RuntimeError("confluent-kafka's library has no mock cluster")


def _function(library: ctypes.CDLL, name: str) -> Callable[..., Any]:
    function = getattr(library, name)
    function.restype, function.argtypes = _FUNCTIONS[name]
    found: Callable[..., Any] = function
    return found
