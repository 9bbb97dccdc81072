"""What there is to know of many requests, counted by the database in one reading of them; psycopg alone."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg

from paydesk.domain.ageing import Ageing
from paydesk.domain.filters import Asker
from paydesk.domain.insights import SHARES, TIMES, TOOK_BOUNDS, Day, InCurrency, Insights, edges, last_days
from paydesk.domain.money import Money
from paydesk.domain.status import DECIDED, WAITING, Status
from paydesk.infra.core.clock import moment_of
from paydesk.infra.core.query import PageQuery
from paydesk.infra.postgres.filter_sql import status_in
from paydesk.infra.postgres.folding import also_unfolded
from paydesk.infra.postgres.read.queries import Connection
from paydesk.infra.postgres.read.request_list import OLDER, age_bounds, ageing, conditions_of, counted_alone, where

_DECIDED = f"{status_in(DECIDED, 'p.status')} AND p.decided_at IS NOT NULL"
# Between two infinite moments PostgreSQL counts no time; a row that has them was put in by hand.
_TOOK_KNOWN = f"{_DECIDED} AND isfinite(p.decided_at) AND isfinite(p.requested_at)"
_TOOK = "greatest(p.decided_at - p.requested_at, interval '0')"
_TOOK_PLACE = " + ".join(f"({_TOOK} >= %(took{place})s)::int" for place in range(len(TOOK_BOUNDS)))
_READ = f"""
SELECT width_bucket(p.requested_at, %(edges)s::timestamptz[]) AS asked,
    CASE WHEN {_DECIDED} THEN width_bucket(p.decided_at, %(edges)s::timestamptz[]) END AS decided,
    CASE WHEN {_TOOK_KNOWN} THEN {_TOOK_PLACE} END AS took,
    p.status, p.standing_currency, p.standing_exponent,
    count(*), sum(p.standing_amount_minor), min(p.requested_at), count(p.requested_at), {OLDER}
FROM payment_request p {{where}}
GROUP BY 1, 2, 3, 4, 5, 6
"""
_WITHIN = f"""
SELECT percentile_disc(%(shares)s::float8[]) WITHIN GROUP (ORDER BY {_TOOK})
FROM payment_request p {{where}}
"""


def insights(connection: Connection, query: PageQuery, now: datetime | None = None) -> Insights:
    """Return what there is to know of all rows of a query, wherever it starts, all of it as of one moment."""
    now = now or moment_of(connection)
    days = last_days(now)
    values: dict[str, Any] = age_bounds(now) | {f"took{place}": bound for place, bound in enumerate(TOOK_BOUNDS)}
    values |= {"edges": edges(days), "shares": list(SHARES)}
    besides = also_unfolded(connection, query.filter, Asker(query.person, now))
    clauses = conditions_of(query, now, values, besides)
    connection.rollback()  # What was read before is not of the one moment.
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    counted = _Counted(days)
    with connection.transaction():
        for row in counted_alone(connection, _READ.format(where=where(clauses)), values):
            counted.add(_Group(*row[:_COLUMNS]), row[_COLUMNS:])
        known = where([*clauses, _TOOK_KNOWN])
        ((within,),) = counted_alone(connection, _WITHIN.format(where=known), values)
    return counted.insights(tuple(within or ()))


class _Group(NamedTuple):
    """Requests that are counted together, in the order of the columns of ``_READ``."""

    asked: int | None
    """The place of the day on which they were asked for, among those that are shown."""
    decided: int | None
    took: int | None
    status: str
    currency: str | None
    exponent: int
    requests: int
    minor: Decimal | None
    """What they come to, in the smallest unit of their currency."""
    oldest: datetime | None


_COLUMNS = len(_Group._fields)


class _Counted:
    """The groups of one reading, put where they belong."""

    def __init__(self, days: Any) -> None:
        self.days = days
        self.requests = 0
        self.per_day: defaultdict[tuple[int | None, str], int] = defaultdict(int)
        self.waiting = Ageing()
        self.money: defaultdict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        self.took = [0] * len(TIMES)

    def add(self, group: _Group, older: Sequence[int]) -> None:
        """Add one group; ``older``: the counts that ``ageing`` takes."""
        count, minor = group.requests, int(group.minor or 0)
        self.requests += count
        self.per_day[group.asked, "requested"] += count
        self.per_day[group.decided, group.status] += count
        if group.took is not None:
            self.took[group.took] += count
        waits = Status(group.status) in WAITING
        if waits:
            self.waiting += ageing(group.oldest, older)
        if group.currency is not None:
            sums = self.money[group.currency, group.exponent]
            for place, more in ((0, count), (1, minor), (2, count * waits), (3, minor * waits)):
                sums[place] += more

    def insights(self, within: Any) -> Insights:
        """Return it all."""
        days = tuple(
            Day(
                day,
                *(self.per_day[place, word] for word in ("requested", Status.ACCEPTED.value, Status.REJECTED.value)),
            )
            for place, day in enumerate(self.days, 1)
        )
        currencies = tuple(
            InCurrency(count, Money(minor, *key), waiting, Money(waits, *key))
            for key, (count, minor, waiting, waits) in sorted(self.money.items())
        )
        return Insights(self.requests, days, self.waiting, currencies, tuple(self.took), within)
