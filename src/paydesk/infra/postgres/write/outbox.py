"""The outbox: read by flag, never by "id greater than the last", as sequence order is not commit order."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from paydesk.domain.events import REQUEST_TYPES
from paydesk.domain.text import same_person
from paydesk.infra.core.records import Ack, Known, Outgoing, OwnRow, Row, Verified
from paydesk.infra.postgres.columns import DECISION_COLUMNS, decision_columns
from paydesk.infra.postgres.schema import OutboxRow

# A row waits while an earlier version of its request is held: rows of one request leave in version order. What is
# asked waits until it has its number.
_UNSENT = """
SELECT id, request_id, version, type, topic, key, headers, value, content_hash, actor, command_id, said_at
FROM outbox o
WHERE published_at IS NULL AND hold_until IS NULL AND NOT beaten AND NOT EXISTS (
    SELECT 1 FROM outbox e WHERE e.request_id = o.request_id AND e.version < o.version
    AND e.published_at IS NULL AND e.hold_until IS NOT NULL AND NOT e.beaten)
AND NOT EXISTS (
    SELECT 1 FROM payment_request p WHERE p.id = o.request_id AND p.number IS NULL AND o.type = ANY(:asking))
AND NOT o.request_id = ANY(CAST(:without AS uuid[]))
ORDER BY position LIMIT :most
"""
_ASKING = sorted(REQUEST_TYPES)
_MARK = """
UPDATE outbox o SET published_at = coalesce(published_at, clock_timestamp()), hold_until = NULL, ever_acked = true,
    topic_id = :topic_id, partition = a.partition, kafka_offset = a.kafka_offset, log_append_time = a.at
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS a(id uuid, partition int, kafka_offset bigint, at timestamptz)
WHERE o.id = a.id
"""
_RELEASABLE = """
SELECT id, actor FROM outbox WHERE hold_until IS NOT NULL AND published_at IS NULL
    AND CASE WHEN CAST(:ids AS uuid[]) IS NULL THEN NOT overdue ELSE request_id = ANY(:ids) END
ORDER BY id FOR UPDATE
"""
_VERIFY = """
INSERT INTO meta (partition, topic_id, verified_offset, verified_event_id, verified_append_time)
VALUES (:partition, :topic_id, :offset, :event_id, :appended_at)
ON CONFLICT (partition) DO UPDATE SET topic_id = excluded.topic_id, verified_offset = excluded.verified_offset,
    verified_event_id = excluded.verified_event_id, verified_append_time = excluded.verified_append_time
