"""Ages and insights reckoned request by request, as slowly as can be: what the database counts is held against it."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from paydesk.domain.ageing import AGES, BOUNDS, Ageing
from paydesk.domain.copy import RequestCopy
from paydesk.domain.insights import SHARES, TIMES, TOOK_BOUNDS, Day, InCurrency, Insights, last_days
from paydesk.domain.money import Money, totals
from paydesk.domain.status import DECIDED, WAITING, Status


def ages_of(asked_at: Iterable[datetime], now: datetime) -> Ageing:
    """Return the ages of requests that were asked for at these moments."""
    moments = list(asked_at)
    ages = [sum(now - at >= bound for bound in BOUNDS) for at in moments]
    return Ageing(tuple(ages.count(age) for age in range(len(AGES))), min(moments, default=None))


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
        ages_of(waits, now),
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
    statuses = [
        copy.status
        for copy in decided
        if copy.decision and copy.decision.decided_at and copy.decision.decided_at.astimezone().date() == day
    ]
    return Day(day, asked.count(day), statuses.count(Status.ACCEPTED), statuses.count(Status.REJECTED))


def _in_currency(asked: Money, known: Sequence[RequestCopy]) -> InCurrency:
    same = [
        (copy.status in WAITING, copy.terms.money)
        for copy in known
        if copy.terms and (copy.terms.money.currency, copy.terms.money.exponent) == (asked.currency, asked.exponent)
    ]
    waiting = [money.amount_minor for waits, money in same if waits]
    return InCurrency(len(same), asked, len(waiting), Money(sum(waiting), asked.currency, asked.exponent))
