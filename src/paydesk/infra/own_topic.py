"""The first check: the writer reads its own topic from what it verified to the end, before it relays or applies."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Message, TopicPartition

from paydesk.infra.kafka import BrokerTrouble, append_time, headers_of
from paydesk.infra.wire import NOT_STORED

_POLL_S = 0.3
_MOST = 500


@dataclass(slots=True)
class Found:
    """What one partition of the own topic holds after the verified offset."""

    last: tuple[int, str, datetime | None] | None = None
    """Offset, event id and LogAppendTime of the last record read."""
    events: dict[str, tuple[int, datetime | None]] = field(default_factory=dict)


def header(message: Message, name: str) -> str:
    """Return a header of a message as text, or an empty string."""
    return next(
        ((raw or b"").decode(errors="backslashreplace") for found, raw in headers_of(message) if found == name), ""
    )


def check(
    connection: psycopg.Connection[Any],
    consumer: Consumer,
    topic: str,
    identity: tuple[str, int],
    beat: Callable[[], object],
) -> str:
    """Read the own topic and note what was found; returns a sentence about what is amiss, or an empty string.

    Rows of the outbox that are on the topic are marked sent; rows acknowledged on a topic that is no more are unsent
    again. Raises ``BrokerTrouble``.
    """
    topic_id, partitions = identity
    with connection.transaction():
        connection.execute(
            "UPDATE outbox SET published_at = NULL WHERE ever_acked AND topic_id IS DISTINCT FROM %s AND NOT beaten",
            [topic_id],
        )
        connection.execute("DELETE FROM meta WHERE topic_id IS DISTINCT FROM %s", [topic_id])
    unknown = 0
    for partition in range(partitions):
        found, whole = _read_verified(connection, consumer, topic, partition, beat)
        unknown += _note(connection, topic_id, partition, found, whole)
    amiss = f"{unknown} own events on the topic are not in this schema's outbox." if unknown else ""
    connection.execute("UPDATE meta SET amiss = %s", [amiss or None])
    connection.commit()
    return amiss


def _read_verified(
    connection: psycopg.Connection[Any], consumer: Consumer, topic: str, partition: int, beat: Callable[[], object]
) -> tuple[Found, bool]:
    row = connection.execute(
        "SELECT verified_offset, verified_event_id, verified_append_time FROM meta WHERE partition = %s", [partition]
    ).fetchone()
    connection.commit()
    if row is None or row[0] is None:
        return _read(consumer, TopicPartition(topic, partition, OFFSET_BEGINNING), beat), True
    start, event_id, appended_at = row
    found = _read(consumer, TopicPartition(topic, partition, start), beat)
    if found.events.get(event_id) == (start, appended_at):
        return found, False
    # What was verified is not there any more, so nothing before it can be trusted either.
    return _read(consumer, TopicPartition(topic, partition, OFFSET_BEGINNING), beat), True


def _read(consumer: Consumer, start: TopicPartition, beat: Callable[[], object]) -> Found:
    found = Found()
    consumer.assign([start])
    try:
        while True:
            beat()
            messages = consumer.consume(_MOST, _POLL_S)
            for message in messages:
                error = message.error()
                if error is None:
                    kind = header(message, "ce_type")
                    last = message.offset() or 0, header(message, "ce_id"), append_time(message)
                    found.last = last
                    if kind not in NOT_STORED:
                        found.events[last[1]] = (last[0], last[2])
                elif error.code() == KafkaError._PARTITION_EOF:
                    return found
                elif error.code() == KafkaError._AUTO_OFFSET_RESET:
                    return Found()
                else:
                    raise BrokerTrouble(f"Kafka: {error.str()}.")
    finally:
        consumer.unassign()


def _note(connection: psycopg.Connection[Any], topic_id: str, partition: int, found: Found, whole: bool) -> int:
    """Mark what was found as sent, move what is verified; returns how many events the outbox does not know."""
    with connection.transaction(), connection.cursor() as cursor:
        ids = list(found.events)
        known = {
            str(row[0]): row[1]
            for row in cursor.execute("SELECT id, published_at FROM outbox WHERE id::text = ANY(%s)", [ids])
        }
        late = [
            (found.events[i][0], found.events[i][1], topic_id, partition, i) for i, at in known.items() if at is None
        ]
        cursor.executemany(
            "UPDATE outbox SET published_at = clock_timestamp(), hold_until = NULL, ever_acked = true,"
            " kafka_offset = %s, log_append_time = %s, topic_id = %s, partition = %s WHERE id = %s::uuid",
            late,
        )
        if found.last is not None or whole:
            last = found.last or (None, None, None)
            cursor.execute(
                "INSERT INTO meta (partition, topic_id, verified_offset, verified_event_id, verified_append_time)"
                " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (partition) DO UPDATE SET topic_id = excluded.topic_id,"
                " verified_offset = excluded.verified_offset, verified_event_id = excluded.verified_event_id,"
                " verified_append_time = excluded.verified_append_time",
                [partition, topic_id, *last],
            )
    return len(set(found.events) - set(known))
