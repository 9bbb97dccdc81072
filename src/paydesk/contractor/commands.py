"""What a contractor does: request, revise, ask to withdraw; each in one transaction with its event."""

from collections.abc import Callable
from uuid import UUID

from paydesk.domain import commands
from paydesk.domain.payment_request import RequestRegister, Terms
from paydesk.infra.command import Said, run, say
from paydesk.infra.ports import Storage, Transaction
from paydesk.infra.records import Row


def request_payment(store: Storage, key: UUID, request_id: UUID, contractor: str, terms: Terms) -> Said:
    """Ask for a payment; ``request_id`` is made by the caller, so that a retry is the same request."""
    command = commands.RequestPayment(request_id, contractor, terms)

    def decide(transaction: Transaction, command_id: str, command_hash: str) -> bool:
        register = commands.request_payment(command, transaction.next_number(), store.now())
        _write(store, transaction, register, contractor, command_id, command_hash)
        return True

    return run(store, key, command, decide)


def revise_payment(store: Storage, key: UUID, request_id: UUID, actor: str, change: Callable[[Terms], Terms]) -> Said:
    """Change the terms of a request that waits or was rejected; ``change`` gets the own copy's terms."""
    with store.transaction() as transaction:
        seen = transaction.row(request_id).request
    assert seen is not None, "the contractor's schema holds its own register"
    command = commands.RevisePayment(request_id, actor, change(seen.terms))
    return _change(
        store,
        key,
        command,
        lambda request, row: commands.revise_payment(command, request, row.decision, locked=row.locked),
    )


def ask_withdrawal(store: Storage, key: UUID, request_id: UUID, actor: str) -> Said:
    """Ask for a request back; it is shown as withdrawing until the manager side confirms."""
    command = commands.AskWithdrawal(request_id, actor)
    return _change(
        store,
        key,
        command,
        lambda request, row: commands.ask_withdrawal(command, request, row.decision, locked=row.locked),
    )


def _change(
    store: Storage,
    key: UUID,
    command: commands.RevisePayment | commands.AskWithdrawal,
    decided: Callable[[RequestRegister, Row], RequestRegister | None],
) -> Said:
    def decide(transaction: Transaction, command_id: str, command_hash: str) -> bool:
        row = transaction.row(command.id)
        assert row.request is not None, "the contractor's schema holds its own register"
        register = decided(row.request, row)
        if register is None:
            return False
        _write(store, transaction, register, command.actor, command_id, command_hash)
        return True

    return run(store, key, command, decide)


def _write(
    store: Storage, transaction: Transaction, register: RequestRegister, actor: str, command_id: str, command_hash: str
) -> None:
    now = store.now()
    content_hash = say(
        transaction, store.role, register, actor=actor, command_id=command_id, command_hash=command_hash, now=now
    )
    transaction.write_request(register, content_hash, now)
