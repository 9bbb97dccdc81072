"""What reading asks for and brings back, and what a command answers: plain values that every layer shares."""

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


def between(first: Key, last: Key, share: float) -> Key:
    """Return the key that is so far from one to the other; where one is not known, the nearer of both."""
    low, high = first[0], last[0]
    if isinstance(low, datetime) and isinstance(high, datetime):
        return low + (high - low) * share, UUID(int=0)
    if isinstance(low, Decimal) and isinstance(high, Decimal):
        return low + (high - low) * Decimal(share), UUID(int=0)
    if isinstance(low, date) and isinstance(high, date):
        return low + (high - low) * share, UUID(int=0)
    return first if share < 0.5 else last


class Way(StrEnum):
    """Which part of an order is read."""

    FIRST = "first"
    FROM = "from"
    UP_TO = "up to"
    LAST = "last"
    AT = "at"


@dataclass(frozen=True, slots=True)
class Start:
    """Where a page begins: at the first or last row, or at a key, from where it goes on or up to which it comes.

    ``AT`` begins about so far (``share``, 0 to 1) from the first key to the last, as a scrollbar does.
    """

    way: Way = Way.FIRST
    key: Key | None = None
    share: float = 0.0


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
    held: bool = False
    """Also what this person decided and is held, wherever that was, and whose hold ran out in a restored schema."""
    also: frozenset[UUID] = frozenset()
    """Requests that are shown whatever else the query says; the totals leave them out."""


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one reading, in their order, and whether more come behind them, the way that was read."""

    rows: tuple[RequestCopy, ...]
    more: bool = False
    also: tuple[RequestCopy, ...] = ()
    """What was asked for besides and is not among the rows, in the same order."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a command did: the copy after it, and whether anything changed."""

    copy: RequestCopy
    changed: bool = True


@dataclass(frozen=True, slots=True)
class News:
    """Something changed behind the screen: these requests, or, where None, any of them."""

    changed: frozenset[UUID] | None = None

    def about(self, request_id: UUID) -> bool:
        """Whether this request may have changed."""
        return self.changed is None or request_id in self.changed
