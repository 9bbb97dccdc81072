"""Kafka clients and their settings; every client is owned by one thread from construction to ``close``.

The settings follow librdkafka's CONFIGURATION.md; why each differs from its default is said beside it.
"""

import logging
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from confluent_kafka import (
    TIMESTAMP_NOT_AVAILABLE,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicCollection,
)
from confluent_kafka.admin import AdminClient, NewTopic

from paydesk.infra.errors import sentence_of
from paydesk.infra.health import KAFKA_REFUSED
from paydesk.infra.ports import BrokerTrouble
from paydesk.infra.records import UNREADABLE, Place, Record

log = logging.getLogger("paydesk.kafka")

TOPIC_SETTINGS = {
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "message.timestamp.type": "LogAppendTime",
    "max.message.bytes": "65536",
}
Meanwhile = Callable[[], object]
"""Called while a broker is waited for; may raise to end the waiting."""
T = TypeVar("T")
_CALL_S = 5.0
_SLICE_S = 0.2

_BOTH: dict[str, Any] = {
    "reconnect.backoff.ms": 50,
    "reconnect.backoff.max.ms": 1000,  # The default keeps a client away for 10 s after the broker is back.
    "topic.metadata.refresh.interval.ms": 10000,
    "socket.keepalive.enable": True,
    "enable.metrics.push": False,
    "logger": log,  # Without one librdkafka writes over the screen.
}
_PRODUCER: dict[str, Any] = {
    "acks": "all",
    "enable.idempotence": True,
    "linger.ms": 0,
    "message.timeout.ms": 8000,
    "partitioner": "murmur2",
    "batch.size": 60000,  # The topic's max.message.bytes bounds a whole batch, not one event.
}
_CONSUMER: dict[str, Any] = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",
    "enable.partition.eof": True,
    "check.crcs": True,
    "fetch.wait.max.ms": 100,
    "queued.min.messages": 5000,
    "queued.max.messages.kbytes": 8192,
}
_AWAY = (KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._RESOLVE, KafkaError._TIMED_OUT)


def nothing() -> None:
    """Do nothing while a broker is waited for."""


def producer(conf: Mapping[str, str], trouble: Callable[[str], None]) -> Producer:
    """Return an idempotent producer."""
    return Producer(_BOTH | _PRODUCER | _but_readers(conf) | {"error_cb": _told(trouble)})


def consumer(conf: Mapping[str, str], group: str, trouble: Callable[[str], None]) -> Consumer:
    """Return a consumer that is assigned, never subscribed, and commits for lag tools only."""
    return Consumer(_BOTH | _CONSUMER | dict(conf) | {"group.id": group, "error_cb": _told(trouble)})


def admin(conf: Mapping[str, str], trouble: Callable[[str], None] | None = None) -> AdminClient:
    """Return an admin client; ``trouble`` is told when it is polled."""
    told = {"error_cb": _told(trouble)} if trouble is not None else {}
    return AdminClient(_BOTH | _but_readers(conf) | told)


def _but_readers(conf: Mapping[str, str]) -> dict[str, str]:
    """Return the settings without those of a reader, about which the other clients would warn."""
    return {name: value for name, value in conf.items() if name not in _CONSUMER}


def _told(trouble: Callable[[str], None]) -> Callable[[KafkaError], None]:
    def tell(error: KafkaError) -> None:
        if error.code() == KafkaError._AUTHENTICATION:
            trouble(KAFKA_REFUSED)
        elif error.code() in _AWAY:
            trouble("Kafka does not answer.")
        elif error.fatal():
            trouble(f"Kafka: {error.str()}.")

    return tell


def topic_identity(client: AdminClient, topic: str, meanwhile: Meanwhile = nothing) -> tuple[str, int] | None:
    """Return the topic's UUID, which changes when it is made anew, and its number of partitions; None when missing.

    Raises ``BrokerTrouble``.
    """
    asked = client.describe_topics(TopicCollection([topic]), request_timeout=_CALL_S)[topic]
    try:
        found = _answer(asked, meanwhile)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return None
        if error.args[0].code() in _AWAY:
            raise BrokerTrouble("Kafka does not answer.") from error
        raise BrokerTrouble(f"Kafka: {error.args[0].str()}.") from error
    return str(found.topic_id), len(found.partitions)


