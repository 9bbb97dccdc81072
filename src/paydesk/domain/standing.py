"""What stands of a request: its status and the terms that count, pure functions of both registers, on both sides."""

from paydesk.domain.decision import DecisionRegister
from paydesk.domain.payment_request import RequestRegister, Terms
from paydesk.domain.status import FIXES_TERMS, OUTCOMES, Outcome, Status


def status(request: RequestRegister | None, decision: DecisionRegister | None) -> Status:
    """Return the status; total, as either register may be missing for a while.

    With no request register, an open decision is ``rejected`` when it rejected anything, else ``pending``.
    """
    if decision is not None and (decided := OUTCOMES[decision.outcome].status) is not None:
        return decided
    if request is not None and request.withdrawal_asked:
        return Status.WITHDRAWING
    if decision is None or decision.rejected_upto == 0:
        return Status.PENDING
    if request is None or request.revision < decision.rejected_upto:
        return Status.REJECTED
    if request.revision > decision.rejected_upto or request.terms.hash != decision.terms_hash:
        return Status.PENDING
    return Status.REJECTED


def is_open(decision: DecisionRegister | None) -> bool:
    """Whether the request is neither accepted nor withdrawn."""
    return decision is None or decision.outcome is Outcome.NONE


def standing_terms(request: RequestRegister | None, decision: DecisionRegister | None) -> Terms | None:
    """Return the terms that count: the decided ones once accepted, or while the request's are not here yet."""
    if decision is not None and (decision.outcome in FIXES_TERMS or request is None):
        return decision.terms
    return request.terms if request is not None else None
