"""What a manager does: approve, reject, undo; a decision made on a screen is held for some seconds first."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from uuid import UUID

from paydesk.domain import commands
from paydesk.domain.decision import Cause, DecisionRegister
from paydesk.domain.errors import Conflict, NotAllowed, TooLate
from paydesk.domain.payment_request import RequestRegister
from paydesk.domain.text import same_person
from paydesk.infra.command import Said, run, say
from paydesk.infra.ports import Storage, Transaction
from paydesk.infra.records import Row
from paydesk.manager.handlers import confirm_withdrawals

Decided = Callable[[RequestRegister, Row, datetime], DecisionRegister | None]


def approve(
    store: Storage, key: UUID, request_id: UUID, actor: str, revision: int, terms_hash: str, hold_s: float = 0
) -> Said:
    """Approve exactly this revision with these terms; held for ``hold_s`` seconds before it is released."""
    command = commands.Approve(request_id, actor, revision, terms_hash)
    return _decide(
        store,
        key,
        command,
        hold_s,
        lambda request, row, now: commands.approve(
            command, request, row.decision, now, row.revision_received_at or now, locked=row.locked
        ),
    )


def reject(
    store: Storage,
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
            command, request, row.decision, now, row.revision_received_at or now, locked=row.locked
        ),
    )


def _decide(
    store: Storage, key: UUID, command: commands.Approve | commands.Reject, hold_s: float, decided: Decided
) -> Said:
    def decide(transaction: Transaction, command_id: str, command_hash: str) -> bool:
        row = transaction.row(command.id)
        if row.request is None:
            raise Conflict("The request itself has not arrived here yet.", "Try again in a moment.")
        now = store.now()
        register = decided(row.request, row, now)
        if register is None:
            return False
        transaction.release([command.id])
        content_hash = say(
            transaction,
            store.role,
            register,
            actor=command.actor,
            command_id=command_id,
            command_hash=command_hash,
            now=now,
            hold_until=transaction.now() + timedelta(seconds=hold_s) if hold_s > 0 else None,
            previous=row if hold_s > 0 else None,
        )
        transaction.write_decision(register, content_hash, now)
        return True

    return run(store, key, command, decide)


def undo(store: Storage, request_id: UUID, actor: str) -> Said:
    """Take back a held decision of one's own. Raises ``TooLate`` once it was released."""
    with store.transaction() as transaction:
        row = transaction.row(request_id)
        decision = row.decision
        if decision is not None and not same_person(decision.decided_by or "", actor):
            raise NotAllowed(f"Only {decision.decided_by}, who decided, may undo.", "Nothing was changed.")
        if decision is None or not transaction.take_back(request_id, decision.version):
            raise TooLate("It is too late to undo: the decision was sent.", "Speak with the contractor.")
        confirm_withdrawals(transaction, store.role, [request_id], store.now())
    return Said(request_id, True)


def send_now(store: Storage, request_ids: Collection[UUID] | None, actor: str) -> int:
    """Release what this person holds of these requests (None: all of it); returns how many decisions."""
    with store.transaction() as transaction:
        return transaction.release(request_ids, actor)
