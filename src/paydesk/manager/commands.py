"""What a manager does: approve, reject, undo; a decision made on a screen is held for some seconds first."""

import json
from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from paydesk.domain import commands
from paydesk.domain.decision import Cause, DecisionRegister
from paydesk.domain.errors import Conflict, NotAllowed, TooLate
from paydesk.domain.payment_request import RequestRegister
from paydesk.domain.text import same_person
from paydesk.infra.registers import DECISION_COLUMNS, decision_of, request_of
from paydesk.infra.store import Row, Said, Store, lock_row, say, write_decision
from paydesk.manager.handlers import confirm_withdrawals, release

Decided = Callable[[RequestRegister, Row, datetime], DecisionRegister | None]


def approve(
    store: Store, key: UUID, request_id: UUID, actor: str, revision: int, terms_hash: str, hold_s: float = 0
) -> Said:
    """Approve exactly this revision with these terms; held for ``hold_s`` seconds before it is released."""
    command = commands.Approve(request_id, actor, revision, terms_hash)
    return _decide(
        store,
        key,
        command,
        hold_s,
        lambda request, row, now: commands.approve(
            command, request, decision_of(row), now, row["revision_received_at"] or now, locked=row["locked"]
        ),
    )


def reject(
    store: Store,
    key: UUID,
    request_id: UUID,
    actor: str,
    revision: int,
    terms_hash: str,
    cause: Cause,
    hold_s: float = 0,
) -> Said:
    """Reject exactly this revision with these terms, and say why; held for ``hold_s`` seconds."""
    command = commands.Reject(request_id, actor, revision, terms_hash, cause)
    return _decide(
        store,
        key,
        command,
        hold_s,
        lambda request, row, now: commands.reject(
            command, request, decision_of(row), now, row["revision_received_at"] or now, locked=row["locked"]
        ),
    )


def _decide(
    store: Store, key: UUID, command: commands.Approve | commands.Reject, hold_s: float, decided: Decided
) -> Said:
    def decide(session: Session, command_id: str, command_hash: str) -> bool:
        row = lock_row(session, command.id)
        request = request_of(row)
        if request is None:
            raise Conflict("The request itself has not arrived here yet.", "Try again in a moment.")
        now = store.now()
        register = decided(request, row, now)
        if register is None:
            return False
        release(session, [command.id])
        content_hash = say(
            session,
            store.role,
            register,
            actor=command.actor,
            command_id=command_id,
            command_hash=command_hash,
            now=now,
            hold_until=_database_now(session) + timedelta(seconds=hold_s) if hold_s > 0 else None,
            previous=_plain(row) if hold_s > 0 else None,
        )
        write_decision(session, register, content_hash, now)
        return True

    return store.run(key, command, decide)


def undo(store: Store, request_id: UUID, actor: str) -> Said:
    """Take back a held decision of one's own. Raises ``TooLate`` once it was released."""
    with store.transaction() as session:
        row = lock_row(session, request_id)
        decision = decision_of(row)
        if decision is not None and not same_person(decision.decided_by or "", actor):
            raise NotAllowed(f"Only {decision.decided_by}, who decided, may undo.", "Nothing was changed.")
        taken = session.execute(
            sa.text(
                "DELETE FROM outbox WHERE request_id = :id AND hold_until IS NOT NULL AND version = :version"
                " RETURNING previous"
            ),
            {"id": request_id, "version": row["decision_version"]},
        ).first()
        if taken is None:
            raise TooLate("It is too late to undo: the decision was sent.", "Speak with the contractor.")
        columns = ", ".join(DECISION_COLUMNS)
        session.execute(
            sa.text(
                f"UPDATE payment_request SET ({columns}, changed_at) = (SELECT {columns}, now() FROM"
                " jsonb_populate_record(NULL::payment_request, CAST(:before AS jsonb))) WHERE id = :id"
            ),
            {"id": request_id, "before": json.dumps(taken[0])},
        )
        confirm_withdrawals(session, store.role, [request_id], store.now())
    return Said(request_id, True)


def send_now(store: Store, request_ids: Collection[UUID] | None, actor: str) -> int:
    """Release what this person holds of these requests (None: all of it); returns how many decisions."""
    with store.transaction() as session:
        return release(session, request_ids, actor)


def _database_now(session: Session) -> datetime:
    moment: datetime = session.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
    return moment


def _plain(row: Row) -> dict[str, object]:
    """Return the decision columns of a row as JSON values, to restore them on undo."""
    values = {name: row[name] for name in DECISION_COLUMNS}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
