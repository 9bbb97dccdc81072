"""What the manager's side does with a request: it applies it, and confirms a withdrawal in the same transaction."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from paydesk.domain.commands import confirm_withdrawal
from paydesk.infra.core.apply import apply_registers
from paydesk.infra.core.execute import Author, publish
from paydesk.infra.core.records import Applied, ReceivedEvent
from paydesk.infra.core.role import Role
from paydesk.infra.core.transaction import Transaction


def apply(transaction: Transaction, role: Role, batch: Sequence[ReceivedEvent], now: datetime) -> Applied:
    """Apply a batch of requests to the manager's copy, in the caller's transaction.

    Args:
        transaction: The caller's transaction.
        role: The manager's role.
        batch: The requests, as they were received.
        now: When they are applied.

    Returns:
        What it did to the copy, and which withdrawals were confirmed.
    """
    applied = apply_registers(transaction, batch, now)
    return replace(applied, answered=confirm_withdrawals(transaction, role, applied.changed, now))


def confirm_withdrawals(
    transaction: Transaction, role: Role, ids: Collection[UUID] | None, now: datetime
) -> frozenset[UUID]:
    """Keep rule 2: no request stays open once a withdrawal is known.

    A held rejection of such a request is released with it.

    Args:
        transaction: The caller's transaction.
        role: The manager's role.
        ids: The requests to look at; None: none.
        now: When the withdrawals are confirmed.

    Returns:
        The requests that were withdrawn by this.
    """
    owing = transaction.requests.owing_withdrawal(ids) if ids else []
    for row in owing:
        assert row.request is not None
        register = confirm_withdrawal(row.request, row.decision, now, row.revision_received_at or now)
        transaction.holds.release([row.id])
        content_hash = publish(transaction, role, register, Author("manager side", now))
        transaction.requests.write(register, content_hash, now)
    return frozenset(row.id for row in owing)
