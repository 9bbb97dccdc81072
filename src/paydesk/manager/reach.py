"""What a key marks: of the part of the list that is loaded only the rows that are shown; and what lies beyond it."""

from dataclasses import dataclass, replace
from datetime import datetime

from textual.message import Message

from paydesk.domain.copy import RequestCopy
from paydesk.infra.core.query import Page, PageQuery, Start, Way, in_order, key_of
from paydesk.manager.inbox_rows import hidden
from paydesk.manager.port import ManagerDesk
from paydesk.tui.screens.base import sentence
from paydesk.tui.table.window import Edges

MAX_MARKED = 1000
"""So many are marked by one key at most: more than anyone looks over before ``y``."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Which rows a key is to mark; what came between the rows that are shown, and is held back, never is."""

    query: PageQuery
    """Of the list."""
    rows: tuple[RequestCopy, ...]
    """As they were on the screen, in their order, when the key was pressed."""
    edges: Edges
    """Of these rows."""
    now: datetime
    ends: tuple[RequestCopy, ...] = ()
    """Both ends of a range, whichever comes first; without them all rows are meant."""

    def loaded(self) -> list[RequestCopy]:
        """Return what is meant of the rows that were on the screen, or a scroll away from it."""
        ids = [row.id for row in self.rows]
        low, high = (len(ids), -1) if self.ends else (0, len(ids))
        for end in self.ends:
            if end.id in ids:
                place = ids.index(end.id)
                low, high = min(low, place), max(high, place)
            else:
                place = self._place(end)
                low, high = min(low, place), max(high, place - 1)
        unfit = {row.id for row in hidden(self.rows, self.query, self.now)}
        return [row for row in self.rows[low : high + 1] if row.id not in unfit]

    def beyond(self) -> PageQuery | None:
        """Return the query of all that is meant; None where nothing of that lies beyond the rows that are loaded."""
        everything = replace(self.query, start=Start(), limit=MAX_MARKED, also=frozenset(), held=False)
        if not self.ends:
            return everything if self.rows and (self.edges.above or self.edges.below) else None
        ids = {row.id for row in self.rows}
        places = [self._place(end) for end in self.ends if end.id not in ids]
        if any((not at and self.edges.above) or (at == len(ids) and self.edges.below) for at in places):
            first = in_order(self.ends, self.query.sort)[0]
            return replace(everything, start=Start(Way.FROM, key_of(first, self.query.sort)))
        return None

    def with_read(self, page: Page) -> tuple[list[RequestCopy], bool]:
        """Return what is meant, with what was read of it; and whether there is more than is marked by one key."""
        known = {row.id for row in self.rows}
        as_seen = {end.id: end for end in self.ends}
        read = [as_seen.get(row.id, row) for row in page.rows if row.id not in known]
        extra = [end for end in self.ends if end.id not in known and all(row.id != end.id for row in read)]
        line = in_order([*self.rows, *read, *extra], self.query.sort)
        place = {row.id: at for at, row in enumerate(line)}
        shown, ends = [place[row.id] for row in self.rows], [place[end.id] for end in self.ends]
        low, high = (min(ends), max(ends)) if ends else (0, len(line))
        read.sort(key=lambda row: place[row.id])
        above = [row for row in read if self.edges.above and low <= place[row.id] < min(shown)]
        below = [row for row in read if self.edges.below and max(shown) < place[row.id] <= high]
        meant = [*above, *self.loaded(), *below]
        reached = max((place[row.id] for row in page.rows), default=high) >= high
        return meant[:MAX_MARKED], len(meant) > MAX_MARKED or (page.more and not reached)

    def _place(self, end: RequestCopy) -> int:
        """Return how many of the rows come before an end that is not among them."""
        line = in_order([*self.rows, end], self.query.sort)
        return next(at for at, row in enumerate(line) if row.id == end.id)


@dataclass
class MarksRead(Message):
    """It is known what a key marks; ``trouble`` is a sentence where that is not all that was meant."""

    reach: Reach
    rows: list[RequestCopy]
    trouble: str = ""


def read_marks(desk: ManagerDesk, reach: Reach, query: PageQuery) -> MarksRead:
    """Read what a key is to mark beyond the rows that are loaded; called in a thread."""
    try:
        rows, more = reach.with_read(desk.page(query))
    except Exception as error:
        return MarksRead(reach, [], sentence(error))
    return MarksRead(reach, rows, f"Only the first {MAX_MARKED:,} are marked." if more else "")
