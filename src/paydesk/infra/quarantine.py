"""Messages that could not be applied, with their bytes and the reason."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from paydesk.domain.errors import UnknownRequest

_READ = (
    "SELECT position, became, reason, topic, partition, kafka_offset, heard_at, key, headers, value, request_id::text"
    " FROM inbox WHERE became IN ('quarantined', 'parked')"
)


@dataclass(frozen=True, slots=True)
class BadMessage:
    """One of them; ``id`` is its place in the inbox."""

    id: int
    became: str
    reason: str
    topic: str
    partition: int
    offset: int
    heard_at: datetime
    key: bytes | None
    headers: list[list[str]]
    value: bytes | None
    request_id: str | None

    @property
    def where(self) -> str:
        """Topic, partition and offset."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    def document(self) -> dict[str, Any]:
        """Return plain values; bytes are written with backslash escapes."""
        return {
            "id": self.id,
            "became": self.became,
            "reason": self.reason,
            "where": self.where,
            "heard_at": self.heard_at.isoformat(),
            "request_id": self.request_id,
            "key": _written(self.key),
            "headers": self.headers,
            "value": _written(self.value),
        }


def _written(raw: bytes | None) -> str | None:
    return None if raw is None else ascii(bytes(raw))[2:-1]


def bad_messages(connection: psycopg.Connection[Any]) -> list[BadMessage]:
    """Return the newest 1,000, newest first."""
    rows = connection.execute(f"{_READ} ORDER BY position DESC LIMIT 1000").fetchall()
    return [_of(row) for row in rows]


def bad_message(connection: psycopg.Connection[Any], number: int) -> BadMessage:
    """Return one. Raises ``UnknownRequest``."""
    row = connection.execute(f"{_READ} AND position = %s", [number]).fetchone()
    if row is None:
        raise UnknownRequest(f"There is no message {number} in quarantine.", "`quarantine list` shows what is.")
    return _of(row)


def _of(row: tuple[Any, ...]) -> BadMessage:
    return BadMessage(row[0], row[1], row[2] or "", *row[3:])
