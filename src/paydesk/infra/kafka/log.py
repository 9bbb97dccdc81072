"""The log port on Apache Kafka: a reader and a writer, each owned by one thread from construction to ``close``."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from paydesk.infra.core.failpoints import reach
from paydesk.infra.core.health import KAFKA_AWAY
from paydesk.infra.core.ports import BrokerTrouble, NoRight
from paydesk.infra.core.records import Ack, Outgoing, Place, Reading
from paydesk.infra.core.role import Role
from paydesk.infra.kafka import clients
from paydesk.infra.kafka.topic_settings import WrongSetting, check_settings

T = TypeVar("T")
log = logging.getLogger("paydesk.kafka")

_CALL_S = 1.0
_SLICE_S = 0.2
_GIVE_UP_S = 12.0


class KafkaReader:
    """Meets ``paydesk.infra.core.ports.LogReader``: assigned, never subscribed.

    A reader never outlives a topic that it knew: librdkafka keeps the old one's leader epoch, which a topic made anew
    never had where the broker was started again before, and so would receive nothing for ever.

    Args:
        conf: The settings of the Kafka client.
        role: The role that reads.
        trouble: Called with a sentence, while the client is polled, where the broker is away or refuses.
        meanwhile: Called while the broker is waited for; may raise to end the waiting.

    Raises:
        BrokerTrouble: The settings cannot be used.
    """

    def __init__(
        self,
        conf: Mapping[str, str],
        role: Role,
        trouble: Callable[[str], None],
        meanwhile: clients.Meanwhile = clients.nothing,
    ) -> None:
        self._conf = conf
        self._group = role.group
        self._consumer = clients.consumer(conf, role.group, trouble)
        self._admin: AdminClient | None = None
        self._meanwhile = meanwhile
        self._known: dict[str, str] = {}
        """The id of each topic when it was first looked at."""
        self._assigned: set[Place] = set()
        self._news = Reading()
        self._expected: dict[Place, int] = {}
        """The offset that comes next in each partition, for a message whose own cannot be read."""
        self.ends: dict[Place, int] = {}
        """The end of each partition when its reading began."""

    def listen(self) -> None:
        """Hear what the client has to tell of its broker while nothing is read; never waits."""
        if not self._assigned:
            self._consumer.poll(0)

    def connect(self, topic: str) -> None:
        """Reach the broker now, so that reading begins at once when it is time. Raises ``BrokerTrouble``."""
        # First: what the client remembers of a topic must not be older than the id that is noted.
        self.identity(topic)
        self._ask(lambda: self._consumer.list_topics(topic, timeout=_CALL_S))

    def identity(self, topic: str) -> tuple[str, int] | None:
        """Return the topic's id and its partitions; None while it is missing.

        Raises ``BrokerTrouble``, also when the topic is another than this reader knew: a new reader has to be made.
        """
        if self._admin is None:
            self._admin = clients.admin(self._conf)
        identity = clients.topic_identity(self._admin, topic, self._meanwhile)
        if identity is not None and self._known.setdefault(topic, identity[0]) != identity[0]:
            raise BrokerTrouble(f"The topic {topic} was made anew.")
        return identity

    def bounds(self, place: Place) -> tuple[int, int]:
        """Return the first offset of a partition and the one after its last. Raises ``BrokerTrouble``."""
        bounds = self._ask(lambda: self._consumer.get_watermark_offsets(TopicPartition(*place), timeout=_CALL_S))
        if bounds is None:
            raise BrokerTrouble(KAFKA_AWAY)
        return bounds

    def _ask(self, question: Callable[[], T]) -> T:
        """Ask the broker in slices, so that whoever waits can keep a lease, or be stopped."""
        for last in (False, False, False, True):
            try:
                return question()
            except KafkaException as error:
                if last or error.args[0].code() not in (KafkaError._TIMED_OUT, KafkaError._TRANSPORT):
                    raise clients.trouble_of(error.args[0], "see a topic that it reads", self._group) from error
                self._meanwhile()
        raise AssertionError("the last answer was returned or raised")

    def assign(self, starts: Mapping[Place, int | None]) -> None:
        """Read these partitions from these offsets on; None: from the beginning. Others go on as they were.

        Both ends are asked for first: librdkafka takes half a second to find the beginning by itself, and tells of
        an end only after the broker has waited for more.
        """
        if starts:
            self.connect(next(iter(starts))[0])
        offsets, ended, lost = {}, set(), set()
        for place, wanted in starts.items():
            first, end = self.bounds(place)
            self.ends[place] = end
            if wanted is not None and not first <= wanted <= end:
                lost.add(place)
                continue
            offsets[place] = first if wanted is None else wanted
            if offsets[place] == end:
                ended.add(place)
        self.unassign(place for place in starts if place in self._assigned)
        self._consumer.incremental_assign([TopicPartition(*place, offset) for place, offset in offsets.items()])
        self._assigned |= set(offsets)
        self._expected |= offsets
        self._news = Reading((), frozenset(ended), frozenset(lost))

    def unassign(self, places: Iterable[Place] | None = None) -> None:
        """Read these partitions no more; None: none at all."""
        gone = self._assigned if places is None else set(places)
        if gone:
            self._consumer.incremental_unassign([TopicPartition(*place) for place in gone])
        self._assigned = self._assigned - gone

    def read(self, wait_s: float, most: int) -> Reading:
        """Return what is there, waiting for the first record at most ``wait_s`` seconds."""
        if self._news.ended or self._news.lost:
            news, self._news = self._news, Reading()
            return news
        first = self._consumer.poll(wait_s)
        if first is None:
            return Reading()
        # poll, then consume without waiting: consume(n, t) would hold a lone message for the whole t.
        records, ended, lost = [], set[Place](), set[Place]()
        for message in (first, *self._consumer.consume(most - 1, 0)):
            error, place = message.error(), clients.place_of(message, self._assigned)
            if error is None:
                record = clients.record_of(message, place, self._expected.get(place, 0))
                self._expected[place] = record.offset + 1
                records.append(record)
                ended.discard(place)
            elif error.code() == KafkaError._PARTITION_EOF:
                ended.add(place)
            elif error.code() == KafkaError._AUTO_OFFSET_RESET:
                lost.add(place)
            else:
                raise clients.trouble_of(error, f"READ the topic {place[0]}", self._group)
        lasts = {record.place: record.offset for record in records}
        ended |= {place for place, offset in lasts.items() if offset + 1 == self._known_end(place)}
        return Reading(records, frozenset(ended), frozenset(lost))

    def _known_end(self, place: Place) -> int:
        """Return the end that came with the last fetch; costs no question."""
        watermarks = self._consumer.get_watermark_offsets(TopicPartition(*place), cached=True)
        return watermarks[1] if watermarks is not None else -1

    def commit(self, offsets: Mapping[Place, int]) -> None:
        """Tell lag tools how far reading came; best effort."""
        try:
            self._consumer.commit(
                offsets=[TopicPartition(*place, offset) for place, offset in offsets.items()], asynchronous=True
            )
        except KafkaException as error:
            log.info("offsets not committed: %s", error)

    def committed(self, places: Iterable[Place]) -> Mapping[Place, int]:
        """Return how far lag tools were told that reading came, where that is known."""
        wanted = [TopicPartition(*place) for place in places]
        try:
            offsets = self._ask(lambda: self._consumer.committed(wanted, timeout=_CALL_S))
        except BrokerTrouble as error:
            log.info("it is not known what was committed: %s", error)
            return {}
        return {(position.topic, position.partition): position.offset for position in offsets if position.offset >= 0}

    def close(self) -> None:
        """Close the client."""
        self._consumer.close()


class KafkaWriter:
    """Meets ``paydesk.infra.core.ports.LogWriter``: idempotent, and acknowledged by all replicas.

    Args:
        conf: The settings of the Kafka client.
        role: The role whose topic is written.
        trouble: Called as ``KafkaReader`` calls it.
        meanwhile: Called as ``KafkaReader`` calls it.

    Raises:
        BrokerTrouble: These settings cannot be used.
    """

    def __init__(
        self,
        conf: Mapping[str, str],
        role: Role,
        trouble: Callable[[str], None],
        meanwhile: clients.Meanwhile = clients.nothing,
    ) -> None:
        self._topic = role.writes
        self.too_large: frozenset[UUID] = frozenset()
        self._producer = clients.producer(conf, trouble)
        self._admin = clients.admin(conf)
        self._meanwhile = meanwhile

    def listen(self) -> None:
        """Hear what the client has to tell of its broker; never waits."""
        self._producer.poll(0)

    def identity(self) -> tuple[str, int]:
        """Return the own topic's id and its partitions; the topic is made when missing."""
        return clients.ensure_topic(self._admin, self._topic, self._meanwhile)

    def check_settings(self, others: Sequence[str]) -> Sequence[WrongSetting]:
        """Return which settings of the own topic and of others are not as they have to be, where that can be seen."""
        try:
            return check_settings(self._admin, [self._topic, *others], self._meanwhile) or ()
        except BrokerTrouble as error:
            log.info("the settings of the topics are not known: %s", error)
            return ()

    def append(self, events: Sequence[Outgoing], beat: Callable[[], bool]) -> list[Ack]:
        """Produce the events and return the acknowledged ones; what is not acknowledged stays unsent.

        Two events of one request never travel together, so that none passes one before it that the topic does not
        take. Events that are too large for it are in ``too_large``, and others go on.
        Raises ``BrokerTrouble`` when nothing was acknowledged, or when the producer is of no more use.
        """
        self.too_large = frozenset()
        acks: list[Ack] = []
        waiting = list(events)
        while waiting:
            now, waiting = _one_of_each_request(waiting)
            errors = self._round(now, acks, beat)
            large = [event for event in now if _is_too_large(errors.get(event.id))]
            if large and not self._fatal(errors):
                # A batch is refused as a whole, so what is small in it is tried by itself.
                errors = {key: error for key, error in errors.items() if not _is_too_large(error)}
                for event in large:
                    alone = self._round([event], acks, beat) if len(now) > 1 else {event.id: _TOO_LARGE}
                    if _is_too_large(alone.get(event.id)):
                        self.too_large |= {event.id}
                    else:
                        errors |= alone
            if errors:
                self._give_up(list(errors.values()), acks)
                break
            withheld = {event.request_id for event in events if event.id in self.too_large}
            waiting = [event for event in waiting if event.request_id not in withheld]
        return acks

    def _round(self, events: Sequence[Outgoing], acks: list[Ack], beat: Callable[[], bool]) -> dict[UUID, KafkaError]:
        """Produce these and wait; adds to ``acks``, returns what was refused and why."""
        errors: dict[UUID, KafkaError] = {}
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
            self._meanwhile()
        return errors

    def _fatal(self, errors: Mapping[UUID, KafkaError]) -> bool:
        return any(error.fatal() for error in errors.values())

    def _give_up(self, errors: Sequence[KafkaError], acks: Sequence[Ack]) -> None:
        if not acks or any(error.fatal() for error in errors):
            trouble = clients.trouble_of(errors[0], f"WRITE the topic {self._topic}")
            if isinstance(trouble, NoRight):
                raise trouble
            raise BrokerTrouble(f"Kafka did not take an event: {errors[0].str()}.")

    def _produce(self, event: Outgoing, acks: list[Ack], errors: dict[UUID, KafkaError]) -> None:
        headers: list[tuple[str, str | bytes | None]] = [(name, value.encode()) for name, value in event.headers]
        note = _noted(event.id, acks, errors)
        try:
            self._producer.produce(event.topic, event.value, event.key, headers=headers, on_delivery=note)
        except (BufferError, KafkaException) as error:
            cause = error.args[0] if error.args else None
            if isinstance(cause, KafkaError) and _is_too_large(cause):
                errors[event.id] = cause
                return
            raise BrokerTrouble(f"Kafka takes no more: {error}.") from error
        self._producer.poll(0)

    def close(self) -> None:
        """Drop what is not acknowledged; it is still in the outbox."""
        self._producer.purge()
        self._producer.flush(0)


_TOO_LARGE = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)


def _is_too_large(error: KafkaError | None) -> bool:
    return error is not None and error.code() in (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE)


def _one_of_each_request(events: Sequence[Outgoing]) -> tuple[list[Outgoing], list[Outgoing]]:
    """Return the first event of each request, and the others."""
    seen, first, later = set[UUID](), list[Outgoing](), list[Outgoing]()
    for event in events:
        (later if event.request_id in seen else first).append(event)
        seen.add(event.request_id)
    return first, later


def _noted(
    event_id: UUID, acks: list[Ack], errors: dict[UUID, KafkaError]
) -> Callable[[KafkaError | None, Message], None]:
    def note(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            errors[event_id] = error
        else:
            acks.append(Ack(event_id, message.partition() or 0, message.offset() or 0, clients.ack_time(message)))

    return note
