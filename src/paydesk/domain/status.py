"""``status``: one pure function of both registers, the same on both sides."""

from enum import StrEnum
from typing import assert_never

from paydesk.domain.decision import DecisionRegister, Outcome
from paydesk.domain.outcome_facts import fixes_terms
from paydesk.domain.payment_request import RequestRegister, Terms


class Status(StrEnum):
    """What a person sees."""

    PENDING = "pending"
    WITHDRAWING = "withdrawing"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


def status(request: RequestRegister | None, decision: DecisionRegister | None) -> Status:
    """Return the status; total, as either register may be missing for a while.

    With no request register, an open decision is ``rejected`` when it rejected anything, else ``pending``.
    """
    match decision.outcome if decision is not None else Outcome.NONE:
        case Outcome.ACCEPTED:
            return Status.ACCEPTED
        case Outcome.WITHDRAWN:
            return Status.WITHDRAWN
        case Outcome.NONE:
            pass
        case unknown:
            assert_never(unknown)
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
    if decision is not None and (fixes_terms(decision.outcome) or request is None):
        return decision.terms
    return request.terms if request is not None else None
