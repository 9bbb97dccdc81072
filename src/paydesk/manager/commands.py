"""What a manager does: approve, reject, undo; a decision made on a screen is held for some seconds first."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from paydesk.domain import commands
from paydesk.domain.asked import Asked
from paydesk.domain.decision import Cause, DecisionRegister
from paydesk.domain.errors import Conflict, Stale, TooLate
from paydesk.domain.payment_request import RequestRegister
from paydesk.domain.refusals import explain_stale
from paydesk.infra.core.codec import terms_of_revision
from paydesk.infra.core.execute import Key, Said, run, say, writing
from paydesk.infra.core.ports import Transaction
from paydesk.infra.core.records import Row
from paydesk.infra.core.storage import Storage
from paydesk.manager.handlers import confirm_withdrawals
from paydesk.manager.held import own_decision, refuse_nothing, refuse_replaced_terms

Named = Mapping[str, object]
Decided = Callable[[RequestRegister, Row, datetime], DecisionRegister | None]


def approve(
    store: Storage,
    key: Key,
    request_id: UUID,
    actor: str,
    revision: int,
    terms_hash: str,
    hold_s: float = 0,
    named: Named | None = None,
) -> Said:
    """Approve exactly this revision with these terms; held for ``hold_s`` seconds before it is released.

    ``named`` is what of both the person said, all of it by default: a command line may leave the revision to the
    copy, and its repeat means the same though the copy moved on.
    """
    command = commands.Approve(request_id, actor, revision, terms_hash)
    said = {"revision": revision, "terms_hash": terms_hash} if named is None else named
    return _decide(
        store,
        key,
        Asked("approve", request_id, actor, said),
        revision,
        hold_s,
        lambda request, row, now: commands.approve(
            command, request, row.decision, now, row.revision_received_at or now, locked=row.locked
        ),
    )


def reject(
    store: Storage,
    key: Key,
    request_id: UUID,
    actor: str,
    revision: int,
    terms_hash: str,
    cause: Cause,
    hold_s: float = 0,
    named: Named | None = None,
) -> Said:
    """Reject exactly this revision with these terms, and say why; ``hold_s`` and ``named`` as in ``approve``."""
    command = commands.Reject(request_id, actor, revision, terms_hash, cause)
    said = {"revision": revision, "terms_hash": terms_hash} if named is None else named
    return _decide(
        store,
        key,
        Asked("reject", request_id, actor, {**said, "cause": cause}),
        revision,
        hold_s,
        lambda request, row, now: commands.reject(
            command, request, row.decision, now, row.revision_received_at or now, locked=row.locked
        ),
    )


def _decide(store: Storage, key: Key, asked: Asked, revision: int, hold_s: float, decided: Decided) -> Said:
    def decide(transaction: Transaction, command_id: str, command_hash: str) -> bool:
        row = transaction.row(asked.id)
        if row.request is None:
            raise Conflict("The request itself has not arrived here yet.", "Try again in a moment.")
        now = store.now()
        try:
            register = decided(row.request, row, now)
        except Stale as stale:
            seen = terms_of_revision(transaction.heard_values(asked.id), revision)
            raise explain_stale(seen, row.request) if seen is not None else stale from None
        if register is None:
            if hold_s <= 0:  # Said again by the same person where nothing is held: what a desk holds of it leaves.
                transaction.release([asked.id])
            return False
        refuse_replaced_terms(transaction, asked, row.request)
        transaction.release([asked.id])
        content_hash = say(
            transaction,
            store.role,
            register,
            actor=asked.actor,
            command_id=command_id,
            command_hash=command_hash,
            now=now,
            hold_until=transaction.now() + timedelta(seconds=hold_s) if hold_s > 0 else None,
            previous=row if hold_s > 0 else None,
        )
        transaction.write_decision(register, content_hash, now)
        return True

    return run(store, key, asked, decide)


def undo(store: Storage, key: Key, request_id: UUID, actor: str) -> Said:
    """Take back a held decision of one's own. Raises ``TooLate`` once it was released, ``Conflict`` without one."""

    def take_back(transaction: Transaction, _command_id: str, _command_hash: str) -> bool:
        row = transaction.row(request_id)
        decision = own_decision(row, actor, "undo", "undo")
        if not transaction.take_back(request_id, decision.version):
            refuse_nothing(row, "undo")
            raise TooLate("It is too late to undo: the decision was sent.", "Speak with the contractor.")
        confirm_withdrawals(transaction, store.role, [request_id], store.now())
        return True

    return run(store, key, Asked("undo", request_id, actor), take_back)


def send_now(store: Storage, request_ids: Collection[UUID] | None, actor: str) -> int:
    """Release what this person holds of these requests (None: all but the overdue); returns how many decisions."""
    with writing(store) as transaction:
        return transaction.release(request_ids, actor)
