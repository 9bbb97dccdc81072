"""What a contractor does: request, revise, ask to withdraw; each in one transaction with its event."""

from collections.abc import Callable, Mapping
from uuid import UUID

from paydesk.domain import commands
from paydesk.domain.asked import Asked
from paydesk.domain.errors import UnknownRequest
from paydesk.domain.payment_request import RequestRegister, Terms, changed_terms
from paydesk.domain.refusals import refuse_locked
from paydesk.infra.core.execute import Key, Said, run, say
from paydesk.infra.core.ports import Transaction
from paydesk.infra.core.records import Row
from paydesk.infra.core.storage import Storage


def request_payment(
    store: Storage,
    key: Key,
    request_id: UUID,
    contractor: str,
    terms: Terms,
    named: Mapping[str, object] | None = None,
) -> Said:
    """Ask for a payment; ``request_id`` is made by the caller, so that a retry is the same request.

    ``named`` is what of the terms the person said, all of them by default: the rest may come from another request.
    """
    command = commands.RequestPayment(request_id, contractor, terms)

    def decide(transaction: Transaction, command_id: str, command_hash: str) -> bool:
        known = transaction.heads([request_id], "request").get(request_id)
        if known is not None and known.version is not None:
            # Asked before, and only the topic remembers: a later version came back from there, its beginning did not.
            return False
        register = commands.request_payment(command, transaction.next_number(), store.now())
        _write(store, transaction, register, contractor, command_id, command_hash)
        return True

    return run(store, key, Asked("request", request_id, contractor, named or {"terms": terms}, new=True), decide)


def revise_payment(store: Storage, key: Key, request_id: UUID, actor: str, changes: Mapping[str, str | None]) -> Said:
    """Change the terms of a request that waits or was rejected; ``changes`` are fields as typed, None keeps one."""
    given = {name: value for name, value in changes.items() if value is not None}

    def decided(request: RequestRegister, row: Row) -> RequestRegister | None:
        command = commands.RevisePayment(request_id, actor, changed_terms(request.terms, **given))
        return commands.revise_payment(command, request, row.decision, locked=row.locked)

    return _change(store, key, Asked("revise", request_id, actor, {"changes": given}), decided)


def ask_withdrawal(store: Storage, key: Key, request_id: UUID, actor: str) -> Said:
    """Ask for a request back; it is shown as withdrawing until the manager side confirms."""
    command = commands.AskWithdrawal(request_id, actor)
    return _change(
        store,
        key,
        Asked("withdraw", request_id, actor),
        lambda request, row: commands.ask_withdrawal(command, request, row.decision, locked=row.locked),
    )


def _change(
    store: Storage, key: Key, asked: Asked, decided: Callable[[RequestRegister, Row], RequestRegister | None]
) -> Said:
    def decide(transaction: Transaction, command_id: str, command_hash: str) -> bool:
        row = transaction.row(asked.id)
        if row.request is None:
            # Said once, lost since with schema and topic: a reader still holds it, and it will be locked for that.
            refuse_locked(row.locked, "This request")
            raise UnknownRequest(
                "What was asked here is lost: only a decision about it is known.",
                "The two sides are comparing what they hold; `paydesk doctor` lists what a person has to settle.",
            )
        register = decided(row.request, row)
        if register is None:
            return False
        _write(store, transaction, register, asked.actor, command_id, command_hash)
        return True

    return run(store, key, asked, decide)


def _write(
    store: Storage, transaction: Transaction, register: RequestRegister, actor: str, command_id: str, command_hash: str
) -> None:
    now = store.now()
    content_hash = say(
        transaction, store.role, register, actor=actor, command_id=command_id, command_hash=command_hash, now=now
    )
    transaction.write_request(register, content_hash, now)
