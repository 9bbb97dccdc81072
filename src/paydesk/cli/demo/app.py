"""The demo in a terminal: both desks side by side, or one at a time; simulated people act until a person does."""

import asyncio
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Key
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from paydesk.cli.demo import story
from paydesk.cli.demo.both_desks import LAYOUT, BothDesks
from paydesk.cli.demo.people import Act, Move, Sides, Since, ask, decide, finished, next_move
from paydesk.cli.demo.persons import Persons
from paydesk.cli.demo.told import Told
from paydesk.contractor.app import utc_now
from paydesk.contractor.home import ContractorHome
from paydesk.contractor.port import ContractorDesk
from paydesk.domain.copy import RequestCopy
from paydesk.domain.duplicates import Alike, Asking
from paydesk.domain.errors import PaydeskError
from paydesk.domain.filters import MINE
from paydesk.domain.status_facts import DECIDABLE, WAITING
from paydesk.infra.core.query import PageQuery, Result, Sort
from paydesk.manager.inbox import ManagerInbox
from paydesk.manager.port import ManagerDesk
from paydesk.tui.desk_app import DeskApp
from paydesk.tui.desk_pane import DeskPane
from paydesk.tui.drafts import DraftStore
from paydesk.tui.key_footer import KeyFooter
from paydesk.tui.lines import Line
from paydesk.tui.own_screen import fit

LOOK_S = 0.25
STORY_LINES, FEW_STORY_LINES = 6, 2
_NOT_TOUCHING = frozenset({"tab", "shift+tab", "f2", "escape", "q", "question_mark"})


class Looked(Message):
    """What both schemas held at one look."""

    def __init__(
        self,
        moves: int,
        asked: tuple[RequestCopy, ...],
        inbox: tuple[RequestCopy, ...],
        told: list[Told],
        alike: Mapping[UUID, Sequence[Alike]],
    ) -> None:
        super().__init__()
        self.moves = moves
        """How many moves had been made when the look began."""
        self.asked = asked
        self.inbox = inbox
        self.told = told
        self.alike = alike


