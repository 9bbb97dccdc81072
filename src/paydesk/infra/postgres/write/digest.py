"""What anti-entropy reads of a schema: the lines of its copy, and of what it released."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from paydesk.domain.events import REQUEST_TYPES, Requested
from paydesk.infra.core.digest import Line
from paydesk.infra.core.records import PEER_LOCKED, Half, Locks

_RELEASED = """
SELECT DISTINCT ON (request_id) request_id, version, content_hash, id FROM outbox
WHERE published_at IS NOT NULL AND NOT beaten ORDER BY request_id, version DESC
"""
_REFUSED = """
SELECT request_id, encode(sha256(value), 'hex') FROM inbox
WHERE became IN ('quarantined', 'parked') AND request_id IS NOT NULL AND value IS NOT NULL
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
_AGAIN = """
UPDATE outbox SET published_at = NULL, again_s = w.wait_s,
    again_at = clock_timestamp() + make_interval(secs => w.wait_s)
FROM (
    SELECT id, CASE WHEN again_at IS NULL OR again_at < clock_timestamp() - interval '1 day' THEN 30
        ELSE least(again_s * 2, 3600) END AS wait_s
    FROM outbox WHERE id = ANY(:ids) AND NOT beaten AND (again_at IS NULL OR again_at <= clock_timestamp())
) w WHERE outbox.id = w.id RETURNING 1
"""
_RESTING = (
    "SELECT request_id, content_hash FROM unknown_version WHERE request_id = ANY(:ids) AND next_at > clock_timestamp()"
)
_MOST_UNKNOWN = 1000
"""Of requests that are not known here at all; whoever invents ids fills no table."""
_UNKNOWN = """
INSERT INTO unknown_version AS u (request_id, version, content_hash, next_at, wait_s)
SELECT id, version, hash, clock_timestamp() + interval '60 s', 60
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS a(id uuid, version bigint, hash text)
WHERE EXISTS (SELECT 1 FROM payment_request p WHERE p.id = a.id) OR (SELECT count(*) FROM unknown_version) < :most
ON CONFLICT (request_id) DO UPDATE SET version = excluded.version, content_hash = excluded.content_hash,
    last_at = clock_timestamp(), wait_s = least(u.wait_s * 2, 3600),
    next_at = clock_timestamp() + make_interval(secs => least(u.wait_s * 2, 3600))
"""
# What a contractor's side said stands in its outbox, and in the inbox of the manager's.
_REQUESTED = """
SELECT request_id, said->>'contractor', CAST(said->>'revision' AS int), said->>'terms_hash',
    coalesce(CAST(said->>'withdrawal_asked' AS boolean), false)
FROM (
    SELECT request_id, CAST(convert_from(value, 'UTF8') AS jsonb) AS said
    FROM outbox WHERE request_id = ANY(:ids) AND NOT beaten AND type = ANY(:asking)
    UNION ALL
    SELECT request_id, CAST(convert_from(value, 'UTF8') AS jsonb)
    FROM outbox WHERE request_id = ANY(:ids) AND beaten AND type = ANY(:asking)
    UNION ALL
    SELECT request_id, CAST(convert_from(value, 'UTF8') AS jsonb)
    FROM inbox WHERE request_id = ANY(:ids) AND type = ANY(:asking) AND became IN ('applied', 'stale')
) a
"""


class Digests:
    """Part of ``paydesk.infra.core.ports.Transaction``."""

    session: Session

    def released(self) -> list[tuple[Line, UUID]]:
        """Return the newest released line of each request, and the id of its event."""
        return [(Line(*row[:3]), row[3]) for row in self.session.execute(sa.text(_RELEASED))]

    def held_lines(self, half: Half) -> list[Line]:
        """Return what the copy holds of the other side's half."""
        read = f"SELECT id, {half}_version, {half}_hash FROM payment_request WHERE {half}_version IS NOT NULL"
        return [Line(*row) for row in self.session.execute(sa.text(read))]

    def refused(self) -> list[tuple[UUID, str]]:
        """Return request and content hash of what was not applied though its writer may say it."""
        return [(row[0], row[1]) for row in self.session.execute(sa.text(_REFUSED))]

    def said_hashes(self, hashes: Collection[str]) -> set[str]:
        """Return which of these content hashes the outbox knows."""
        read = sa.text("SELECT content_hash FROM outbox WHERE content_hash = ANY(:hashes)")
        return set(self.session.execute(read, {"hashes": sorted(hashes)}).scalars())

    def locked_ids(self) -> list[UUID]:
        """Return the requests that only a person can settle, as this side found."""
        read = "SELECT id FROM payment_request WHERE locked AND locked_why IS DISTINCT FROM :peers ORDER BY id"
        return list(self.session.execute(sa.text(read), {"peers": PEER_LOCKED}).scalars())

    def mirror_locks(self, locks: Locks, now: datetime) -> set[UUID]:
        """Note which of the requests here the other side has locked; returns those of which that changed."""
        values = {"ids": sorted(locks.ids), "whole": locks.whole, "now": now, "peers": PEER_LOCKED}
        for statement in (_DROP_INVENTED, _TAKE_OVER):
            self.session.execute(sa.text(statement), values)
        return {row[0] for row in self.session.execute(sa.text(_MIRROR), values)}

    def send_again(self, events: Iterable[UUID]) -> int:
        """Have these events sent again, with their stored bytes, each not more often than ``_AGAIN`` lets it."""
        return len(self.session.execute(sa.text(_AGAIN), {"ids": sorted(events)}).all())

    def resting(self, lines: Sequence[Line]) -> list[Line]:
        """Return which of these, unknown to this side, were looked for a short while ago."""
        found = {
            row[0]: row[1] for row in self.session.execute(sa.text(_RESTING), {"ids": [line.id for line in lines]})
        }
        return [line for line in lines if found.get(line.id) == line.content_hash]

    def note_unknown(self, lines: Sequence[Line]) -> None:
        """Keep what the other side claims to hold and what this side never said."""
        rows = [{"id": str(each.id), "version": each.version, "hash": each.content_hash} for each in lines]
        self.session.execute(sa.text(_UNKNOWN), {"rows": json.dumps(rows), "most": _MOST_UNKNOWN})

    def forget_unknown(self, ids: Collection[UUID]) -> None:
        """Forget such claims about these requests."""
        if ids:
            gone = sa.text("DELETE FROM unknown_version WHERE request_id = ANY(:ids)")
            self.session.execute(gone, {"ids": sorted(ids)})

    def requested(self, ids: Sequence[UUID]) -> Mapping[UUID, Requested]:
        """Return what was ever said of these requests by the contractor's side."""
        rows = self.session.execute(sa.text(_REQUESTED), {"ids": sorted(ids), "asking": sorted(REQUEST_TYPES)})
        found: dict[UUID, list[tuple[str, int, str, bool]]] = defaultdict(list)
        for request_id, contractor, revision, terms_hash, withdrawal in rows:
            found[request_id].append((contractor, revision, terms_hash, withdrawal))
        return {
            request_id: Requested(
                frozenset(row[0] for row in said),
                frozenset((row[1], row[2]) for row in said),
                any(row[3] for row in said),
            )
            for request_id, said in found.items()
        }

    def was_lost(self) -> bool:
        """Whether this schema was lost or restored once, and brought back what it had said."""
        read = sa.text("SELECT EXISTS (SELECT 1 FROM meta WHERE imported IS NOT NULL)")
        return bool(self.session.execute(read).scalar_one())
