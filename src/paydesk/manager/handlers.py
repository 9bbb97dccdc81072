"""What the manager's side does with a request: it applies it, and confirms a withdrawal in the same transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from paydesk.domain.commands import confirm_withdrawal
from paydesk.infra.apply import apply_registers
from paydesk.infra.registers import decision_of, request_of
from paydesk.infra.role import Applied, Heard, Role
from paydesk.infra.store import say, write_decision


def apply(session: Session, role: Role, heard: Sequence[Heard], now: datetime) -> Applied:
    """Apply a batch of requests to the manager's copy, in the caller's transaction."""
    applied = apply_registers(session, heard, now)
    confirm_withdrawals(session, role, applied.changed, now)
    return applied


def confirm_withdrawals(session: Session, role: Role, ids: Collection[UUID], now: datetime) -> None:
    """Keep rule 2: never open with a withdrawal known. A held rejection of such a request is released with it."""
    if not ids:
        return
    owed = sa.text(
        "SELECT * FROM payment_request WHERE id = ANY(:ids) AND status = 'withdrawing' AND NOT locked"
        " ORDER BY id FOR UPDATE"
    )
    for row in map(dict, session.execute(owed, {"ids": sorted(ids)}).mappings().all()):
        request = request_of(row)
        assert request is not None
        register = confirm_withdrawal(request, decision_of(row), now, row["revision_received_at"] or now)
        release(session, [request.id])
        content_hash = say(session, role, register, actor="manager side", command_id="", command_hash="", now=now)
        write_decision(session, register, content_hash, now)


def release(session: Session, ids: Collection[UUID] | None, actor: str | None = None) -> int:
    """Release held decisions of these requests (None: of all), of this actor when given; returns how many."""
    freed = sa.text(
        "UPDATE outbox SET hold_until = NULL WHERE hold_until IS NOT NULL"
        " AND (CAST(:ids AS uuid[]) IS NULL OR request_id = ANY(:ids))"
        " AND (CAST(:actor AS text) IS NULL OR actor = :actor) RETURNING 1"
    )
    return len(session.execute(freed, {"ids": sorted(ids) if ids is not None else None, "actor": actor}).all())
