"""What is true of every outcome: each fact stands here once."""

from typing import assert_never

from paydesk.domain.decision import Outcome


def is_final(outcome: Outcome) -> bool:
    """Whether no other outcome may follow once this one was published."""
    match outcome:
        case Outcome.NONE:
            return False
        case Outcome.ACCEPTED | Outcome.WITHDRAWN:
            return True
        case _:
            assert_never(outcome)


def fixes_terms(outcome: Outcome) -> bool:
    """Whether the terms that were decided count from then on, whatever the contractor's side revised."""
    match outcome:
        case Outcome.ACCEPTED:
            return True
        case Outcome.NONE | Outcome.WITHDRAWN:
            return False
        case _:
            assert_never(outcome)