def _answer(asked: "Future[T]", meanwhile: Meanwhile) -> T:
    """Wait for the broker's answer in slices, so that whoever waits can keep a lease, or be stopped."""
    until = time.monotonic() + _CALL_S + 1
    while True:
        try:
            return asked.result(_SLICE_S)
        except TimeoutError:
            if time.monotonic() > until:
                raise BrokerTrouble("Kafka does not answer.") from None
            meanwhile()


def make_topic(client: AdminClient, topic: str, meanwhile: Meanwhile) -> None:
    """Make the own topic with what paydesk needs of it; another may have been first. Raises ``BrokerTrouble``."""
    try:
        _answer(client.create_topics([NewTopic(topic, 1, -1, config=TOPIC_SETTINGS)])[topic], meanwhile)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise BrokerTrouble(f"The topic {topic} cannot be made: {error.args[0].str()}.") from error


def own_topic_identity(client: AdminClient, topic: str, meanwhile: Meanwhile) -> tuple[str, int]:
    """Return the identity of the own topic, made when missing. Raises ``BrokerTrouble``."""
    found = topic_identity(client, topic, meanwhile)
    if found is None:
        make_topic(client, topic, meanwhile)
        found = topic_identity(client, topic, meanwhile)
    if found is None:
        raise BrokerTrouble(f"The topic {topic} is being made.")
    return found


def headers_of(message: Message) -> list[tuple[str, bytes | None]]:
    """Return the headers of a message, values as the bytes they came as."""
    pairs = cast("list[tuple[str, bytes | str | None]]", message.headers() or [])
    return [(name, _bytes(raw)) for name, raw in pairs]


def append_time(message: Message) -> datetime | None:
    """Return when the broker took the message, in UTC.

    Raises ``ValueError``, ``OverflowError`` or ``OSError`` where no date can be made of what its producer said.
    """
    kind, stamp = message.timestamp()
    return None if kind == TIMESTAMP_NOT_AVAILABLE else datetime.fromtimestamp(stamp / 1000, UTC)


def ack_time(message: Message) -> datetime | None:
    """Return when the broker took a message of this program's own, or None where that cannot be read."""
    try:
        return append_time(message)
    except (ValueError, OverflowError, OSError):
        return None


def place_of(message: Message, assigned: Collection[Place]) -> Place:
    """Return topic and partition of a message; where they cannot be read, the one partition that is read.

    Raises ``BrokerTrouble`` where that cannot be known.
    """
    try:
        return message.topic() or "", message.partition() or 0
    except Exception as error:
        if len(assigned) == 1:
            return next(iter(assigned))
        raise BrokerTrouble(f"A message has no place that can be read: {error}.") from error


def record_of(message: Message, place: Place, expected: int) -> Record:
    """Return a message as what crosses the port; what of it cannot be read is left out and told in ``unreadable``.

    ``expected`` is the offset that is next in this place, for a message whose own cannot be read.
    """
    faults: list[str] = []

    def part(name: str, read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except Exception as error:  # Whatever it is: the message is kept by itself, and what follows it is read.
            faults.append(f"its {name}: {sentence_of(error)}")
            return otherwise

    return Record(
        *place,
        offset=part("offset", lambda: message.offset() or 0, expected),
        key=part("key", lambda: _bytes(message.key()), None),
        headers=part("headers", lambda: headers_of(message), []),
        value=part("value", lambda: _bytes(message.value()), None),
        appended_at=part("timestamp", lambda: append_time(message), None),
        unreadable=f"{UNREADABLE} {'; '.join(faults)}"[:300] if faults else "",
    )


def _bytes(raw: bytes | str | None) -> bytes | None:
    return raw.encode() if isinstance(raw, str) else raw
