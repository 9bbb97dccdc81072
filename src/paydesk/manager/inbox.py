"""The manager's desk on the screen: the inbox oldest first, and what was decided."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import ClassVar
from uuid import UUID

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Paste

from paydesk.domain.commands import Decide, Reject, decision_on
from paydesk.domain.copy import Delivery, RequestCopy, StatusTotal
from paydesk.domain.decision import Cause
from paydesk.domain.duplicates import Asking
from paydesk.domain.filters import EVERYTHING, Filter, StatusIn
from paydesk.domain.status import ANSWERED, Status
from paydesk.infra.core.query import News, Page, PageQuery, Sort
from paydesk.manager.bulk import Batch
from paydesk.manager.bulk_actions import BulkActions, cause_dialog
from paydesk.manager.decisions import COMES_BACK, PASTED, DecisionKeys, why_not
from paydesk.manager.detail import ManagerDetail
from paydesk.manager.dialogs.reject import CauseDialog, KeptCauses
from paydesk.manager.dialogs.updates import asks, rows_painted
from paydesk.manager.duplicate_watch import DuplicatesRead, DuplicateWatch, read_duplicates
from paydesk.manager.held_decisions import HeldDecisions
from paydesk.manager.inbox_rows import StandingRows, counts_text, held_by, line_text, total_text
from paydesk.manager.input_guards import SETTLE_S
from paydesk.manager.port import ManagerDesk
from paydesk.manager.preview import MIN_CELLS, WIDE_CELLS, Preview
from paydesk.manager.reach import MarksRead, Reach, read_marks
from paydesk.manager.selection import Selection
from paydesk.manager.views import Views
from paydesk.tui.app import DeskApp
from paydesk.tui.desk.pane import RequestListPane
from paydesk.tui.desk.rows_first import hide_what_does_not_fit
from paydesk.tui.table.request_table import RequestTable
from paydesk.tui.widgets.lines import HealthLine, Line, TopLine
from paydesk.tui.widgets.summary import Summary


class ManagerInbox(RequestListPane[ManagerDesk], inherit_bindings=False):
    """What waits, or with ``d`` what was decided. A key acts on what is on the screen and on nothing newer."""

    app = getters.app(DeskApp)
    role = "manager"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "approve", "Approve", id="manager.approve"),
        Binding("x", "reject", "Reject", id="manager.reject", tooltip="Reject, asks for the cause"),
        Binding("u", "undo", "Undo", id="manager.undo", tooltip="Take the last decision back while it is held"),
        Binding("S", "send_now", "Send now", show=False, id="manager.send", tooltip="Send what is held now"),
        Binding("space", "mark", "Mark", show=False, id="manager.mark", tooltip="Mark, or unmark"),
        Binding("v", "range", "Range", show=False, id="manager.range", tooltip="Mark a range, from here"),
        Binding("asterisk", "mark_all", "All", show=False, id="manager.all", key_display="*", tooltip="Mark all shown"),
        Binding("escape", "unmark", "Unmark", show=False, id="manager.unmark", tooltip="Back: filter, marks, pane"),
        Binding("p", "peek", "Peek", show=False, id="manager.peek", tooltip="Show or hide who asks, and how often"),
        Binding("d", "decided", "Decided", show=False, id="manager.decided", tooltip="What was decided, or the inbox"),
        *RequestListPane.BINDINGS,
    ]

    def __init__(self, make_desk: Callable[[], ManagerDesk], now: Callable[[], datetime]) -> None:
        super().__init__(make_desk, now, id="manager")
        self.decisions = DecisionKeys()
        self.held = HeldDecisions(self, self._brought_back, self._refused)
        self.selection = Selection()
        self.causes = KeptCauses()
        self.bulk = BulkActions(self, lambda plan: self.selection.drop(plan.changed), self._many_decided)
        self.duplicates = DuplicateWatch()
        self.preview = Preview(self.now, lambda: self.desk)
        self.standing = StandingRows()
        self._lives: Mapping[str, Callable[[], bool | None]] = {
            "undo": lambda: self.held.undoes,
            **dict.fromkeys(("approve", "reject"), self._may_decide),
            **dict.fromkeys(("mark", "range", "mark_all", "unmark"), lambda: self.selection.begun or None),
        }
        """Of actions whose keys are not always shown alike: whether they do something now, None for as usual."""
        self.views = Views()
        self._page: Page | None = None

    def compose(self) -> ComposeResult:
        """Lay out top line, counts, list, hold line and health."""
        yield TopLine(id="top")
        yield Summary(tuple(Status))
        yield Line(id="filter", wraps=True)
        yield self.filter_line()
        with Horizontal(id="list"):
            empty = self.views.empty(self.key("manager.decided", "d"))
            yield RequestTable(self.views.columns(self.duplicates.alike_to), self.now, empty, id="requests")
            yield self.preview
        yield Line(id="notice")
        yield HealthLine(id="health")

    # Which rows are shown.

    def wanted(self) -> PageQuery:
        """Return what waits, oldest first, and the rows that still stand; or what was decided, newest first."""
        query = PageQuery(self.filter, self.person, self.views.statuses(self.filter), self.sort)
        if not self._held_view:
            return query
        return replace(query, also=self.standing.of([*self.table.rows, *self.held.copies]), held=True)

    @property
    def _held_view(self) -> bool:
        return self.views.stands_still(self.filter)

    @property
    def sorts(self) -> Sequence[Sort]:
        """What waits is shown oldest first, what was decided last decided first; and every other order that fits."""
        return self.views.sorts(self.filter)

    def set_filter(self, chosen: Filter) -> None:
        """Show what fits; the marks were made among other rows."""
        if chosen != self.filter:
            self._clear_marks()
        super().set_filter(chosen)

    def keep(self, **chosen: object) -> None:
        """Keep how the inbox is shown: that is what the next start begins with."""
        if self.views.decided:
            chosen.pop("sort", None)
        super().keep(**chosen)

    def shown(self, page: Page) -> None:
        """Show rows and counts."""
        self._page = page
        read, current = [*page.rows, *page.also], self.table.current
        self._notice_changed(read)
        self.painted(self.table.rows, read)
        edges = self.loader.window.edges
        if not self._held_view:
            self.table.show(page.rows, edges=edges)
        else:
            merged = self.standing.merge(self.table.rows, page, self.wanted().sort, edges, self.table.edges)
            self.held.copies = held_by(read, self.person)
            faded = frozenset(row.id for row in merged.rows if row.status in ANSWERED)
            self.table.show(merged.rows, faded, edges)
        self._slid(current)
        self.summed_up()

    def _notice_changed(self, rows: Sequence[RequestCopy]) -> None:
        """Note what the rows that were read mean for the marks, and read what they look like when they are others."""
        if notice := self.selection.drop_changed(rows):
            self.notice(notice, "trouble")
            self._show_marks()
        if self.desk is not None and (asked := self.duplicates.due(rows)) is not None:
            self._read_duplicates(self.desk, asked)

    @work(thread=True, group="alike", exclusive=True, exit_on_error=False, description="alike")
    def _read_duplicates(self, desk: ManagerDesk, asked: Sequence[Asking]) -> None:
        self.post_message(read_duplicates(desk, asked))

    @on(DuplicatesRead)
    def _duplicates_read(self, message: DuplicatesRead) -> None:
        message.stop()
        changed = self.duplicates.take(message)
        self.table.tick(lambda row: row.id in changed)

    def counted(self, totals: Sequence[StatusTotal]) -> None:
        """Show what they come to, and how long they wait."""
        self.query_one(Summary).show(totals, self.now())
        hide_what_does_not_fit(self, self.app.size)
        self.summed_up()

    def summed_up(self) -> None:
        """Say how many there are, which, and how they are sorted."""
        if self._page is None:
            return
        other = self.key("manager.decided", "d")
        usual = self.nothing_fits() if self.filter.conditions else self.views.empty(other)
        self.table.painter.empty = self.nothing(usual)
        total, counts = self.totals.total, total_text(self.totals.total, decided=not self.filter.asks(StatusIn))
        if self._held_view:
            counts = counts_text(total, self.standing.between, len(self.held.copies), self.key("desk.reload", "r"))
        text = line_text(len(self.selection.marks), self.count_text or counts, self.filter, self.sort)
        self.query_one("#filter", Line).say(text, f"{other} {self.views.other}", "muted")

    @on(RequestTable.Moved)
    def _moved(self, _: RequestTable.Moved) -> None:
        """Let go of the decided rows that the cursor has left; tell doubts again when it comes back."""
        if self._held_view and (rows := self.standing.leave(self.table.rows, self.table.current)) is not None:
            self.table.show(rows)
        self._show_preview()
        self.decisions.doubts.forget()

    def ticked(self) -> None:
        """Count down, and let the pane beside the list see what changed under the cursor."""
        self._show_preview()
        self.table.tick(lambda row: row.delivery is Delivery.HELD)

    def action_decided(self) -> None:
        """Show what was decided, or the inbox again."""
        self.choice.order = self.views.turn(self.choice.order)
        self._clear_marks()
        self.table.lay_out(self.views.columns(self.duplicates.alike_to))
        self.begin_anew()
        self.summed_up()

    def begin_anew(self) -> None:
        """Let go of everything that stands."""
        self.standing.begin_anew()
        self.table.clear()
        super().begin_anew()

    def read(self, news: News | None = None) -> None:
        """Read the rows again, and the pane too: what changed may be of the contractor that it is about."""
        super().read(news)
        if news is not None:
            self.preview.grow_old()

    def action_reload(self) -> None:
        """Read again and let everything take its place."""
        self.standing.leave_decided(self.table.rows)
        if self._held_view and self._page is not None:
            self.table.show(self.standing.take_their_place(self._page, self.wanted().sort))
        super().action_reload()
        self.preview.read_again()
        self._show_preview()

    @on(RequestTable.Opened)
    def _open_detail(self, message: RequestTable.Opened) -> None:
        self.app.push_screen(ManagerDetail(self, message.copy))

    # The pane beside the list.

    def _show_preview(self) -> None:
        self.preview.follow(self.table.current, self.size.width)

    def action_peek(self) -> None:
        """Show or hide the pane; without room for it, open the request."""
        if self.size.width < MIN_CELLS:
            self.table.action_open()
            return
        self._show_preview_as(not self.preview.stands(self.size.width))

    def _show_preview_as(self, wanted: bool | None) -> None:
        self.preview.wanted = wanted
        self.keep(peek=wanted)
        self._show_preview()

    def restore(self, kept: Mapping[str, object]) -> None:
        """Show the list as it was left, and the pane."""
        super().restore(kept)
        self.preview.restore(kept.get("peek"))
        self._show_preview()

    def on_resize(self) -> None:
        """Show the pane where there is room now."""
        super().on_resize()
        self._show_preview()

    # Keys: whether they do something, and whether they were meant.

    def key_lives(self, action: str, usual: bool | None) -> bool | None:
        """Return whether a key does something now, by the part that it is about; None where it is not shown."""
        lives = self._lives[action]() if action in self._lives else None
        return usual if lives is None else lives

    def _may_decide(self) -> bool:
        return bool(self.selection.marks) or not self.why_not(self.table.current)[0]

    def why_not(self, copy: RequestCopy | None) -> tuple[str, str]:
        """Return why a request cannot be decided here, and how that is painted; nothing where it can."""
        if copy is not None and copy.request is not None and copy.locked:
            return self.locked_text(copy), "trouble"
        return why_not(copy, self.person)

    def acts_unseen(self, action: str) -> bool:
        """With marks ``a`` and ``x`` mean those, wherever the cursor is."""
        return not (self.selection.marks and action in ("approve", "reject")) and super().acts_unseen(action)

    def typed(self, came_at: float) -> None:
        """Watch for keys that come faster than a person types: they decide nothing."""
        if notice := self.decisions.typed(came_at):
            self.notice(notice, "trouble")
        top = self.app.screen
        if asks(top) and self.decisions.guard.in_burst(came_at):
            top.dismiss(None)

    def on_paste(self, event: Paste) -> None:
        """Refuse a paste: its letters are keys here."""
        event.stop()
        self.notice(PASTED, "trouble")

    def _on_purpose(self, key: str) -> bool:
        """Whether a decision key was pressed on purpose; says so where it is held down."""
        meant = self.decisions.on_purpose(key, self.app.key_came_at)
        if not meant and (notice := self.decisions.ignored_text(self.app.key_came_at)):
            self.notice(notice, "trouble")
        return meant

    def _is_meant(self, key: str, copy: RequestCopy | None) -> bool:
        """Whether a decision key counts: pressed on purpose, on a row that can be decided."""
        if not self._on_purpose(key):
            return False
        why, look = self.why_not(copy)
        if self.held.cursor.awaits:
            why, look = COMES_BACK, "trouble"
        elif copy is not None and (not why or copy.id in self.held.taking_back):
            why, look = self.decisions.just_changed(copy, self.app.key_came_at), "trouble"
        if why:
            self.notice(why, look)
        return not why

    # Deciding one request.

    def action_approve(self) -> None:
        """Approve the marked requests after ``y``; without marks the one under the cursor, as it is on the screen."""
        if not self.selection.marks:
            self.approve(self.table.current)
        elif self._on_purpose("a"):
            self._ask(None)

    def action_reject(self) -> None:
        """Ask why, then reject the marked requests after ``y``; without marks, the one under the cursor."""
        if not self.selection.marks:
            self.reject(self.table.current)
        elif self._on_purpose("x"):
            dialog = cause_dialog(list(self.selection.marks.values()), self.causes.of(self.selection.marks))
            self.app.push_screen(dialog, lambda cause: self._ask(cause) if cause is not None else None)

    def approve(self, copy: RequestCopy | None) -> None:
        """Approve exactly this revision with these terms."""
        if self._is_meant("a", copy):
            assert copy is not None
            doubt = self.duplicates.doubt(copy)
            if self.decisions.doubted(copy.id, doubt, self.app.key_came_at):
                self.notice(f"⚠ {doubt}. {self.key('manager.approve', 'a')} again approves it.", "trouble")
                return
            self.decisions.decides()
            self._decide(copy, decision_on(copy, self.person))

    def reject(self, copy: RequestCopy | None) -> None:
        """Ask why, then reject exactly this revision with these terms."""
        if not self._is_meant("x", copy):
            return
        assert copy is not None

        dialog = CauseDialog(copy, kept=self.causes.of([copy.id]))

        def caused(cause: Cause | None) -> None:
            seen = dialog.copy
            if cause is not None and seen is not None:
                self.causes.drop([seen.id])
                self._decide(seen, decision_on(seen, self.person, cause))

        self.app.push_screen(dialog, caused)

    def _decide(self, copy: RequestCopy, command: Decide) -> None:
        """Move on, and decide a moment later unless the key turns out to be part of a burst."""
        if self.table.current is not None and self.table.current.id == copy.id:
            self.table.action_move(1)
        self.held.decide(
            command,
            partial(self.set_timer, SETTLE_S),
            lambda: not self.decisions.guard.in_burst(self.app.clock()),
        )

    def _ask(self, cause: Cause | None) -> None:
        self.causes.keep(self.selection.marks, cause)
        if self.desk is not None:
            marked = list(self.selection.marks.values())
            dialog = self.bulk.question(self.desk, marked, cause, self.wanted(), self.selection.beyond)
            self.app.push_screen(dialog, lambda takes_back: self.action_undo() if takes_back else None)

    def _many_decided(self, batch: Batch, error: Exception | None) -> None:
        done = [copy.id for copy in batch.done]
        self.selection.drop(done)
        self.causes.drop(done)
        self._show_marks()
        self.held.decided(batch, error)

    def _refused(self, command: Decide) -> None:
        """Go back to what was not decided, and keep what was typed; a key that is on its way meant another."""
        before = self.table.current
        self.causes.keep([command.id], command.cause if isinstance(command, Reject) else None)
        self.table.go_to(command.id)
        self._came(self.table.current != before)

    def painted(self, before: Sequence[RequestCopy], after: Sequence[RequestCopy]) -> None:
        """Note what is painted with other terms than before: a key already on its way was not meant for those."""
        self.decisions.changes.painted(before, after, self.app.clock())
        back = self.held.taking_back
        rows_painted(self.app.screen_stack, before, after, lambda row: "" if row.id in back else self.why_not(row)[0])

    def _slid(self, before: RequestCopy | None) -> None:
        """Note that another request is under the cursor than the ``before`` that its list is painted without."""
        back = self.held.cursor.came_back()
        self._came(back or (before is not None and all(row.id != before.id for row in self.table.rows)))

    def _came(self, other: bool) -> None:
        if other and self.table.current is not None:
            self.decisions.changes.came(self.table.current.id, self.app.clock())

    # What is held.

    def no_notice(self) -> str:
        """Say what is held, and how to take it back."""
        return self.held.text()

    @property
    def busy(self) -> bool:
        """Whether a decision, or another command, is still to be done."""
        return self.held.under_way.busy or super().busy

    def action_undo(self) -> None:
        """Take back what the last keystroke decided, all of it, while it is held."""
        self.held.undo()

    def action_send_now(self) -> None:
        """Send everything that is held."""
        self.held.send_now()

    def _brought_back(self, rows: Sequence[RequestCopy], as_marked: Mapping[UUID, RequestCopy]) -> str:
        self.selection.put_back(rows, as_marked)
        self._show_marks()
        return self.standing.bring_back(rows, self.wanted(), self.now())

    # Marks.

    def _show_marks(self) -> None:
        self.table.mark(frozenset(self.selection.marks))
        self.show_keys()
        self.summed_up()

    def _clear_marks(self) -> None:
        if notice := self.selection.clear():
            self.notice(notice, "trouble")
        self._show_marks()

    def action_mark(self) -> None:
        """Mark the request under the cursor, or take its mark off; move on."""
        if (row := self.table.current) is None:
            return
        if notice := self.selection.toggle(row):
            self.notice(notice)
            return
        self._show_marks()
        self.table.action_move(1)

    def action_range(self) -> None:
        """Begin a range at the cursor; the second time, mark everything from there to here."""
        row = self.table.current
        if row is None:
            return
        if self.selection.range_from is not None:
            self._mark_all_of(self.selection.range_from, row)
            return
        self.selection.range_from = row
        self.show_keys()
        key = self.key("manager.range", "v")
        self.notice(f"A range begins at {row.number}: move on, and {key} marks all from there. esc lets go.", "", 60)

    def action_mark_all(self) -> None:
        """Mark all that the filter shows and that waits, also what is not on the screen."""
        self._mark_all_of()

    def _mark_all_of(self, *ends: RequestCopy) -> None:
        self.selection.let_go_of_range()
        reach = Reach(self.wanted(), tuple(self.table.rows), self.table.edges, self.now(), ends)
        if (query := reach.beyond()) is None:
            self._marks_read(MarksRead(reach, reach.loaded()))
        elif self.desk is not None:
            self._read_marks(self.desk, reach, query)

    @work(thread=True, group="marks", exclusive=True, exit_on_error=False, description="marks")
    def _read_marks(self, desk: ManagerDesk, reach: Reach, query: PageQuery) -> None:
        self.post_message(read_marks(desk, reach, query))

    @on(MarksRead)
    def _marks_read(self, message: MarksRead) -> None:
        message.stop()
        now, then = self.wanted(), message.reach
        if (then.query.filter, then.query.statuses) == (now.filter, now.statuses):
            self.notice(self.selection.add(message.rows, then.rows, self.standing.between))
            self._show_marks()
            if message.trouble:
                self.notice(message.trouble, "trouble")

    def action_unmark(self) -> None:
        """Go one step back: let go of a range, take the filter away, take all marks off, hide the pane."""
        if self.selection.let_go_of_range():
            self.show_keys()
            self.notice("")
        elif self.filter.conditions:
            self.set_filter(EVERYTHING)
        elif self.selection.marks:
            self._clear_marks()
        elif self.preview.wanted and self.preview.stands(self.size.width):
            self._show_preview_as(None if self.size.width < WIDE_CELLS else False)
