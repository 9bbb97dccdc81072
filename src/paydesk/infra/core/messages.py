"""The values of events on the wire: strict in what they are, tolerant of what else is there; registers as values."""

from datetime import date
from operator import attrgetter
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from paydesk.domain.decision import Cause, CauseCode, DecisionRegister
from paydesk.domain.events import Event
from paydesk.domain.money import Money
from paydesk.domain.payment_request import (
    DESCRIPTION_MOST,
    DOCUMENT_MOST,
    PAY_TO_MOST,
    REFERENCE_MOST,
    TERM_NAMES,
    RequestRegister,
    Terms,
)
from paydesk.domain.status import Outcome


class Message(BaseModel):
    """What every message is."""

    # Strict: a number in quotes is another program's mistake, not ours to repair; unknown fields are left alone.
    model_config = ConfigDict(strict=True, extra="ignore")


class TermsMessage(Message):
    """The terms of a request."""

    amount_minor: int
    currency: str = Field(max_length=3)
    exponent: int
    description: str = Field(max_length=DESCRIPTION_MOST)
    reference: str | None = Field(default=None, max_length=REFERENCE_MOST)
    due_date: date | None = None
    document: str | None = Field(default=None, max_length=DOCUMENT_MOST)
    pay_to: str | None = Field(default=None, max_length=PAY_TO_MOST)


class RequestMessage(Message):
    """The value of what the contractor's side publishes."""

    id: UUID
    version: int
    number: str | None = None
    contractor: str
    requested_at: AwareDatetime
    revision: int
    terms: TermsMessage
    terms_hash: str
    withdrawal_asked: bool = False
    actor: str = Field(max_length=70)
    command_id: str = Field(max_length=100)
    command_hash: str = Field(max_length=64)


class DecisionMessage(Message):
    """The value of what the manager's side publishes."""

    id: UUID
    version: int
    outcome: Outcome
    rejected_upto: int
    cause_code: str | None = None
    cause_note: str | None = None
    revision: int | None = None
    terms: TermsMessage | None = None
    terms_hash: str | None = None
    decided_by: str | None = None
    decided_at: AwareDatetime | None = None
    received_at: AwareDatetime | None = None
    actor: str = Field(max_length=70)
    command_id: str = Field(max_length=100)
    command_hash: str = Field(max_length=64)


_REQUESTS, _DECISIONS = TypeAdapter(RequestMessage), TypeAdapter(DecisionMessage)
_TERMS_OF = attrgetter(*TERM_NAMES)


def read_request(value: bytes) -> RequestMessage:
    """Return what a value of the contractor's side says. Raises ``ValidationError``."""
    return _REQUESTS.validate_json(value)


def read_decision(value: bytes) -> DecisionMessage:
    """Return what a value of the manager's side says. Raises ``ValidationError``."""
    return _DECISIONS.validate_json(value)


def message_of(event: Event) -> RequestMessage | DecisionMessage:
    """Return the value of an event: its writer's whole register, by whom and by which command."""
    command_fields = {"actor": event.actor, "command_id": event.command_id, "command_hash": event.command_hash}
    register = event.register
    if isinstance(register, RequestRegister):
        return RequestMessage(
            id=register.id,
            version=register.version,
            number=register.number,
            contractor=register.contractor,
            requested_at=register.requested_at,
            revision=register.revision,
            terms=_terms_out(register.terms),
            terms_hash=register.terms.hash,
            withdrawal_asked=register.withdrawal_asked,
            **command_fields,
        )
    cause = register.cause
    return DecisionMessage(
        id=register.id,
        version=register.version,
        outcome=register.outcome,
        rejected_upto=register.rejected_upto,
        cause_code=cause.code.value if cause else None,
        cause_note=cause.note if cause else None,
        revision=register.revision,
        terms=_terms_out(register.terms) if register.terms else None,
        terms_hash=register.terms_hash,
        decided_by=register.decided_by,
        decided_at=register.decided_at,
        received_at=register.received_at,
        **command_fields,
    )


def register_of(message: RequestMessage | DecisionMessage) -> RequestRegister | DecisionRegister:
    """Return the register that a message states. Raises ``ValueError`` where it contradicts itself."""
    if isinstance(message, RequestMessage):
        terms = terms_in(message.terms)
        if message.terms_hash != terms.hash:
            raise ValueError("the hash of the terms is not theirs")
        return RequestRegister(
            message.id,
            message.version,
            message.number,
            message.contractor,
            message.requested_at,
            message.revision,
            terms,
            message.withdrawal_asked,
        )
    return DecisionRegister(
        message.id,
        message.version,
        message.outcome,
        message.rejected_upto,
        Cause(CauseCode(message.cause_code), message.cause_note) if message.cause_code else None,
        message.revision,
        terms_in(message.terms) if message.terms else None,
        message.terms_hash,
        message.decided_by,
        message.decided_at,
        message.received_at,
    )


def _terms_out(terms: Terms) -> TermsMessage:
    return TermsMessage(
        amount_minor=terms.money.amount_minor,
        currency=terms.money.currency,
        exponent=terms.money.exponent,
        **{name: getattr(terms, name) for name in TERM_NAMES},
    )


def terms_in(terms: TermsMessage) -> Terms:
    """Return the terms of a message."""
    return Terms(Money(terms.amount_minor, terms.currency, terms.exponent), *_TERMS_OF(terms))
