"""What anti-entropy reads of a schema: the lines of its copy, and of what it released."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from paydesk.infra.core.digest import Line
from paydesk.infra.core.records import Half

_RELEASED = """
SELECT DISTINCT ON (request_id) request_id, version, content_hash, id FROM outbox
WHERE published_at IS NOT NULL AND NOT beaten ORDER BY request_id, version DESC
"""
_REFUSED = """
SELECT request_id, encode(sha256(value), 'hex') FROM inbox
WHERE became IN ('quarantined', 'parked') AND request_id IS NOT NULL AND value IS NOT NULL
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


@dataclass(frozen=True, slots=True)
class SqlDigests:
    """Meets ``paydesk.infra.core.transaction.Digests``."""

    session: Session

    def released(self) -> list[tuple[Line, UUID]]:
        """Return the newest released line of each request, and the id of its event."""
        return [(Line(*row[:3]), row[3]) for row in self.session.execute(sa.text(_RELEASED))]

    def held(self, half: Half) -> list[Line]:
        """Return what the replica holds."""
        read = f"SELECT id, {half}_version, {half}_hash FROM payment_request WHERE {half}_version IS NOT NULL"
        return [Line(*row) for row in self.session.execute(sa.text(read))]

    def refused(self) -> list[tuple[UUID, str]]:
        """Return request and content hash of what was not applied though its writer may publish it."""
        return [(row[0], row[1]) for row in self.session.execute(sa.text(_REFUSED))]

    def known_hashes(self, hashes: Collection[str]) -> set[str]:
        """Return which of these content hashes the outbox knows."""
        read = sa.text("SELECT content_hash FROM outbox WHERE content_hash = ANY(:hashes)")
        return set(self.session.execute(read, {"hashes": sorted(hashes)}).scalars())

    def note_unknown(self, lines: Sequence[Line]) -> None:
        """Keep what the other side claims to hold and what this side never published."""
        # Two answers may claim the same request, and one statement writes a row but once: the last claim counts.
        last = {line.id: line for line in lines}.values()
        rows = [{"id": str(line.id), "version": line.version, "hash": line.content_hash} for line in last]
        self.session.execute(sa.text(_UNKNOWN), {"rows": json.dumps(rows), "most": _MOST_UNKNOWN})

    def resting(self, lines: Sequence[Line]) -> list[Line]:
        """Return which of these, unknown to this side, were looked for a short while ago."""
        hashes = {
            row[0]: row[1] for row in self.session.execute(sa.text(_RESTING), {"ids": [line.id for line in lines]})
        }
        return [line for line in lines if hashes.get(line.id) == line.content_hash]

    def forget_unknown(self, ids: Collection[UUID]) -> None:
        """Forget such claims about these requests."""
        if ids:
            gone = sa.text("DELETE FROM unknown_version WHERE request_id = ANY(:ids)")
            self.session.execute(gone, {"ids": sorted(ids)})
