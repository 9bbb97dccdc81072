"""Hearing the other side: a batch is applied, recorded and its position moved in one transaction."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient
from sqlmodel import Session

from paydesk.infra.inbox_rows import Judged, as_bytes, conclude, digest, record
from paydesk.infra.kafka import BrokerTrouble, headers_of, topic_identity
from paydesk.infra.postgres import is_transient
from paydesk.infra.role import Apply, Heard, Role
from paydesk.infra.store import Store
from paydesk.infra.wire import Ignore, Park, Quarantine, decode

log = logging.getLogger("paydesk.inbox")

MOST_MESSAGES = 500
_MOVE = """
INSERT INTO position (topic, partition, topic_id, next_offset) VALUES (:topic, :partition, :topic_id, :next)
ON CONFLICT (topic, partition) DO UPDATE SET topic_id = excluded.topic_id, next_offset = excluded.next_offset
WHERE position.topic_id = :known_id AND position.next_offset = :known
"""


class Overtaken(Exception):
    """Somebody else moved the position: this batch is theirs."""


@dataclass(slots=True)
class Place:
    """Where reading of one partition stands, and what the table says."""

    topic_id: str
    next_offset: int
    known_id: str | None
    known: int | None


class Inbound:
    """Reads the topics of a role for one thread. ``step`` is all it does."""

    def __init__(self, role: Role, store: Store, consumer: Consumer, apply: Apply) -> None:
        self.role = role
        self.store = store
        self.consumer = consumer
        self.apply = apply
        self.places: dict[tuple[str, int], Place] = {}
        self.at_end: set[tuple[str, int]] = set()

    def assign(self, client: AdminClient) -> bool:
        """Take up reading where the table says, or at the beginning of a topic that is new; False while one is missing.

        Raises ``BrokerTrouble``.
        """
        identities = {topic: topic_identity(client, topic) for topic in self.role.reads}
        with self.store.transaction() as session:
            rows = session.execute(sa.text("SELECT topic, partition, topic_id, next_offset FROM position")).all()
        known = {(row[0], row[1]): (row[2], row[3]) for row in rows}
        self.places.clear()
        self.at_end.clear()
        wanted = []
        for topic, identity in identities.items():
            if identity is None:
                return False
            for partition in range(identity[1]):
                known_id, offset = known.get((topic, partition), (None, None))
                start = offset if known_id == identity[0] and offset is not None else OFFSET_BEGINNING
                self.places[topic, partition] = Place(identity[0], start, known_id, offset)
                wanted.append(TopicPartition(topic, partition, start))
        self.consumer.assign(wanted)
        return True

    def from_beginning(self, topic: str, partition: int) -> None:
        """Read a partition anew: what was applied is ignored by its version."""
        self.places[topic, partition].next_offset = OFFSET_BEGINNING
        self.consumer.incremental_unassign([TopicPartition(topic, partition)])
        self.consumer.incremental_assign([TopicPartition(topic, partition, OFFSET_BEGINNING)])

    def step(self, wait_s: float) -> frozenset[UUID]:
        """Read what is there and apply it; returns what changed. Raises ``BrokerTrouble``, ``Overtaken``."""
        first = self.consumer.poll(wait_s)
        if first is None:
            return frozenset()
        # poll, then consume without waiting: consume(n, t) would hold a lone message for the whole t.
        messages = [first, *self.consumer.consume(MOST_MESSAGES - 1, 0)]
        good = [message for message in messages if self._is_content(message)]
        return self._take(good) if good else frozenset()

    def _is_content(self, message: Message) -> bool:
        error = message.error()
        place = (message.topic() or "", message.partition() or 0)
        if error is None:
            self.at_end.discard(place)
            return True
        if error.code() == KafkaError._PARTITION_EOF:
            self.at_end.add(place)
        elif error.code() == KafkaError._AUTO_OFFSET_RESET:
            self.from_beginning(*place)
        else:
            raise BrokerTrouble(f"Kafka: {error.str()}.")
        return False

    def _take(self, messages: Sequence[Message], blamed: str = "") -> frozenset[UUID]:
        """Apply a batch; one that the handler or the database refuses is halved until the one message is found."""
        try:
            changed = self._transact([self._trust(message, blamed) for message in messages])
        except (Overtaken, BrokerTrouble):
            raise
        except Exception as error:
            if is_transient(error) or blamed:
                raise
            log.warning("a batch of %d was refused: %s", len(messages), error)
            if len(messages) == 1:
                return self._take(messages, blamed=f"{type(error).__name__}: {str(error).splitlines()[0][:200]}")
            half = len(messages) // 2
            return self._take(messages[:half]) | self._take(messages[half:])
        self._commit_for_lag_tools()
        return changed

    def _trust(self, message: Message, blamed: str) -> Judged:
        if blamed:
            return Judged(message, became="quarantined", reason=blamed)
        try:
            event = decode(
                self.role,
                message.topic() or "",
                as_bytes(message.key()),
                headers_of(message),
                as_bytes(message.value()),
            )
            return Judged(message, event)
        except Quarantine as bad:
            return Judged(message, became="quarantined", reason=str(bad))
        except Park as unknown:
            return Judged(message, became="parked", reason=str(unknown))
        except Ignore:
            return Judged(message, became="ignored")

    def _transact(self, batch: list[Judged]) -> frozenset[UUID]:
        now = datetime.now(UTC)
        moved: dict[tuple[str, int], int] = {}
        with self.store.transaction() as session:
            heard = [Heard(one.event, digest(one.message), now) for one in batch if one.event is not None]
            applied = self.apply(session, self.role, heard, now)
            for one in batch:
                conclude(one, applied)
                moved[one.message.topic() or "", one.message.partition() or 0] = (one.message.offset() or 0) + 1
            record(session, self.role.hears_from, [(one, self._topic_id(one.message)) for one in batch], now)
            for (topic, partition), offset in moved.items():
                self._move(session, topic, partition, offset)
        for place, offset in moved.items():
            found = self.places[place]
            found.next_offset, found.known, found.known_id = offset, offset, found.topic_id
        return applied.changed

    def _topic_id(self, message: Message) -> str:
        return self.places[message.topic() or "", message.partition() or 0].topic_id

    def _move(self, session: Session, topic: str, partition: int, offset: int) -> None:
        place = self.places[topic, partition]
        values = {"topic": topic, "partition": partition, "topic_id": place.topic_id, "next": offset}
        result = session.execute(sa.text(_MOVE), values | {"known_id": place.known_id, "known": place.known})
        if result.rowcount != 1:  # type: ignore[attr-defined]
            raise Overtaken

    def _commit_for_lag_tools(self) -> None:
        offsets = [
            TopicPartition(topic, partition, place.next_offset)
            for (topic, partition), place in self.places.items()
            if place.next_offset >= 0
        ]
        try:
            self.consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as error:
            log.info("offsets not committed: %s", error)
