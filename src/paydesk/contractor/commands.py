"""What a contractor does: request, revise, ask to withdraw; each in one transaction with its event."""

from collections.abc import Callable
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from paydesk.domain import commands
from paydesk.domain.payment_request import RequestRegister, Terms
from paydesk.infra.registers import decision_of, request_of
from paydesk.infra.store import Row, Said, Store, lock_row, say, write_request


def request_payment(store: Store, key: UUID, request_id: UUID, contractor: str, terms: Terms) -> Said:
    """Ask for a payment; ``request_id`` is made by the caller, so that a retry is the same request."""
    command = commands.RequestPayment(request_id, contractor, terms)

    def decide(session: Session, command_id: str, command_hash: str) -> bool:
        counted = session.execute(sa.text("SELECT nextval('request_number')")).scalar_one()
        register = commands.request_payment(command, f"PR-{counted}", store.now())
        _write(store, session, register, contractor, command_id, command_hash)
        return True

    return store.run(key, command, decide)


def revise_payment(store: Store, key: UUID, request_id: UUID, actor: str, change: Callable[[Terms], Terms]) -> Said:
    """Change the terms of a request that waits or was rejected; ``change`` gets the own copy's terms."""
    with store.transaction() as session:
        seen = request_of(lock_row(session, request_id))
    assert seen is not None, "the contractor's schema holds its own register"
    command = commands.RevisePayment(request_id, actor, change(seen.terms))
    return _change(
        store,
        key,
        command,
        lambda request, row: commands.revise_payment(command, request, decision_of(row), locked=row["locked"]),
    )


def ask_withdrawal(store: Store, key: UUID, request_id: UUID, actor: str) -> Said:
    """Ask for a request back; it is shown as withdrawing until the manager side confirms."""
    command = commands.AskWithdrawal(request_id, actor)
    return _change(
        store,
        key,
        command,
        lambda request, row: commands.ask_withdrawal(command, request, decision_of(row), locked=row["locked"]),
    )


def _change(
    store: Store,
    key: UUID,
    command: commands.RevisePayment | commands.AskWithdrawal,
    decided: Callable[[RequestRegister, Row], RequestRegister | None],
) -> Said:
    def decide(session: Session, command_id: str, command_hash: str) -> bool:
        row = lock_row(session, command.id)
        request = request_of(row)
        assert request is not None, "the contractor's schema holds its own register"
        register = decided(request, row)
        if register is None:
            return False
        _write(store, session, register, command.actor, command_id, command_hash)
        return True

    return store.run(key, command, decide)


def _write(
    store: Store, session: Session, register: RequestRegister, actor: str, command_id: str, command_hash: str
) -> None:
    now = store.now()
    content_hash = say(
        session, store.role, register, actor=actor, command_id=command_id, command_hash=command_hash, now=now
    )
    write_request(session, register, content_hash, now)
