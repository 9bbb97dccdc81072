"""The list of a desk: opens behind the first frame, reads what changed, and runs commands in order."""

import time
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import ClassVar, Generic
from uuid import UUID

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from paydesk.domain.copy import RequestCopy, StatusTotal
from paydesk.domain.errors import PaydeskError
from paydesk.domain.filters import Filter
from paydesk.infra.core import ui_priority
from paydesk.infra.core.health import Health
from paydesk.infra.core.query import News, Page, PageQuery, Result, Sort
from paydesk.role_names import RoleName
from paydesk.tui.desk.choice import ListChoice
from paydesk.tui.desk.command_queue import LEAVE_S, CommandQueue, D, Leaving, run_command
from paydesk.tui.desk.filter_line import FilterLine, in_sight
from paydesk.tui.desk.lines import DeskLines
from paydesk.tui.desk.loader import DRAIN_S, PageLoader, open_desk, read_page
from paydesk.tui.desk.rows_first import hide_what_does_not_fit
from paydesk.tui.desk.totals_cache import COUNT_AFTER_S, TotalsCache, counted_of, read_totals
from paydesk.tui.keys.footer import KeyFooter
from paydesk.tui.keys.names import key_named
from paydesk.tui.messages import CommandEnded, DeskMade, DeskOpened, NewsCame, PageRead, ReadFailed, TotalsRead
from paydesk.tui.outside import copied, not_opened, opens
from paydesk.tui.port import Ended
from paydesk.tui.screens.base import sentence
from paydesk.tui.state import KeptView, LastFilters
from paydesk.tui.table.request_table import RequestTable
from paydesk.tui.text.wording import nothing_yet
from paydesk.tui.widgets.lines import Line
from paydesk.tui.widgets.summary import Summary

TICK_S = 0.5
READ_AGAIN_S = 5.0
READ_AGAIN_NOT_LIVE_S = 2.0
NOTICE_S = 8.0
LINK_S = 60.0
"""So long a link stands that is to be copied."""
AGE_S = 20.0
"""How often ages are painted anew: they are in whole minutes at their finest."""
AS_LEFT = "The list is as you left it"
NOTHING_FITS = "Nothing fits this filter.\nPress {} to change it, esc to take it away."


