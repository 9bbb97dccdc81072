"""Kafka clients and their settings; every client is owned by one thread from construction to ``close``.

The settings follow librdkafka's CONFIGURATION.md; why each differs from its default is said beside it.
"""

import logging
import socket
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
from confluent_kafka.admin import AdminClient, NewTopic, TopicDescription

from paydesk.infra.core.errors import sentence_of
from paydesk.infra.core.health import KAFKA_AWAY, KAFKA_ELSEWHERE, KAFKA_REFUSED
from paydesk.infra.core.ports import BrokerTrouble, NoRight
from paydesk.infra.core.records import UNREADABLE, Place, Record
from paydesk.secrecy import hide
from paydesk.settings import TOPIC_SETTINGS

log = logging.getLogger("paydesk.kafka")

MAX_MESSAGE_BYTES = int(TOPIC_SETTINGS["max.message.bytes"])
Meanwhile = Callable[[], object]
"""Called while a broker is waited for; may raise to end the waiting."""
T = TypeVar("T")
_CALL_S = 5.0
_SLICE_S = 0.2
_LOOK_S = 1.5
SETTINGS = "Look at the file that PAYDESK_KAFKA_CONFIG or the role's own setting names."
RIGHTS = "`paydesk stack provision` gives each login its rights."

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
_AUTHENTICATION = (KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED)
_AWAY = (KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._RESOLVE, KafkaError._TIMED_OUT)


def nothing() -> None:
    """Do nothing while a broker is waited for."""


def producer(conf: Mapping[str, str], trouble: Callable[[str], None]) -> Producer:
    """Return an idempotent producer. Raises ``BrokerTrouble`` for settings that cannot be used, as the next two do."""
    return _made(Producer, _BOTH | _PRODUCER | _but_readers(conf) | {"error_cb": _error_callback(trouble)})


def consumer(conf: Mapping[str, str], group: str, trouble: Callable[[str], None]) -> Consumer:
    """Return a consumer that is assigned, never subscribed, and commits for lag tools only."""
    return _made(Consumer, _BOTH | _CONSUMER | dict(conf) | {"group.id": group, "error_cb": _error_callback(trouble)})


def admin(conf: Mapping[str, str], trouble: Callable[[str], None] | None = None) -> AdminClient:
    """Return an admin client; ``trouble`` is told when it is polled."""
    callback = {"error_cb": _error_callback(trouble)} if trouble is not None else {}
    return _made(AdminClient, _BOTH | _but_readers(conf) | callback)


def _made(client: Callable[[dict[str, Any]], T], conf: dict[str, Any]) -> T:
    try:
        return client(conf)
    except (KafkaException, ValueError, TypeError) as error:
        cause = error.args[0] if error.args else error
        text = cause.str() if isinstance(cause, KafkaError) else str(cause)
        raise BrokerTrouble(f"Kafka's settings cannot be used: {hide(text).rstrip('.')}.", SETTINGS) from None


def trouble_of(error: KafkaError, about: str = "", group: str = "") -> BrokerTrouble:
    """Return what an error of the broker means, in words: away, the login refused, or which right is missing."""
    code = error.code()
    if code == KafkaError.TOPIC_AUTHORIZATION_FAILED:
        return NoRight(f"Kafka does not let this login {about or 'use a topic that it needs'}.", RIGHTS)
    if code == KafkaError.GROUP_AUTHORIZATION_FAILED:
        return NoRight(f"Kafka does not let this login use the group {group or 'of its role'}.", RIGHTS)
    if code == KafkaError.CLUSTER_AUTHORIZATION_FAILED:
        return NoRight("Kafka does not let this login write with idempotence.", RIGHTS)
    if code in _AUTHENTICATION:
        return BrokerTrouble(KAFKA_REFUSED)
    if code in _AWAY:
        return BrokerTrouble(KAFKA_AWAY)
    return BrokerTrouble(f"Kafka: {hide(error.str()).rstrip('.')}.")


