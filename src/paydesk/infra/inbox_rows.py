"""The rows of ``inbox``: what each message was and what became of it, trusted or not."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from confluent_kafka import Message
from sqlmodel import Session

from paydesk.domain.events import Event
from paydesk.infra.kafka import append_time, headers_of
from paydesk.infra.role import Applied

_RECORD = """
INSERT INTO inbox (source, event_id, request_id, version, type, topic, topic_id, partition, kafka_offset,
    log_append_time, key, headers, value, became, reason, heard_at)
SELECT source, event_id, request_id, version, type, topic, topic_id, partition, kafka_offset, log_append_time,
    key, headers, value, became, reason, heard_at
FROM jsonb_populate_recordset(NULL::inbox, CAST(:rows AS jsonb))
ON CONFLICT (source, event_id) DO NOTHING
"""


@dataclass(slots=True)
class Judged:
    """One message, and what it turned out to be."""

    message: Message
    event: Event | None = None
    became: str = ""
    reason: str = ""


def record(session: Session, source: str, rows: list[tuple[Judged, str]], now: datetime) -> None:
    """Store what was heard from ``source``; each message comes with its topic's id. Ignored ones leave no row."""
    written = [_row(one, source, topic_id, now) for one, topic_id in rows if one.became != "ignored"]
    if written:
        session.execute(sa.text(_RECORD), {"rows": json.dumps(written)})


def _row(one: Judged, source: str, topic_id: str, now: datetime) -> dict[str, Any]:
    message, event = one.message, one.event
    topic, partition, offset = message.topic() or "", message.partition() or 0, message.offset() or 0
    trusted = event is not None and one.became != "quarantined"
    appended = append_time(message)
    return {
        "source": source if trusted else topic,
        "event_id": str(event.id) if event is not None and trusted else f"{topic_id}/{partition}/{offset}",
        "request_id": str(event.request_id) if event else None,
        "version": event.version if event else None,
        "type": event.type.value if event else None,
        "topic": topic,
        "topic_id": topic_id,
        "partition": partition,
        "kafka_offset": offset,
        "log_append_time": appended.isoformat() if appended else None,
        "key": _hex(message.key()),
        "headers": [[_written(name), _written(raw)] for name, raw in headers_of(message)],
        "value": _hex(message.value()),
        "became": one.became,
        "reason": _written(one.reason) or None,
        "heard_at": now.isoformat(),
    }


def conclude(one: Judged, applied: Applied) -> None:
    """Write down what became of an event that decoded fully."""
    if one.event is None:
        return
    if one.event.id in applied.flipping:
        one.became, one.reason = "quarantined", "would replace a published final outcome by another"
    elif one.event.id in applied.forked:
        one.became, one.reason = "quarantined", "same version as one known, with another content"
    else:
        one.became = "applied" if one.event.id in applied.newer else "stale"


def digest(message: Message) -> str:
    """Return the SHA-256 of the message's value, in hexadecimal."""
    return hashlib.sha256(as_bytes(message.value()) or b"").hexdigest()


def as_bytes(raw: bytes | str | None) -> bytes | None:
    """Return what the client gave as bytes."""
    return raw.encode() if isinstance(raw, str) else raw


def _hex(raw: bytes | str | None) -> str | None:
    found = as_bytes(raw)
    return None if found is None else "\\x" + found.hex()


def _written(raw: bytes | str | None) -> str:
    """Return bytes as text that the database takes: what is no UTF-8, and NUL, is written with a backslash."""
    text = raw.decode(errors="backslashreplace") if isinstance(raw, bytes) else raw or ""
    return text.encode(errors="backslashreplace").decode().replace("\x00", "\\x00")
