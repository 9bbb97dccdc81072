"""The six facts that cross between the desks; each carries its writer's whole register."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from paydesk.domain.decision import NOTE_MOST, DecisionRegister, Outcome, checked_cause
from paydesk.domain.errors import InvalidInput
from paydesk.domain.money import money
from paydesk.domain.payment_request import RequestRegister, Terms, checked_terms, typed_fields
from paydesk.domain.text import checked_name, is_hostile

_MOST_VERSION = 2**31 - 1
_FIRST_YEAR, _LAST_YEAR = 1900, 9998


class EventType(StrEnum):
    """The wire names."""

    PAYMENT_REQUESTED = "paydesk.payment_requested.v1"
    PAYMENT_REVISED = "paydesk.payment_revised.v1"
    PAYMENT_WITHDRAWAL_REQUESTED = "paydesk.payment_withdrawal_requested.v1"
    PAYMENT_ACCEPTED = "paydesk.payment_accepted.v1"
    PAYMENT_REJECTED = "paydesk.payment_rejected.v1"
    PAYMENT_WITHDRAWN = "paydesk.payment_withdrawn.v1"


REQUEST_TYPES = frozenset(
    {
        EventType.PAYMENT_REQUESTED,
        EventType.PAYMENT_REVISED,
        EventType.PAYMENT_WITHDRAWAL_REQUESTED,
    }
)
DECISION_TYPES = frozenset(EventType) - REQUEST_TYPES


@dataclass(frozen=True, slots=True)
class Event:
    """One fact: what a side said of a request, when, by whom and by which command."""

    id: UUID
    type: EventType
    occurred_at: datetime
    actor: str
    command_id: str
    command_hash: str
    register: RequestRegister | DecisionRegister

    @property
    def request_id(self) -> UUID:
        """The request it is about."""
        return self.register.id

    @property
    def version(self) -> int:
        """The writer's version."""
        return self.register.version


def event_type_of(register: RequestRegister | DecisionRegister) -> EventType:
    """Return the name of the fact that a new register states."""
    if isinstance(register, RequestRegister):
        if register.withdrawal_asked:
            return EventType.PAYMENT_WITHDRAWAL_REQUESTED
        return EventType.PAYMENT_REQUESTED if register.version == 1 else EventType.PAYMENT_REVISED
    if register.outcome is Outcome.ACCEPTED:
        return EventType.PAYMENT_ACCEPTED
    return EventType.PAYMENT_WITHDRAWN if register.outcome is Outcome.WITHDRAWN else EventType.PAYMENT_REJECTED


def newer(incoming_version: int, known_version: int | None) -> bool:
    """The reader's one line: newer replaces, everything else is ignored."""
    return known_version is None or incoming_version > known_version


def check_facts(event: Event) -> None:
    """Check an event that came from outside. Raises ``InvalidInput`` when its side could never have made it."""
    register = event.register
    if is_hostile(event.actor) or is_hostile(event.command_hash):
        raise InvalidInput.of("actor", "The actor or the command holds invisible or control characters.")
    if event.command_id and not _is_id(event.command_id):
        raise InvalidInput.of("command", "The command has no id that this desk could have given it.")
    _moments(event.occurred_at)
    _whole("version", register.version, least=1)
    if isinstance(register, RequestRegister):
        _whole("revision", register.revision, least=1)
        _moments(register.requested_at)
        _check_name("contractor", register.contractor)
        if register.number is not None and (is_hostile(register.number) or len(register.number) > 20):
            raise InvalidInput.of("number", "The number is no request number.")
        _check_terms(register.terms)
        return
    _check_decision(register)


def _check_decision(register: DecisionRegister) -> None:
    _whole("rejected_upto", register.rejected_upto, least=0)
    _moments(register.decided_at, register.received_at)
    if register.decided_by is not None:
        _check_name("decided_by", register.decided_by)
    if register.cause is not None:
        if is_hostile(register.cause.note or "") or len(register.cause.note or "") > NOTE_MOST:
            raise InvalidInput.of("note", "The note of the cause cannot be shown.")
        checked_cause(register.cause.code, register.cause.note)
    decided = register.outcome is Outcome.ACCEPTED or register.rejected_upto > 0
    terms, digest = register.terms, register.terms.hash if register.terms is not None else None
    if register.terms_hash != digest or decided != (terms is not None) or decided != (register.revision is not None):
        raise InvalidInput.of("terms", "A decision carries the terms it decided, and their hash.")
    if terms is not None and register.revision is not None:
        _whole("revision", register.revision, least=1)
        _check_terms(terms)
    if register.outcome is Outcome.NONE and (register.cause is None or register.rejected_upto == 0):
        raise InvalidInput.of("cause", "A rejection carries its cause.")


def _check_terms(terms: Terms) -> None:
    typed = typed_fields(terms)
    money(terms.money.amount_minor, terms.money.currency, terms.money.exponent)
    # The money was checked by its own exponent: a code that ISO retired since must still replay. A due date is a day
    # by its type: the years that may be typed are not those that were sent.
    apart = {"amount": "1", "currency": "EUR", "due_date": ""}
    same = typed_fields(checked_terms(**(typed | apart)))
    if any(same[name] != typed[name] for name in typed if name not in apart):
        raise InvalidInput.of("terms", "The terms are not written as this desk writes them.")


def _check_name(field: str, name: str) -> None:
    if checked_name(name) != name:
        raise InvalidInput.of(field, "The name is not written as this desk writes it.")


def _whole(field: str, value: int, *, least: int) -> None:
    if type(value) is not int or not least <= value <= _MOST_VERSION:
        raise InvalidInput.of(field, f"The {field} is out of range.")


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _moments(*moments: datetime | None) -> None:
    """Refuse what is another year, or none, in another time zone."""
    for moment in moments:
        if moment is not None and not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            raise InvalidInput.of("time", "The time is out of range.")
