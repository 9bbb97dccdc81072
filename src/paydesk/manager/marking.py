"""Marks on the manager's list, held by request id, and what deciding means while there are any."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import ClassVar
from uuid import UUID, uuid4

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message

from paydesk.domain import duplicates
from paydesk.domain.ageing import WAITING
from paydesk.domain.copy import RequestCopy
from paydesk.domain.decision import Cause
from paydesk.domain.filters import EVERYTHING, Asker
from paydesk.infra.pages import PageQuery, Result, Start, Way, in_order, key_of
from paydesk.manager.batch import Batch, Plan, planned, terms_seen
from paydesk.manager.bulk import Asking, BulkDialog, sums_text
from paydesk.manager.deciding import Deciding
from paydesk.manager.forms import CauseDialog
from paydesk.manager.port import ManagerDesk
from paydesk.tui.own_screen import sentence

MOST = 1000
"""So many are marked by one key at most: more than anyone looks over before ``y``."""
_WARNINGS = 5


class MarksRead(Message):
    """The rows that a key is to mark were read; ``trouble`` is a sentence where not all of them could be."""

    def __init__(self, query: PageQuery, rows: Sequence[RequestCopy], trouble: str) -> None:
        super().__init__()
        self.query = query
        self.rows = rows
        self.trouble = trouble


class Marking(Deciding, inherit_bindings=False):
    """With marks, ``a`` and ``x`` mean the marks, and always ask."""

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
            tooltip="Back: filter, marks, peek",
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
        """Take all marks off: what they were made for is no longer what is shown."""
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
            query = replace(self.wanted(), start=start, limit=MOST, also=frozenset(), overdue=False)
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

    def action_approve(self) -> None:
        """Approve the marked requests after ``y``; without marks, the one under the cursor."""
        if not self.marks:
            super().action_approve()
        elif self.on_purpose("a"):
            self._ask(None)

    def action_reject(self) -> None:
        """Ask why, then reject the marked requests after ``y``; without marks, the one under the cursor."""
        if not self.marks:
            super().action_reject()
        elif self.on_purpose("x"):

            def caused(cause: Cause | None) -> None:
                if cause is not None:
                    self._ask(cause)

            what = f"Reject {len(self.marks):,} marked", sums_text(list(self.marks.values()))
            self.app.push_screen(CauseDialog(what, "picks the cause", "goes on"), caused)

    def _ask(self, cause: Cause | None) -> None:
        """Ask about the marks as they are; nothing is decided before ``y``."""
        desk, copies = self.desk, list(self.marks.values())
        if desk is None:
            return
        read = partial(self._asking, desk, copies, cause, self.wanted())
        start = partial(self._start, cause)
        word = "Approve" if cause is None else "Reject"
        self.app.push_screen(BulkDialog(word, len(copies), read, start, desk.hold_s))

    def _asking(self, desk: ManagerDesk, copies: list[RequestCopy], cause: Cause | None, shown: PageQuery) -> Asking:
        """Read what was marked; called in a thread."""
        now = self.now()
        newest = {copy.id: copy for copy in desk.copies([copy.id for copy in copies])}
        asker = Asker(shown.person, now)
        hidden = [
            copy
            for copy in newest.values()
            if (shown.statuses and copy.status not in shown.statuses) or not shown.filter.matches(copy, asker)
        ]
        plan = planned(copies, newest, desk.person, cause, now)
        asked = [each for copy in plan.chosen if (each := duplicates.Asking.of(copy)) is not None]
        alike = desk.alike(asked) if cause is None else {}
        warnings = [f"{copy.number} looks like {alike[copy.id][0]}" for copy in plan.chosen if copy.id in alike]
        more = [f"and {len(warnings) - _WARNINGS:,} more look like others"] if len(warnings) > _WARNINGS else []
        why = cause.text if cause is not None else ""
        return Asking(plan, len(hidden), why, (*warnings[:_WARNINGS], *more))

    def _start(self, cause: Cause | None, plan: Plan) -> Batch:
        """Decide what was asked about, each by itself."""
        for changed in plan.changed:
            self.marks.pop(changed, None)
        keys = {copy.id: uuid4() for copy in plan.chosen}

        def act(desk: ManagerDesk, copy: RequestCopy, rest_s: float) -> None:
            desk.decide(keys[copy.id], copy.id, *terms_seen(copy), cause, rest_s)

        batch = Batch(plan.chosen, act)

        def ended(_: Result | None, error: Exception | None) -> None:
            for done in batch.done:
                self.marks.pop(done.id, None)
            self.marked()
            self.decided(batch, error)
            for screen in self.app.screen_stack:
                if isinstance(screen, BulkDialog) and screen.running is batch:
                    screen.finished()

        self.command(batch.run, ended)
        return batch