class RequestListPane(Vertical, Generic[D]):
    """One desk. A subclass says what it shows and what its keys do, and puts ``filter_line()`` on top of its list."""

    role: ClassVar[RoleName]
    ROW_ACTIONS: ClassVar[frozenset[str]] = frozenset(
        {"approve", "reject", "revise", "withdraw", "mark", "range", "open", "copy_number"}
    )
    """What acts on the row under the cursor."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", id="desk.filter", key_display="/", tooltip="Filter the list"),
        Binding("s", "sort", "Sort", show=False, id="desk.sort", tooltip="Sort: the next order"),
        Binding("r", "reload", "Reload", show=False, id="desk.reload"),
        Binding("y", "copy_number", "Copy number", show=False, id="desk.copy"),
        Binding("question_mark", "app.help", "Keys", id="desk.help", key_display="?"),
        Binding("colon", "app.command_palette", "Commands", show=False, id="desk.palette", key_display=": ^p"),
        Binding("2", "insights", "Insights", show=False, id="desk.insights"),
        Binding("3", "health", "Health", show=False, id="desk.health", tooltip="Health: every part, in words"),
        Binding("q", "app.quit", "Quit", id="desk.quit"),
    ]

    def __init__(self, make_desk: Callable[[], D], now: Callable[[], datetime], *, id: str) -> None:
        super().__init__(id=id)
        self._make_desk, self._now = make_desk, now
        self.desk: D | None = None
        self.health: Health | None = None
        self.loader = PageLoader()
        self.totals = TotalsCache()
        self.commands: CommandQueue[D] = CommandQueue()
        self._leaving = Leaving()
        self.choice = ListChoice()
        self.last_filters = LastFilters()
        self.kept = KeptView()
        self.lines = DeskLines(self, self.role)
        self._aged_at = 0.0

    @abstractmethod
    def wanted(self) -> PageQuery:
        """Return the query whose rows this desk shows now; which part of them is read is the window's."""

    @property
    @abstractmethod
    def sorts(self) -> Sequence[Sort]:
        """The orders of the list that is shown, the usual one first."""

    @abstractmethod
    def shown(self, page: Page) -> None:
        """Show what was read."""

    @abstractmethod
    def counted(self, totals: Sequence[StatusTotal]) -> None:
        """Show what all rows of the query come to."""

    @abstractmethod
    def summed_up(self) -> None:
        """Say in one line what is shown."""

    def typed(self, came_at: float) -> None:
        """Note that a printable key came at this time, outside of a field."""

    def ticked(self) -> None:
        """Paint what depends on the time."""

    def where(self) -> str:
        """Return what the top line says of the view, or an empty string."""
        return ""

    def no_notice(self) -> str:
        """Return what the line says when there is nothing new to tell."""
        return ""

    def key_lives(self, action: str, usual: bool | None) -> bool | None:  # noqa: ARG002
        """Return whether a key does something for the request under the cursor; None where it is not shown."""
        return usual

    @cached_property
    def table(self) -> RequestTable:
        """The list."""
        return self.query_one(RequestTable)

    @property
    def person(self) -> str:
        """Who sits here; empty while that is not known."""
        return self.desk.person if self.desk is not None else ""

    @property
    def current(self) -> RequestCopy | None:
        """The request under the cursor."""
        return self.table.current

    def go_to(self, request_id: UUID) -> bool:
        """Put the cursor on a request; returns whether it is among the rows that are held."""
        return self.table.go_to(request_id)

    def now(self) -> datetime:
        """Return the time: the database's once it answered, as all that is shown bears times of that clock."""
        clock = self.desk.clock if self.desk is not None else None
        return clock.now() if clock is not None and clock.known else self._now()

    def key(self, name: str, usual: str) -> str:
        """Return the key by which something is done, for words that name it."""
        return key_named(self.app, name, usual)

    def on_mount(self) -> None:
        """Paint first, then open: nothing heavy happens before the first frame stands."""
        self.show_health()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self._open()
        self.set_interval(DRAIN_S, self.drain)
        self.set_interval(TICK_S, self._tick)

    @work(thread=True, group="boot", exit_on_error=False)
    def _open(self) -> None:
        open_desk(self._make_desk, self.post_message, self.loader)

    @on(DeskMade)
    def _desk_made(self, message: DeskMade) -> None:
        message.stop()
        self.desk = message.desk  # type: ignore[assignment]
        self.show_health()

    @on(DeskOpened)
    def _desk_opened(self, message: DeskOpened) -> None:
        message.stop()
        if self.desk is not None:
            self.restore(self.kept.of(self.desk.stack))
        self.loader.is_open = True
        self.read()
        self._next_command()

    @on(NewsCame)
    def drain(self, _: NewsCame | None = None, *, key_done: bool = False) -> None:
        """Read what changed behind the screen, if it is time."""
        if (news := self.loader.due(key_done=key_done)) is not None:
            self.read(news)
        elif key_done:
            self.pay_count(key_done=True)

    def read(self, news: News | None = None) -> None:
        """Read the visible page, and an open request that changed; while a reading is under way, once more after it."""
        if self.desk is not None and self.loader.begin():
            self._read(self.desk, self.loader.query(self.wanted()))
            for screen in self.lines.screens():
                screen.read(news)

    @work(thread=True, group="read", exit_on_error=False, description="read")
    def _read(self, desk: D, query: PageQuery) -> None:
        self.post_message(read_page(desk, query))

    @on(PageRead)
    def _page_read(self, message: PageRead) -> None:
        message.stop()
        self.loader.end()
        if self.loader.take(message, self.wanted(), self.table.rows, self.totals.total):
            ui_priority.take()
            self.app.call_after_refresh(ui_priority.leave)
            self.shown(message.page)
            self.show_health()
            self.count()
        if self.loader.rest():
            self.read()

    @on(ReadFailed)
    def _read_failed(self, message: ReadFailed) -> None:
        message.stop()
        self.loader.end()
        self.show_health()
        if not isinstance(message.error, PaydeskError):
            self.notice(sentence(message.error), "trouble")

    @on(RequestTable.Further)
    def _read_further(self, message: RequestTable.Further) -> None:
        message.stop()
        self.loader.window.extend(self.table.rows, self.wanted(), message.down)
        self.read()

    @on(RequestTable.Elsewhere)
    def _read_elsewhere(self, message: RequestTable.Elsewhere) -> None:
        message.stop()
        self.loader.window.go(message.start)
        self.read()

    def begin_anew(self) -> None:
        """Read other rows, from the first on; the cursor stays on its request if that is among them."""
        for summary in self.query(Summary):
            summary.forget()  # What they come to may take fewer lines.
        self.lines.forget(AS_LEFT)
        self.loader.begin_anew()
        self.table.expect_others()
        self._show_stale()
        self.read()

    def action_reload(self) -> None:
        """Read everything again."""
        self.read()

    @property
    def count_text(self) -> str:
        """Say that the rows that are wanted now are being counted, or nothing."""
        return self.totals.text(counted_of(self.wanted()))

    def count(self, *, key_done: bool = False) -> None:
        """Count what the rows come to, if it is time."""
        query = counted_of(self.wanted())
        step = self.totals.step(query, ready=self.desk is not None, key_done=key_done, quiet=self.loader.quiet)
        if step.show is not None:
            self._show_count(step.show)
        if step.later:
            self.set_timer(COUNT_AFTER_S, self.count)
        if step.count and self.desk is not None:
            self._count(self.desk, query)

    def pay_count(self, *, key_done: bool = False) -> None:
        """Count if that is owed."""
        if self.totals.owed:
            self.count(key_done=key_done)

    @work(thread=True, group="count", exit_on_error=False, description="count")
    def _count(self, desk: D, query: PageQuery) -> None:
        self.post_message(read_totals(desk, query))

    @on(TotalsRead)
    def _totals_read(self, message: TotalsRead) -> None:
        message.stop()
        self.totals.take(message)
        if message.query == counted_of(self.wanted()):
            self._show_count(message)
        self.pay_count()

    def _show_count(self, count: TotalsRead) -> None:
        if self.totals.show(count) and count.totals is not None:
            self.table.count(self.totals.total)
            self.counted(count.totals)
            self._show_stale()

    def _show_stale(self) -> None:
        self.set_class(self.totals.stale(counted_of(self.wanted())), "-stale")

    @property
    def sort(self) -> Sort:
        """The order of the list."""
        return self.choice.sort(self.sorts)

    @property
    def filter(self) -> Filter:
        """What the requests of the list fit."""
        return self.choice.filter

    def nothing_fits(self) -> str:
        """Return what an empty list says because of its filter."""
        return NOTHING_FITS.format(self.key("desk.filter", "/"))

    def filter_line(self) -> FilterLine:
        """Return the line in which a filter is typed."""
        return FilterLine(self.last_filters, lambda: in_sight(self.table.rows))

    def set_filter(self, chosen: Filter) -> None:
        """Show what fits a filter."""
        if self.choice.choose(chosen):
            self.keep(filter=str(chosen))
            self.begin_anew()
        self.summed_up()
        self.show_health()

    def keep(self, **chosen: object) -> None:
        """Keep how the list is shown, for the next start on these servers."""
        if self.desk is not None and self.desk.stack:
            self.kept.keep(self.desk.stack, **chosen)

    def restore(self, kept: Mapping[str, object]) -> None:
        """Show the list as it was left, but for what was chosen meanwhile."""
        if self.choice.restore(kept):
            self.notice(f"{AS_LEFT}: {str(self.filter) or 'all requests'}.")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Leave ``/`` out of the footer where it is typed."""
        return action != "filter" or not self.query_one(FilterLine).display

    def action_filter(self) -> None:
        """Open the line in which a filter is typed."""
        self.query_one("#filter", Line).display = False
        self.query_one(FilterLine).open(self.filter)

    @on(FilterLine.Closed)
    def _filter_closed(self, message: FilterLine.Closed) -> None:
        message.stop()
        self.query_one("#filter", Line).display = True
        self.table.focus()

    @on(FilterLine.Applied)
    def _filter_applied(self, message: FilterLine.Applied) -> None:
        message.stop()
        self.set_filter(message.filter)

    def action_sort(self) -> None:
        """Show the list in the next order."""
        self.keep(sort=self.choice.next_sort(self.sorts).value)
        self.begin_anew()
        self.summed_up()

    def command(self, run: Callable[[D], Result], ended: Ended) -> None:
        """Run a command in a thread; ``ended`` is called on the loop with its result or its error."""
        self.commands.add(run, ended)
        self._next_command()

    def _next_command(self) -> None:
        if self.desk is not None and self.loader.is_open and (command := self.commands.next()) is not None:
            self._run(self.desk, *command)

    @work(thread=True, group="command", exit_on_error=False, description="command")
    def _run(self, desk: D, run: Callable[[D], Result], ended: Ended) -> None:
        self.post_message(run_command(desk, run, ended))

    @on(CommandEnded)
    def _command_ended(self, message: CommandEnded) -> None:
        message.stop()
        self.commands.end()
        if isinstance(message.outcome, Result):
            self.table.put(message.outcome.copy)
            message.ended(message.outcome, None)
        else:
            self._leaving.stay()
            message.ended(None, message.outcome)
        self.read()
        self.show_keys()
        self._next_command()
        self._leave_if_done()

    @property
    def busy(self) -> bool:
        """Whether something that a key asked for is still to be done."""
        return self.commands.busy

    @property
    def leaving(self) -> bool:
        """Whether the person has quit while earlier commands are still to be run."""
        return self._leaving.asked

    def leave(self, go: Callable[[], object]) -> None:
        """Call ``go`` once what keys asked for is done; where it is refused the desk stays, and says why."""
        if self.busy:
            self.notice("Leaving as soon as it is done …", "", LEAVE_S)
        self._leaving.ask(go, time.monotonic(), LEAVE_S)
        self._leave_if_done()

    def _leave_if_done(self) -> None:
        self._leaving.go_if_done(self.busy, time.monotonic())

    def show_health(self) -> None:
        """Paint the top line and the health line."""
        before, self.health = self.health, self.desk.health() if self.desk is not None else None
        if self.health is not None and self.health.anew != (before.anew if before is not None else None):
            self.summed_up()
            self.table.refresh()
        self.lines.show_health(self.person, self.health, self.now(), self.where())
        for screen in self.lines.screens():
            screen.show_health()
        self.show_keys()

    def nothing(self, usual: str) -> str:
        """Return what an empty list says: what is usual, or that there may be more than was read so far."""
        return nothing_yet(self.health) or usual

    @on(RequestTable.Moved)
    def show_keys(self) -> None:
        """Show which keys do something now."""
        for footer in self.app.screen.query(KeyFooter):
            footer.update_keys()

    def locked_text(self, copy: RequestCopy) -> str:
        """Return in one sentence that nothing of a locked request can be changed here, and where what to do stands."""
        if self.app.screen is self.screen:
            return f"{copy.number} is locked: {self.key('table.open', 'enter')} tells why, and what to do."
        return f"{copy.number} is locked: what to do about it stands above."

    def notice(self, text: str, look: str = "", for_s: float = NOTICE_S) -> None:
        """Show one sentence for a while in the line above the health."""
        self.lines.notice(text, look, for_s)

    def _tick(self) -> None:
        self._leave_if_done()
        wait_s = READ_AGAIN_S if self.health is not None and self.health.live else READ_AGAIN_NOT_LIVE_S
        if self.loader.is_open and time.monotonic() - self.loader.ended_at > wait_s:
            self.read()
        self.pay_count()
        self.lines.go_on(self.no_notice(), self.kept)
        if time.monotonic() > self._aged_at + AGE_S:
            self._aged_at = time.monotonic()
            self.table.tick(lambda _: True)
        self.ticked()
        self.show_health()
        self.keep_rows_seen()

    def on_resize(self) -> None:
        """Keep rows in sight, however low the terminal is."""
        self.call_after_refresh(self.keep_rows_seen)

    def keep_rows_seen(self) -> None:
        """Keep rows in sight, however low the terminal is."""
        hide_what_does_not_fit(self, self.app.size)

    def acts_unseen(self, action: str) -> bool:
        """Whether an action would act on the row under the cursor while that is not on the screen; it is then shown,
        where there is room for it, and said.
        """
        if action.partition("(")[0] not in self.ROW_ACTIONS or not (notice := self.table.show_cursor()):
            return False
        self.notice(notice)
        return True

    def tip_seen(self) -> None:
        """Hide what somebody new is told, for ever."""
        self.kept.tip_was_seen()
        if self.lines.tip_stands:
            self.notice(self.no_notice(), "good", 0)

    def action_insights(self) -> None:
        """Show how requests come and go."""
        from paydesk.tui.screens.insights import InsightsScreen

        self.app.push_screen(InsightsScreen(self, lambda: counted_of(self.wanted())))

    def action_health(self) -> None:
        """Show how every part is, in words."""
        from paydesk.tui.screens.health import HealthScreen

        self.app.push_screen(HealthScreen(self))

    def action_copy_number(self) -> None:
        """Send the number of the request to the terminal's clipboard, and show it, as not every terminal takes it."""
        self.copy_number(self.table.current.number if self.table.current else "")

    def copy_number(self, number: str) -> None:
        """Send a number to the terminal's clipboard."""
        if number:
            self.app.copy_to_clipboard(number)
            self.notice(copied(number))

    @work(thread=True, group="link", exit_on_error=False)
    def open_link(self, link: str) -> None:
        """Open a link in a browser; where there is none, say so and show the link."""
        if not opens(link):
            self.app.call_from_thread(self.notice, not_opened(link), "trouble", LINK_S)
