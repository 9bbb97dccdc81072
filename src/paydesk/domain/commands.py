"""What people may ask for, and what becomes of it: commands as values; pure functions of them, registers and time."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from uuid import UUID

from paydesk.domain.copy import RequestCopy
from paydesk.domain.decision import Cause, DecisionRegister
from paydesk.domain.errors import AlreadyDecided, Conflict
from paydesk.domain.names import shown_name
from paydesk.domain.payment_request import RequestRegister, Terms, changed_terms, typed_fields
from paydesk.domain.refusals import name_of, refuse_locked, refuse_own, refuse_stranger
from paydesk.domain.stale import explain_other_revision, explain_other_terms
from paydesk.domain.standing import is_open, status
from paydesk.domain.status import DECIDABLE, DECIDED, FINAL, REVISABLE, TAKEN_BACK, Outcome, Status
from paydesk.domain.text import same_person


class Named(Enum):
    """What a person who decides named besides the request; a command line may leave the rest to the copy."""

    TERMS = "the revision with its terms"
    REVISION = "the revision"
    REQUEST = "nothing"


@dataclass(frozen=True, slots=True)
class Like:
    """Where the terms of a request come from that asks like another: that one, but for these fields as typed."""

    id: UUID
    changes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RequestPayment:
    """A contractor asks for a payment.

    Attributes:
        id: The new request; the caller makes it, and a retry with the same one is safe.
        actor: The contractor.
        terms: What is asked for.
        like: The request whose terms these are, where they were taken from one.
    """

    id: UUID
    actor: str
    terms: Terms
    like: Like | None = None


@dataclass(frozen=True, slots=True)
class RevisePayment:
    """The contractor who asked changes the terms.

    Attributes:
        id: The request.
        actor: The contractor.
        changes: Fields of the terms as typed; every other one stays.
        revision: The revision that these replace, and no other; None: whichever is the newest.
    """

    id: UUID
    actor: str
    changes: Mapping[str, str]
    revision: int | None = None

    @classmethod
    def to(cls, request_id: UUID, actor: str, terms: Terms, revision: int | None = None) -> "RevisePayment":
        """Return the command that changes every field to these terms.

        Args:
            request_id: The request.
            actor: The contractor who made it.
            terms: The new terms.
            revision: The revision that they replace, and no other; None: whichever is the newest.
        """
        return cls(request_id, actor, typed_fields(terms), revision)


@dataclass(frozen=True, slots=True)
class AskWithdrawal:
    """The contractor who asked wants it back; the manager side confirms or has decided."""

    id: UUID
    actor: str


@dataclass(frozen=True, slots=True)
class Approve:
    """A manager approves exactly this revision with exactly these terms.

    Attributes:
        id: The request.
        actor: The manager.
        revision: The revision that the manager saw.
        terms_hash: ``Terms.hash`` of it, SHA-256 in hexadecimal.
        named: What the manager named of these; a command line may leave the rest to the copy.
    """

    id: UUID
    actor: str
    revision: int
    terms_hash: str
    named: Named = Named.TERMS


@dataclass(frozen=True, slots=True)
class Reject:
    """A manager rejects exactly this revision with exactly these terms, and says why.

    Attributes:
        id: The request.
        actor: The manager.
        revision: The revision that the manager saw.
        terms_hash: ``Terms.hash`` of it, SHA-256 in hexadecimal.
        cause: Why it is rejected.
        named: What the manager named, as ``Approve`` has it.
    """

    id: UUID
    actor: str
    revision: int
    terms_hash: str
    cause: Cause
    named: Named = Named.TERMS


@dataclass(frozen=True, slots=True)
class Undo:
    """A manager takes back a decision of their own that is held."""

    id: UUID
    actor: str


@dataclass(frozen=True, slots=True)
class SendHeld:
    """A manager sends a decision of their own now that is held."""

    id: UUID
    actor: str


@dataclass(frozen=True, slots=True)
class Settle:
    """A person notes how a locked request was settled; ``note`` is what ``checked_note`` returned."""

    id: UUID
    actor: str
    note: str


@dataclass(frozen=True, slots=True)
class Redrive:
    """A person has a message taken in again that was not applied; ``id`` is the command's own."""

    id: UUID
    actor: str
    message: int


@dataclass(frozen=True, slots=True)
class Discard:
    """A person gives up a message that was not applied; ``why`` is what ``checked_note`` returned."""

    id: UUID
    actor: str
    message: int
    why: str


@dataclass(frozen=True, slots=True)
class Several:
    """A person gave several commands in one line; ``id`` is the line's own, ``content`` its arguments."""

    id: UUID
    actor: str
    content: Mapping[str, object]


Decide = Approve | Reject
ContractorCommand = RequestPayment | RevisePayment | AskWithdrawal
ManagerCommand = Decide | Undo | SendHeld
Command = ContractorCommand | ManagerCommand | Settle | Redrive | Discard | Several


def decision_on(copy: RequestCopy, actor: str, cause: Cause | None = None) -> Decide:
    """Return the decision about a copy exactly as a screen shows it: a rejection where there is a cause."""
    revision, terms_hash = (copy.request.revision, copy.request.terms.hash) if copy.request else (0, "")
    if cause is None:
        return Approve(copy.id, actor, revision, terms_hash)
    return Reject(copy.id, actor, revision, terms_hash, cause)


def request_payment(command: RequestPayment, number: str | None, now: datetime) -> RequestRegister:
    """Return the first register of a request."""
    return RequestRegister(command.id, 1, number, command.actor, now, 1, command.terms)


