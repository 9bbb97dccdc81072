"""The ids of commands, so that the same command again has one effect."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from paydesk.infra.core.records import Claim
from paydesk.infra.postgres.schema import CommandRow

_KNOWN = """
SELECT c.content_hash, c.request_id, c.changed, p.number,
    (SELECT o.actor FROM outbox o WHERE o.request_id = c.request_id AND o.command_id = c.id::text LIMIT 1)
FROM command c LEFT JOIN payment_request p ON p.id = c.request_id WHERE c.id = :key
"""


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

    session: Session
    claimed: Claimed

    def claim(self, key: UUID, content_hash: str, request_id: UUID) -> Claim | None:
        """Register a command's id; returns what it did when it was known already, else None."""
        claim = (
            insert(CommandRow)
            .values(id=key, content_hash=content_hash, request_id=request_id, changed=False)
            .on_conflict_do_nothing()
            .returning(sa.literal(1))
        )
        if self.session.execute(claim).first() is not None:
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
        done = sa.update(CommandRow).where(CommandRow.id == key).values(changed=True)  # type: ignore[arg-type]
        self.session.execute(done)
