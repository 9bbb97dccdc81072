"""What there is to know of many requests, counted by the database in one reading of them; psycopg alone."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import psycopg

from paydesk.domain.ageing import Ageing
from paydesk.domain.insights import DECIDED, SHARES, TIMES, TOOK_BOUNDS, Day, InCurrency, Insights, edges, last_days
from paydesk.domain.money import Money
from paydesk.domain.status import Status
from paydesk.infra.listing import AGE, WAITS, age_bounds, conditions_of, counted_alone, where
from paydesk.infra.pages import PageQuery
from paydesk.infra.queries import Connection

_DECIDED = "p.status IN ({}) AND p.decided_at IS NOT NULL".format(", ".join(f"'{each}'" for each in sorted(DECIDED)))
_TOOK_KNOWN = f"{_DECIDED} AND p.requested_at IS NOT NULL"
_TOOK = "greatest(p.decided_at - p.requested_at, interval '0')"
_TOOK_PLACE = " + ".join(f"({_TOOK} >= %(took{place})s)::int" for place in range(len(TOOK_BOUNDS)))
_ROWS = f"""
SELECT width_bucket(p.requested_at, %(edges)s::timestamptz[]) AS asked,
    CASE WHEN {_DECIDED} THEN width_bucket(p.decided_at, %(edges)s::timestamptz[]) END AS decided, p.status,
    {AGE} AS age, CASE WHEN {_TOOK_KNOWN} THEN {_TOOK_PLACE} END AS took, {WAITS} AS waits,
    p.standing_currency AS currency, p.standing_exponent AS exponent, p.standing_amount_minor AS minor, p.requested_at
FROM payment_request p {{where}}
"""
_ASKED, _DECIDED_ON, _AGED, _IN_CURRENCY, _TOOK_SO_LONG = 0b01111, 0b10111, 0b11011, 0b11101, 0b11110
_READ = f"""
SELECT GROUPING(asked, decided, age, currency, took), asked, decided, status, age, currency, exponent, waits, took,
    count(*), sum(minor), min(requested_at)
FROM ({_ROWS}) r
GROUP BY GROUPING SETS ((asked), (decided, status), (age), (currency, exponent, waits), (took))
"""
_WITHIN = f"""
SELECT percentile_disc(%(shares)s::float8[]) WITHIN GROUP (ORDER BY {_TOOK})
FROM payment_request p {{where}}
"""


def insights(connection: Connection, query: PageQuery, now: datetime | None = None) -> Insights:
    """Return what there is to know of all rows of a query, wherever it starts, all of it as of one moment."""
    now = now or datetime.now(UTC)
    days = last_days(now)
    values: dict[str, Any] = age_bounds(now) | {f"took{place}": bound for place, bound in enumerate(TOOK_BOUNDS)}
    values |= {"edges": edges(days), "shares": list(SHARES)}
    clauses = conditions_of(query, now, values)
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    counted = _Counted(days)
    with connection.transaction():
        for row in counted_alone(connection, _READ.format(where=where(clauses)), values):
            counted.add(*row)
        known = where([*clauses, _TOOK_KNOWN])
        ((within,),) = counted_alone(connection, _WITHIN.format(where=known), values)
    return counted.told(tuple(within or ()))


class _Counted:
    """The groups of one reading, put where they belong."""

    def __init__(self, days: Any) -> None:
        self.days = days
        self.requests = 0
        self.per_day: defaultdict[tuple[int, str], int] = defaultdict(int)
        self.waiting = Ageing()
        self.money: defaultdict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        self.took = [0] * len(TIMES)

    def add(
        self, kind: int, asked: int | None, decided: int | None, status: str, age: int | None, currency: str | None,
        exponent: int, waits: bool, took: int | None, count: int, minor: Any, oldest: datetime | None,
    ) -> None:  # fmt: skip
        """Add one group."""
        if kind == _ASKED:
            self.requests += count
            self.per_day[asked or 0, "requested"] += count
        elif kind == _DECIDED_ON and decided is not None:
            self.per_day[decided, status] += count
        elif kind == _AGED and age is not None:
            self.waiting += Ageing(tuple(count * (place == age) for place in range(len(self.waiting.counts))), oldest)
        elif kind == _IN_CURRENCY and currency is not None:
            sums = self.money[currency, exponent]
            for place, more in ((0, count), (1, int(minor)), (2, count * waits), (3, int(minor) * waits)):
                sums[place] += more
        elif kind == _TOOK_SO_LONG and took is not None:
            self.took[took] += count

    def told(self, within: Any) -> Insights:
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
