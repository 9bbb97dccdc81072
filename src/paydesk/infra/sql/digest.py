"""What anti-entropy reads of a schema: the lines of its copy, and of what it released."""

from collections.abc import Collection, Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from paydesk.infra.digest import Line
from paydesk.infra.records import Half

_RELEASED = """
SELECT DISTINCT ON (request_id) request_id, version, content_hash, id FROM outbox
WHERE published_at IS NOT NULL AND NOT beaten ORDER BY request_id, version DESC
"""
_REFUSED = """
SELECT request_id, encode(sha256(value), 'hex') FROM inbox
WHERE became IN ('quarantined', 'parked') AND request_id IS NOT NULL AND value IS NOT NULL
"""


class Digests:
    """Part of ``paydesk.infra.ports.Transaction``."""

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
        """Return the requests that only a person can settle."""
        read = sa.text("SELECT id FROM payment_request WHERE locked ORDER BY id")
        return list(self.session.execute(read).scalars())

    def send_again(self, events: Iterable[UUID]) -> None:
        """Have these events sent again, with their stored bytes."""
        again = sa.text("UPDATE outbox SET published_at = NULL WHERE id = ANY(:ids) AND NOT beaten")
        self.session.execute(again, {"ids": sorted(events)})
