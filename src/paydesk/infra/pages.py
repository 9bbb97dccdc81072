"""What reading asks for and brings back, and what a command answers: plain values that every floor shares."""

from dataclasses import dataclass
from uuid import UUID

from paydesk.domain.copy import RequestCopy, StatusTotal
from paydesk.domain.filters import EVERYTHING, Filter
from paydesk.domain.status import Status


@dataclass(frozen=True, slots=True)
class PageQuery:
    """Which rows a page shows. Empty fields do not restrict."""

    filter: Filter = EVERYTHING
    person: str = ""
    """Who ``from:me`` is."""
    statuses: frozenset[Status] = frozenset()
    newest_first: bool = True
    limit: int | None = 500
    by_decision: bool = False
    """Ordered by when they were decided, not by when they were requested."""
    overdue: bool = False
    """Also the decisions whose hold ran out in a restored schema."""
    also: frozenset[UUID] = frozenset()
    """Requests that are shown whatever else the query says; the totals leave them out."""


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one reading and how many there are in all for that query."""

    rows: tuple[RequestCopy, ...]
    total: int
    totals: tuple[StatusTotal, ...] = ()
    """Per status, with a sum per currency, for the same query."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a command did: the copy after it, and whether anything changed."""

    copy: RequestCopy
    changed: bool = True


@dataclass(frozen=True, slots=True)
class News:
    """Something changed behind the screen: these requests, or, where None, any of them."""

    changed: frozenset[UUID] | None = None
