"""Servers killed, their connections ended, their disks wiped or cut: what the crew has to live through."""

import os
import shutil
import signal
import struct
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from paydesk.stack.kafka_server import Kafka
from tests.faults.checker import TOPICS
from tests.faults.evidence import raw
from tests.faults.look import ROLES, until
from tests.faults.rows import Row
from tests.faults.strikes import Striker

UNSENT = 500
"""Commands that are to be unacknowledged when the broker loses its disk."""
_BATCHES = 12
_COPIES = 40


def server_killed(name: str) -> Callable[[Striker, Row, int], None]:
    """Return what kills a server again and again; its supervisor starts it again."""

    def strike(striker: Striker, row: Row, rounds: int) -> None:
        bench, row.recovers = striker.bench, "end"
        for _ in range(rounds):
            bench.pace(0)
            time.sleep(striker.random.uniform(0.1, 0.5))
            pid = bench.kill_server(name)
            bench.pace()
            until(lambda pid=pid: bench.server_ready(name, pid), f"{name} ready")  # type: ignore[misc]
            ended = time.monotonic()
            if name == "kafka":
                row.in_flight.append(sum(bench.look.unsent(role) for role in ROLES))
            row.runs += 1
            row.recovery_s.append(striker.arrival(ended))

    return strike


def connections_ended(striker: Striker, row: Row, rounds: int) -> None:
    """End every connection of a role at the database, amid its work."""
    bench, row.recovers = striker.bench, "end"
    for turn in range(rounds):
        role = ROLES[turn % 2]
        bench.pace(0)
        time.sleep(striker.random.uniform(0.05, 0.3))
        bench.look.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [role])
        ended = time.monotonic()
        bench.pace()
        row.runs += 1
        row.recovery_s.append(striker.arrival(ended))
        until(lambda role=role: bench.look.holder_backend(role), f"{role} attended")  # type: ignore[misc]


def broker_wiped(striker: Striker, row: Row, rounds: int) -> None:
    """Kill the broker, empty its disk while hundreds of commands wait, and start it again: other topics."""
    bench, row.recovers = striker.bench, "end"
    for _ in range(rounds):
        with bench.site.supervisor_stopped():
            pid = bench.kill_server("kafka")
            bench.pace(0)
            until(lambda: sum(bench.look.unsent(role) for role in ROLES) >= UNSENT, "commands that wait", 90)
            bench.pace()
            row.in_flight.append(sum(bench.look.unsent(role) for role in ROLES))
            shutil.rmtree(bench.site.home / "kafka")
        until(lambda pid=pid: bench.server_ready("kafka", pid), "kafka ready", 90)  # type: ignore[misc]
        row.runs += 1
        row.recovery_s.append(striker.whole(time.monotonic()))


def topics_made_anew(striker: Striker, row: Row, rounds: int) -> None:
    """Delete one topic or both under load; nobody but the program makes them again."""
    bench, row.recovers = striker.bench, "end"
    admin = AdminClient({**Kafka(bench.site.folder).conf("stack"), "log_level": 0})
    for turn in range(rounds):
        bench.pace()
        time.sleep(striker.random.uniform(0.3, 1))
        gone = [list(TOPICS.values()), [TOPICS["contractor"]], [TOPICS["manager"]]][turn % 3]
        for future in admin.delete_topics(gone).values():
            future.result(20)
        row.runs += 1
        ended = time.monotonic()
        time.sleep(0.5)
        row.recovery_s.append(striker.whole(ended))


def tail_cut(striker: Striker, row: Row, rounds: int) -> None:
    """Stop the broker, cut the last records off a topic, start it again, and have others written in their place."""
    bench, row.recovers = striker.bench, "end"
    for turn in range(rounds):
        bench.pace()
        time.sleep(1)
        with bench.site.supervisor_stopped():
            pid = bench.kill_server("kafka", signal.SIGKILL if turn % 2 else signal.SIGTERM)
            until(lambda pid=pid: _ended(pid), "kafka ended")  # type: ignore[misc]
            gone = cut(bench.site.home / "kafka" / f"{TOPICS[ROLES[turn % 2]]}-0", _BATCHES)
            row.notes.append(f"{gone} batches cut off")
        until(lambda pid=pid: bench.server_ready("kafka", pid), "kafka ready", 90)  # type: ignore[misc]
        row.runs += 1
        ended = time.monotonic()
        time.sleep(0.5)
        row.recovery_s.append(striker.whole(ended))


def cut(folder: Path, batches: int) -> int:
    """Cut the last batches off a partition's newest segment; what is derived from it goes too. Returns how many."""
    segment = max(folder.glob("*.log"))
    content, at, starts = segment.read_bytes(), 0, list[int]()
    while at + 12 <= len(content) and (length := struct.unpack_from(">i", content, at + 8)[0]) > 0:
        starts.append(at)
        at += 12 + length
    gone = min(batches, len(starts) - 1)
    os.truncate(segment, starts[-gone])
    for derived in (*folder.glob("*.index"), *folder.glob("*.timeindex"), *folder.glob("*.snapshot")):
        derived.unlink()
    (folder.parent / ".kafka_cleanshutdown").unlink(missing_ok=True)
    return gone


def messages_again(striker: Striker, row: Row, rounds: int) -> None:
    """Put copies of the newest messages on a topic again, as a producer does that was not told of an ack."""
    bench, row.recovers = striker.bench, "end"
    for turn in range(rounds):
        role = ROLES[turn % 2]
        kafka = Kafka(bench.site.folder).conf(role)
        newest = list(raw(striker.kafka, TOPICS[role]))[-_COPIES:]
        producer = Producer({**kafka, "log_level": 0})
        for _, headers, value in newest:
            producer.produce(TOPICS[role], value, headers["ce_subject"], headers=list(headers.items()))
        producer.flush(20)
        row.runs += 1
        row.recovery_s.append(striker.arrival(time.monotonic()))


def _ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True
