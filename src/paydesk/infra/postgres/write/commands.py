"""The ids of commands, so that the same command again has one effect."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from paydesk.infra.core.records import Claim
from paydesk.infra.postgres.write.ahead import CLAIM, Ahead
from paydesk.infra.postgres.write.session import WritingSession

_KNOWN = """
SELECT c.content_hash, c.request_id, c.changed, p.number,
    (SELECT o.actor FROM outbox o WHERE o.request_id = c.request_id AND o.command_id = c.id::text LIMIT 1)
FROM command c LEFT JOIN payment_request p ON p.id = c.request_id WHERE c.id = :key
"""
_CHANGED = "UPDATE command SET changed = true WHERE id = %(key)s"


@dataclass(slots=True)
class Claimed:
    """The command of a transaction, as far as a person waits for what is saved of it."""

    request_id: UUID | None = None
    """The request that it is about, once its id is registered."""
    number: str | None = None
    """That request's number, as far as the transaction met it."""


@dataclass(frozen=True, slots=True)
class SqlCommands:
    """Meets ``paydesk.infra.core.transaction.Commands``."""

    session: WritingSession
    claimed: Claimed
    ahead: Ahead

    def claim(self, key: UUID, content_hash: str, request_id: UUID) -> Claim | None:
        """Register a command's id; returns what it did when it was known already, else None."""
        ahead = self.ahead.claimed.take()
        if ahead is not None and ahead[0][0] == key:
            is_new = ahead[0][1]
        else:
            values = {"key": key, "content_hash": content_hash, "request_id": request_id}
            is_new = bool(self.session.ask((CLAIM, values))[0])
        if is_new:
            self.claimed.request_id, self.claimed.number = request_id, None
            return None
        return self.known(key)

    def known(self, key: UUID) -> Claim | None:
        """Return the result and the person of a command that ran before; None where its id is new. Writes nothing."""
        row = self.session.execute(sa.text(_KNOWN), {"key": key}).first()
        if row is None:
            return None
        content_hash, self.claimed.request_id, changed, self.claimed.number, actor = row
        return Claim(content_hash, row[1], changed, actor)

    def note_changed(self, key: UUID) -> None:
        """Note that the command changed something."""
        self.session.queue(_CHANGED, {"key": key})
