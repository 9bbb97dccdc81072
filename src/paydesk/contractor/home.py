"""The contractor's desk on the screen: totals, the list of requests, and what its keys do."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID, uuid4

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from paydesk.contractor.columns import COLUMNS
from paydesk.contractor.detail import ContractorDetail
from paydesk.contractor.forms import Filled, RequestForm
from paydesk.contractor.lapsing import lapsed_text
from paydesk.contractor.port import ContractorDesk
from paydesk.domain.commands import AskWithdrawal, RevisePayment, ask_withdrawal, revise_payment
from paydesk.domain.copy import RequestCopy, StatusTotal
from paydesk.domain.errors import PaydeskError
from paydesk.domain.filters import EVERYTHING, MINE, FromIn
from paydesk.domain.payment_request import RequestRegister
from paydesk.domain.status import Status
from paydesk.domain.text import clean
from paydesk.infra.pages import Page, PageQuery, Result, Sort
from paydesk.tui.desk_pane import DeskPane
from paydesk.tui.dialogs import Confirm
from paydesk.tui.drafts import Draft, DraftStore
from paydesk.tui.lines import HealthLine, Line, TopLine
from paydesk.tui.messages import DeskMade
from paydesk.tui.own_screen import sentence
from paydesk.tui.request_table import RequestTable
from paydesk.tui.summary import RARE, Summary
from paydesk.tui.totals import Totals

_TOTALS = (Status.PENDING, Status.ACCEPTED, Status.REJECTED)
LATE_S = 60.0
"""So long it is said that something lapsed: the other side decided, and nobody was waiting for it here."""
EMPTY = "No requests here yet.\nPress {} to ask for a payment."


class ContractorHome(DeskPane[ContractorDesk], inherit_bindings=False):
    """The list of requests, one's own first."""

    role = "contractor"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "New", id="contractor.new", tooltip="New, or the kept draft"),
        Binding("e", "revise", "Revise", id="contractor.revise"),
        Binding("w", "withdraw", "Withdraw", id="contractor.withdraw"),
        Binding(
            "m", "everyone", "Mine, all", show=False, id="contractor.everyone", tooltip="My requests, or everyone's"
        ),
        Binding("escape", "no_filter", "Everyone's requests", show=False, id="contractor.no_filter", key_display="esc"),
        *DeskPane.BINDINGS,
    ]

    def __init__(
        self, make_desk: Callable[[], ContractorDesk], drafts: DraftStore, now: Callable[[], datetime]
    ) -> None:
        super().__init__(make_desk, now, id="contractor")
        self.drafts = drafts
        self.filter = MINE
        self._made: UUID | None = None
        """What was just asked for, until the cursor is on it or goes elsewhere."""

    def compose(self) -> ComposeResult:
        """Lay out top line, totals, list, notice and health."""
        yield TopLine(id="top")
        yield Totals(_TOTALS)
        yield Summary(RARE, "-under")
        yield Line(id="filter", wraps=True)
        yield self.filter_line()
        yield RequestTable(COLUMNS, self.now, EMPTY.format(self.key("contractor.new", "n")), id="requests")
        yield Line(id="notice")
        yield HealthLine(id="health")

    def wanted(self) -> PageQuery:
        """Return what fits the filter; at first one's own requests, newest first."""
        return PageQuery(self.filter, person=self._person, sort=self.sort)

    @property
    def sorts(self) -> Sequence[Sort]:
        """Newest first, and every other order."""
        return tuple(Sort)

    @on(DeskMade)
    def _person_is_known(self) -> None:
        self.summed_up()

    def shown(self, page: Page) -> None:
        """Show rows, and say what lapsed among them."""
        late = lapsed_text(self.table.rows, page.rows)
        self.table.show(page.rows, edges=self.window.edges)
        self._go_to_made()
        if late:
            self.notice(late, "trouble", LATE_S)
        self.summed_up()

    def _go_to_made(self) -> None:
        if self._made is not None and self.table.go_to(self._made):
            self._made = None

    @on(RequestTable.Moved)
    def _moved(self, _: RequestTable.Moved) -> None:
        self._made = None

    def counted(self, totals: Sequence[StatusTotal]) -> None:
        """Show totals, and how long what waits has waited."""
        self.query_one(Totals).show(totals)
        self.query_one(Summary).show(totals, self.now())
        self.summed_up()

    def summed_up(self) -> None:
        """Say how many there are, of whom, and how they are sorted; and that a draft is kept."""
        new, mine = self.key("contractor.new", "n"), self.key("contractor.everyone", "m")
        self.table.empty = EMPTY.format(new) if self.filter in (MINE, EVERYTHING) else self.nothing_fits()
        named = str(self.filter) or f"everyone ({mine} shows yours)"
        whose = f"{named} ({self._person or 'you'})" if self.filter == MINE else named
        count = f"{self.total:,} request{'' if self.total == 1 else 's'}"
        draft = self.drafts.load()
        kept = f"draft kept, {new} resumes it" if draft is not None and not draft.empty else ""
        self.query_one("#filter", Line).say(f"{count}   {whose}   {self.sort}", kept, "muted")

    def where(self) -> str:
        """Say that these are everyone's."""
        return "" if self.filter.asks(FromIn) else "  everyone's requests"

    # Keys.

    def action_everyone(self) -> None:
        """Show everyone's requests, or one's own again."""
        self.set_filter(EVERYTHING if self.filter == MINE else MINE)

    def action_no_filter(self) -> None:
        """Take the filter away; without one there is nothing to go back from."""
        self.set_filter(EVERYTHING)

    @on(RequestTable.Opened)
    def _open_detail(self, message: RequestTable.Opened) -> None:
        self.app.push_screen(ContractorDetail(self, message.copy))

    def action_new(self) -> None:
        """Open the form, with the draft that was kept."""
        self.open_form(self.drafts.load() or Draft())

    def open_form(self, draft: Draft, trouble: str = "") -> None:
        """Open the form of a new request."""
        known = [row for row in self.table.rows if row.terms is not None]
        self.app.push_screen(RequestForm(self, draft, self.drafts, known=known, trouble=trouble), self._filled)

    def _filled(self, filled: Filled | None) -> None:
        self.summed_up()
        if filled is None:
            return
        self.notice(f"Sending {filled.terms.money} …", "", 60)

        def ended(result: Result | None, error: Exception | None) -> None:
            if result is not None:
                self.drafts.discard()
                self.notice(f"{result.copy.number} asks for {filled.terms.money}.", "good")
                self.summed_up()
                self._made = result.copy.id
                self._go_to_made()
            elif error is not None:
                self.notice(sentence(error), "trouble")
                if self.app.screen is self.screen:
                    self.open_form(filled.draft, sentence(error))

        self.command(lambda desk: desk.request(filled.draft.key, filled.draft.request_id, filled.terms), ended)

    def action_revise(self) -> None:
        """Revise the request under the cursor."""
        if self.table.current is not None:
            self.revise(self.table.current)

    def revise(self, copy: RequestCopy) -> None:
        """Open the form with the terms of a request that may still change."""
        terms = copy.request.terms if copy.request else None
        assert terms is not None
        same = RevisePayment(copy.id, self._person, terms)
        if not self._allowed(copy, lambda asked: revise_payment(same, asked, copy.decision, locked=copy.locked)):
            return
        key = uuid4()

        def filled(done: Filled | None) -> None:
            if done is None:
                return

            def ended(result: Result | None, error: Exception | None) -> None:
                if result is not None:
                    word = "is revised" if result.changed else "says so already"
                    self.notice(f"{copy.number} {word}: revision {result.copy.revision}, {done.terms.money}.", "good")
                elif error is not None:
                    self.notice(sentence(error), "trouble")

            self.command(lambda desk: desk.revise(key, copy.id, done.terms), ended)

        self.app.push_screen(RequestForm.of(self, copy, terms), filled)

    def action_withdraw(self) -> None:
        """Ask for the request under the cursor back."""
        if self.table.current is not None:
            self.withdraw(self.table.current)

    def withdraw(self, copy: RequestCopy) -> None:
        """Ask, after ``y``, for a request back."""
        ask = AskWithdrawal(copy.id, self._person)
        if not self._allowed(copy, lambda asked: ask_withdrawal(ask, asked, copy.decision, locked=copy.locked)):
            return
        if copy.status in (Status.WITHDRAWING, Status.WITHDRAWN):
            self.notice(f"{copy.number} is {copy.status} already.")
            return
        key = uuid4()

        def ended(result: Result | None, error: Exception | None) -> None:
            if result is not None:
                self.notice(f"{copy.number} is {result.copy.status}: the manager's side has to confirm it.", "good")
            elif error is not None:
                self.notice(sentence(error), "trouble")

        def answered(yes: bool | None) -> None:
            if yes:
                self.command(lambda desk: desk.withdraw(key, copy.id), ended)

        terms = copy.terms
        lines = [f"{terms.money}  {terms.description}"] if terms else []
        self.app.push_screen(Confirm(f"Withdraw {clean(copy.number)}?", lines), answered)

    @property
    def _person(self) -> str:
        return self.desk.person if self.desk is not None else ""

    def _allowed(self, copy: RequestCopy, decide: Callable[[RequestRegister], object]) -> bool:
        """Whether the domain would allow it, found out before the person is asked anything; says why not."""
        try:
            assert copy.request is not None
            decide(copy.request)
        except PaydeskError as refusal:
            self.notice(sentence(refusal), "trouble")
            return False
        return True
