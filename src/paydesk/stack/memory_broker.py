"""The in-memory broker: librdkafka's own, which the confluent-kafka wheel holds, in a process of its own.

It speaks Kafka's protocol without logins, rights or a disk, and forgets everything when it ends. Its C interface is
marked experimental, hence the pinned minor versions of confluent-kafka and the tests on every call used here.
"""

import contextlib
import ctypes
import ctypes.util
import importlib.util
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from paydesk.role_names import TOPICS
from paydesk.stack import provision
from paydesk.stack.errors import StackError
from paydesk.stack.home import Folder
from paydesk.stack.servers import Server

_BROKER_ID = 1
_PRODUCER_KIND = 0
_BACKLOG = 64
_MOST_FDS = 256


class MemoryBroker(Server):
    """Stands in for Apache Kafka; the outbox says everything again after it was restarted."""

    name = "kafka"
    memory = True

    def __init__(self, folder: Folder, why: str = "") -> None:
        super().__init__(folder)
        self.why = why
        self.port = int(folder.read("ports.json").get("memory_broker", 0))

    @property
    def address(self) -> str:
        """The bootstrap server."""
        return f"127.0.0.1:{self.port}"

    def conf(self, _login: str) -> dict[str, str]:
        """Return librdkafka's settings: it has no logins, and answers a waiting reader only when the wait is over."""
        return {"bootstrap.servers": self.address, "fetch.wait.max.ms": "10"}

    def prepare(self) -> None:
        """Choose the port once: its clients never find it on another one."""
        self.port = self.folder.port("memory_broker")

    def command(self) -> list[str]:
        """Run this module."""
        return [sys.executable, "-m", "paydesk.stack.memory_broker", str(self.port), *TOPICS]

    def ready(self) -> bool:
        """Whether it tells of its topics; it listens only once both are there."""
        return provision.kafka_answers(self.port, {"bootstrap.servers": self.address})

    def provision(self) -> None:
        """Nothing: it has no logins, and made its topics before it listened."""


def _library() -> ctypes.CDLL:
    package = importlib.util.find_spec("confluent_kafka")
    if package is None or not package.submodule_search_locations:
        raise StackError("The package confluent-kafka is not installed.", "Install paydesk anew.")
    folder = Path(next(iter(package.submodule_search_locations)))
    places = (*folder.parent.glob("confluent_kafka.libs/librdkafka*"), *folder.glob(".dylibs/librdkafka*.dylib"))
    named = next(map(str, places), None) or ctypes.util.find_library("rdkafka")
    if named is None:
        raise StackError("The package confluent-kafka holds no librdkafka here.", "Name a broker of your own.")
    return ctypes.CDLL(named)


class _Cluster:
    """One mock cluster of one broker; lives as long as this process."""

    def __init__(self) -> None:
        self._lib = lib = _library()
        pointer = ctypes.c_void_p
        lib.rd_kafka_conf_new.restype = pointer
        lib.rd_kafka_new.restype = lib.rd_kafka_mock_cluster_new.restype = pointer
        lib.rd_kafka_new.argtypes = [ctypes.c_int, pointer, ctypes.c_char_p, ctypes.c_size_t]
        lib.rd_kafka_mock_cluster_new.argtypes = [pointer, ctypes.c_int]
        lib.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
        lib.rd_kafka_mock_cluster_bootstraps.argtypes = [pointer]
        lib.rd_kafka_mock_topic_create.argtypes = [pointer, ctypes.c_char_p, ctypes.c_int, ctypes.c_int]
        lib.rd_kafka_mock_set_controller_id.argtypes = [pointer, ctypes.c_int32]
        lib.rd_kafka_mock_broker_set_host_port.argtypes = [pointer, ctypes.c_int32, ctypes.c_char_p, ctypes.c_int]
        lib.rd_kafka_mock_broker_set_rtt.argtypes = [pointer, ctypes.c_int32, ctypes.c_int]
        why = ctypes.create_string_buffer(256)
        handle = lib.rd_kafka_new(_PRODUCER_KIND, lib.rd_kafka_conf_new(), why, len(why))
        self._cluster = lib.rd_kafka_mock_cluster_new(handle, 1) if handle else None
        if not self._cluster:
            raise StackError(f"The in-memory broker cannot be made: {why.value.decode()}.")

    def make_topic(self, topic: str) -> None:
        """Make a topic of one partition."""
        if self._lib.rd_kafka_mock_topic_create(self._cluster, topic.encode(), 1, 1) != 0:
            raise StackError(f"The in-memory broker cannot make the topic {topic}.")

    def listen(self, port: int) -> None:
        """Listen on this port: librdkafka takes any port, so its listening socket is replaced by one of our own."""
        lib, cluster = self._lib, self._cluster
        lib.rd_kafka_mock_set_controller_id(cluster, _BROKER_ID)
        bootstraps = lib.rd_kafka_mock_cluster_bootstraps(cluster).decode()
        theirs = _descriptor("127.0.0.1", int(bootstraps.rpartition(":")[2]))
        with socket.socket() as ours:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            ours.setblocking(False)
            ours.bind(("127.0.0.1", port))
            os.dup2(ours.fileno(), theirs)
            lib.rd_kafka_mock_broker_set_host_port(cluster, _BROKER_ID, b"127.0.0.1", port)
            ours.listen(_BACKLOG)
        # Wakes its loop, which otherwise sleeps on the replaced socket for up to a second.
        lib.rd_kafka_mock_broker_set_rtt(cluster, _BROKER_ID, 0)


def _descriptor(host: str, port: int) -> int:
    """Return the descriptor of this process that is bound to an address."""
    for number in range(3, _MOST_FDS):
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(number)) as candidate:
            if candidate.getsockname() == (host, port):
                return number
    raise StackError("The in-memory broker's socket was not found.")


def main(port: int, topics: Sequence[str]) -> None:
    """Host the broker until SIGTERM or SIGINT."""
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    cluster = _Cluster()
    for topic in topics:
        cluster.make_topic(topic)
    cluster.listen(port)
    signal.sigwait(ends)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
