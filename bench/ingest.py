"""``python bench/ingest.py``: how fast the manager's worker takes in a backlog of events, and the bytes that it keeps.

The floor reads the same messages and writes id, key and message with COPY into one table that has a primary key, a
transaction a batch. Each turn measures the floor, then paydesk's worker on a schema that is empty again, then the
peers, which read fewer of the same messages and write a row a transaction. A rate counts from the first rows that are
saved to the last, so that nobody's start counts.
"""

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

import peer
import psutil
import psycopg
from confluent_kafka import Consumer, TopicPartition
from ratios import Goal, Ratio, arguments, report
from sites import Site, site, until
from storm_events import Contractor, say

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.infra.kafka import clients
from paydesk.manager.role import ROLE as MANAGER

SLICE = 20_000
BATCH = 5_000
PATIENCE_S = 1500.0
COPY = "consume and COPY into one table"
KEPT = "a table of id, key and message"
_FLOOR = """
DROP TABLE IF EXISTS floor;
CREATE TABLE floor (id uuid PRIMARY KEY, key text NOT NULL, message text NOT NULL);
"""


@dataclass(frozen=True)
class Reading:
    """How a backlog was taken in: events a second, and seconds of processor time of the one process for each event."""

    rate: float
    processor_s: float


class Watch:
    """Counts from the first rows that are saved: where it began, how long it takes, and what its process uses."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._count = 0
        self._began = self._used = 0.0

    def saved(self, count: int) -> None:
        """Note how many rows are saved now, all in all."""
        if count and not self._count:
            self._count, self._began, self._used = count, time.perf_counter(), self._processor_s()

    def reading(self, count: int) -> Reading:
        """Return what it came to, now that so many rows are saved."""
        events = max(1, count - self._count)
        return Reading(
            events / (time.perf_counter() - self._began), max(1e-9, self._processor_s() - self._used) / events
        )

    def _processor_s(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)


def backlog(place: Site, events: int) -> None:
    """Have the contractor's side say so many requests."""
    producer = clients.producer(place.kafka.conf(CONTRACTOR.name), print)
    contractor = Contractor()
    for begin in range(0, events, SLICE):
        say(producer, [contractor.ask() for _ in range(min(SLICE, events - begin))], 1e6)


def floor(place: Site, topics: Mapping[str, int]) -> Reading:
    """Consume so many messages of each topic, and write them with COPY."""
    watch, count = Watch(psutil.Process()), 0
    group = {"group.id": str(uuid.uuid4()), "enable.auto.commit": False, "auto.offset.reset": "earliest"}
    with psycopg.connect(place.postgres.url("stack")) as database, closing(Consumer(_conf(place) | group)) as consumer:
        database.execute(_FLOOR)
        database.commit()
        consumer.assign([TopicPartition(topic, 0, 0) for topic in topics])
        while count < sum(topics.values()):
            messages = [message for message in consumer.consume(BATCH, 1) if not message.error()]
            with database.transaction(), database.cursor() as cursor, cursor.copy("COPY floor FROM STDIN") as copy:
                for message in messages:
                    event_id = dict(message.headers() or [])["ce_id"]
                    copy.write_row([_text(event_id), _text(message.key()), _text(message.value())])
            count += len(messages)
            watch.saved(count)
        return watch.reading(count)


def paydesk(place: Site, events: int) -> Reading:
    """Start the manager's worker on an empty schema, and wait until it has applied everything."""
    place.drop(MANAGER)
    with place.worker(MANAGER) as process, place.admin() as database:
        watch = Watch(psutil.Process(process.pid))

        def saved() -> int:
            row = database.execute("SELECT coalesce(max(next_offset), 0) FROM manager.position").fetchone()
            assert row is not None
            watch.saved(row[0])
            return int(row[0])

        until(lambda: saved() >= events, PATIENCE_S)
        return watch.reading(events)


def bytes_kept(place: Site, events: int) -> Ratio:
    """Return the bytes of a request with all indexes, in paydesk's two tables and in the floor's."""
    sizes = "pg_total_relation_size('manager.payment_request') + pg_total_relation_size('manager.inbox')"
    with place.admin() as database:
        row = database.execute(f"SELECT pg_total_relation_size('floor')::float8, ({sizes})::float8").fetchone()
    assert row is not None
    turn = (row[0] / events, row[1] / events)
    return Ratio.of("bytes a request kept", "B", KEPT, [turn], Goal(3, 2.5))


def _text(raw: str | bytes | None) -> str:
    return raw.decode() if isinstance(raw, bytes) else raw or ""


def _conf(place: Site) -> dict[str, str]:
    return {**place.kafka.conf("stack")}


def measure(events: int, peer_events: int, turns: int) -> Iterator[Ratio]:
    """Measure in turns."""
    peers = peer.programs()
    with site() as place:
        backlog(place, events)
        address = json.dumps({"database": place.postgres.url("stack"), "kafka": _conf(place)})
        readings: list[tuple[Reading, Reading]] = []
        theirs: dict[str, list[float]] = {name: [] for name in peers}
        for _ in range(turns):
            readings.append((floor(place, {CONTRACTOR.writes: events}), paydesk(place, events)))
            for peer_name, run in peers.items():
                theirs[peer_name].append(run(address, CONTRACTOR.writes, min(events - 1, peer_events)))
        yield bytes_kept(place, events)
    name = f"a backlog of {events:,} events taken in"
    rates = [(base.rate, other.rate) for base, other in readings]
    yield Ratio.of(name, "events/s", COPY, rates, Goal(0.2, 0.5))
    used = [(base.processor_s * 1e6, other.processor_s * 1e6) for base, other in readings]
    yield Ratio.of("its processor time, without the servers'", "µs an event", COPY, used)
    for peer_name, peer_rates in theirs.items():
        pairs = zip(peer_rates, (rate for _, rate in rates), strict=True)
        goal = Goal(30, 80) if peer_name == peer.FASTSTREAM else None
        yield Ratio.of(name, "events/s", f"{peer_name}, a row a transaction", pairs, goal)


def main() -> None:
    """Measure, and print the table."""
    parser = arguments(__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--peer-events", type=int, default=2_000)
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    if given.quick:
        given.events, given.peer_events, given.turns = 2_000, 100, 1
    report(measure(given.events, given.peer_events, given.turns), given.json)


if __name__ == "__main__":
    main()
