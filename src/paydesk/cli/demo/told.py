"""What one side said, and when the other heard it: the stored timestamps that every time of the demo comes from."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from paydesk.cli.demo.stage import Stage
from paydesk.infra.postgres import connect
from paydesk.infra.role import Role

_SAID = """
SELECT id::text, request_id, type, said_at, published_at, topic, partition, kafka_offset FROM outbox
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
    topic: str
    partition: int | None
    offset: int | None
    seen_at: datetime | None

    @property
    def sent_after_s(self) -> float | None:
        """Seconds from when it was said until the broker had acknowledged it."""
        return (self.published_at - self.said_at).total_seconds() if self.published_at else None

    @property
    def seen_after_s(self) -> float | None:
        """Seconds from when it was said until the other side had applied it."""
        return (self.seen_at - self.said_at).total_seconds() if self.seen_at else None


def told_by(stage: Stage, writer: Role, reader: Role, request_id: UUID | None = None) -> list[Told]:
    """Return what a side said, oldest first: of one request, or of all."""
    with connect(stage.url(writer), writer.name) as connection:
        said = connection.execute(_SAID, {"request": request_id}).fetchall()
    with connect(stage.url(reader), reader.name) as connection:
        heard = dict(connection.execute(_HEARD, [[row[0] for row in said]]).fetchall())
    return [Told(*(*row, heard.get(row[0]))) for row in said]


def took(seconds: float) -> str:
    """Return a time for a person."""
    return f"{seconds * 1000:.0f} ms" if abs(seconds) < 1 else f"{seconds:.2f} s"