def revise_payment(
    command: RevisePayment,
    request: RequestRegister,
    decision: DecisionRegister | None,
    *,
    locked: bool = False,
) -> RequestRegister | None:
    """Return the register with the new terms, by rule 1 of docs/architecture.md.

    Args:
        command: What the contractor asks for.
        request: The request as it is.
        decision: The decision about it, as far as it is known; None: there is none.
        locked: Whether only a person can settle this request.

    Returns:
        None where the request waits with these very terms already.

    Raises:
        InvalidInput: A new term is wrong.
        NotAllowed: Another contractor made the request.
        Locked: The request is locked.
        Conflict: The request is at an end.
        Stale: The command names another revision than the newest.
    """
    terms = changed_terms(request.terms, **command.changes)
    refuse_stranger(command.actor, request)
    refuse_locked(locked, name_of(request))
    current = status(request, decision)
    if current not in REVISABLE:
        raise Conflict(f"{name_of(request)} is {current} and cannot be revised.", "Ask anew with a new request.")
    if current in DECIDABLE and terms == request.terms:
        return None
    if command.revision is not None and command.revision != request.revision:
        raise explain_other_revision(command.revision, request)
    revision = max(request.revision, decision.rejected_upto if decision else 0) + 1
    return replace(request, version=request.version + 1, revision=revision, terms=terms)


def ask_withdrawal(
    command: AskWithdrawal,
    request: RequestRegister,
    decision: DecisionRegister | None,
    *,
    locked: bool = False,
) -> RequestRegister | None:
    """Return the register that asks for the request back, by rule 2.

    Args:
        command: What the contractor asks for.
        request: The request as it is.
        decision: The decision about it, as far as it is known; None: there is none.
        locked: Whether only a person can settle this request.

    Returns:
        None where that was asked or confirmed already.

    Raises:
        NotAllowed: Another contractor made the request.
        Locked: The request is locked.
        Conflict: The request is accepted.
    """
    refuse_stranger(command.actor, request)
    refuse_locked(locked, name_of(request))
    current = status(request, decision)
    if current in TAKEN_BACK:
        return None
    if decision is not None and decision.outcome in FINAL:
        raise Conflict(f"{name_of(request)} is {current} and cannot be withdrawn.", "Speak with the manager.")
    return replace(request, version=request.version + 1, withdrawal_asked=True)


def owes_withdrawal(request: RequestRegister | None, decision: DecisionRegister | None) -> bool:
    """Whether the manager side must write ``withdrawn`` in this very transaction: open with a withdrawal known."""
    return request is not None and request.withdrawal_asked and is_open(decision)


def confirm_withdrawal(
    request: RequestRegister, decision: DecisionRegister | None, now: datetime, received_at: datetime
) -> DecisionRegister:
    """Return the manager side's register with the withdrawal confirmed.

    Args:
        request: The request, of which ``owes_withdrawal`` is true.
        decision: The decision about it; None: there is none.
        now: When the withdrawal is confirmed.
        received_at: When this side received the request.
    """
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


def decide(
    command: Decide,
    request: RequestRegister,
    decision: DecisionRegister | None,
    now: datetime,
    received_at: datetime,
    *,
    locked: bool = False,
) -> DecisionRegister | None:
    """Return the register with the decision, by rules 3, 4, 7 and 8.

    Args:
        command: The decision, with the revision and the hash of the terms that it is about.
        request: The request as it is.
        decision: The decision that stands; None: there is none.
        now: When the decision is made.
        received_at: When this side received this revision.
        locked: Whether only a person can settle this request.

    Returns:
        None where this manager has decided so already.

    Raises:
        NotAllowed: The manager made the request.
        Locked: The request is locked.
        AlreadyDecided: The request was decided otherwise, or by somebody else.
        Conflict: The contractor took the request back.
        Stale: The decision is about other terms than the newest.
    """
    refuse_own(command.actor, request)
    if decision is not None and _decided_so(command, request, decision):
        return None
    before = _refuse_undecidable(command, request, decision, locked)
    decided = replace(
        before,
        version=before.version + 1,
        revision=request.revision,
        terms=request.terms,
        terms_hash=request.terms.hash,
        decided_by=command.actor,
        decided_at=now,
        received_at=received_at,
    )
    if isinstance(command, Approve):
        return replace(decided, outcome=Outcome.ACCEPTED, cause=None)
    return replace(decided, rejected_upto=request.revision, cause=command.cause)


def _decided_so(command: Decide, request: RequestRegister, decision: DecisionRegister) -> bool:
    """Whether the same manager said the same of the same revision before."""
    if decision.revision != command.revision or not same_person(decision.decided_by or "", command.actor):
        return False
    if isinstance(command, Approve):
        return decision.outcome is Outcome.ACCEPTED
    return status(request, decision) is Status.REJECTED and decision.cause == command.cause


def _refuse_undecidable(
    command: Decide,
    request: RequestRegister,
    decision: DecisionRegister | None,
    locked: bool,
) -> DecisionRegister:
    """Return the decision register to go on from. Raises the refusal that says what stands in the way."""
    name = name_of(request)
    refuse_locked(locked, name)
    current = status(request, decision)
    if decision is not None and current in DECIDED:
        who = shown_name(decision.decided_by)
        when = f"{decision.decided_at:%Y-%m-%d %H:%M:%S} UTC" if decision.decided_at else "before"
        why = f": {decision.cause.text}" if current is Status.REJECTED and decision.cause else "."
        raise AlreadyDecided(f"{name} was {current} by {who} at {when}{why}", "Nothing was changed.")
    if current not in DECIDABLE:
        why = ": the contractor took it back." if current in TAKEN_BACK else "."
        raise Conflict(f"{name} is {current}{why}", "Nothing is left to decide.")
    if (command.revision, command.terms_hash) != (request.revision, request.terms.hash):
        raise explain_other_terms(command.revision, request)
    return decision or DecisionRegister(request.id, 0)
