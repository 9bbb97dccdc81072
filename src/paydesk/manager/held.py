"""Whose a decision is that a desk holds, sending it at once by a command, and which terms a named revision has."""

from uuid import UUID

from paydesk.domain.asked import Asked
from paydesk.domain.decision import DecisionRegister
from paydesk.domain.payment_request import RequestRegister, called
from paydesk.domain.refusals import explain_stale, name_of, refuse_others, refuse_undecided
from paydesk.domain.text import same_person
from paydesk.infra.core.codec import other_terms_of_revision
from paydesk.infra.core.execute import Key, Said, run
from paydesk.infra.core.ports import Transaction
from paydesk.infra.core.records import Row
from paydesk.infra.core.storage import Storage


def own_decision(row: Row, actor: str, act: str, may: str) -> DecisionRegister:
    """Return this person's decision of a request. ``act`` and ``may`` are the words for what is to be done with it.

    Raises ``Conflict`` where nobody decided, ``NotAllowed`` where somebody else did.
    """
    decision = row.decision
    if decision is None or not same_person(decision.decided_by or "", actor):
        refuse_nothing(row, act)
    assert decision is not None
    refuse_others(decision, actor, may)
    return decision


def refuse_nothing(row: Row, act: str) -> None:
    """Raise ``Conflict`` when no manager's decision stands that could be taken back or sent."""
    name = called(row.request.number if row.request is not None else None, row.id)
    refuse_undecided(row.request, row.decision, name, act)


def refuse_replaced_terms(transaction: Transaction, asked: Asked, request: RequestRegister) -> None:
    """Raise ``Stale`` when a decision names only the number of a revision that was also sent with other terms."""
    if asked.content.get("revision") is None or "terms_hash" in asked.content:
        return
    other = other_terms_of_revision(transaction.heard_values(request.id), request.revision, request.terms)
    if other is not None:
        refusal = explain_stale(other, request)
        refusal.hint = f"Look at it again; {name_of(request)} without a revision means the terms that are here now."
        raise refusal


def send_held(store: Storage, key: Key, request_id: UUID, actor: str) -> Said:
    """Release a held decision of one's own; one that is not held has left already.

    Raises ``NotAllowed`` where somebody else decided, ``Conflict`` where nobody did.
    """

    def let_go(transaction: Transaction, _command_id: str, _command_hash: str) -> bool:
        row = transaction.row(request_id)
        own_decision(row, actor, "send", "send it now")
        released = transaction.release({request_id}, actor) > 0
        if not released:
            refuse_nothing(row, "send")
        return released

    return run(store, key, Asked("send", request_id, actor), let_go)
