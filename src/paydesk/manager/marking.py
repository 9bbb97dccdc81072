"""Marks on the manager's list, held by request id."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import ClassVar
from uuid import UUID

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message

from paydesk.domain.copy import RequestCopy
from paydesk.domain.filters import EVERYTHING
from paydesk.domain.status_facts import WAITING
from paydesk.domain.text import counted
from paydesk.infra.core.query import PageQuery, Start, Way, in_order, key_of
from paydesk.manager.batch import terms_seen
from paydesk.manager.deciding import Deciding
from paydesk.manager.port import ManagerDesk
from paydesk.tui.own_screen import sentence

MOST = 1000
"""So many are marked by one key at most: more than anyone looks over before ``y``."""


@dataclass
class MarksRead(Message):
    """The rows that a key is to mark were read; ``trouble`` is a sentence where not all of them could be."""

    query: PageQuery
    rows: Sequence[RequestCopy]
    trouble: str


class Marking(Deciding, inherit_bindings=False):
    """Keeps which requests are marked, as they were on the screen then."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *Deciding.BINDINGS,
        Binding("space", "mark", "Mark", show=False, id="manager.mark", tooltip="Mark, or unmark"),
        Binding("v", "range", "Range", show=False, id="manager.range", tooltip="Mark a range, from here"),
        Binding("asterisk", "mark_all", "All", show=False, id="manager.all", key_display="*", tooltip="Mark all shown"),
        Binding(
            "escape",
            "unmark",
            "Unmark",
            show=False,
            id="manager.unmark",
            tooltip="Back: filter, marks, pane",
        ),
    ]

    def __init__(self, make_desk: Callable[[], ManagerDesk], now: Callable[[], datetime], *, id: str) -> None:
        super().__init__(make_desk, now, id=id)
        self.marks: dict[UUID, RequestCopy] = {}
        """The marked requests, as they were on the screen when they were marked."""
        self._range_from: RequestCopy | None = None

    @property
    def range_begun(self) -> bool:
        """Whether a range was begun and not ended."""
        return self._range_from is not None

    def acts_unseen(self, action: str) -> bool:
        """With marks ``a`` and ``x`` mean those, wherever the cursor is."""
        return not (self.marks and action in ("approve", "reject")) and super().acts_unseen(action)

    def marked(self) -> None:
        """Show that the marks changed."""
        self.table.mark(frozenset(self.marks))
        self.show_keys()

    def key_lives(self, action: str, usual: bool | None) -> bool | None:
        """Offer what is done to marks while there are any: then ``a`` and ``x`` mean those."""
        marking = bool(self.marks) or self.range_begun
        if action in ("mark", "range", "mark_all", "unmark") and marking:
            return True
        return True if action in ("approve", "reject") and self.marks else super().key_lives(action, usual)

    def clear_marks(self) -> None:
        """Take all marks off, and say so: what they were made for is no longer what is shown."""
        if self.marks:
            self.notice(f"{counted(len(self.marks), 'mark was', 'marks were')} taken off.", "trouble")
        self.marks, self._range_from = {}, None
        self.marked()

    def keep_marks(self, rows: Sequence[RequestCopy]) -> None:
        """Take the mark off a request whose terms changed: they are not those that were marked."""
        changed = [row for row in rows if row.id in self.marks and terms_seen(row) != terms_seen(self.marks[row.id])]
        for row in changed:
            del self.marks[row.id]
        if changed:
            self.notice(f"{', '.join(row.number for row in changed[:3])} changed: the mark is off.", "trouble")
            self.marked()

    def brought_back(self, rows: Sequence[RequestCopy]) -> None:
        """Mark again what was decided as marked and is taken back, where its terms are still those that were marked."""
        for row in rows:
            as_marked = self.marked_as.pop(row.id, None)
            if as_marked is not None and self._markable(row) and terms_seen(row) == terms_seen(as_marked):
                self.marks[row.id] = as_marked
        self.marked()

    def action_mark(self) -> None:
        """Mark the request under the cursor, or take its mark off; move on."""
        row = self.table.current
        if row is None:
            return
        if row.id in self.marks:
            del self.marks[row.id]
        elif not self._markable(row):
            self.notice(f"{row.number} is {row.status} already.")
            return
        else:
            self.marks[row.id] = row
        self.marked()
        self.table.action_move(1)

    def action_range(self) -> None:
        """Begin a range at the cursor; the second time, mark everything from there to here."""
        row = self.table.current
        if row is None:
            return
        if self._range_from is None:
            self._range_from = row
            self.show_keys()
            key = self.key("manager.range", "v")
            told = f"A range begins at {row.number}: move on, and {key} marks all from there. esc lets go."
            self.notice(told, "", 60)
            return
        first, last = in_order([self._range_from, row], self.wanted().sort)
        self._read_marks(Start(Way.FROM, key_of(first, self.wanted().sort)), last.id)

    def action_mark_all(self) -> None:
        """Mark all that the filter shows and that waits, also what is not on the screen."""
        self._read_marks(Start(), None)

    def _read_marks(self, start: Start, last: UUID | None) -> None:
        """Read the rows that are meant: the list itself holds only a part of a long one."""
        self._range_from = None
        if self.desk is not None:
            query = replace(self.wanted(), start=start, limit=MOST, also=frozenset(), held=False)
            work = partial(self._read_rows, self.desk, query, last)
            self.run_worker(work, thread=True, group="marks", exclusive=True, exit_on_error=False)

    def _read_rows(self, desk: ManagerDesk, query: PageQuery, last: UUID | None) -> None:
        try:
            page = desk.page(query)
        except Exception as error:
            self.post_message(MarksRead(query, [], sentence(error)))
            return
        ids = [row.id for row in page.rows]
        end = ids.index(last) + 1 if last in ids else len(ids)
        more = page.more if last is None else last not in ids
        self.post_message(MarksRead(query, page.rows[:end], f"Only the first {MOST:,} are marked." if more else ""))

    @on(MarksRead)
    def _marks_read(self, message: MarksRead) -> None:
        message.stop()
        now = self.wanted()
        if (message.query.filter, message.query.statuses) == (now.filter, now.statuses):
            self._mark(message.rows)
            if message.trouble:
                self.notice(message.trouble, "trouble")

    def _mark(self, rows: Sequence[RequestCopy]) -> None:
        self.marks |= {row.id: row for row in rows if self._markable(row) and row.id not in self.marks}
        self.notice(f"{len(self.marks):,} marked." if self.marks else "Nothing here waits for a decision.")
        self.marked()

    def _markable(self, row: RequestCopy) -> bool:
        return row.status in WAITING and row.request is not None

    def action_unmark(self) -> None:
        """Go one step back: let go of a range that was begun, take the filter away, or take all marks off."""
        if self._range_from is not None:
            self._range_from = None
            self.show_keys()
            self.notice("")
        elif self.filter.terms:
            self.set_filter(EVERYTHING)
        elif self.marks:
            self.clear_marks()
