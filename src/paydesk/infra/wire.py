"""Events as Kafka messages: CloudEvents 1.0 in Kafka's binary mode, the value the writer's whole register as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from paydesk.domain.decision import Cause, CauseCode, DecisionRegister, Outcome
from paydesk.domain.errors import InvalidInput
from paydesk.domain.events import REQUEST_TYPES, Event, EventType, check_facts
from paydesk.domain.money import Money
from paydesk.domain.payment_request import RequestRegister, Terms
from paydesk.infra.role import Role

MAX_BYTES = 65536
NOT_STORED = frozenset({"paydesk.digest.v1", "paydesk.resync_requested.v1"})


class Quarantine(Exception):
    """The message is bad: it is kept with its bytes and this reason, and stops nobody."""


class Park(Exception):
    """The message is of a kind this program does not know yet: kept until a newer one does."""


class Ignore(Exception):
    """The message is the plumbing's own and is not stored."""


class _Message(BaseModel):
    # Strict: a number in quotes is another program's mistake, not ours to repair; unknown fields are left alone.
    model_config = ConfigDict(strict=True, extra="ignore")


class TermsMessage(_Message):
    """The terms of a request."""

    amount_minor: int
    currency: str = Field(max_length=3)
    exponent: int
    description: str = Field(max_length=500)
    reference: str | None = Field(default=None, max_length=35)
    due_date: date | None = None
    document: str | None = Field(default=None, max_length=500)
    pay_to: str | None = Field(default=None, max_length=70)


class RequestMessage(_Message):
    """The value of what the contractor side says."""

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


class DecisionMessage(_Message):
    """The value of what the manager side says."""

    id: UUID
    version: int
    outcome: Literal["none", "accepted", "withdrawn"]
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


def encode(event: Event, source: str) -> tuple[list[tuple[str, str]], bytes]:
    """Return the headers and the value of an event that ``source`` says."""
    headers = [
        ("ce_specversion", "1.0"),
        ("ce_id", str(event.id)),
        ("ce_type", str(event.type)),
        ("ce_source", source),
        ("ce_subject", str(event.request_id)),
        ("ce_time", event.occurred_at.isoformat()),
        ("content-type", "application/json"),
    ]
    said = {"actor": event.actor, "command_id": event.command_id, "command_hash": event.command_hash}
    register = event.register
    message: BaseModel
    if isinstance(register, RequestRegister):
        message = RequestMessage(
            id=register.id,
            version=register.version,
            number=register.number,
            contractor=register.contractor,
            requested_at=register.requested_at,
            revision=register.revision,
            terms=_terms_out(register.terms),
            terms_hash=register.terms.hash,
            withdrawal_asked=register.withdrawal_asked,
            **said,
        )
    else:
        cause = register.cause
        message = DecisionMessage(
            id=register.id,
            version=register.version,
            outcome=register.outcome.value,
            rejected_upto=register.rejected_upto,
            cause_code=cause.code.value if cause else None,
            cause_note=cause.note if cause else None,
            revision=register.revision,
            terms=_terms_out(register.terms) if register.terms else None,
            terms_hash=register.terms_hash,
            decided_by=register.decided_by,
            decided_at=register.decided_at,
            received_at=register.received_at,
            **said,
        )
    return headers, message.model_dump_json().encode()


def decode(
    role: Role,
    topic: str,
    key: bytes | None,
    headers: Sequence[tuple[str, bytes | None]],
    value: bytes | None,
) -> Event:
    """Return the event of a message that ``role`` read. Raises ``Quarantine``, ``Park`` or ``Ignore``."""
    if value is None or len(value) > MAX_BYTES:
        raise Quarantine("empty message" if value is None else f"larger than {MAX_BYTES} bytes")
    told = _attributes(headers)
    if told.get("ce_specversion") != "1.0":
        raise Quarantine("no CloudEvents 1.0 message")
    if told.get("ce_source") != role.hears_from or topic not in role.reads:
        raise Quarantine("not from the rightful writer of this topic")
    if told.get("ce_type") in NOT_STORED:
        raise Ignore
    try:
        kind = EventType(told.get("ce_type", ""))
    except ValueError:
        raise Park(f"unknown type {told.get('ce_type', '')[:80]!r}") from None
    if kind not in role.hears:
        raise Quarantine(f"{kind} is not this topic's to say")
    try:
        event = _event(kind, told, value)
        check_facts(event)
    except InvalidInput as error:
        raise Quarantine(f"{error.message}"[:300]) from error
    except (ValidationError, ValueError, KeyError, RecursionError) as error:
        raise Quarantine(f"does not decode: {str(error).splitlines()[0][:200]}") from error
    if key != str(event.request_id).encode() or told.get("ce_subject") != str(event.request_id):
        raise Quarantine("key, subject and request id differ")
    return event


def terms_of_revision(values: Iterable[bytes], revision: int) -> Terms | None:
    """Return the terms that a revision had, from the values of request events that were trusted before."""
    for value in values:
        message = RequestMessage.model_validate_json(value)
        if message.revision == revision:
            return _terms_in(message.terms)
    return None


def _attributes(headers: Sequence[tuple[str, bytes | None]]) -> Mapping[str, str]:
    try:
        return {name: (raw or b"").decode() for name, raw in headers}
    except UnicodeDecodeError:
        raise Quarantine("headers are no UTF-8") from None


def _event(kind: EventType, told: Mapping[str, str], value: bytes) -> Event:
    register: RequestRegister | DecisionRegister
    if kind in REQUEST_TYPES:
        request = RequestMessage.model_validate_json(value)
        terms = _terms_in(request.terms)
        if request.terms_hash != terms.hash:
            raise ValueError("the hash of the terms is not theirs")
        register = RequestRegister(
            request.id,
            request.version,
            request.number,
            request.contractor,
            request.requested_at,
            request.revision,
            terms,
            request.withdrawal_asked,
        )
        return _told(kind, told, request, register)
    said = DecisionMessage.model_validate_json(value)
    register = DecisionRegister(
        said.id,
        said.version,
        Outcome(said.outcome),
        said.rejected_upto,
        Cause(CauseCode(said.cause_code), said.cause_note) if said.cause_code else None,
        said.revision,
        _terms_in(said.terms) if said.terms else None,
        said.terms_hash,
        said.decided_by,
        said.decided_at,
        said.received_at,
    )
    return _told(kind, told, said, register)


def _told(
    kind: EventType,
    told: Mapping[str, str],
    said: RequestMessage | DecisionMessage,
    register: RequestRegister | DecisionRegister,
) -> Event:
    occurred_at = datetime.fromisoformat(told["ce_time"])
    if occurred_at.tzinfo is None:
        raise ValueError("ce_time has no time zone")
    return Event(UUID(told["ce_id"]), kind, occurred_at, said.actor, said.command_id, said.command_hash, register)


def _terms_out(terms: Terms) -> TermsMessage:
    return TermsMessage(
        amount_minor=terms.money.amount_minor,
        currency=terms.money.currency,
        exponent=terms.money.exponent,
        description=terms.description,
        reference=terms.reference,
        due_date=terms.due_date,
        document=terms.document,
        pay_to=terms.pay_to,
    )


def _terms_in(terms: TermsMessage) -> Terms:
    money = Money(terms.amount_minor, terms.currency, terms.exponent)
    return Terms(money, terms.description, terms.reference, terms.due_date, terms.document, terms.pay_to)
