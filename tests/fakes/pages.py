"""Pages of a list in memory, as the database reads them."""

from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.infra.core.query import Page, PageQuery, Way, in_order


def page_of(fitting: list[RequestCopy], known: list[RequestCopy], query: PageQuery) -> Page:
    """Return a page as the database would."""
    rows, start, limit = in_order(fitting, query.sort), query.start, query.limit
    if start.key is not None:
        edge = next((row for row in known if row.id == start.key[1]), None)
        order = in_order([*(row for row in rows if row.id != start.key[1]), *([edge] if edge else [])], query.sort)
        at = order.index(edge) if edge else 0
        rows = order[at:] if start.way is Way.FROM else order[: at + 1]
        rows = [row for row in rows if row in fitting]
    if start.way is Way.AT:
        rows = rows[int(start.share * len(rows)) :]
    backwards = start.way in (Way.UP_TO, Way.LAST)
    cut = rows if limit is None else rows[-limit:] if backwards else rows[:limit]
    also = [
        row
        for row in known
        if row not in cut and (row.id in query.also or (query.held and (row.overdue or _held(row, query.person))))
    ]
    return Page(tuple(cut), len(cut) < len(rows), tuple(in_order(also, query.sort)))


def _held(row: RequestCopy, person: str) -> bool:
    return row.delivery is Delivery.HELD and row.decision is not None and row.decision.decided_by == person
