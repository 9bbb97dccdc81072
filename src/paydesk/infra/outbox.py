"""The relay: reads the outbox by flag, produces the stored bytes, and marks a row sent when the broker has it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import psycopg
from confluent_kafka import KafkaError, KafkaException, Message, Producer
from psycopg.rows import dict_row

from paydesk.infra.kafka import BrokerTrouble, append_time

MOST_ROWS = 500
_SLICE_S = 0.2
_GIVE_UP_S = 12.0

# A row waits while an earlier version of its request is held: rows of one request leave in version order.
_UNSENT = """
SELECT id, request_id, topic, key, headers, value FROM outbox o
WHERE published_at IS NULL AND hold_until IS NULL AND NOT beaten AND NOT EXISTS (
    SELECT 1 FROM outbox e WHERE e.request_id = o.request_id AND e.version < o.version
    AND e.published_at IS NULL AND e.hold_until IS NOT NULL AND NOT e.beaten)
ORDER BY position LIMIT %s
"""
_MARK = """
UPDATE outbox o SET published_at = clock_timestamp(), ever_acked = true, topic_id = %s, partition = a.partition,
    kafka_offset = a.kafka_offset, log_append_time = a.at
FROM jsonb_to_recordset(%s::jsonb) AS a(id uuid, partition int, kafka_offset bigint, at timestamptz)
WHERE o.id = a.id
"""


@dataclass(frozen=True, slots=True)
class Ack:
    """Where the broker put one event."""

    id: UUID
    partition: int
    offset: int
    at: datetime | None


def release_due(connection: psycopg.Connection[Any]) -> set[UUID]:
    """Clear the holds that ran out by the database's clock, committed before anything is produced."""
    with connection.transaction():
        rows = connection.execute(
            "UPDATE outbox SET hold_until = NULL WHERE hold_until <= clock_timestamp() RETURNING request_id"
        ).fetchall()
    return {row[0] for row in rows}


def unsent(connection: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    """Return the rows that may leave now, in order."""
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_UNSENT, [MOST_ROWS]).fetchall()


def produce(producer: Producer, rows: Sequence[dict[str, Any]], beat: Callable[[], bool]) -> list[Ack]:
    """Produce the rows and return the acknowledged ones; what is not acknowledged stays unsent.

    ``beat`` keeps the lease and tells whether it is still held. Raises ``BrokerTrouble`` when nothing was acknowledged.
    """
    acks: list[Ack] = []
    errors: list[KafkaError] = []

    def delivered(row_id: UUID) -> Callable[[KafkaError | None, Message], None]:
        def note(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                errors.append(error)
            else:
                acks.append(Ack(row_id, message.partition() or 0, message.offset() or 0, append_time(message)))

        return note

    for row in rows:
        if not beat():
            break
        headers = [(name, value.encode()) for name, value in row["headers"]]
        try:
            producer.produce(row["topic"], row["value"], row["key"], headers=headers, on_delivery=delivered(row["id"]))
        except (BufferError, KafkaException) as error:
            raise BrokerTrouble(f"Kafka takes no more: {error}.") from error
        producer.poll(0)
    waited = 0.0
    while producer.flush(_SLICE_S) and waited < _GIVE_UP_S:
        waited += _SLICE_S
        beat()
    if errors and (not acks or any(error.fatal() for error in errors)):
        raise BrokerTrouble(f"Kafka did not take an event: {errors[0].str()}.")
    return acks


def mark_sent(connection: psycopg.Connection[Any], topic_id: str, acks: Sequence[Ack]) -> bool:
    """Mark rows sent and move what is verified; returns whether every ack followed the verified offset."""
    if not acks:
        return True
    rows = [
        {"id": str(a.id), "partition": a.partition, "kafka_offset": a.offset, "at": a.at.isoformat() if a.at else None}
        for a in acks
    ]
    whole = True
    with connection.transaction():
        connection.execute(_MARK, [topic_id, json.dumps(rows)])
        for partition in {ack.partition for ack in acks}:
            mine = sorted((ack for ack in acks if ack.partition == partition), key=lambda ack: ack.offset)
            whole &= _move_verified(connection, topic_id, partition, mine)
    return whole


def _move_verified(connection: psycopg.Connection[Any], topic_id: str, partition: int, acks: list[Ack]) -> bool:
    gapless = all(later.offset == ack.offset + 1 for ack, later in pairwise(acks))
    last = acks[-1]
    moved = connection.execute(
        "UPDATE meta SET verified_offset = %s, verified_event_id = %s, verified_append_time = %s"
        " WHERE partition = %s AND topic_id = %s AND coalesce(verified_offset, -1) = %s",
        [last.offset, str(last.id), last.at, partition, topic_id, acks[0].offset - 1],
    )
    return gapless and moved.rowcount == 1
