"""What people may ask for, and what becomes of it: pure functions of both registers, a command and the time."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from paydesk.domain.decision import Cause, DecisionRegister, Outcome
from paydesk.domain.errors import AlreadyDecided, Conflict, Stale
from paydesk.domain.names import shown_name
from paydesk.domain.payment_request import RequestRegister, Terms
from paydesk.domain.refusals import name_of, refuse_locked, refuse_own, refuse_stranger
from paydesk.domain.status import Status, is_open, status
from paydesk.domain.status_facts import DECIDABLE, DECIDED, REVISABLE, TAKEN_BACK
from paydesk.domain.text import same_person


@dataclass(frozen=True, slots=True)
class RequestPayment:
    """A contractor asks for a payment; the caller makes ``id``, which makes a retry safe."""

    id: UUID
    contractor: str
    terms: Terms


@dataclass(frozen=True, slots=True)
class RevisePayment:
    """The contractor who asked changes the terms."""

    id: UUID
    actor: str
    terms: Terms


@dataclass(frozen=True, slots=True)
class AskWithdrawal:
    """The contractor who asked wants it back; the manager side confirms or has decided."""

    id: UUID
    actor: str


@dataclass(frozen=True, slots=True)
class Approve:
    """A manager approves exactly this revision with exactly these terms."""

    id: UUID
    actor: str
    revision: int
    terms_hash: str


@dataclass(frozen=True, slots=True)
class Reject:
    """A manager rejects exactly this revision with exactly these terms, and says why."""

    id: UUID
    actor: str
    revision: int
    terms_hash: str
    cause: Cause


def request_payment(command: RequestPayment, number: str | None, now: datetime) -> RequestRegister:
    """Return the first register of a request."""
    return RequestRegister(command.id, 1, number, command.contractor, now, 1, command.terms)


def revise_payment(
    command: RevisePayment,
    request: RequestRegister,
    decision: DecisionRegister | None,
    *,
    locked: bool = False,
) -> RequestRegister | None:
    """Return the register with the new terms, or None when it says so already. Rule 1 of the language."""
    refuse_stranger(command.actor, request)
    refuse_locked(locked, name_of(request))
    found = status(request, decision)
    if found not in REVISABLE:
        raise Conflict(f"{name_of(request)} is {found} and cannot be revised.", "Ask anew with a new request.")
    if found in DECIDABLE and command.terms == request.terms:
        return None
    revision = max(request.revision, decision.rejected_upto if decision else 0) + 1
    return replace(request, version=request.version + 1, revision=revision, terms=command.terms)


def ask_withdrawal(
    command: AskWithdrawal,
    request: RequestRegister,
    decision: DecisionRegister | None,
    *,
    locked: bool = False,
) -> RequestRegister | None:
    """Return the register that asks, or None when it was asked or confirmed already. Rule 2."""
    refuse_stranger(command.actor, request)
    refuse_locked(locked, name_of(request))
    found = status(request, decision)
    if found in TAKEN_BACK:
        return None
    if found is Status.ACCEPTED:
        raise Conflict(f"{name_of(request)} is accepted and cannot be withdrawn.", "Speak with the manager.")
    return replace(request, version=request.version + 1, withdrawal_asked=True)


def owes_withdrawal(request: RequestRegister | None, decision: DecisionRegister | None) -> bool:
    """Whether the manager side must write ``withdrawn`` in this very transaction: open with a withdrawal known."""
    return request is not None and request.withdrawal_asked and is_open(decision)


def confirm_withdrawal(
    request: RequestRegister, decision: DecisionRegister | None, now: datetime, received_at: datetime
) -> DecisionRegister:
    """Return the manager side's register with the withdrawal confirmed."""
    assert owes_withdrawal(request, decision)
    before = decision or DecisionRegister(request.id, 0)
    return replace(
        before,
        version=before.version + 1,
        outcome=Outcome.WITHDRAWN,
        decided_at=now,
        decided_by=None,
        received_at=received_at,
    )


def approve(
    command: Approve,
    request: RequestRegister,
    decision: DecisionRegister | None,
    now: datetime,
    received_at: datetime,
    *,
    locked: bool = False,
) -> DecisionRegister | None:
    """Return the accepted register, or None when this manager approved this revision already. Rules 3, 4 and 8."""
    refuse_own(command.actor, request)
    if decision is not None and decision.outcome is Outcome.ACCEPTED:
        same = decision.revision == command.revision and same_person(decision.decided_by or "", command.actor)
        if same:
            return None
    before = _refuse_undecidable(command, request, decision, locked)
    return replace(
        before,
        version=before.version + 1,
        outcome=Outcome.ACCEPTED,
        cause=None,
        revision=request.revision,
        terms=request.terms,
        terms_hash=request.terms.hash,
        decided_by=command.actor,
        decided_at=now,
        received_at=received_at,
    )


def reject(
    command: Reject,
    request: RequestRegister,
    decision: DecisionRegister | None,
    now: datetime,
    received_at: datetime,
    *,
    locked: bool = False,
) -> DecisionRegister | None:
    """Return the register with the rejection, or None when this manager rejected it so already. Rules 3, 4, 7, 8."""
    refuse_own(command.actor, request)
    if decision is not None and status(request, decision) is Status.REJECTED:
        same = decision.revision == command.revision and same_person(decision.decided_by or "", command.actor)
        if same and decision.cause == command.cause:
            return None
    before = _refuse_undecidable(command, request, decision, locked)
    return replace(
        before,
        version=before.version + 1,
        rejected_upto=request.revision,
        cause=command.cause,
        revision=request.revision,
        terms=request.terms,
        terms_hash=request.terms.hash,
        decided_by=command.actor,
        decided_at=now,
        received_at=received_at,
    )


def _refuse_undecidable(
    command: Approve | Reject,
    request: RequestRegister,
    decision: DecisionRegister | None,
    locked: bool,
) -> DecisionRegister:
    """Return the decision register to go on from. Raises the refusal that says what stands in the way."""
    name = name_of(request)
    refuse_locked(locked, name)
    found = status(request, decision)
    if decision is not None and found in DECIDED:
        who = shown_name(decision.decided_by)
        when = f"{decision.decided_at:%Y-%m-%d %H:%M:%S} UTC" if decision.decided_at else "before"
        why = f": {decision.cause.text}" if found is Status.REJECTED and decision.cause else "."
        raise AlreadyDecided(f"{name} was {found} by {who} at {when}{why}", "Nothing was changed.")
    if found not in DECIDABLE:
        raise Conflict(f"{name} is {found}: the contractor took it back.", "Nothing is left to decide.")
    if command.revision > request.revision:
        raise Stale(
            f"{name} is at revision {request.revision} here; there is no revision {command.revision}.",
            "Look at it again, then decide.",
        )
    if (command.revision, command.terms_hash) != (request.revision, request.terms.hash):
        raise Stale(
            f"{name} changed since you looked: it is at revision {request.revision}"
            f" by {shown_name(request.contractor)}, {request.terms.money}, {request.terms.description}.",
            "Look at it again, then decide.",
        )
    return decision or DecisionRegister(request.id, 0)
