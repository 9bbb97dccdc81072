"""The log port on Apache Kafka: a reader and a writer, each owned by one thread from construction to ``close``."""

import logging
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, Message, TopicPartition

from paydesk.infra import kafka
from paydesk.infra.failpoints import reach
from paydesk.infra.ports import BrokerTrouble
from paydesk.infra.records import Ack, Outgoing, Place, Reading, Record
from paydesk.infra.role import Role

log = logging.getLogger("paydesk.kafka")

_SLICE_S = 0.2
_GIVE_UP_S = 12.0


class KafkaReader:
    """Meets ``paydesk.infra.ports.LogReader``: assigned, never subscribed."""

    def __init__(self, conf: Mapping[str, str], role: Role, trouble: Callable[[str], None]) -> None:
        self._consumer = kafka.consumer(conf, role.group, trouble)
        self._admin = kafka.admin(conf)
        self._assigned: set[Place] = set()

    def identity(self, topic: str) -> tuple[str, int] | None:
        """Return the topic's id and its partitions; None while it is missing."""
        return kafka.topic_identity(self._admin, topic)

    def assign(self, starts: Mapping[Place, int | None]) -> None:
        """Read these partitions from these offsets on; None: from the beginning. Others go on as they were."""
        again = [TopicPartition(*place) for place in starts if place in self._assigned]
        if again:
            self._consumer.incremental_unassign(again)
        self._consumer.incremental_assign(
            [
                TopicPartition(topic, partition, OFFSET_BEGINNING if offset is None else offset)
                for (topic, partition), offset in starts.items()
            ]
        )
        self._assigned |= set(starts)

    def read(self, wait_s: float, most: int) -> Reading:
        """Return what is there, waiting for the first record at most ``wait_s`` seconds."""
        first = self._consumer.poll(wait_s)
        if first is None:
            return Reading()
        # poll, then consume without waiting: consume(n, t) would hold a lone message for the whole t.
        records, ended, lost = [], set[Place](), set[Place]()
        for message in (first, *self._consumer.consume(most - 1, 0)):
            error, place = message.error(), (message.topic() or "", message.partition() or 0)
            if error is None:
                records.append(_record(message))
                ended.discard(place)
            elif error.code() == KafkaError._PARTITION_EOF:
                ended.add(place)
            elif error.code() == KafkaError._AUTO_OFFSET_RESET:
                lost.add(place)
            else:
                raise BrokerTrouble(f"Kafka: {error.str()}.")
        return Reading(records, frozenset(ended), frozenset(lost))

    def commit(self, offsets: Mapping[Place, int]) -> None:
        """Tell lag tools how far reading came; best effort."""
        try:
            self._consumer.commit(
                offsets=[TopicPartition(*place, offset) for place, offset in offsets.items()], asynchronous=True
            )
        except KafkaException as error:
            log.info("offsets not committed: %s", error)

    def close(self) -> None:
        """Close the client."""
        self._consumer.close()


class KafkaWriter:
    """Meets ``paydesk.infra.ports.LogWriter``: idempotent, and acknowledged by all replicas."""

    def __init__(self, conf: Mapping[str, str], role: Role, trouble: Callable[[str], None]) -> None:
        self._topic = role.writes
        self._producer = kafka.producer(conf, trouble)
        self._admin = kafka.admin(conf)

    def identity(self) -> tuple[str, int]:
        """Return the own topic's id and its partitions; the topic is made when missing."""
        return kafka.own_topic_identity(self._admin, self._topic)

    def append(self, events: Sequence[Outgoing], beat: Callable[[], bool]) -> list[Ack]:
        """Produce the events and return the acknowledged ones; what is not acknowledged stays unsent.

        Raises ``BrokerTrouble`` when nothing was acknowledged, or when the producer is of no more use.
        """
        acks: list[Ack] = []
        errors: list[KafkaError] = []
        for event in events:
            if not beat():
                break
            self._produce(event, acks, errors)
            if acks:
                reach("R4")
        reach("R2")
        waited = 0.0
        while self._producer.flush(_SLICE_S) and waited < _GIVE_UP_S:
            if acks:
                reach("R4")
            waited += _SLICE_S
            beat()
        if errors and (not acks or any(error.fatal() for error in errors)):
            raise BrokerTrouble(f"Kafka did not take an event: {errors[0].str()}.")
        return acks

    def _produce(self, event: Outgoing, acks: list[Ack], errors: list[KafkaError]) -> None:
        headers: list[tuple[str, str | bytes | None]] = [(name, value.encode()) for name, value in event.headers]
        note = _noted(event.id, acks, errors)
        try:
            self._producer.produce(event.topic, event.value, event.key, headers=headers, on_delivery=note)
        except (BufferError, KafkaException) as error:
            raise BrokerTrouble(f"Kafka takes no more: {error}.") from error
        self._producer.poll(0)

    def close(self) -> None:
        """Drop what is not acknowledged; it is still in the outbox."""
        self._producer.purge()
        self._producer.flush(0)


def _noted(event_id: UUID, acks: list[Ack], errors: list[KafkaError]) -> Callable[[KafkaError | None, Message], None]:
    def note(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            errors.append(error)
        else:
            acks.append(Ack(event_id, message.partition() or 0, message.offset() or 0, kafka.append_time(message)))

    return note


def _record(message: Message) -> Record:
    return Record(
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        _bytes(message.key()),
        kafka.headers_of(message),
        _bytes(message.value()),
        kafka.append_time(message),
    )


def _bytes(raw: bytes | str | None) -> bytes | None:
    return raw.encode() if isinstance(raw, str) else raw