class ShowApp(DeskApp):
    """Both desks, and the story between them. ``told`` returns what both sides said; it is called in a thread."""

    TITLE = "paydesk demo"
    CSS = LAYOUT

    def __init__(
        self,
        make_contractor: Callable[[], ContractorDesk],
        make_manager: Callable[[], ManagerDesk],
        told: Callable[[], list[Told]],
        *,
        notice: Callable[[], str] = lambda: "",
        now: Callable[[], datetime] = utc_now,
        **options: Any,
    ) -> None:
        self.contractor = ContractorHome(make_contractor, DraftStore(), now)
        self.manager = ManagerInbox(make_manager, now)
        super().__init__(self.contractor, self.manager, **options)
        self.now = now
        self._told, self._notice = told, notice
        self._since = Since(), Since()
        self._started_at: datetime | None = None
        self._persons = Persons([pane.role for pane in self.panes], now)
        self._looking = threading.Lock()
        self._moving = False
        self._moves = 0

    def get_default_screen(self) -> Screen[Any]:
        """Return the screen with both desks."""
        return BothDesks(id="_default")

    def compose(self) -> ComposeResult:
        """Lay out what comes next, the desks, the story and the keys."""
        fit(self.screen)
        yield Line(id="demo")
        with Horizontal(id="desks"):
            yield from self.panes
        with Vertical(id="story"):
            yield Line(id="story-header")
            for place in range(STORY_LINES):
                yield Line(id=f"story-{place}")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Begin to look at both schemas."""
        self.query_one("#story-header", Line).say(story.HEADER)
        self._tell([], {})
        self._stand_at(self.contractor)
        self.set_interval(LOOK_S, self._look)

    def on_ready(self) -> None:
        """End in order, whatever ends it; what comes while it is ending already changes nothing."""
        loop = asyncio.get_running_loop()

        def end(number: int, _: Any) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(partial(self.exit, return_code=128 + number))

        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                loop.remove_signal_handler(number)
                signal.signal(number, end)

    # Which desk has the keys, and which are simulated.

    @property
    def here(self) -> DeskPane[Any]:
        """The desk that has the keys."""
        focused = self.screen_stack[0].focused
        nodes = focused.ancestors_with_self if focused is not None else []
        return next((node for node in nodes if isinstance(node, DeskPane)), self.contractor)

    def _stand_at(self, desk: DeskPane[Any]) -> None:
        for pane in self.panes:
            pane.set_class(pane is desk, "-here")
        desk.table.focus()

    def on_descendant_focus(self) -> None:
        """Mark the desk that a click went to."""
        for pane in self.panes:
            pane.set_class(pane is self.here, "-here")

    def action_other_desk(self) -> None:
        """Go to the other desk."""
        self._stand_at(self.manager if self.here is self.contractor else self.contractor)
        self._say_what_comes()

    def action_pause(self) -> None:
        """Stop the simulated people, or let them go on."""
        self._persons.pause()
        self._say_what_comes()

    def note_key(self, event: Key, came_at: float) -> None:
        """A key makes its desk the person's for a while."""
        if event.key not in _NOT_TOUCHING:
            self._persons.touch(self.here.role)
        if event.is_printable and not isinstance(self.focused, Input):
            self.here.typed(came_at)

    # Looking at both schemas, and acting.

    def _look(self) -> None:
        if not self.screen_stack:
            return  # The demo is closing.
        if self.contractor.desk is None or self.manager.desk is None:
            self._say_what_comes()
        elif self._looking.acquire(blocking=False):
            look = partial(self._read_both, self._moves, self.contractor.desk, self.manager.desk)
            self.run_worker(look, thread=True, group="look", exit_on_error=False)

    def _read_both(self, moves: int, contractor: ContractorDesk, manager: ManagerDesk) -> None:
        try:
            asked = contractor.page(PageQuery(MINE, person=contractor.person, sort=Sort.OLDEST)).rows
            inbox = manager.page(PageQuery(statuses=WAITING, sort=Sort.OLDEST)).rows
            pending = (Asking.of(copy) for copy in inbox if copy.status in DECIDABLE)
            alike = manager.alike([each for each in pending if each is not None])
            self.post_message(Looked(moves, asked, inbox, self._told(), alike))
        except PaydeskError:
            pass  # A server is away: the desks say so themselves, and the next look comes soon.
        finally:
            self._looking.release()

    @on(Looked)
    def _looked(self, message: Looked) -> None:
        if not self.screen_stack:
            return  # The demo is closing.
        if len(self.screen_stack) > 1:
            self._persons.keep(self.here.role)
        now = self.now()
        self._started_at = self._started_at or now
        for since, copies in zip(self._since, (message.asked, message.inbox), strict=True):
            since.note(copies, now)
        sides = Sides(message.asked, message.inbox, *self._since, self._started_at, message.alike)
        move = next_move(sides, self._persons.simulated, now)
        self._tell(message.told, {copy.id: copy for copy in (*message.inbox, *message.asked)})
        self._say_what_comes(move, held=any(told.held for told in message.told), finished=finished(sides))
        if move is not None and move.in_s <= 0 and not self._moving and message.moves == self._moves:
            self._play(move)

    def _play(self, move: Move) -> None:
        """Do it on the desk, as its person would: the cursor goes there, then the command runs."""
        self._moving = True
        pane: DeskPane[Any] = self.contractor if move.role == "contractor" else self.manager
        places = {row.id: place for place, row in enumerate(pane.table.rows)}
        if move.copy is not None and move.copy.id in places:
            pane.table.action_go(places[move.copy.id])

        def ended(result: Result | None, error: Exception | None) -> None:
            self._moving = False
            self._moves += 1
            if result is not None and move.act in (Act.ASK, Act.REVISE):
                terms = result.copy.terms
                asks = "asks for" if move.act is Act.ASK else "is revised: it asks for"
                pane.notice(f"{result.copy.number} {asks} {terms.money}." if terms else "", "good")
            elif isinstance(error, PaydeskError):
                pane.notice(f"{error.message}", "muted")

        pane.command(partial(ask if move.role == "contractor" else decide, move), ended)

    def _tell(self, told: list[Told], copies: Mapping[UUID, RequestCopy]) -> None:
        most = FEW_STORY_LINES if self.screen_stack[0].has_class("-short") else STORY_LINES
        lines = story.newest(told, copies, most)
        for place in range(STORY_LINES):
            line = self.screen_stack[0].query_one(f"#story-{place}", Line)
            line.say(lines[place] if place < len(lines) else "")
            line.set_classes("story -newest" if place == len(lines) - 1 else "story")
            line.display = place < most

    def _say_what_comes(self, move: Move | None = None, *, held: bool = False, finished: bool = False) -> None:
        here = self.here.role
        left_s = ((pane.role, self._persons.yours_for_s(pane.role)) for pane in self.panes)
        yours: dict[str, float] = {role: left for role, left in left_s if left is not None}
        whose = here if here in yours else next(iter(yours), "")
        stands = story.Now(
            move=move,
            notice=self._notice() or ("" if self._started_at else "opening both desks"),
            paused=self._persons.paused,
            yours=whose,
            yours_for_s=yours.get(whose, 0),
            here=here,
            held=held,
            finished=finished,
        )
        line = self.screen_stack[0].query_one("#demo", Line)
        line.say(
            *story.headline(story.coming(stands), [pane.role for pane in self.panes], here, line.content_size.width)
        )
