"""The manager's desk on the screen: the inbox oldest first, and what was decided."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from paydesk.domain.copy import Delivery, RequestCopy, StatusTotal
from paydesk.domain.duplicates import Asking
from paydesk.domain.filters import Filter, StatusIn
from paydesk.domain.status import Status
from paydesk.domain.status_facts import ANSWERED, WAITING
from paydesk.domain.text import counted
from paydesk.infra.core.query import News, Page, PageQuery, Sort, in_order
from paydesk.manager import columns
from paydesk.manager.deciding_marked import DecidingMarked
from paydesk.manager.detail import ManagerDetail
from paydesk.manager.duplicate_watch import DuplicatesRead, DuplicateWatch, read_duplicates
from paydesk.manager.port import ManagerDesk
from paydesk.manager.preview import LEAST_CELLS, WIDE_CELLS, Preview
from paydesk.manager.rows import counts_text, held_by, merged
from paydesk.tui.desk_pane import DeskPane
from paydesk.tui.lines import HealthLine, Line, TopLine
from paydesk.tui.request_table import RequestTable
from paydesk.tui.room import make_room
from paydesk.tui.summary import Summary


class ManagerInbox(DecidingMarked, inherit_bindings=False):
    """What waits, or with ``d`` what was decided. A key acts on what is on the screen and on nothing newer."""

    role = "manager"
    BINDINGS: ClassVar[list[BindingType]] = [
        *DecidingMarked.BINDINGS,
        Binding("p", "peek", "Peek", show=False, id="manager.peek", tooltip="Show or hide who asks, and how often"),
        Binding("d", "decided", "Decided", show=False, id="manager.decided", tooltip="What was decided, or the inbox"),
        *DeskPane.BINDINGS,
    ]

    def __init__(
        self,
        make_desk: Callable[[], ManagerDesk],
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(make_desk, now, id="manager")
        self.duplicates = DuplicateWatch()
        self.preview = Preview(self.now, lambda: self.desk)
        self._decided_view = False
        self._other_sort: Sort | None = None
        """The order that was chosen on the list that is not shown; what waits and what was decided have one each."""
        self._gone: frozenset[UUID] = frozenset()
        self._page: Page | None = None
        self._between = 0

    def compose(self) -> ComposeResult:
        """Lay out top line, counts, list, hold line and health."""
        yield TopLine(id="top")
        yield Summary(tuple(Status))
        yield Line(id="filter", wraps=True)
        yield self.filter_line()
        with Horizontal(id="list"):
            empty = columns.EMPTY.format(self.key("manager.decided", "d"))
            yield RequestTable(columns.inbox(self.duplicates.alike_to), self.now, empty, id="requests")
            yield self.preview
        yield Line(id="notice")
        yield HealthLine(id="health")

    def wanted(self) -> PageQuery:
        """Return what waits, oldest first, and the rows that still stand; or what was decided, newest first."""
        usual = ANSWERED if self._decided_view else WAITING
        query = PageQuery(self.filter, self._person, frozenset() if self.filter.asks(StatusIn) else usual, self.sort)
        if not self._held_view:
            return query
        standing = frozenset(row.id for row in [*self.table.rows, *self.held]) - self._gone
        return replace(query, also=standing, held=True)

    @property
    def _held_view(self) -> bool:
        """Whether it is the list of what waits, where nothing may jump under the hand."""
        return not self._decided_view and not self.filter.asks(StatusIn)

    @property
    def _person(self) -> str:
        return self.desk.person if self.desk is not None else ""

    @property
    def sorts(self) -> Sequence[Sort]:
        """What waits is shown oldest first, what was decided last decided first; and every other order that fits."""
        usual = Sort.DECIDED if self._decided_view else Sort.OLDEST
        return (usual, *(each for each in Sort if each not in (usual, Sort.DECIDED if self._held_view else usual)))

    def set_filter(self, found: Filter) -> None:
        """Show what fits; the marks were made among other rows."""
        if found != self.filter:
            self.clear_marks()
        super().set_filter(found)

    def keep(self, **chosen: object) -> None:
        """Keep how the inbox is shown: that is what the next start begins with."""
        if self._decided_view:
            chosen.pop("sort", None)
        super().keep(**chosen)

    def shown(self, page: Page) -> None:
        """Show rows and counts."""
        self._page = page
        read, current = [*page.rows, *page.also], self.table.current
        self.keep_marks(read)
        asked = self.duplicates.due(read) if self.desk is not None else None
        if self.desk is not None and asked is not None:
            self._read_duplicates(self.desk, asked)
        self.painted(self.table.rows, read)
        edges = self.window.edges
        if not self._held_view:
            self.table.show(page.rows, edges=edges)
        else:
            found = merged(self.table.rows, page, self._gone, self.wanted().sort, edges, self.table.edges)
            self._between = found.between
            self.held = held_by(read, self._person)
            faded = frozenset(row.id for row in found.rows if row.status in ANSWERED)
            self.table.show(found.rows, faded, edges)
        self.slid(current)
        self.summed_up()

    def counted(self, totals: Sequence[StatusTotal]) -> None:
        """Show what they come to, and how long they wait."""
        self.query_one(Summary).show(totals, self.now())
        make_room(self, self.app.size)
        self.summed_up()

    def summed_up(self) -> None:
        """Say how many there are, which, and how they are sorted."""
        if self._page is None:
            return
        usual = columns.EMPTY_DECIDED if self._decided_view else columns.EMPTY
        other = self.key("manager.decided", "d")
        self.table.empty = self.nothing(self.nothing_fits() if self.filter.terms else usual.format(other))
        counts = counted(self.total, "request") if self.filter.asks(StatusIn) else f"{self.total:,} decided"
        if self._held_view:
            counts = counts_text(self.total, self._between, len(self.held), self.key("desk.reload", "r"))
        counts = self.count_text or counts
        marks = f"{len(self.marks):,} marked" if self.marks else ""
        order = "" if self.sort is Sort.OLDEST else str(self.sort)
        text = "   ".join(part for part in (marks, counts, str(self.filter), order) if part)
        self.query_one("#filter", Line).say(text, f"{other} {'inbox' if self._decided_view else 'decided'}", "muted")

    def marked(self) -> None:
        """Show marks and their count."""
        super().marked()
        self.summed_up()

    @on(RequestTable.Moved)
    def _moved(self, _: RequestTable.Moved) -> None:
        """Let go of the decided rows that the cursor has left; the pane beside the list follows."""
        current = self.table.current
        finished = frozenset(
            row.id
            for row in self.table.rows
            if row.status in ANSWERED and row.delivery is not Delivery.HELD and current and row.id != current.id
        )
        if finished and self._held_view:
            self._gone |= finished
            self.table.show([row for row in self.table.rows if row.id not in finished])
        self.show_preview()

    def ticked(self) -> None:
        """Count down, and let the pane beside the list see what changed under the cursor."""
        self.show_preview()
        self.table.tick(lambda row: row.delivery is Delivery.HELD)

    def action_decided(self) -> None:
        """Show what was decided, or the inbox again."""
        self._decided_view = not self._decided_view
        self._sort, self._other_sort = self._other_sort, self._sort
        self.clear_marks()
        self.table.lay_out(columns.DECIDED if self._decided_view else columns.inbox(self.duplicates.alike_to))
        self.begin_anew()
        self.summed_up()

    def begin_anew(self) -> None:
        """Let go of everything that stands."""
        self._gone, self._between = frozenset(), 0
        self.table.clear()
        super().begin_anew()

    def action_reload(self) -> None:
        """Read again and let everything take its place."""
        self._gone |= frozenset(row.id for row in self.table.rows if row.status in ANSWERED)
        if self._held_view and self._page is not None:
            held = [row for row in self._page.also if row.delivery is Delivery.HELD]
            waiting = in_order([*self._page.rows, *held], self.wanted().sort)
            self.table.show(waiting)
            self._gone -= frozenset(row.id for row in waiting)
        super().action_reload()
        self.preview.read_again()
        self.show_preview()

    def read(self, news: News | None = None) -> None:
        """Read the rows again, and the pane too: what changed may be of the contractor that it is about."""
        super().read(news)
        if news is not None:
            self.preview.grow_old()

    # Which rows look like others.

    def doubt(self, copy: RequestCopy) -> str:
        """Return which other request this one looks like, and why."""
        return self.duplicates.doubt(copy)

    @work(thread=True, group="alike", exclusive=True, exit_on_error=False, description="alike")
    def _read_duplicates(self, desk: ManagerDesk, asked: Sequence[Asking]) -> None:
        self.post_message(read_duplicates(desk, asked))

    @on(DuplicatesRead)
    def _duplicates_read(self, message: DuplicatesRead) -> None:
        message.stop()
        changed = self.duplicates.take(message)
        self.table.tick(lambda row: row.id in changed)

    # The pane beside the list.

    def show_preview(self) -> None:
        """Show the pane where there is room, and in it the request under the cursor."""
        self.preview.follow(self.table.current, self.size.width)

    def action_peek(self) -> None:
        """Show or hide the pane; without room for it, open the request."""
        if self.size.width < LEAST_CELLS:
            self.table.action_open()
            return
        self._show_preview_as(not self.preview.stands(self.size.width))

    def _show_preview_as(self, wanted: bool | None) -> None:
        self.preview.wanted = wanted
        self.keep(peek=wanted)
        self.show_preview()

    def restore(self, kept: Mapping[str, object]) -> None:
        """Show the list as it was left, and the pane."""
        super().restore(kept)
        if self.preview.wanted is None and isinstance(kept.get("peek"), bool):
            self.preview.wanted = bool(kept["peek"])
            self.show_preview()

    def action_unmark(self) -> None:
        """Go one step back; the pane that was asked for goes last."""
        back = self.range_begun or self.marks or self.filter.terms
        if back or not (self.preview.wanted and self.preview.stands(self.size.width)):
            super().action_unmark()
            return
        self._show_preview_as(None if self.size.width < WIDE_CELLS else False)

    def on_resize(self) -> None:
        """Show the pane where there is room now."""
        super().on_resize()
        self.show_preview()

    @on(RequestTable.Opened)
    def _open_detail(self, message: RequestTable.Opened) -> None:
        self.app.push_screen(ManagerDetail(self, message.copy))
