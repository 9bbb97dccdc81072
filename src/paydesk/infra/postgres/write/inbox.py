"""The inbox records what was received, and the position says where reading goes on; neither gates the apply."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from paydesk.infra.core.headers import headers_of, moment_in
from paydesk.infra.core.records import Incoming, Place, Position
from paydesk.infra.postgres.schema import InboxRow
from paydesk.infra.postgres.write import batch
from paydesk.infra.postgres.write.session import WritingSession

TAKEN = ("applied", "stale")
"""What became of a message that was understood: nobody asks for its headers again."""
_RECORD = """
INSERT INTO inbox (source, event_id, request_id, version, type, topic, topic_id, partition, kafka_offset,
    log_append_time, key, headers, said_at, value, became, reason, heard_at)
SELECT source, event_id, request_id, version, type, topic, topic_id, partition, kafka_offset, log_append_time,
    key, headers, said_at, value, became, reason, heard_at
FROM {rows}
ON CONFLICT (source, event_id) DO NOTHING
"""
_FIRST = """
INSERT INTO position (topic, partition, topic_id, next_offset) VALUES (%(topic)s, %(partition)s, %(topic_id)s, %(next)s)
ON CONFLICT (topic, partition) DO NOTHING RETURNING 1
"""
_MOVE = """
UPDATE position SET topic_id = %(topic_id)s, next_offset = %(next)s
WHERE topic = %(topic)s AND partition = %(partition)s AND topic_id = %(known_id)s AND next_offset = %(known)s
RETURNING 1
"""
_inbox = InboxRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class SqlInbox:
    """Meets ``paydesk.infra.core.transaction.Inbox``."""

    session: WritingSession

    def record(self, messages: Sequence[Incoming]) -> None:
        """Keep what was received; a message that is kept already stays as it is."""
        if messages:
            batch.execute(self.session, _RECORD, _inbox, (_row(message) for message in messages))

    def values(self, request_id: UUID) -> Iterator[bytes]:
        """Yield the values of what was received of a request, newest first, as far as it was trusted."""
        read = sa.text(
            "SELECT value FROM inbox WHERE request_id = :id AND became IN ('applied', 'stale') ORDER BY position DESC"
        )
        yield from (bytes(value) for value in self.session.execute(read, {"id": request_id}).scalars())

    def positions(self) -> Mapping[Place, Position]:
        """Return where reading goes on, by topic and partition."""
        read = sa.text("SELECT topic, partition, topic_id, next_offset FROM position")
        return {(row[0], row[1]): Position(row[2], row[3]) for row in self.session.execute(read)}

    def move(self, place: Place, known: Position | None, to: Position) -> bool:
        """Move a position from what is believed to be there; returns False when somebody else moved it."""
        values = {
            "topic": place[0],
            "partition": place[1],
            "topic_id": to.topic_id,
            "next": to.next_offset,
            "known_id": known.topic_id if known else None,
            "known": known.next_offset if known else None,
        }
        return bool(self.session.ask((_MOVE if known else _FIRST, values))[0])


def _row(message: Incoming) -> dict[str, Any]:
    record, said_at = message.record, _said_at(message)
    return {
        "source": message.source,
        "event_id": message.event_id,
        "request_id": message.request_id,
        "version": message.version,
        "type": message.type,
        "topic": record.topic,
        "topic_id": message.topic_id,
        "partition": record.partition,
        "kafka_offset": record.offset,
        "log_append_time": record.appended_at,
        "key": record.key if said_at is None else None,
        "headers": [[_written(name), _written(raw)] for name, raw in record.headers] if said_at is None else [],
        "said_at": said_at,
        "value": record.value,
        "became": message.became,
        "reason": _written(message.reason) or None,
        "heard_at": message.heard_at,
    }


def _said_at(message: Incoming) -> datetime | None:
    """Return when a message was said whose key and headers the other columns give back; None: they have to be kept."""
    if message.became not in TAKEN or message.type is None:
        return None
    key, headers = str(message.request_id).encode(), message.record.headers
    raw = next((raw for name, raw in headers if name == "ce_time"), None)
    if message.record.key != key or raw is None or (said_at := moment_in(raw)) is None:
        return None
    given_back = headers_of(message.event_id, message.type, message.source, key.decode(), raw.decode())
    return said_at if [(name, text.encode()) for name, text in given_back] == list(headers) else None


def _written(raw: bytes | str | None) -> str:
    """Return bytes as text that the database takes: what is no UTF-8, and NUL, is written with a backslash."""
    text = raw.decode(errors="backslashreplace") if isinstance(raw, bytes) else raw or ""
    return text.encode(errors="backslashreplace").decode().replace("\x00", "\\x00")
