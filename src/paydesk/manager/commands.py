"""What a manager does: approve, reject, undo, send; a decision made on a screen is held for some seconds first."""

from collections.abc import Collection
from datetime import timedelta
from typing import assert_never
from uuid import UUID

from paydesk.domain import commands
from paydesk.domain.commands import Approve, Decide, ManagerCommand, Reject, SendHeld, Undo
from paydesk.domain.errors import Conflict, Stale, TooLate
from paydesk.domain.stale import explain_stale
from paydesk.infra.core.codec import terms_of_revision
from paydesk.infra.core.command_key import CommandResult, Key
from paydesk.infra.core.execute import Execution, Hold, executing, publish, writing
from paydesk.infra.core.storage import Storage
from paydesk.manager.handlers import confirm_withdrawals
from paydesk.manager.held import own_decision, refuse_nothing, refuse_replaced_terms


def execute(store: Storage, key: Key, command: ManagerCommand, hold_s: float = 0) -> CommandResult:
    """Execute a command of a manager once, whole or not at all.

    Args:
        store: The manager's own schema.
        key: The id of the command; the same one again gives the same answer.
        command: The command.
        hold_s: The seconds for which a decision is held before it is released; 0: it leaves at once.

    Returns:
        The request, and whether the command changed something.

    Raises:
        PaydeskError: A rule refuses it, such as ``Stale``, ``AlreadyDecided`` or ``TooLate``.
        UnknownRequest: There is no such request here.
        KeyReused: The key was used with other content.
        CopiedSchema: The schema is a copy, and only reads.
        ServerDown: The database is away; nothing was written.
        OutcomeUnknown: Only the answer to the commit was lost.
    """
    with executing(store, key, command) as execution:
        if execution.is_new:
            match command:
                case Approve() | Reject():
                    execution.changed = _decide(execution, command, hold_s)
                case Undo():
                    execution.changed = _undo(execution, command)
                case SendHeld():
                    execution.changed = _send(execution, command)
                case _:
                    assert_never(command)
    return execution.result


def send_now(store: Storage, request_ids: Collection[UUID] | None, actor: str) -> int:
    """Release held decisions of a person.

    Args:
        store: The manager's own schema.
        request_ids: Of which requests; None: all but the overdue.
        actor: The person.

    Returns:
        How many decisions were released.

    Raises:
        CopiedSchema: The schema is a copy, and only reads.
        ServerDown: The database is away; nothing was written.
    """
    with writing(store) as transaction:
        return transaction.holds.release(request_ids, actor)


def _decide(execution: Execution, command: Decide, hold_s: float) -> bool:
    """Decide exactly this revision with these terms; returns whether that changed anything."""
    transaction = execution.transaction
    row = transaction.requests.get(command.id)
    if row.request is None:
        raise Conflict("The request itself has not arrived here yet.", "Try again in a moment.")
    now = execution.store.now()
    received_at = row.revision_received_at or now
    try:
        register = commands.decide(command, row.request, row.decision, now, received_at, locked=row.locked)
    except Stale as stale:
        seen = terms_of_revision(transaction.inbox.values(command.id), command.revision)
        raise (stale if seen is None else explain_stale(seen, row.request)) from None
    if register is None:
        if hold_s <= 0:  # The same decision, and at once: what a desk still holds of it leaves.
            transaction.holds.release([command.id])
        return False
    refuse_replaced_terms(transaction, command, row.request)
    if row.decision is not None:
        transaction.holds.release([command.id])
    hold = Hold(transaction.now() + timedelta(seconds=hold_s), row) if hold_s > 0 else None
    content_hash = publish(transaction, execution.store.role, register, execution.author(now), hold)
    transaction.requests.write(register, content_hash, now)
    return True


def _undo(execution: Execution, command: Undo) -> bool:
    """Take back a held decision of one's own. Raises ``TooLate`` once it was released, ``Conflict`` without one."""
    transaction, store = execution.transaction, execution.store
    row = transaction.requests.get(command.id)
    decision = own_decision(row, command.actor, "undo", "undo")
    if not transaction.holds.take_back(command.id, decision.version):
        refuse_nothing(row, "undo")
        raise TooLate("It is too late to undo: the decision was sent.", "Speak with the contractor.")
    confirm_withdrawals(transaction, store.role, [command.id], store.now())
    return True


def _send(execution: Execution, command: SendHeld) -> bool:
    """Release a held decision of one's own; one that is not held has left already.

    Raises ``NotAllowed`` where somebody else decided, ``Conflict`` where nobody did.
    """
    transaction = execution.transaction
    row = transaction.requests.get(command.id)
    own_decision(row, command.actor, "send", "send it now")
    if not (released := transaction.holds.release({command.id}, command.actor)):
        refuse_nothing(row, "send")
    return released > 0
