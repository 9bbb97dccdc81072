"""The six facts that cross between the desks; each carries its writer's whole register."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from paydesk.domain.decision import NOTE_MOST, DecisionRegister, checked_cause
from paydesk.domain.errors import InvalidInput
from paydesk.domain.money import money
from paydesk.domain.payment_request import RequestRegister, Terms, crossed_terms, is_number
from paydesk.domain.status import FINAL, FIXES_TERMS, OUTCOMES, Outcome
from paydesk.domain.text import checked_name, is_hostile, same_person

_FIRST_FOLD = 1
"""What was decided long ago had to pass that rule; a later one would find fault with honest history."""
_MOST_VERSION = 2**31 - 1
_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A UUID as it is written everywhere here; other ways of writing one are another text."""
_FIRST_YEAR, _LAST_YEAR = 1900, 9998


class EventType(StrEnum):
    """The wire names."""

    PAYMENT_REQUESTED = "paydesk.payment_requested.v1"
    PAYMENT_REVISED = "paydesk.payment_revised.v1"
    PAYMENT_WITHDRAWAL_REQUESTED = "paydesk.payment_withdrawal_requested.v1"
    PAYMENT_ACCEPTED = "paydesk.payment_accepted.v1"
    PAYMENT_REJECTED = "paydesk.payment_rejected.v1"
    PAYMENT_WITHDRAWN = "paydesk.payment_withdrawn.v1"

    @property
    def fact(self) -> str:
        """What it states in a word, such as ``requested``."""
        return self.removeprefix("paydesk.payment_").removesuffix(".v1")


def outcome_of(kind: EventType) -> Outcome | None:
    """Return the outcome that an event states; None: it states a request, as the contractor's side alone does."""
    match kind:
        case EventType.PAYMENT_REQUESTED | EventType.PAYMENT_REVISED | EventType.PAYMENT_WITHDRAWAL_REQUESTED:
            return None
        case EventType.PAYMENT_REJECTED:
            return Outcome.NONE
        case EventType.PAYMENT_ACCEPTED:
            return Outcome.ACCEPTED
        case EventType.PAYMENT_WITHDRAWN:
            return Outcome.WITHDRAWN
        case _:
            assert_never(kind)


REQUEST_TYPES = frozenset(kind for kind in EventType if outcome_of(kind) is None)
DECISION_TYPES = frozenset(EventType) - REQUEST_TYPES
FINAL_TYPES = frozenset(kind for kind in DECISION_TYPES if outcome_of(kind) in FINAL)
"""The types whose outcome is never replaced by another once it was published."""
MANAGER_TYPES = frozenset(kind for kind in DECISION_TYPES if OUTCOMES[outcome_of(kind) or Outcome.NONE].by_manager)
"""The types that state what a manager decided; the others answer by themselves what was asked for."""


@dataclass(frozen=True, slots=True)
class Event:
    """One fact: what a side states of a request, when, by whom and by which command."""

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
    match register.outcome:
        case Outcome.NONE:
            return EventType.PAYMENT_REJECTED
        case Outcome.ACCEPTED:
            return EventType.PAYMENT_ACCEPTED
        case Outcome.WITHDRAWN:
            return EventType.PAYMENT_WITHDRAWN
        case _:
            assert_never(register.outcome)


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
        if register.number is not None and not is_number(register.number):
            raise InvalidInput.of("number", "The number is no request number: PR- and 1 to 12 digits.")
        _check_terms(register.terms)
        return
    _check_decision(register)


@dataclass(frozen=True, slots=True)
class Requested:
    """What was ever published of a request by the contractor's side, as far as a side knows."""

    contractors: frozenset[str] = frozenset()
    terms: frozenset[tuple[int, str]] = frozenset()
    """Revision and terms' hash of each."""
    withdrawal: bool = False
    """Whether it was asked back."""


class Answers(StrEnum):
    """What a decision is about, compared with what was requested."""

    REQUESTED = "requested"
    UNKNOWN = "unknown"
    """Something that is not known here; it may become known when a loss is healed."""
    NEVER = "never"
    """Something else than what is known to have been requested."""


def answers(decision: DecisionRegister, requested: Requested) -> tuple[Answers, str]:
    """Return whether a decision answers what was requested, and if not, why as a sentence without its end."""
    decider = decision.decided_by
    if decider is not None and any(
        same_person(decider, contractor, _FIRST_FOLD) for contractor in requested.contractors
    ):
        return Answers.NEVER, "its decider is the contractor"
    if decision.revision is not None and (decision.revision, decision.terms_hash) not in requested.terms:
        if any(revision == decision.revision for revision, _ in requested.terms):
            return Answers.NEVER, f"revision {decision.revision} with these terms"
        return Answers.UNKNOWN, f"revision {decision.revision}"
    if decision.outcome is Outcome.WITHDRAWN and not requested.withdrawal:
        return Answers.UNKNOWN, "a withdrawal"
    return Answers.REQUESTED, ""


def _check_decision(register: DecisionRegister) -> None:
    _whole("rejected_upto", register.rejected_upto, least=0)
    _moments(register.decided_at, register.received_at)
    if register.decided_by is not None:
        _check_name("decided_by", register.decided_by)
    if register.cause is not None:
        if is_hostile(register.cause.note or "") or len(register.cause.note or "") > NOTE_MOST:
            raise InvalidInput.of("note", "The note of the cause cannot be shown.")
        checked_cause(register.cause.code, register.cause.note)
    decided = register.outcome in FIXES_TERMS or register.rejected_upto > 0
    terms, digest = register.terms, register.terms.hash if register.terms is not None else None
    if register.terms_hash != digest or decided != (terms is not None) or decided != (register.revision is not None):
        raise InvalidInput.of("terms", "A decision carries the terms it decided, and their hash.")
    if terms is not None and register.revision is not None:
        _whole("revision", register.revision, least=1)
        _check_terms(terms)
    if register.rejected_upto > (register.revision or 0):
        raise InvalidInput.of("rejected_upto", "A decision rejects no revision above the one that it decided.")
    if register.outcome is Outcome.NONE and (register.cause is None or register.rejected_upto == 0):
        raise InvalidInput.of("cause", "A rejection carries its cause.")


def _check_terms(terms: Terms) -> None:
    # The money by its own exponent: a code that ISO retired since must still replay.
    money(terms.money.amount_minor, terms.money.currency, terms.money.exponent)
    if crossed_terms(terms) is not terms:
        raise InvalidInput.of("terms", "The terms are not written as this desk writes them.")


def _check_name(field: str, name: str) -> None:
    if checked_name(name) != name:
        raise InvalidInput.of(field, "The name is not written as this desk writes it.")


def _whole(field: str, value: int, *, least: int) -> None:
    if type(value) is not int or not least <= value <= _MOST_VERSION:
        raise InvalidInput.of(field, f"The {field} is out of range.")


def _is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def _moments(*moments: datetime | None) -> None:
    """Refuse what is another year, or none, in another time zone."""
    for moment in moments:
        if moment is not None and not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            raise InvalidInput.of("time", "The time is out of range.")
