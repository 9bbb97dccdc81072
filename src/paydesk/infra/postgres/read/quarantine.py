"""Messages that could not be applied, for persons: their bytes, what can be read of them, and what became of them."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from paydesk.domain.errors import UnknownRequest
from paydesk.infra.recovery.redrive import OPEN

_READ = (
    "SELECT position, became, reason, topic, partition, kafka_offset, heard_at, key, headers, value, request_id::text,"
    " redriven_at, redriven_by, discarded_at, discarded_by, discarded_why FROM inbox"
)
_BAD = "became IN ('quarantined', 'parked')"
_EVER = f"({_BAD} OR redriven_at IS NOT NULL)"


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
    redriven_at: datetime | None = None
    redriven_by: str | None = None
    discarded_at: datetime | None = None
    discarded_by: str | None = None
    discarded_why: str | None = None

    @property
    def where(self) -> str:
        """Topic, partition and offset."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def state(self) -> str:
        """What a person calls it: what became of it, or that it was discarded."""
        return "discarded" if self.became in OPEN and self.discarded_at else self.became

    def document(self) -> dict[str, Any]:
        """Return plain values; bytes are written with backslash escapes."""
        return {
            "id": self.id,
            "state": self.state,
            "became": self.became,
            "reason": self.reason,
            "where": self.where,
            "heard_at": self.heard_at.isoformat(),
            "request_id": self.request_id,
            "redriven": _done(self.redriven_at, self.redriven_by),
            "discarded": _done(self.discarded_at, self.discarded_by, why=self.discarded_why),
            "key": _written(self.key),
            "headers": self.headers,
            "value": _written(self.value),
            "decoded": self.decoded(),
        }

    def decoded(self) -> dict[str, Any]:
        """Return what can be read of it, whether it is true or not: the CloudEvents attributes, and the value as JSON.

        ``says`` is None where the value is no JSON.
        """
        attributes = {name.removeprefix("ce_"): text for name, text in self.headers if name.startswith("ce_")}
        return {name: attributes.get(name) for name in ("id", "type", "source", "subject", "time")} | {
            "says": self._json()
        }

    def _json(self) -> Any:
        try:
            document = json.loads(self.value or b"")
            json.dumps(document)
        except (ValueError, RecursionError):
            return None
        return document


def _done(at: datetime | None, by: str | None, **more: Any) -> dict[str, Any] | None:
    return {"by": by, "at": at.isoformat(), **more} if at is not None else None


def _written(raw: bytes | None) -> str | None:
    return None if raw is None else ascii(bytes(raw))[2:-1]


def bad_messages(connection: psycopg.Connection[TupleRow], *, closed: bool = False) -> list[BadMessage]:
    """Return the newest 1,000 that are open, newest first; ``closed``: the redriven and discarded ones too."""
    where = _EVER if closed else f"{_BAD} AND discarded_at IS NULL"
    rows = connection.execute(f"{_READ} WHERE {where} ORDER BY position DESC LIMIT 1000").fetchall()
    return [_of(row) for row in rows]


def bad_message(connection: psycopg.Connection[TupleRow], number: int) -> BadMessage:
    """Return one, open or not. Raises ``UnknownRequest``."""
    row = connection.execute(f"{_READ} WHERE {_EVER} AND position = %s", [number]).fetchone()
    if row is None:
        raise UnknownRequest(f"There is no message {number} in quarantine.", "`quarantine list` shows what is.")
    return _of(row)


def _of(row: tuple[Any, ...]) -> BadMessage:
    return BadMessage(row[0], row[1], row[2] or "", *row[3:])
