"""How requests come and go: per day, by age, by currency, and how long deciding takes; every count is exact."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from paydesk.domain.ageing import WAITING, Ageing
from paydesk.domain.copy import RequestCopy
from paydesk.domain.money import Money, totals
from paydesk.domain.status import Status

DAYS = 14
"""So many days are told apart, today the last of them."""
DECIDED = frozenset({Status.ACCEPTED, Status.REJECTED})
"""What a manager decided; each request counts by its last decision."""
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
    return [datetime.combine(day, time()).astimezone() for day in (*days, days[-1] + timedelta(days=1))]


def insights_of(copies: Iterable[RequestCopy], now: datetime) -> Insights:
    """Return what there is to know of these requests."""
    known = list(copies)
    decided = [copy for copy in known if copy.status in DECIDED and copy.decision and copy.decision.decided_at]
    took = sorted(each for copy in decided if (each := _took(copy)) is not None)
    times = [sum(each >= bound for bound in TOOK_BOUNDS) for each in took]
    waits = [copy.request.requested_at for copy in known if copy.status in WAITING and copy.request]
    return Insights(
        len(known),
        tuple(_day(day, known, decided) for day in last_days(now)),
        Ageing.of(waits, now),
        tuple(_in_currency(sum_, known) for sum_ in totals(copy.terms.money for copy in known if copy.terms)),
        tuple(times.count(place) for place in range(len(TIMES))),
        tuple(took[-int(-share * len(took) // 1) - 1] for share in SHARES) if took else (),
    )


def _took(copy: RequestCopy) -> timedelta | None:
    """Return how long a decision took; never below nothing, as two machines have two clocks."""
    if copy.request is None or copy.decision is None or copy.decision.decided_at is None:
        return None
    return max(timedelta(), copy.decision.decided_at - copy.request.requested_at)


def _day(day: date, known: Sequence[RequestCopy], decided: Sequence[RequestCopy]) -> Day:
    asked = [copy.request.requested_at.astimezone().date() for copy in known if copy.request]
    found = [
        copy.status
        for copy in decided
        if copy.decision and copy.decision.decided_at and copy.decision.decided_at.astimezone().date() == day
    ]
    return Day(day, asked.count(day), found.count(Status.ACCEPTED), found.count(Status.REJECTED))


def _in_currency(asked: Money, known: Sequence[RequestCopy]) -> InCurrency:
    same = [
        (copy.status in WAITING, copy.terms.money)
        for copy in known
        if copy.terms and (copy.terms.money.currency, copy.terms.money.exponent) == (asked.currency, asked.exponent)
    ]
    waiting = [money.amount_minor for waits, money in same if waits]
    return InCurrency(len(same), asked, len(waiting), Money(sum(waiting), asked.currency, asked.exponent))
