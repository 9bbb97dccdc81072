"""What a request can be, and what can become of it for good: each fact of a status or an outcome stands here once."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never


class Status(StrEnum):
    """What a person sees."""

    PENDING = "pending"
    WITHDRAWING = "withdrawing"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Outcome(StrEnum):
    """What became of a request for good; ``none`` while it is open."""

    NONE = "none"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class StatusFacts:
    """The facts of one status; ``look_of`` in ``tui/text/wording.py`` says how it looks."""

    waiting: bool = False
    """Somebody still has to decide or confirm it."""
    decidable: bool = False
    """A manager may decide it."""
    decided: bool = False
    """A manager decided it; each request counts by its last decision."""
    payable: bool = False
    """It is paid, or may be yet: only such a request can be paid twice."""
    revisable: bool = False
    """The contractor may change its terms."""
    taken_back: bool = False
    """The contractor asked for it back; few requests ever are."""


@dataclass(frozen=True, slots=True)
class OutcomeFacts:
    """The facts of one outcome; ``events.py`` names the event that states it."""

    status: Status | None = None
    """The status that it gives a request; None: the request is open."""
    final: bool = False
    """No other outcome may be published after it: the request is locked then, and people settle it."""
    fixes_terms: bool = False
    """The terms that were decided count from then on, whatever the contractor's side revised."""
    by_manager: bool = False
    """A manager decides so; else the manager's side confirms what the contractor asked for."""


def facts_of(status: Status) -> StatusFacts:
    """Return the facts of a status."""
    match status:
        case Status.PENDING:
            return StatusFacts(waiting=True, decidable=True, payable=True, revisable=True)
        case Status.WITHDRAWING:
            return StatusFacts(waiting=True, taken_back=True)
        case Status.ACCEPTED:
            return StatusFacts(decided=True, payable=True)
        case Status.REJECTED:
            return StatusFacts(decided=True, revisable=True)
        case Status.WITHDRAWN:
            return StatusFacts(taken_back=True)
        case _:
            assert_never(status)


def _facts_of_outcome(outcome: Outcome) -> OutcomeFacts:
    match outcome:
        case Outcome.NONE:
            return OutcomeFacts(by_manager=True)  # An event that leaves a request open rejects a revision of it.
        case Outcome.ACCEPTED:
            return OutcomeFacts(Status.ACCEPTED, final=True, fixes_terms=True, by_manager=True)
        case Outcome.WITHDRAWN:
            return OutcomeFacts(Status.WITHDRAWN, final=True)
        case _:
            assert_never(outcome)


OUTCOMES = {outcome: _facts_of_outcome(outcome) for outcome in Outcome}
FINAL = frozenset(outcome for outcome, facts in OUTCOMES.items() if facts.final)
FIXES_TERMS = frozenset(outcome for outcome, facts in OUTCOMES.items() if facts.fixes_terms)

WAITING = frozenset(status for status in Status if facts_of(status).waiting)
ANSWERED = frozenset(Status) - WAITING
"""What nobody has to decide or confirm, as it stands."""
DECIDABLE = frozenset(status for status in Status if facts_of(status).decidable)
DECIDED = frozenset(status for status in Status if facts_of(status).decided)
PAYABLE = frozenset(status for status in Status if facts_of(status).payable)
REVISABLE = frozenset(status for status in Status if facts_of(status).revisable)
TAKEN_BACK = frozenset(status for status in Status if facts_of(status).taken_back)