"""


class Outbox:
    """Part of ``paydesk.infra.core.ports.Transaction``."""

    session: Session

    def add(self, event: Outgoing) -> None:
        """Put an event into the outbox."""
        before = event.previous
        self.session.add(
            OutboxRow(
                id=event.id,
                request_id=event.request_id,
                version=event.version,
                type=event.type,
                topic=event.topic,
                key=event.key,
                headers=[list(header) for header in event.headers],
                value=event.value,
                content_hash=event.content_hash,
                actor=event.actor,
                command_id=event.command_id,
                said_at=event.said_at,
                hold_until=event.hold_until,
                previous=_decision_before(before) if before is not None else None,
            )
        )
        self.session.flush()

    def release(self, ids: Collection[UUID] | None, actor: str | None = None) -> int:
        """Release held events of these requests (None: of all but the overdue), of this actor when given."""
        values = {"ids": sorted(ids) if ids is not None else None}
        held = self.session.execute(sa.text(_RELEASABLE), values)
        meant = [event_id for event_id, who in held if actor is None or same_person(who, actor)]
        released = sa.text("UPDATE outbox SET hold_until = NULL WHERE id = ANY(:ids)")
        if meant:
            self.session.execute(released, {"ids": meant})
        return len(meant)

    def take_back(self, request_id: UUID, version: int) -> bool:
        """Delete a held event and restore the row before it; returns whether it was still held."""
        taken = self.session.execute(
            sa.text(
                "DELETE FROM outbox WHERE request_id = :id AND hold_until IS NOT NULL AND version = :version"
                " RETURNING previous"
            ),
            {"id": request_id, "version": version},
        ).first()
        if taken is None:
            return False
        columns = ", ".join(DECISION_COLUMNS)
        self.session.execute(
            sa.text(
                f"UPDATE payment_request SET ({columns}, changed_at) = (SELECT {columns}, now() FROM"
                " jsonb_populate_record(NULL::payment_request, CAST(:before AS jsonb))) WHERE id = :id"
            ),
            {"id": request_id, "before": json.dumps(taken[0])},
        )
        return True

    def release_due(self) -> set[UUID]:
        """Release the events whose hold ran out by the database's clock; returns their requests."""
        due = "UPDATE outbox SET hold_until = NULL WHERE hold_until <= clock_timestamp() RETURNING request_id"
        return {row[0] for row in self.session.execute(sa.text(due))}

    def unsent(self, most: int, without: Collection[UUID] = ()) -> list[Outgoing]:
        """Return the events that may leave now, each request's in order of its versions, but of these requests."""
        values = {"most": most, "asking": _ASKING, "without": list(without)}
        rows = self.session.execute(sa.text(_UNSENT), values).mappings()
        return [Outgoing(**{**row, "headers": [tuple(pair) for pair in row["headers"]]}) for row in rows]

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
        self.session.execute(sa.text(_MARK), {"topic_id": topic_id, "rows": json.dumps(rows)})

    def forget_other_topics(self, topic_id: str) -> None:
        """Make everything that was acknowledged on a topic that is no more unsent again."""
        values = {"topic_id": topic_id}
        # First, as it waits for whoever is marking what the other topic acknowledged.
        self.session.execute(sa.text("DELETE FROM meta WHERE topic_id IS DISTINCT FROM :topic_id"), values)
        gone = (
            "UPDATE outbox SET published_at = NULL"
            " WHERE ever_acked AND topic_id IS DISTINCT FROM :topic_id AND NOT beaten"
        )
        self.session.execute(sa.text(gone), values)

    def known_events(self, ids: Collection[str]) -> Mapping[str, Known]:
        """Return what the outbox knows of the events with these ids."""
        said = "id::text, key, headers, content_hash, published_at IS NOT NULL, kafka_offset"
        read = f"SELECT {said} FROM outbox WHERE id = ANY(:ids)"
        return {name: Known(*row) for name, *row in self.session.execute(sa.text(read), {"ids": _uuids(ids)})}

    def unsend_missing(self, topic_id: str, partition: int, after: int, found: Collection[str]) -> int:
        """Make unsent again what was acknowledged above ``after`` and is not among ``found``; returns how many."""
        gone = sa.text(
            "UPDATE outbox SET published_at = NULL WHERE published_at IS NOT NULL AND topic_id = :topic_id"
            " AND partition = :partition AND kafka_offset > :after AND NOT beaten AND id <> ALL(:found)"
            " RETURNING 1"
        )
        values = {"topic_id": topic_id, "partition": partition, "after": after, "found": _uuids(found)}
        return len(self.session.execute(gone, values).all())

    def renew(self, event_id: UUID, fresh: UUID, value: bytes, content_hash: str) -> None:
        """Give an event that never left another id and other bytes."""
        anew = sa.text(
            "UPDATE outbox SET id = :fresh, value = :value, content_hash = :content_hash, headers ="
            " (SELECT jsonb_agg(CASE WHEN h->>0 = 'ce_id' THEN jsonb_build_array('ce_id', CAST(:fresh AS text))"
            " ELSE h END)"
            " FROM jsonb_array_elements(headers) h) WHERE id = :id AND NOT ever_acked"
        )
        values = {"id": event_id, "fresh": fresh, "value": value, "content_hash": content_hash}
        self.session.execute(anew, values)

    def own_rows(self, ids: Collection[UUID]) -> list[OwnRow]:
        """Return every event that was said of these requests and stands, their rows locked."""
        read = sa.text(
            "SELECT id, request_id, version, type, content_hash, value, ever_acked, said_at FROM outbox"
            " WHERE request_id = ANY(:ids) AND NOT beaten ORDER BY request_id, version FOR UPDATE"
        )
        return [OwnRow(*row) for row in self.session.execute(read, {"ids": sorted(ids)})]

    def keep_overdue(self) -> set[UUID]:
        """Keep held what ran out while nobody looked, until a person says so; returns the requests."""
        kept = sa.text(
            "UPDATE outbox SET overdue = true, hold_until = clock_timestamp() + interval '100 years'"
            " WHERE hold_until <= clock_timestamp() RETURNING request_id"
        )
        return {row[0] for row in self.session.execute(kept)}

    def verified(self, partition: int) -> Verified | None:
        """Return what was verified of the own topic's partition."""
        read = (
            "SELECT topic_id, verified_offset, verified_event_id, verified_append_time FROM meta"
            " WHERE partition = :partition FOR UPDATE"
        )
        row = self.session.execute(sa.text(read), {"partition": partition}).first()
        return Verified(*row) if row is not None else None

    def set_verified(self, partition: int, verified: Verified) -> None:
        """Note what was verified."""
        values = {
            "partition": partition,
            "topic_id": verified.topic_id,
            "offset": verified.offset,
            "event_id": verified.event_id,
            "appended_at": verified.appended_at,
        }
        self.session.execute(sa.text(_VERIFY), values)

    def set_amiss(self, sentence: str) -> None:
        """Note what the check of the own topic found and could not explain."""
        self.session.execute(sa.text("UPDATE meta SET amiss = :amiss"), {"amiss": sentence or None})


def _uuids(ids: Collection[str]) -> list[UUID]:
    """Return what is a UUID in its canonical form; nothing else can be the id of an own event."""
    found = []
    for each in sorted(ids):
        try:
            if str(UUID(each)) == each:
                found.append(UUID(each))
        except ValueError:
            continue
    return found


def _decision_before(row: Row) -> dict[str, Any]:
    """Return the decision columns of a row as JSON values; none where there was no decision yet."""
    found = row.decision
    # A row that nobody decided holds the column's defaults, not nulls.
    values: dict[str, Any] = dict.fromkeys(DECISION_COLUMNS) | {"outcome": "none", "rejected_upto": 0}
    if found is not None:
        values |= decision_columns(found) | {"decision_hash": row.decision_hash}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
