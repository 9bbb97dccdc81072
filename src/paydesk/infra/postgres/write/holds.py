"""Events that wait in the outbox before they leave, and the decision that comes back when one is taken back."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from paydesk.domain.text import same_person
from paydesk.infra.postgres.columns import DECISION_COLUMNS
from paydesk.infra.postgres.write.ahead import RELEASE_DUE, Ahead
from paydesk.infra.postgres.write.session import WritingSession

_RELEASABLE = """
SELECT id, actor FROM outbox WHERE hold_until IS NOT NULL AND published_at IS NULL
    AND CASE WHEN CAST(:ids AS uuid[]) IS NULL THEN NOT overdue ELSE request_id = ANY(:ids) END
ORDER BY id FOR UPDATE
"""


@dataclass(frozen=True, slots=True)
class SqlHolds:
    """Meets ``paydesk.infra.core.transaction.Holds``."""

    session: WritingSession
    ahead: Ahead

    def release(self, ids: Collection[UUID] | None, actor: str | None = None) -> int:
        """Release held events of these requests (None: of all but the overdue), of this actor when given."""
        values = {"ids": sorted(ids) if ids is not None else None}
        held = self.session.execute(sa.text(_RELEASABLE), values)
        meant = [event_id for event_id, who in held if actor is None or same_person(who, actor)]
        released = sa.text("UPDATE outbox SET hold_until = NULL WHERE id = ANY(:ids)")
        if meant:
            self.session.execute(released, {"ids": meant})
        return len(meant)

    def release_due(self) -> set[UUID]:
        """Release the events whose hold ran out by the database's clock; returns their requests."""
        ahead = self.ahead.released.take()
        return ahead[0] if ahead is not None else {row[0] for row in self.session.ask((RELEASE_DUE, {}))[0]}

    def take_back(self, request_id: UUID, version: int) -> bool:
        """Delete a held event and restore the row before it; returns whether it was still held."""
        taken = self.session.execute(
            sa.text(
                "DELETE FROM outbox WHERE request_id = :id AND hold_until IS NOT NULL AND version = :version"
                " RETURNING previous"
            ),
            {"id": request_id, "version": version},
        ).first()
        if taken is None:
            return False
        columns = ", ".join(DECISION_COLUMNS)
        self.session.execute(
            sa.text(
                f"UPDATE payment_request SET ({columns}, changed_at) = (SELECT {columns}, now() FROM"
                " jsonb_populate_record(NULL::payment_request, CAST(:before AS jsonb))) WHERE id = :id"
            ),
            {"id": request_id, "before": json.dumps(taken[0])},
        )
        return True

    def ran_out(self) -> bool:
        """Return whether something is held whose time is over by the database's clock."""
        read = sa.text("SELECT EXISTS (SELECT 1 FROM outbox WHERE hold_until <= clock_timestamp())")
        return bool(self.session.execute(read).scalar_one())

    def keep_overdue(self) -> set[UUID]:
        """Keep holds that ran out while nobody looked, until a person releases them; returns the requests."""
        kept = sa.text(
            "UPDATE outbox SET overdue = true, hold_until = clock_timestamp() + interval '100 years'"
            " WHERE hold_until <= clock_timestamp() RETURNING request_id"
        )
        return {row[0] for row in self.session.execute(kept)}
