"""The rows of a list, a page at a time from any place of its order, and what all of them come to; psycopg alone."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from paydesk.domain.ageing import BOUNDS, Ageing
from paydesk.domain.copy import RequestCopy, StatusTotal
from paydesk.domain.filters import Asker
from paydesk.domain.money import Money
from paydesk.domain.status import WAITING, Status
from paydesk.domain.text import same_person
from paydesk.infra.core.clock import moment_of
from paydesk.infra.core.query import Page, PageQuery, Sort, Start, Way, between, in_order, key_of
from paydesk.infra.postgres.filter_sql import (
    AMOUNT,
    DECIDED,
    DUE,
    NO_AMOUNT,
    SENT,
    Also,
    amount_key,
    conditions,
    one_of,
)
from paydesk.infra.postgres.folding import also_unfolded
from paydesk.infra.postgres.read.queries import COPIES, HELD, Connection, copy_of

_ORDERS = {
    Sort.NEWEST: (SENT, "timestamptz", "DESC", "-infinity"),
    Sort.OLDEST: (SENT, "timestamptz", "ASC", "-infinity"),
    Sort.LARGEST: (AMOUNT, "bigint", "DESC", NO_AMOUNT),
    Sort.SMALLEST: (AMOUNT, "bigint", "ASC", NO_AMOUNT),
    Sort.DUE: (DUE, "date", "ASC", "infinity"),
    Sort.DECIDED: (DECIDED, "timestamptz", "DESC", "-infinity"),
}
"""What each order goes by, its type, which way, and where what is not known stands; an index of each is kept."""
_OPPOSITE = {"ASC": "DESC", "DESC": "ASC"}
OLDER = ", ".join(f"count(*) FILTER (WHERE p.requested_at <= %(bound{place})s)" for place in range(len(BOUNDS)))
"""How many are so old, for each bound."""


def page(connection: Connection, query: PageQuery, now: datetime | None = None) -> Page:
    """Return the rows of a query from where it starts, in its order, and whether more come behind them."""
    if query.start.way is Way.AT:
        query = replace(query, start=_start_at(connection, query, now))
    besides = also_unfolded(connection, query.filter, _asker(query, now))
    rows = list(_rows(connection, *statement(query, now, besides, one_more=True)))
    more = query.limit is not None and len(rows) > query.limit
    rows = rows[: query.limit]
    if query.start.way in (Way.UP_TO, Way.LAST):
        rows.reverse()
    also = set(query.also)
    if query.held:
        also |= _held(connection, query.person)
    also -= {row.id for row in rows}
    read = f"{COPIES.format(rows='payment_request')} WHERE p.id = ANY(%(ids)s)"
    beside = in_order(_rows(connection, read, {"ids": list(also)}), query.sort) if also else []
    return Page(tuple(rows), more, tuple(beside))


def _held(connection: Connection, person: str) -> set[UUID]:
    """Return what ``PageQuery.held`` asks for: a desk that was killed may have left it to this one."""
    rows = connection.execute(HELD.replace("request_id", "request_id, actor, overdue", 1))
    return {request_id for request_id, actor, overdue in rows if overdue or same_person(actor, person)}


def _start_at(connection: Connection, query: PageQuery, now: datetime | None) -> Start:
    """Return where a page begins that lies so far between the first and the last row."""
    besides = also_unfolded(connection, query.filter, _asker(query, now))
    ends = [replace(query, start=Start(way), limit=1) for way in (Way.FIRST, Way.LAST)]
    first, last = ([*_rows(connection, *statement(end, now, besides, known=True))] for end in ends)
    if not first:
        return Start()
    return Start(Way.FROM, between(key_of(first[0], query.sort), key_of(last[0], query.sort), query.start.share))


def stream(connection: Connection, query: PageQuery, now: datetime | None = None) -> Iterator[RequestCopy]:
    """Yield the rows of a query one by one; memory stays flat however many there are."""
    with connection.transaction(), connection.cursor("paydesk_each", row_factory=dict_row) as cursor:
        cursor.itersize = 500
        now = now or moment_of(connection)
        besides = also_unfolded(connection, query.filter, _asker(query, now))
        cursor.execute(*statement(query, now, besides))
        for row in cursor:
            yield copy_of(row)


def totals(connection: Connection, query: PageQuery, now: datetime | None = None) -> tuple[StatusTotal, ...]:
    """Return what all rows of a query come to, per status and currency, and how old what waits is; in one reading."""
    now = now or moment_of(connection)
    values = age_bounds(now)
    counts: defaultdict[Status, int] = defaultdict(int)
    sums: defaultdict[Status, defaultdict[tuple[str, int], int]] = defaultdict(lambda: defaultdict(int))
    ages: defaultdict[Status, Ageing] = defaultdict(Ageing)
    fitting = where(conditions_of(query, now, values, also_unfolded(connection, query.filter, _asker(query, now))))
    read = (
        "SELECT status, standing_currency, standing_exponent, count(*), sum(standing_amount_minor),"
        f" min(p.requested_at), count(p.requested_at), {OLDER} FROM payment_request p {fitting} GROUP BY 1, 2, 3"
    )
    for named, currency, exponent, count, minor, oldest, *older in counted_alone(connection, read, values):
        status = Status(named)
        counts[status] += count
        if currency is not None:
            sums[status][currency, exponent] += int(minor)
        if status in WAITING:
            ages[status] += ageing(oldest, older)
    return tuple(
        StatusTotal(status, counts[status], _moneys(sums[status]), ages[status]) for status in Status if counts[status]
    )


def ageing(oldest: datetime | None, older: Sequence[int]) -> Ageing:
    """Return the ages, of how many have one at all and how many are as old as each bound."""
    return Ageing(tuple(more - fewer for more, fewer in pairwise([*older, 0])), oldest)


def counted_alone(connection: Connection, read: str, values: dict[str, Any]) -> list[Any]:
    """Return the rows of a count. A million are counted on one core: the others are for whoever scrolls meanwhile."""
    with connection.transaction():
        connection.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        return connection.execute(read, values, prepare=False).fetchall()


def age_bounds(now: datetime) -> dict[str, Any]:
    """Return the parameters of ``OLDER``."""
    return {f"bound{place}": now - bound for place, bound in enumerate(BOUNDS)}


def _moneys(sums: Mapping[tuple[str, int], int]) -> tuple[Money, ...]:
    return tuple(Money(minor, currency, exponent) for (currency, exponent), minor in sorted(sums.items()))


def _rows(connection: Connection, read: str, values: dict[str, Any]) -> Iterator[RequestCopy]:
    # Never prepared: only a plan that is made for its values can use an index of what waits, or of a rare word.
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(read, values, prepare=False)
        yield from map(copy_of, cursor)


def statement(
    query: PageQuery,
    now: datetime | None,
    also: Also | None = None,
    *,
    one_more: bool = False,
    known: bool = False,
) -> tuple[str, dict[str, Any]]:
    """Return the statement of a page, and its parameters; what joins a row is read for the rows of the page alone.

    Args:
        query: Which rows, from where, and in which order.
        now: The time by which ages are counted; None: this machine's.
        also: Returns the SQL by which a row meets a rule besides; None: there is none.
        one_more: Whether one row more than the limit is read, which shows that more come.
        known: Whether rows are left out whose place in the order is not known.
    """
    order, kind, way, missing = _ORDERS[query.sort]
    values: dict[str, Any] = {}
    clauses = conditions_of(query, now, values, also)
    start = query.start
    if known:
        clauses.append(f"{order} {'<' if missing == 'infinity' else '>'} '{missing}'::{kind}")
    if start.key is not None:
        than = ">=" if (way == "ASC") is (start.way is Way.FROM) else "<="
        clauses.append(f"({order}, p.id) {than} (%(key)s::{kind}, %(id)s)")
        key, values["id"] = start.key
        values["key"] = missing if key is None else amount_key(key) if isinstance(key, Decimal) else key
    if start.way in (Way.UP_TO, Way.LAST):
        way = _OPPOSITE[way]
    by = f"ORDER BY p.placed {way}, p.id {way}"
    within = f"ORDER BY {order} {way}, p.id {way}"
    values["limit"] = None if query.limit is None else query.limit + one_more
    rows = f"(SELECT *, {order} AS placed FROM payment_request p {where(clauses)} {within} LIMIT %(limit)s)"
    return f"{COPIES.format(rows=rows)} {by}", values


def _asker(query: PageQuery, now: datetime | None) -> Asker:
    return Asker(query.person, now or datetime.now(UTC))


def conditions_of(
    query: PageQuery, now: datetime | None, values: dict[str, Any], also: Also | None = None
) -> list[str]:
    """Return the conditions that a row of a query has to meet, wherever its page begins.

    Args:
        query: The query.
        now: The time by which ages are counted; None: this machine's.
        values: The parameters of the statement; those of the conditions are added.
        also: Returns the SQL by which a row meets a rule besides; None: there is none.
    """
    clauses = conditions(query.filter, _asker(query, now), values, also)
    if query.statuses:
        names = {f"status{place}": status.value for place, status in enumerate(sorted(query.statuses))}
        clauses.append(one_of("p.status", [f"%({name})s" for name in names]))
        values |= names
    return clauses


def where(clauses: Sequence[str]) -> str:
    """Return what restricts a statement to these, if anything does."""
    return "WHERE " + " AND ".join(clauses) if clauses else ""
