"""The rows of the inbox: what each message was and what became of it, trusted or not."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from paydesk.domain.events import Event
from paydesk.infra.records import Incoming, Record
from paydesk.infra.role import Applied


@dataclass(slots=True)
class Judged:
    """One message, and what it turned out to be."""

    record: Record
    event: Event | None = None
    became: str = ""
    reason: str = ""
    about: UUID | None = None
    """The request that a message is about which is not applied though its writer may say it."""


def incoming(one: Judged, source: str, topic_id: str, now: datetime) -> Incoming:
    """Return the row of a message heard from ``source``: under its own id only where it is trusted."""
    record, event = one.record, one.event
    trusted = event is not None and one.became != "quarantined"
    return Incoming(
        source=source if trusted else record.topic,
        event_id=str(event.id) if event is not None and trusted else f"{topic_id}/{record.partition}/{record.offset}",
        request_id=event.request_id if event else one.about,
        version=event.version if event else None,
        type=event.type.value if event else None,
        topic_id=topic_id,
        record=record,
        became=one.became,
        reason=one.reason,
        heard_at=now,
    )


def conclude(one: Judged, applied: Applied) -> None:
    """Write down what became of an event that decoded fully."""
    if one.event is None:
        return
    said = one.event.id, digest(one.record)
    if said in applied.flipping:
        one.became, one.reason = "quarantined", "would replace a published final outcome by another"
    elif said in applied.forked:
        one.became, one.reason = "quarantined", "same version as one known, with another content"
    else:
        one.became = "applied" if one.event.id in applied.newer else "stale"


def digest(record: Record) -> str:
    """Return the SHA-256 of the message's value, in hexadecimal."""
    return hashlib.sha256(record.value or b"").hexdigest()
