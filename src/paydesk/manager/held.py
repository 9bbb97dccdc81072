"""Whose a decision is that a desk holds, and which terms a named revision has."""

from paydesk.domain.commands import Decide, Named
from paydesk.domain.decision import DecisionRegister
from paydesk.domain.payment_request import RequestRegister, called
from paydesk.domain.refusals import name_of, refuse_others, refuse_undecided
from paydesk.domain.stale import explain_stale
from paydesk.domain.text import same_person
from paydesk.infra.core.codec import other_terms_of_revision
from paydesk.infra.core.records import Row
from paydesk.infra.core.transaction import Transaction


def own_decision(row: Row, actor: str, act: str, may: str) -> DecisionRegister:
    """Return this person's decision of a request.

    Args:
        row: The request.
        actor: The person.
        act: The verb of what is to be done with the decision, for a sentence.
        may: The same with its object.

    Raises:
        Conflict: Nobody has decided.
        NotAllowed: Somebody else has decided.
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


def refuse_replaced_terms(transaction: Transaction, command: Decide, request: RequestRegister) -> None:
    """Raise ``Stale`` when a decision names only the number of a revision that was also sent with other terms."""
    if command.named is not Named.REVISION:
        return
    other = other_terms_of_revision(transaction.inbox.values(request.id), request.revision, request.terms)
    if other is not None:
        refusal = explain_stale(other, request)
        refusal.hint = f"Look at it again; {name_of(request)} without a revision means the terms that are here now."
        raise refusal
