"""The outbox: read by flag, never by "id greater than the last", as sequence order is not commit order."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from paydesk.infra.core.records import Ack, Known, Outgoing, OwnRow, Row
from paydesk.infra.postgres.columns import DECISION_COLUMNS, decision_columns
from paydesk.infra.postgres.schema import OutboxRow
from paydesk.infra.postgres.write.ahead import UNSENT, Ahead, unsent_values
from paydesk.infra.postgres.write.session import WritingSession

_ADDED = tuple(name for name in (field.name for field in fields(Outgoing)) if name in OutboxRow.model_fields)
_ADD = f"INSERT INTO outbox ({', '.join(_ADDED)}) VALUES ({', '.join(f'%({name})s' for name in _ADDED)})"
_MARK = """
UPDATE outbox o SET published_at = coalesce(published_at, clock_timestamp()), hold_until = NULL, ever_acked = true,
    topic_id = %(topic_id)s, partition = a.partition, kafka_offset = a.kafka_offset, log_append_time = a.at
FROM jsonb_to_recordset(%(rows)s) AS a(id uuid, partition int, kafka_offset bigint, at timestamptz)
WHERE o.id = a.id
"""
_AGAIN = """
UPDATE outbox SET published_at = NULL, again_s = w.wait_s,
    again_at = clock_timestamp() + make_interval(secs => w.wait_s)
FROM (
    SELECT id, CASE WHEN again_at IS NULL OR again_at < clock_timestamp() - interval '1 day' THEN 30
        ELSE least(again_s * 2, 3600) END AS wait_s
    FROM outbox WHERE id = ANY(:ids) AND NOT beaten AND (again_at IS NULL OR again_at <= clock_timestamp())
) w WHERE outbox.id = w.id RETURNING 1
"""


@dataclass(frozen=True, slots=True)
class SqlOutbox:
    """Meets ``paydesk.infra.core.transaction.Outbox``."""

    session: WritingSession
    ahead: Ahead

    def add(self, event: Outgoing) -> None:
        """Put an event into the outbox."""
        values = {name: getattr(event, name) for name in _ADDED}
        values["headers"] = Jsonb([list(header) for header in event.headers])
        values["previous"] = Jsonb(_decision_before(event.previous)) if event.previous is not None else None
        self.ahead.unsent.forget()
        self.session.queue(_ADD, values)

    def unsent(self, most: int, without: Collection[UUID] = ()) -> list[Outgoing]:
        """Return the events that may leave now, each request's in order of its versions, but of these requests."""
        ahead = self.ahead.unsent.take()
        rows = ahead[0] if ahead is not None else self.session.ask((UNSENT, unsent_values(most, [*without])))[0]
        return [_outgoing(*row) for row in rows]

    def mark_sent(self, topic_id: str, acks: Sequence[Ack]) -> None:
        """Note where the log put events; what was held and is on the log is held no more."""
        rows = [
            {
                "id": str(ack.id),
                "partition": ack.partition,
                "kafka_offset": ack.offset,
                "at": ack.at.isoformat() if ack.at else None,
            }
            for ack in acks
        ]
        self.session.queue(_MARK, {"topic_id": topic_id, "rows": Jsonb(rows)})

    def send_again(self, events: Iterable[UUID]) -> int:
        """Send these events again with their stored bytes, each at most as often as ``_AGAIN`` allows."""
        return len(self.session.execute(sa.text(_AGAIN), {"ids": sorted(events)}).all())

    def renew(self, event_id: UUID, fresh: UUID, value: bytes, content_hash: str) -> None:
        """Give an event that never left another id and other bytes."""
        self.ahead.unsent.forget()
        anew = sa.text(
            "UPDATE outbox SET id = :fresh, value = :value, content_hash = :content_hash, headers ="
            " (SELECT jsonb_agg(CASE WHEN h->>0 = 'ce_id' THEN jsonb_build_array('ce_id', CAST(:fresh AS text))"
            " ELSE h END)"
            " FROM jsonb_array_elements(headers) h) WHERE id = :id AND NOT ever_acked"
        )
        values = {"id": event_id, "fresh": fresh, "value": value, "content_hash": content_hash}
        self.session.execute(anew, values)

    def standing(self, ids: Collection[UUID]) -> list[OwnRow]:
        """Return every event of these requests that stands, their rows locked."""
        read = sa.text(
            "SELECT id, request_id, version, type, content_hash, value, ever_acked, said_at FROM outbox"
            " WHERE request_id = ANY(:ids) AND NOT beaten ORDER BY request_id, version FOR UPDATE"
        )
        return [OwnRow(*row) for row in self.session.execute(read, {"ids": sorted(ids)})]

    def known(self, ids: Collection[str]) -> Mapping[str, Known]:
        """Return what the outbox knows of the events with these ids."""
        columns = "id::text, key, headers, content_hash, published_at IS NOT NULL, kafka_offset"
        read = f"SELECT {columns} FROM outbox WHERE id = ANY(:ids)"
        return {name: Known(*row) for name, *row in self.session.execute(sa.text(read), {"ids": event_ids(ids)})}


def _outgoing(*columns: Any) -> Outgoing:
    event = Outgoing(*columns)
    return replace(event, headers=[(name, text) for name, text in event.headers])


def event_ids(ids: Collection[str]) -> list[UUID]:
    """Return what is a UUID in its canonical form; nothing else can be the id of an own event."""
    parsed = []
    for text in sorted(ids):
        try:
            if str(UUID(text)) == text:
                parsed.append(UUID(text))
        except ValueError:
            continue
    return parsed


def _decision_before(row: Row) -> dict[str, Any]:
    """Return the decision columns of a row as JSON values; none where there was no decision yet."""
    decision = row.decision
    # A row that nobody decided holds the column's defaults, not nulls.
    values: dict[str, Any] = dict.fromkeys(DECISION_COLUMNS) | {"outcome": "none", "rejected_upto": 0}
    if decision is not None:
        values |= decision_columns(decision) | {"decision_hash": row.decision_hash}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