def explained(conf: Mapping[str, str], error: BrokerTrouble) -> BrokerTrouble:
    """Return the trouble with its reason, where Kafka answers and sends its clients to an address that does not.

    Takes up to some seconds; nobody who holds a lease may call it.
    """
    if str(error) != KAFKA_AWAY:
        return error
    try:
        brokers = admin(conf).list_topics(timeout=_LOOK_S).brokers.values()
    except (KafkaException, BrokerTrouble):
        return error
    for broker in brokers:
        try:
            socket.create_connection((broker.host, broker.port), _LOOK_S).close()
        except OSError:
            asked = conf.get("bootstrap.servers", "")
            message = f"{KAFKA_ELSEWHERE} {asked} and sends us to {broker.host}:{broker.port}, which cannot be reached."
            return BrokerTrouble(
                message, "Set the broker's advertised.listeners to an address that this machine reaches."
            )
    return error


def _but_readers(conf: Mapping[str, str]) -> dict[str, str]:
    """Return the settings without those of a reader, about which the other clients would warn."""
    return {name: value for name, value in conf.items() if name not in _CONSUMER}


def _error_callback(trouble: Callable[[str], None]) -> Callable[[KafkaError], None]:
    def tell(error: KafkaError) -> None:
        if error.code() in _AUTHENTICATION:
            trouble(KAFKA_REFUSED)
        elif error.code() in _AWAY:
            trouble(KAFKA_AWAY)
        elif error.fatal():
            trouble(f"Kafka: {hide(error.str())}.")

    return tell


def topic_identity(client: AdminClient, topic: str, meanwhile: Meanwhile = nothing) -> tuple[str, int] | None:
    """Return the topic's UUID, which changes when it is made anew, and its number of partitions; None when missing.

    Raises ``BrokerTrouble``.
    """
    try:
        description = described(client, topic, meanwhile)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return None
        raise trouble_of(error.args[0], f"see the topic {topic}") from error
    return str(description.topic_id), len(description.partitions)


def described(
    client: AdminClient, topic: str, meanwhile: Meanwhile = nothing, *, rights: bool = False
) -> TopicDescription:
    """Return what the broker says of a topic.

    Args:
        client: The client to ask by.
        topic: The name of the topic.
        meanwhile: Called while the broker is waited for; may raise to end the waiting.
        rights: Whether the answer says what this login may do.

    Raises:
        KafkaException: The broker refuses, or there is no such topic.
        BrokerTrouble: The broker does not answer in time.
    """
    asked = client.describe_topics(
        TopicCollection([topic]), request_timeout=_CALL_S, include_authorized_operations=rights
    )
    description: TopicDescription = answer(asked[topic], meanwhile)
    return description


def replicas(client: AdminClient, topic: str, meanwhile: Meanwhile = nothing) -> int:
    """Return of how many copies the partition with the fewest has."""
    return min((len(partition.replicas) for partition in described(client, topic, meanwhile).partitions), default=1)


def answer(asked: "Future[T]", meanwhile: Meanwhile) -> T:
    """Wait for the broker's answer in slices, so that whoever waits can keep a lease, or be stopped."""
    until = time.monotonic() + _CALL_S + 1
    while True:
        try:
            return asked.result(_SLICE_S)
        except TimeoutError:
            if time.monotonic() > until:
                raise BrokerTrouble(KAFKA_AWAY) from None
            meanwhile()


def make_topic(client: AdminClient, topic: str, meanwhile: Meanwhile) -> None:
    """Make the own topic with what paydesk needs of it; another may have been first. Raises ``BrokerTrouble``."""
    try:
        answer(client.create_topics([NewTopic(topic, 1, -1, config=TOPIC_SETTINGS)])[topic], meanwhile)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise trouble_of(error.args[0], f"make the topic {topic}") from error


def ensure_topic(client: AdminClient, topic: str, meanwhile: Meanwhile) -> tuple[str, int]:
    """Return the identity of the own topic, made when missing. Raises ``BrokerTrouble``."""
    identity = topic_identity(client, topic, meanwhile)
    if identity is None:
        make_topic(client, topic, meanwhile)
        identity = topic_identity(client, topic, meanwhile)
    if identity is None:
        raise BrokerTrouble(f"The topic {topic} is being made.")
    return identity


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
    try:
        return Record(
            *place,
            offset=message.offset() or 0,
            key=_bytes(message.key()),
            headers=headers_of(message),
            value=_bytes(message.value()),
            appended_at=append_time(message),
        )
    except Exception:
        return _what_can_be_read(message, place, expected)


def _what_can_be_read(message: Message, place: Place, expected: int) -> Record:
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
