"""Messages that were not applied when they came: read back as the records they were, and what became of them later."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from paydesk.infra.core.records import UNREADABLE, UNSAID, Incoming, Record, Refused

_READ = """
SELECT position, topic, partition, kafka_offset, key, headers, value, log_append_time, topic_id, became, reason,
    request_id, discarded_at IS NOT NULL
FROM inbox
"""
_EVER = " WHERE position = ANY(:numbers) AND (became IN ('quarantined', 'parked') OR redriven_at IS NOT NULL)"
_UNSAID = (
    " WHERE became IN ('quarantined', 'parked') AND starts_with(reason, :unsaid) AND discarded_at IS NULL"
    " AND position > :after"
)
_PARKED = " WHERE became = 'parked' AND discarded_at IS NULL AND position > :after"
# Where the same event has a row of its own by now, this one stays at its place on the topic: one row per event.
_RETAKE = """
WITH twin AS (
    SELECT EXISTS (
        SELECT 1 FROM inbox WHERE source = :source AND event_id = :event_id AND position <> :number) AS known)
UPDATE inbox i SET
    source = CASE WHEN twin.known THEN i.source ELSE :source END,
    event_id = CASE WHEN twin.known THEN i.event_id ELSE :event_id END,
    request_id = :request_id, version = :version, type = :type, became = :became,
    reason = CASE WHEN twin.known THEN 'the same event came again and is recorded there' ELSE :reason END,
    redriven_at = clock_timestamp(), redriven_by = :actor
FROM twin WHERE i.position = :number
"""
_DISCARD = """
UPDATE inbox SET discarded_at = clock_timestamp(), discarded_by = :actor, discarded_why = :why WHERE position = :number
"""
_ESCAPED = re.compile(r"\\x(00|[89a-f][0-9a-f])")


@dataclass(frozen=True, slots=True)
class SqlQuarantine:
    """Meets ``paydesk.infra.core.transaction.Quarantine``."""

    session: Session

    def messages(self, numbers: Collection[int]) -> list[Refused]:
        """Return which of these were not applied when they came, locked, in the order in which they came."""
        read = sa.text(f"{_READ}{_EVER} ORDER BY position FOR UPDATE")
        return [_refused(row) for row in self.session.execute(read, {"numbers": sorted(numbers)})]

    def parked(self, after: int, most: int) -> list[Refused]:
        """Return what is parked and not discarded above a number, locked, in the order in which it came."""
        read = sa.text(f"{_READ}{_PARKED} ORDER BY position LIMIT :most FOR UPDATE")
        return [_refused(row) for row in self.session.execute(read, {"after": after, "most": most})]

    def unsaid(self, after: int, most: int) -> list[Refused]:
        """Return what was not applied as it answers what this side never published, as ``parked`` does."""
        read = sa.text(f"{_READ}{_UNSAID} ORDER BY position LIMIT :most FOR UPDATE")
        return [_refused(row) for row in self.session.execute(read, {"after": after, "most": most, "unsaid": UNSAID})]

    def retake(self, number: int, taken: Incoming, actor: str) -> None:
        """Write down what became of a refused message that ``actor`` had go the way in again."""
        values = {
            "number": number,
            "source": taken.source,
            "event_id": taken.event_id,
            "request_id": taken.request_id,
            "version": taken.version,
            "type": taken.type,
            "became": taken.became,
            "reason": taken.reason or None,
            "actor": actor,
        }
        self.session.execute(sa.text(_RETAKE), values)

    def discard(self, number: int, why: str, actor: str) -> None:
        """Write down who gave up a refused message, and why; its bytes stay."""
        self.session.execute(sa.text(_DISCARD), {"number": number, "why": why, "actor": actor})


def _refused(row: Any) -> Refused:
    number, topic, partition, offset, key, headers, value, appended_at, topic_id, *rest = row
    became, reason, request_id, discarded = rest
    record = Record(
        topic=topic,
        partition=partition,
        offset=offset,
        key=None if key is None else bytes(key),
        headers=[(name, _raw(text)) for name, text in headers],
        value=None if value is None else bytes(value),
        appended_at=appended_at,
        # What is kept of it is less than what it was.
        unreadable=reason if reason and reason.startswith(UNREADABLE) else "",
    )
    return Refused(number, record, topic_id, became, reason or "", request_id, discarded)


def _raw(text: str) -> bytes:
    """Return a header's bytes: what was no UTF-8, or NUL, is kept as a backslash, x and two digits.

    A header that holds such digits by itself becomes bytes that are no UTF-8: it is refused again, never taken in.
    """
    pieces = _ESCAPED.split(text)
    return b"".join(bytes.fromhex(piece) if index % 2 else piece.encode() for index, piece in enumerate(pieces))
