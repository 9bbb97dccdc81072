"""Own events come back from the topic: so many requests at a time, with a few statements for all of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from paydesk.infra.core.records import Brought
from paydesk.infra.postgres.schema import CommandRow, OutboxRow
from paydesk.infra.postgres.write import batch
from paydesk.infra.postgres.write.session import WritingSession

_FREE = """
DELETE FROM command WHERE id = ANY(ARRAY(
    SELECT CAST(nullif(command_id, '') AS uuid) FROM outbox WHERE id = ANY(:ids)))
"""
_BEAT = "UPDATE outbox SET beaten = true, beaten_at = clock_timestamp(), hold_until = NULL WHERE id = ANY(:ids)"
_EVENT = "id, request_id, version, type, topic, key, headers, value, content_hash, actor, command_id, said_at"
_PLACE = "topic_id, partition, kafka_offset, log_append_time, ever_acked, beaten"
# The rows keep the order in which they are given: where they are sent again, they leave in that order.
_BRING = f"""
INSERT INTO outbox ({_EVENT}, {_PLACE}, published_at, beaten_at)
SELECT {_EVENT}, {_PLACE},
    CASE WHEN ever_acked THEN greatest(coalesce(log_append_time, clock_timestamp()), said_at) END,
    CASE WHEN beaten THEN clock_timestamp() END
FROM {{rows}}
"""
_DONE = """
INSERT INTO command (id, content_hash, request_id, changed)
SELECT id, content_hash, request_id, true FROM {rows}
ON CONFLICT (id) DO NOTHING
"""
# A check that was killed half way goes on counting where it was: until its end ``imported_at`` is null.
_IMPORTED = """
INSERT INTO meta (partition, topic_id, imported, last_said_at) VALUES (0, :topic_id, :count, :last)
ON CONFLICT (partition) DO UPDATE SET imported_at = NULL, last_said_at = greatest(meta.last_said_at, :last),
    imported = :count + CASE WHEN meta.imported_at IS NULL THEN coalesce(meta.imported, 0) ELSE 0 END
"""
_outbox = OutboxRow.__table__  # type: ignore[attr-defined]
_command = CommandRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class SqlReimport:
    """Meets ``paydesk.infra.core.transaction.Reimport``."""

    session: WritingSession

    def supersede(self, ids: Collection[UUID]) -> None:
        """Make these events history; the ids of their commands are free again."""
        if ids:
            for statement in (_FREE, _BEAT):
                self.session.execute(sa.text(statement), {"ids": sorted(ids)})

    def bring_back(self, topic_id: str, brought: Sequence[Brought]) -> None:
        """Put events into the outbox in this order, what stands on the topic as sent, its commands among those done."""
        done = [
            {
                "id": entry.event.command_id,
                "content_hash": entry.command_hash,
                "request_id": entry.event.request_id,
            }
            for entry in brought
            if entry.ack is not None and entry.stands and entry.event.command_id
        ]
        if brought:
            batch.execute(self.session, _BRING, _outbox, (_row(entry, topic_id) for entry in brought))
        if done:
            batch.execute(self.session, _DONE, _command, done)

    def note(self, topic_id: str, count: int, last_said_at: datetime) -> None:
        """Add to what this check has brought back from the own topic; ``note_checked`` ends the count."""
        values = {"topic_id": topic_id, "count": count, "last": last_said_at}
        self.session.execute(sa.text(_IMPORTED), values)


def _row(brought: Brought, topic_id: str) -> dict[str, Any]:
    """Return the row of the outbox."""
    event, ack = brought.event, brought.ack
    return {
        "id": event.id,
        "request_id": event.request_id,
        "version": event.version,
        "type": event.type,
        "topic": event.topic,
        "key": event.key,
        "headers": event.headers,
        "value": event.value,
        "content_hash": event.content_hash,
        "actor": event.actor,
        "command_id": event.command_id,
        "said_at": event.said_at,
        "topic_id": topic_id if ack else None,
        "partition": ack.partition if ack else None,
        "kafka_offset": ack.offset if ack else None,
        "log_append_time": ack.at if ack else None,
        "ever_acked": ack is not None,
        "beaten": not brought.stands,
    }
