"""Which requests are marked, by request id: as they were on the screen when they were marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from textual.message import Message

from paydesk.domain.copy import RequestCopy
from paydesk.domain.status_facts import WAITING
from paydesk.domain.text import counted
from paydesk.infra.core.query import PageQuery, Start, Way, in_order, key_of
from paydesk.manager.batch import terms_seen
from paydesk.manager.port import ManagerDesk
from paydesk.tui.own_screen import sentence

MAX_MARKED = 1000
"""So many are marked by one key at most: more than anyone looks over before ``y``."""


@dataclass
class MarksRead(Message):
    """The rows that a key is to mark were read; ``trouble`` is a sentence where not all of them could be."""

    query: PageQuery
    rows: Sequence[RequestCopy]
    trouble: str


def read_marks(desk: ManagerDesk, query: PageQuery, last: UUID | None) -> MarksRead:
    """Read the rows that a key is to mark, up to ``last`` where one is named; called in a thread."""
    try:
        page = desk.page(query)
    except Exception as error:
        return MarksRead(query, [], sentence(error))
    ids = [row.id for row in page.rows]
    end = ids.index(last) + 1 if last in ids else len(ids)
    more = page.more if last is None else last not in ids
    return MarksRead(query, page.rows[:end], f"Only the first {MAX_MARKED:,} are marked." if more else "")


def query_of_all(shown: PageQuery) -> PageQuery:
    """Return the query of all rows that a key may mark: the list itself holds only a part of a long one."""
    return replace(shown, start=Start(), limit=MAX_MARKED, also=frozenset(), held=False)


class Selection:
    """Used by the loop alone. Methods that may have something to tell return a sentence, or an empty string."""

    def __init__(self) -> None:
        self.marks: dict[UUID, RequestCopy] = {}
        """The marked requests, as they were on the screen when they were marked."""
        self.range_from: RequestCopy | None = None
        """Where a range was begun that is not ended."""

    @property
    def begun(self) -> bool:
        """Whether there are marks, or a range was begun."""
        return bool(self.marks) or self.range_from is not None

    def toggle(self, row: RequestCopy) -> str:
        """Mark a request, or take its mark off; says why it cannot be marked."""
        if row.id in self.marks:
            del self.marks[row.id]
        elif not _markable(row):
            return f"{row.number} is {row.status} already."
        else:
            self.marks[row.id] = row
        return ""

    def end_range(self, row: RequestCopy, shown: PageQuery) -> tuple[PageQuery, UUID]:
        """End the range that was begun; returns the query of its rows, and the last of them."""
        assert self.range_from is not None
        first, last = in_order([self.range_from, row], shown.sort)
        self.range_from = None
        return replace(query_of_all(shown), start=Start(Way.FROM, key_of(first, shown.sort))), last.id

    def let_go_of_range(self) -> bool:
        """Forget where a range was begun; returns whether one was."""
        begun, self.range_from = self.range_from is not None, None
        return begun

    def add(self, rows: Sequence[RequestCopy]) -> str:
        """Mark these requests, where they wait for a decision; says how many are marked now."""
        self.marks |= {row.id: row for row in rows if _markable(row) and row.id not in self.marks}
        return f"{len(self.marks):,} marked." if self.marks else "Nothing here waits for a decision."

    def clear(self) -> str:
        """Take all marks off, and say so: what they were made for is no longer what is shown."""
        many = len(self.marks)
        self.marks, self.range_from = {}, None
        return f"{counted(many, 'mark was', 'marks were')} taken off." if many else ""

    def drop(self, ids: Sequence[UUID] | frozenset[UUID]) -> None:
        """Take these marks off."""
        for each in ids:
            self.marks.pop(each, None)

    def drop_changed(self, rows: Sequence[RequestCopy]) -> str:
        """Take the mark off a request whose terms changed: they are not those that were marked."""
        changed = [row for row in rows if row.id in self.marks and terms_seen(row) != terms_seen(self.marks[row.id])]
        self.drop([row.id for row in changed])
        return f"{', '.join(row.number for row in changed[:3])} changed: the mark is off." if changed else ""

    def put_back(self, rows: Sequence[RequestCopy], as_marked: Mapping[UUID, RequestCopy]) -> None:
        """Mark again what was decided as marked and is taken back, where its terms are still those that were marked."""
        for row in rows:
            if row.id in as_marked and _markable(row) and terms_seen(row) == terms_seen(as_marked[row.id]):
                self.marks[row.id] = as_marked[row.id]


def _markable(row: RequestCopy) -> bool:
    return row.status in WAITING and row.request is not None
