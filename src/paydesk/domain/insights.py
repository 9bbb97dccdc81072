"""How requests come and go: per day, by age, by currency, and how long deciding takes; every count is exact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from paydesk.domain.ageing import Ageing
from paydesk.domain.days import ONE_DAY, first_moment
from paydesk.domain.money import Money

DAYS = 14
"""So many days are told apart, today the last of them."""
TOOK_BOUNDS = (timedelta(hours=1), timedelta(days=1), timedelta(days=3), timedelta(days=7))
TIMES = ("under 1 h", "1–24 h", "1–3 d", "3–7 d", "over 7 d")
SHARES = (0.5, 0.9)
"""Which part of the decisions came within the times that are told."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day where the person is: how many were requested, accepted and rejected."""

    day: date
    requested: int = 0
    accepted: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class InCurrency:
    """What was asked for in one currency, and what of it waits."""

    count: int
    asked: Money
    waiting_count: int
    waiting: Money


@dataclass(frozen=True, slots=True)
class Insights:
    """What there is to know of many requests; ``took`` has a count for each of ``TIMES``."""

    requests: int
    days: tuple[Day, ...]
    waiting: Ageing
    currencies: tuple[InCurrency, ...]
    took: tuple[int, ...]
    within: tuple[timedelta, ...]
    """How long each of ``SHARES`` of the decisions took at most; empty where nothing was decided."""


def last_days(now: datetime) -> tuple[date, ...]:
    """Return the days that are told apart, where the person is."""
    today = now.astimezone().date()
    return tuple(today - timedelta(days=back) for back in reversed(range(DAYS)))


def edges(days: Sequence[date]) -> list[datetime]:
    """Return the moments at which these days begin, and at which the last one ends."""
    return [first_moment(day) for day in (*days, days[-1] + ONE_DAY)]
