"""What one side said, and when the other heard it: the stored timestamps that every time of the demo comes from."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from paydesk.cli.demo.stage import Stage
from paydesk.domain.decision import CauseCode
from paydesk.domain.events import EventType
from paydesk.domain.money import Money
from paydesk.infra.core.role import Role
from paydesk.infra.postgres.connection import connect

_SAID = """
SELECT id::text, request_id, type, said_at, published_at, log_append_time, topic, partition, kafka_offset, actor,
    hold_until IS NOT NULL, value FROM outbox
WHERE %(request)s::uuid IS NULL OR request_id = %(request)s ORDER BY said_at, version
"""
_HEARD = "SELECT event_id, heard_at FROM inbox WHERE event_id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Told:
    """One event: as its writer stored it, and when its reader applied it."""

    id: str
    request_id: UUID
    type: str
    said_at: datetime
    published_at: datetime | None
    log_append_time: datetime | None
    topic: str
    partition: int | None
    offset: int | None
    actor: str
    held: bool
    seen_at: datetime | None
    money: str = ""
    text: str = ""
    """What it says to a person: the description, or why it was rejected."""

    @property
    def sent_after_s(self) -> float | None:
        """Seconds from when it was said until its writer knew that it was in Kafka's log, by one clock."""
        return _after(self.said_at, self.published_at)

    @property
    def seen_after_s(self) -> float | None:
        """Seconds from when it was said until the other side had applied it."""
        return _after(self.said_at, self.seen_at)


def _after(began: datetime, ended: datetime | None) -> float | None:
    """Return the seconds between two moments; none where two clocks differ by more than it took."""
    took_s = (ended - began).total_seconds() if ended is not None else -1.0
    return took_s if took_s >= 0 else None


def told_by(stage: Stage, writer: Role, reader: Role, request_id: UUID | None = None) -> list[Told]:
    """Return what a side said, oldest first: of one request, or of all."""
    with connect(stage.url(writer), writer.name) as connection:
        said = connection.execute(_SAID, {"request": request_id}).fetchall()
    with connect(stage.url(reader), reader.name) as connection:
        heard = dict(connection.execute(_HEARD, [[row[0] for row in said]]).fetchall())
    found = []
    for *facts, value in said:
        event_id, _, kind = facts[:3]
        money, text = _words(kind, value)
        facts += [heard.get(event_id), money, text]
        found.append(Told(*facts))
    return found


def _words(kind: str, value: bytes) -> tuple[str, str]:
    """Return the money and the words of a stored message."""
    said = json.loads(bytes(value))
    terms = said.get("terms") or {}
    money = str(Money(terms["amount_minor"], terms["currency"], terms["exponent"])) if terms else ""
    if kind == EventType.PAYMENT_REJECTED:
        return money, said.get("cause_note") or CauseCode(said["cause_code"]).sentence
    return money, terms.get("description", "")


def took(seconds: float) -> str:
    """Return a time for a person."""
    return f"{seconds * 1000:.0f} ms" if abs(seconds) < 1 else f"{seconds:.2f} s"
