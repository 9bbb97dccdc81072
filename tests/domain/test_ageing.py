"""Ages and insights: every bound, and which day a moment belongs to."""

from datetime import UTC, datetime, timedelta

import pytest

from paydesk.domain.ageing import AGES, BOUNDS, Ageing
from paydesk.domain.insights import DAYS, TIMES, TOOK_BOUNDS, edges, last_days
from tests.reckoning import ages_of, insights_of

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(("bound", "place"), [(bound, place) for place, bound in enumerate(BOUNDS, 1)])
def test_exactly_so_old_belongs_to_the_older_ones(bound: timedelta, place: int) -> None:
    exact, younger = ages_of([NOW - bound], NOW), ages_of([NOW - bound + TICK], NOW)
    assert (exact.counts.index(1), younger.counts.index(1)) == (place, place - 1)
    both = exact + younger
    assert (sum(both.counts), both.oldest) == (2, NOW - bound)


def test_what_never_waited_has_no_oldest() -> None:
    nothing = ages_of([], NOW)
    assert nothing == Ageing() == nothing + Ageing()
    assert nothing + ages_of([NOW], NOW) == Ageing((1, 0, 0, 0), NOW)


def test_there_is_a_name_for_every_age_and_every_time() -> None:
    assert len(AGES) == len(BOUNDS) + 1 and len(TIMES) == len(TOOK_BOUNDS) + 1


def test_the_last_days_end_today_and_begin_at_midnight_where_the_person_is() -> None:
    days = last_days(NOW)
    assert len(days) == DAYS and days[-1] == NOW.astimezone().date()
    bounds = edges(days)
    assert bounds == sorted(set(bounds)) and len(bounds) == DAYS + 1
    assert all(edge.astimezone().time() == datetime.min.time() for edge in bounds)


def test_of_no_requests_there_is_nothing_to_know() -> None:
    nothing = insights_of([], NOW)
    assert (nothing.requests, nothing.currencies, nothing.took, nothing.within) == (0, (), (0, 0, 0, 0, 0), ())
    assert {(day.requested, day.accepted, day.rejected) for day in nothing.days} == {(0, 0, 0)}
