"""What is true of every request of a status: each fact stands here once."""

from dataclasses import dataclass
from typing import assert_never

from paydesk.domain.status import Status


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


WAITING = frozenset(status for status in Status if facts_of(status).waiting)
ANSWERED = frozenset(Status) - WAITING
"""What nobody has to decide or confirm, as it stands."""
DECIDABLE = frozenset(status for status in Status if facts_of(status).decidable)
DECIDED = frozenset(status for status in Status if facts_of(status).decided)
PAYABLE = frozenset(status for status in Status if facts_of(status).payable)
REVISABLE = frozenset(status for status in Status if facts_of(status).revisable)
TAKEN_BACK = frozenset(status for status in Status if facts_of(status).taken_back)
