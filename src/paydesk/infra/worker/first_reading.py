"""Whether a schema has been read whole: until then what it shows may be less than what was said."""

import time
from collections.abc import Mapping

from paydesk.infra.core.health import Anew
from paydesk.infra.core.records import Place
from paydesk.infra.core.role import Role
from paydesk.infra.kafka.log import KafkaReader
from paydesk.infra.postgres.read.queries import Connection, was_read_whole
from paydesk.infra.postgres.storage import Store
from paydesk.infra.postgres.write.ahead import CHECKED

Bounds = tuple[str, dict[Place, tuple[int, int]]]
"""A topic's id, and the first offset and the end of each of its partitions."""

_NOTE = f"UPDATE origin SET whole_at = clock_timestamp() WHERE whole_at IS NULL AND ({CHECKED})"
_POSITIONS = "SELECT topic, partition, topic_id, next_offset FROM position"
_CAME_BACK = "SELECT partition, count(*) FROM outbox WHERE topic_id = %s AND kafka_offset IS NOT NULL GROUP BY 1"
_LOOK_S = 0.25
"""How often the broker and the table are asked, at most."""


class FirstReading:
    """Sees how far the first reading of both topics is, whoever does it, and notes its end.

    Whoever looks on notes it too: a program of the version before may be the one at work, and notes nothing.
    """

    def __init__(self, role: Role, store: Store, reader: KafkaReader) -> None:
        self._role = role
        self._store = store
        self._reader = reader
        self._aim: dict[Place, tuple[int, int]] = {}
        self._whole = False
        self._found: Anew | None = None
        self._looked_at = 0.0

    def begin(self) -> None:
        """Look again: the schema may be another one than before."""
        self._whole, self._looked_at = False, 0.0

    def look(self, *, at_once: bool = False) -> Anew | None:
        """Return how much was read up to the ends first seen, or None once the schema is whole.

        What was found a moment ago is returned again, unless ``at_once``.

        Raises ``BrokerTrouble``, ``ServerDown`` and psycopg's errors.
        """
        if self._whole or (not at_once and time.monotonic() - self._looked_at < _LOOK_S):
            return self._found
        self._found = self._ask()
        self._looked_at = time.monotonic()
        return self._found

    def _ask(self) -> Anew | None:
        with self._store.lend() as connection:
            self._whole = was_read_whole(connection)
        if self._whole:
            return None
        # The broker may take its time, and connections are few.
        bounds = {topic: self._places(topic) for topic in (*self._role.reads, self._role.writes)}
        with self._store.lend() as connection:
            progress = self._read(connection, bounds)
            if progress.under_way or connection.execute(_NOTE).rowcount == 0:
                return progress
        self._whole = True
        return None

    def _read(self, connection: Connection, bounds: Mapping[str, Bounds]) -> Anew:
        reached = {(row[0], row[1], row[2]): row[3] for row in connection.execute(_POSITIONS)}
        read = of = 0
        for topic in self._role.reads:
            topic_id, places = bounds[topic]
            for place, (first, end) in places.items():
                next_offset = reached.get((*place, topic_id), first)
                read, of = read + min(max(0, next_offset - first), end - first), of + end - first
        topic_id, places = bounds[self._role.writes]
        row = connection.execute(f"SELECT ({CHECKED})").fetchone()
        checked = row is not None and row[0]
        known: dict[int, int] = {} if checked else dict(connection.execute(_CAME_BACK, [topic_id]).fetchall())
        for place, (first, end) in places.items():
            many = end - first
            read, of = read + (many if checked else min(many, known.get(place[1], 0))), of + many
        return Anew(read, of)

    def _places(self, topic: str) -> Bounds:
        """Return a topic's id and the bounds of its partitions when they were first seen; none where it is missing."""
        topic_id, partitions = self._reader.identity(topic) or ("", 0)
        places = [(topic, partition) for partition in range(partitions)]
        for place in places:
            if place not in self._aim:
                self._aim[place] = self._reader.bounds(place)
        return topic_id, {place: self._aim[place] for place in places}
