"""The log port in memory: topics that can be away, lose acknowledgements, be made anew or lose their tail."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from paydesk.infra.core.failpoints import reach
from paydesk.infra.core.ports import BrokerTrouble
from paydesk.infra.core.records import Ack, Outgoing, Place, Reading, Record


@dataclass
class Topic:
    """One topic of one partition."""

    id: str
    records: list[Record] = field(default_factory=list)
    committed: int = 0
    """How far its one reader told that it has come."""


class MemoryLog:
    """The broker. ``random`` is set to that of the action under way."""

    def __init__(self, now: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self.topics: dict[str, Topic] = {}
        self.down = False
        self.lossy = 0.0
        """How often the acknowledgement of an append is lost."""
        self.random = Random(0)
        self._now = now
        self._appended = 0
        self._new_id = new_id

    def topic(self, name: str) -> Topic:
        """Return a topic, made when missing."""
        if name not in self.topics:
            self.topics[name] = Topic(str(self._new_id()))
        return self.topics[name]

    def put(
        self,
        topic: str,
        key: bytes | None,
        headers: Sequence[tuple[str, bytes | None]],
        value: bytes | None,
        unreadable: str = "",
    ) -> Record:
        """Append one message."""
        log = self.topic(topic)
        # No two appends at one time: an offset that was overwritten is known by its time.
        self._appended += 1
        at = self._now() + timedelta(microseconds=self._appended)
        record = Record(topic, 0, len(log.records), key, tuple(headers), value, at, unreadable)
        log.records.append(record)
        return record

    def answers(self) -> None:
        """Raise ``BrokerTrouble`` while the broker is away."""
        if self.down:
            raise BrokerTrouble("Kafka does not answer.")


class MemoryReader:
    """Meets ``paydesk.infra.core.ports.LogReader``."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log
        self._at: dict[Place, tuple[str, int]] = {}

    def identity(self, topic: str) -> tuple[str, int] | None:
        self._log.answers()
        log = self._log.topics.get(topic)
        return (log.id, 1) if log is not None else None

    def assign(self, starts: Mapping[Place, int | None]) -> None:
        for place, offset in starts.items():
            self._at[place] = (self._log.topic(place[0]).id, offset or 0)

    def read(self, wait_s: float, most: int) -> Reading:
        del wait_s
        self._log.answers()
        records: list[Record] = []
        ended, lost = set(), set()
        for place, (topic_id, at) in self._at.items():
            topic = self._log.topic(place[0])
            if topic_id != topic.id:
                continue  # As with librdkafka, a reader of a topic that is no more reads nothing.
            if at > len(topic.records):
                lost.add(place)
                continue
            some = self._log.random.choice((1, 2, 5, most))  # A fetch ends where it likes.
            fetched = topic.records[at : at + min(some, most)]
            records += fetched
            self._at[place] = (topic_id, at + len(fetched))
            if at + len(fetched) == len(topic.records):
                ended.add(place)
        return Reading(records, frozenset(ended), frozenset(lost))

    def commit(self, offsets: Mapping[Place, int]) -> None:
        for place, offset in offsets.items():
            self._log.topic(place[0]).committed = offset

    def committed(self, places: Iterable[Place]) -> Mapping[Place, int]:
        reach("G2")  # The answer may take its time: others apply meanwhile, and tell how far they came.
        return {place: self._log.topic(place[0]).committed for place in places}

    def close(self) -> None:
        """Let go of nothing."""


class MemoryWriter:
    """Meets ``paydesk.infra.core.ports.LogWriter``."""

    def __init__(self, log: MemoryLog, topic: str) -> None:
        self._log = log
        self._topic = topic
        self.too_large: frozenset[UUID] = frozenset()

    def identity(self) -> tuple[str, int]:
        self._log.answers()
        return self._log.topic(self._topic).id, 1

    def append(self, events: Sequence[Outgoing], beat: Callable[[], bool]) -> list[Ack]:
        self._log.answers()
        acks: list[Ack] = []
        for event in events:
            if not beat():
                break
            reach("G1")  # What was handed to the client leaves, even when its holder lost the lease meanwhile.
            record = self._log.put(
                event.topic, event.key, [(name, value.encode()) for name, value in event.headers], event.value
            )
            if self._log.random.random() >= self._log.lossy:
                acks.append(Ack(event.id, record.partition, record.offset, record.appended_at))
            if acks:
                reach("R4")
        reach("R2")
        if not acks:
            raise BrokerTrouble("Kafka did not take an event.")
        return acks

    def close(self) -> None:
        """Let go of nothing."""
