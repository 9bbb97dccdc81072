"""Which requests are marked, by request id: as they were on the screen when they were marked."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from paydesk.domain.copy import RequestCopy
from paydesk.domain.status import WAITING
from paydesk.domain.text import counted
from paydesk.manager.bulk import terms_seen


class Selection:
    """Used by the loop alone. Methods that may have something to tell return a sentence, or an empty string."""

    def __init__(self) -> None:
        self.marks: dict[UUID, RequestCopy] = {}
        """The marked requests, as they were on the screen when they were marked."""
        self.range_from: RequestCopy | None = None
        """Where a range was begun that is not ended."""
        self._beyond: set[UUID] = set()

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

    def let_go_of_range(self) -> bool:
        """Forget where a range was begun; returns whether one was."""
        begun, self.range_from = self.range_from is not None, None
        return begun

    def add(self, rows: Sequence[RequestCopy], loaded: Sequence[RequestCopy], held_back: int = 0) -> str:
        """Mark these requests, where they wait for a decision; says how many are marked now.

        ``loaded`` are the rows that the list held then; so many that are new between them are ``held_back``.
        """
        new = {row.id: row for row in rows if _markable(row) and row.id not in self.marks}
        self._beyond |= new.keys() - {row.id for row in loaded}
        self.marks |= new
        text = f"{len(self.marks):,} marked" if self.marks else "Nothing that is shown here waits for a decision"
        return f"{text}; what is new between these is not." if held_back else f"{text}."

    @property
    def beyond(self) -> frozenset[UUID]:
        """Return which marks were set beyond the rows that the list held then: a person may never have seen these."""
        return frozenset(self._beyond & self.marks.keys())

    def clear(self) -> str:
        """Take all marks off, and say so: what they were made for is no longer what is shown."""
        many = len(self.marks)
        self.marks, self.range_from, self._beyond = {}, None, set()
        return f"{counted(many, 'mark was', 'marks were')} taken off." if many else ""

    def drop(self, ids: Sequence[UUID] | frozenset[UUID]) -> None:
        """Take these marks off."""
        for request_id in ids:
            self.marks.pop(request_id, None)

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
