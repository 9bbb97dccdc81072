"""The requests that only a person can settle, as either side found them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from paydesk.infra.core.records import PEER_LOCKED, Locks
from paydesk.infra.postgres.schema import SettlementRow

_LOCK = """
INSERT INTO payment_request AS p (id, locked, locked_at, locked_why, changed_at)
SELECT id, true, :now, why, :now FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS a(id uuid, why text)
ON CONFLICT (id) DO UPDATE SET locked = true, changed_at = excluded.changed_at,
    locked_at = coalesce(p.locked_at, excluded.locked_at), locked_why = coalesce(p.locked_why, excluded.locked_why)
"""
# Desks of the version before took the other side's locks for their own, and made rows for ids that nobody knew.
_DROP_INVENTED = """
DELETE FROM payment_request p WHERE locked AND locked_why = :peers AND request_version IS NULL
    AND decision_version IS NULL AND NOT EXISTS (SELECT 1 FROM settlement s WHERE s.request_id = p.id)
"""
_TAKE_OVER = """
UPDATE payment_request SET peer_locked_at = coalesce(locked_at, :now), locked = false, locked_at = NULL,
    locked_why = NULL, changed_at = :now WHERE locked AND locked_why = :peers
"""
_MIRROR = """
UPDATE payment_request SET peer_locked_at = CASE WHEN id = ANY(:ids) THEN CAST(:now AS timestamptz) END,
    changed_at = :now
WHERE (id = ANY(:ids) AND peer_locked_at IS NULL)
    OR (:whole AND peer_locked_at IS NOT NULL AND NOT id = ANY(:ids))
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class SqlRequestLocks:
    """Meets ``paydesk.infra.core.transaction.RequestLocks``."""

    session: Session

    def lock(self, reasons: Mapping[UUID, str], now: datetime) -> None:
        """Mark requests that only a person can settle, known here or not, and why; the first reason stays."""
        rows = [{"id": str(request_id), "why": reasons[request_id]} for request_id in sorted(reasons)]
        self.session.execute(sa.text(_LOCK), {"rows": json.dumps(rows), "now": now})

    def ids(self) -> list[UUID]:
        """Return the requests that only a person can settle, as this side found."""
        read = "SELECT id FROM payment_request WHERE locked AND locked_why IS DISTINCT FROM :peers ORDER BY id"
        return list(self.session.execute(sa.text(read), {"peers": PEER_LOCKED}).scalars())

    def mirror(self, locks: Locks, now: datetime) -> set[UUID]:
        """Note which of the requests here the other side has locked; returns those of which that changed."""
        values = {"ids": sorted(locks.ids), "whole": locks.whole, "now": now, "peers": PEER_LOCKED}
        for statement in (_DROP_INVENTED, _TAKE_OVER):
            self.session.execute(sa.text(statement), values)
        return {row[0] for row in self.session.execute(sa.text(_MIRROR), values)}

    def note_settled(self, key: UUID, request_id: UUID, note: str, actor: str) -> None:
        """Keep this side's word on how a locked request was settled."""
        values = {"id": key, "request_id": request_id, "note": note, "actor": actor}
        self.session.execute(insert(SettlementRow).values(values))
        changed = sa.text("UPDATE payment_request SET changed_at = clock_timestamp() WHERE id = :id")
        self.session.execute(changed, {"id": request_id})
