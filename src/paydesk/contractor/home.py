"""The contractor's desk on the screen: totals, the list of requests, and what its keys do."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from paydesk.contractor.actions import Following, RequestActions
from paydesk.contractor.columns import COLUMNS, EVERYONES
from paydesk.contractor.detail import ContractorDetail
from paydesk.contractor.lapsing import confirmed_text, lapsed_text
from paydesk.contractor.port import ContractorDesk
from paydesk.domain.copy import RequestCopy, StatusTotal
from paydesk.domain.filters import EVERYTHING, MINE, Asker, FromIn
from paydesk.domain.text import counted
from paydesk.infra.core.query import Page, PageQuery, Sort, Start, Way, key_of
from paydesk.tui.desk.pane import RequestListPane
from paydesk.tui.desk.rows_first import hide_what_does_not_fit
from paydesk.tui.drafts import DraftStore
from paydesk.tui.messages import DeskMade
from paydesk.tui.table.request_table import RequestTable
from paydesk.tui.widgets.lines import HealthLine, Line, TopLine
from paydesk.tui.widgets.summary import RARE, USUAL, Summary
from paydesk.tui.widgets.totals import Totals

ENDED_S = 60.0
"""So long it is said that something lapsed or is withdrawn: the other side did it, nobody waited for it here."""
EMPTY = "No requests here yet.\nPress {} to ask for a payment."


class ContractorHome(RequestListPane[ContractorDesk], inherit_bindings=False):
    """The list of requests, one's own first."""

    role = "contractor"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "New", id="contractor.new", tooltip="New, or the kept draft"),
        Binding("e", "revise", "Revise", id="contractor.revise"),
        Binding("w", "withdraw", "Withdraw", id="contractor.withdraw"),
        Binding(
            "m", "everyone", "Mine, all", show=False, id="contractor.everyone", tooltip="My requests, or everyone's"
        ),
        Binding("escape", "no_filter", "Back to my requests", show=False, id="contractor.no_filter", key_display="esc"),
        *RequestListPane.BINDINGS,
    ]

    def __init__(
        self, make_desk: Callable[[], ContractorDesk], drafts: DraftStore, now: Callable[[], datetime]
    ) -> None:
        super().__init__(make_desk, now, id="contractor")
        self.choice.filter = MINE
        self.following = Following(self._fits)
        self.actions = RequestActions(self, drafts)

    def compose(self) -> ComposeResult:
        """Lay out top line, totals, list, notice and health."""
        yield TopLine(id="top")
        yield Totals(USUAL)
        yield Summary(RARE, "-under")
        yield Line(id="filter", wraps=True)
        yield self.filter_line()
        yield RequestTable(COLUMNS, self.now, EMPTY.format(self.key("contractor.new", "n")), id="requests")
        yield Line(id="notice")
        yield HealthLine(id="health")

    def wanted(self) -> PageQuery:
        """Return what fits the filter; at first one's own requests, newest first."""
        return PageQuery(self.filter, person=self.person, sort=self.sort)

    @property
    def sorts(self) -> Sequence[Sort]:
        """Newest first, and every other order."""
        return tuple(Sort)

    @on(DeskMade)
    def _person_is_known(self) -> None:
        self.summed_up()

    def shown(self, page: Page) -> None:
        """Show rows, and say what lapsed among them, or which withdrawal is confirmed."""
        self.table.lay_out(COLUMNS if self.filter.asks(FromIn) else EVERYONES)
        late, confirmed = lapsed_text(self.table.rows, page.rows), confirmed_text(self.table.rows, page.rows)
        self.table.show(page.rows, edges=self.loader.window.edges)
        self._go_to_followed()
        if late:
            self.notice(late, "trouble", ENDED_S)
        elif confirmed:
            self.notice(confirmed, "good", ENDED_S)
        self.summed_up()

    def counted(self, totals: Sequence[StatusTotal]) -> None:
        """Show totals, and how long what waits has waited."""
        self.query_one(Totals).show(totals)
        self.query_one(Summary).show(totals, self.now())
        hide_what_does_not_fit(self, self.app.size)
        self.summed_up()

    def summed_up(self) -> None:
        """Say how many there are, of whom, and how they are sorted; and that a draft is kept."""
        new, mine = self.key("contractor.new", "n"), self.key("contractor.everyone", "m")
        usual = EMPTY.format(new) if self.filter in (MINE, EVERYTHING) else self.nothing_fits()
        self.table.painter.empty = self.nothing(usual)
        named = str(self.filter) or f"everyone ({mine} shows yours)"
        whose = f"{named} ({self.person or 'you'})" if self.filter == MINE else named
        count = self.count_text or counted(self.totals.total, "request")
        drafts = sum(not draft.empty for draft in self.actions.drafts.kept())
        brief = "" if not drafts else "draft kept" if drafts == 1 else f"{drafts:,} drafts kept"
        kept = f"{brief}, {new} resumes {'it' if drafts == 1 else 'the last'}" if brief else ""
        if unsent := self.actions.unsent:
            brief = "revision kept"
            kept = f"what you typed of {unsent[0]} is kept, {self.key('contractor.revise', 'e')} there goes on"
        self.query_one("#filter", Line).say(f"{count}   {whose}   {self.sort}", kept, "muted", brief=brief)

    def where(self) -> str:
        """Say that these are everyone's."""
        return "" if self.filter.asks(FromIn) else "  everyone's requests"

    # What was just done is followed.

    @property
    def rows(self) -> Sequence[RequestCopy]:
        """The rows that are held."""
        return self.table.rows

    def _fits(self, copy: RequestCopy) -> bool:
        return self.filter.matches(copy, Asker(self.person, self.now()))

    def follow(self, copy: RequestCopy, did: str, more: str = "") -> None:
        """Say what was done with a request and go to it; or, where the filter hides it, how it is seen."""
        self.notice(self.following.follow(copy, did, more, self.key("contractor.everyone", "m")), "good")

    def _go_to_followed(self) -> None:
        copy, edges = self.following.due(self.loader.began_at), self.loader.window.edges
        if copy is not None and not self.table.go_to(copy.id) and (edges.above or edges.below):
            self.table.expect_first()
            self.loader.window.go(Start(Way.FROM, key_of(copy, self.sort)))
            self.read()

    @on(RequestTable.Moved)
    @on(RequestTable.Elsewhere)
    def _hand_moves_on(self) -> None:
        self.following.let_go()

    # Keys.

    def key_lives(self, action: str, usual: bool | None) -> bool | None:
        """Offer a change of the request under the cursor where it would be allowed."""
        return self.actions.may(action, self.table.current) if action in ("revise", "withdraw") else usual

    def action_new(self) -> None:
        """Open the form, with the draft that was kept."""
        self.actions.new()

    def action_revise(self) -> None:
        """Revise the request under the cursor."""
        if self.table.current is not None:
            self.actions.revise(self.table.current)

    def action_withdraw(self) -> None:
        """Ask for the request under the cursor back."""
        if self.table.current is not None:
            self.actions.withdraw(self.table.current)

    def action_everyone(self) -> None:
        """Show everyone's requests, or one's own again."""
        self.set_filter(EVERYTHING if self.filter == MINE else MINE)

    def action_no_filter(self) -> None:
        """Take away what was typed or chosen: what is left is how this desk opens, one's own requests."""
        self.set_filter(MINE)

    @on(RequestTable.Opened)
    def _open_detail(self, message: RequestTable.Opened) -> None:
        self.app.push_screen(ContractorDetail(self, self.actions, message.copy))
