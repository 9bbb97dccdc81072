"""What reading asks for and brings back, and what a command answers: plain values that every floor shares."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from paydesk.domain.copy import RequestCopy
from paydesk.domain.filters import EVERYTHING, Filter
from paydesk.domain.status import Status


class Sort(StrEnum):
    """In which order the rows of a list are; the id decides between equals."""

    NEWEST = "newest first"
    OLDEST = "oldest first"
    LARGEST = "largest first"
    SMALLEST = "smallest first"
    DUE = "due first"
    DECIDED = "last decided first"


Key = tuple[datetime | date | Decimal | None, UUID]
"""The place of a row in an order; None is what is not known."""


def key_of(copy: RequestCopy, sort: Sort) -> Key:
    """Return the place of a row in an order."""
    if sort in (Sort.NEWEST, Sort.OLDEST):
        return (copy.request.requested_at if copy.request else None), copy.id
    if sort is Sort.DECIDED:
        return (copy.decision.decided_at if copy.decision else None), copy.id
    if sort is Sort.DUE:
        return (copy.terms.due_date if copy.terms else None), copy.id
    return (Decimal(copy.terms.money.amount) if copy.terms else None), copy.id


def in_order(rows: Iterable[RequestCopy], sort: Sort) -> list[RequestCopy]:
    """Return rows in an order; what is not known is due last, and in every other order is the least."""

    def place(row: RequestCopy) -> tuple[bool, Any, UUID]:
        key, request_id = key_of(row, sort)
        return (key is None) is (sort is Sort.DUE), 0 if key is None else key, request_id

    return sorted(rows, key=place, reverse=sort in (Sort.NEWEST, Sort.LARGEST, Sort.DECIDED))


class Way(StrEnum):
    """Which part of an order is read."""

    FIRST = "first"
    FROM = "from"
    AFTER = "after"
    BEFORE = "before"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Start:
    """Where a page begins: at the first or last row, or beside a key (``FROM`` has the row of the key itself)."""

    way: Way = Way.FIRST
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class PageQuery:
    """Which rows a page shows. Empty fields do not restrict."""

    filter: Filter = EVERYTHING
    person: str = ""
    """Who ``from:me`` is."""
    statuses: frozenset[Status] = frozenset()
    sort: Sort = Sort.NEWEST
    start: Start = Start()
    limit: int | None = 500
    overdue: bool = False
    """Also the decisions whose hold ran out in a restored schema."""
    also: frozenset[UUID] = frozenset()
    """Requests that are shown whatever else the query says; the totals leave them out."""


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one reading, in their order, and whether more come behind them, the way that was read."""

    rows: tuple[RequestCopy, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What a command did: the copy after it, and whether anything changed."""

    copy: RequestCopy
    changed: bool = True


@dataclass(frozen=True, slots=True)
class News:
    """Something changed behind the screen: these requests, or, where None, any of them."""

    changed: frozenset[UUID] | None = None
