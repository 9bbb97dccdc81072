"""The demo in a terminal: both desks side by side, or one at a time; simulated people act until a person does."""

import asyncio
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Key
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from paydesk.cli.demo import story
from paydesk.cli.demo.people import Act, Move, Persons, Sides, Since, ask, decide, finished, next_move
from paydesk.cli.demo.stage import ASKS, DECIDES, HOLD_S, Stage
from paydesk.cli.demo.story import StoredEvent, events_of
from paydesk.contractor.app import utc_now
from paydesk.contractor.home import ContractorHome
from paydesk.contractor.port import ContractorDesk
from paydesk.contractor.service import ContractorService
from paydesk.domain.copy import RequestCopy
from paydesk.domain.duplicates import Alike, Asking
from paydesk.domain.errors import PaydeskError
from paydesk.domain.filters import MINE
from paydesk.domain.status import DECIDABLE, WAITING
from paydesk.infra.core.query import PageQuery, Result, Sort
from paydesk.infra.migrations import migrate
from paydesk.manager.inbox import ManagerInbox
from paydesk.manager.port import ManagerDesk
from paydesk.manager.service import ManagerService
from paydesk.tui.app import DeskApp
from paydesk.tui.desk.pane import RequestListPane
from paydesk.tui.drafts import DraftStore
from paydesk.tui.keys.footer import KeyFooter
from paydesk.tui.screens.base import fit
from paydesk.tui.widgets.lines import Line

LAYOUT = """
#demo { background: $panel; text-style: bold; }
#desks { height: 1fr; }
#desks RequestListPane { display: none; border-left: blank; }
#desks RequestListPane.-here { display: block; border-left: outer $accent; }
.-both #desks RequestListPane { display: block; }
#desks RequestListPane.-here TopLine { background: $panel; color: $accent; }
#desks RequestListPane TopLine { color: $secondary; }
#story { height: auto; }
#story-header { background: $surface; color: $secondary; }
.story { color: $secondary; text-wrap: nowrap; text-overflow: ellipsis; }
.story.-newest { color: $foreground; }
"""
LOOK_S = 0.25
STORY_LINES, FEW_STORY_LINES = 6, 2
_NOT_TOUCHING = frozenset({"tab", "shift+tab", "f2", "escape", "q", "question_mark"})


@dataclass
class Looked(Message):
    """What both schemas held at one look."""

    moves: int
    """How many moves had been made when the look began."""
    asked: tuple[RequestCopy, ...]
    inbox: tuple[RequestCopy, ...]
    events: list[StoredEvent]
    alike: Mapping[UUID, Sequence[Alike]]


class BothDesks(Screen[None]):
    """The screen of the demo; ``tab`` goes to the other desk."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (120, "-both")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,shift+tab", "app.other_desk", "Desk", id="demo.other", key_display="tab", tooltip="Other desk"),
        Binding("f2", "app.pause", "Pause", show=False, id="demo.pause", tooltip="Hold the simulated people, or go on"),
    ]


class ShowApp(DeskApp):
    """Both desks, and the story between them.

    Args:
        make_contractor: Opens the contractor's desk; called in a thread.
        make_manager: Opens the manager's desk; called in a thread.
        read_events: Returns what both sides published; called in a thread.
        notice: Returns what there is to say about the servers.
        now: Returns the time.
        options: What ``DeskApp`` takes besides.
    """

    TITLE = "paydesk demo"
    CSS = LAYOUT

    def __init__(
        self,
        make_contractor: Callable[[], ContractorDesk],
        make_manager: Callable[[], ManagerDesk],
        read_events: Callable[[], list[StoredEvent]],
        *,
        notice: Callable[[], str] = lambda: "",
        now: Callable[[], datetime] = utc_now,
        **options: Any,
    ) -> None:
        self.contractor = ContractorHome(make_contractor, DraftStore(), now)
        self.manager = ManagerInbox(make_manager, now)
        super().__init__(self.contractor, self.manager, **options)
        self.now = now
        self._read_events, self._notice = read_events, notice
        self._since = Since(), Since()
        self._started_at: datetime | None = None
        self._persons = Persons([pane.role for pane in self.panes], now)
        self._looking = threading.Lock()
        self._moving = False
        self._moves = 0

    def get_default_screen(self) -> Screen[None]:
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
    def active_pane(self) -> RequestListPane[Any]:
        """The desk that has the keys."""
        focused = self.screen_stack[0].focused
        nodes = focused.ancestors_with_self if focused is not None else []
        return next((node for node in nodes if isinstance(node, RequestListPane)), self.contractor)

    def _stand_at(self, desk: RequestListPane[Any]) -> None:
        for pane in self.panes:
            pane.set_class(pane is desk, "-here")
        desk.table.focus()

    def on_descendant_focus(self) -> None:
        """Mark the desk that a click went to."""
        for pane in self.panes:
            pane.set_class(pane is self.active_pane, "-here")

    def action_other_desk(self) -> None:
        """Go to the other desk."""
        self._stand_at(self.manager if self.active_pane is self.contractor else self.contractor)
        self._say_what_comes()

    def action_pause(self) -> None:
        """Stop the simulated people, or let them go on."""
        self._persons.pause()
        self._say_what_comes()

    def note_key(self, event: Key, came_at: float) -> None:
        """A key makes its desk the person's for a while."""
        if event.key not in _NOT_TOUCHING:
            self._persons.touch(self.active_pane.role)
        if event.is_printable and not isinstance(self.focused, Input):
            self.active_pane.typed(came_at)

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
            alike = manager.alike([asking for asking in pending if asking is not None])
            self.post_message(Looked(moves, asked, inbox, self._read_events(), alike))
        except PaydeskError:
            pass  # A server is away: the desks say so themselves, and the next look comes soon.
        finally:
            self._looking.release()

    @on(Looked)
    def _looked(self, message: Looked) -> None:
        if not self.screen_stack:
            return  # The demo is closing.
        if len(self.screen_stack) > 1:
            self._persons.keep(self.active_pane.role)
        now = self.now()
        self._started_at = self._started_at or now
        for since, copies in zip(self._since, (message.asked, message.inbox), strict=True):
            since.note(copies, now)
        sides = Sides(message.asked, message.inbox, *self._since, self._started_at, message.alike)
        move = next_move(sides, self._persons.simulated, now)
        self._tell(message.events, {copy.id: copy for copy in (*message.inbox, *message.asked)})
        self._say_what_comes(move, held=any(event.held for event in message.events), finished=finished(sides))
        if move is not None and move.in_s <= 0 and not self._moving and message.moves == self._moves:
            self._play(move)

    def _play(self, move: Move) -> None:
        """Do it on the desk, as its person would: the cursor goes there, then the command runs."""
        self._moving = True
        pane: RequestListPane[Any] = self.contractor if move.role == "contractor" else self.manager
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

    def _tell(self, events: list[StoredEvent], copies: Mapping[UUID, RequestCopy]) -> None:
        most = FEW_STORY_LINES if self.screen_stack[0].has_class("-short") else STORY_LINES
        lines = story.newest(events, copies, most)
        for place in range(STORY_LINES):
            line = self.screen_stack[0].query_one(f"#story-{place}", Line)
            line.say(lines[place] if place < len(lines) else "")
            line.set_classes("story -newest" if place == len(lines) - 1 else "story")
            line.display = place < most

    def _say_what_comes(self, move: Move | None = None, *, held: bool = False, finished: bool = False) -> None:
        active_role = self.active_pane.role
        left_s = ((pane.role, self._persons.yours_for_s(pane.role)) for pane in self.panes)
        yours: dict[str, float] = {role: left for role, left in left_s if left is not None}
        whose = active_role if active_role in yours else next(iter(yours), "")
        stands = story.Now(
            move=move,
            notice=self._notice() or ("" if self._started_at else "opening both desks"),
            paused=self._persons.paused,
            yours=whose,
            yours_for_s=yours.get(whose, 0),
            active_role=active_role,
            held=held,
            finished=finished,
        )
        line = self.screen_stack[0].query_one("#demo", Line)
        line.say(
            *story.headline(
                story.coming(stands), [pane.role for pane in self.panes], active_role, line.content_size.width
            )
        )


def show(stage: Stage, keys: Mapping[str, str]) -> None:
    """Show the demo on its stage until the person quits. Raises what kept a desk from opening."""
    migrating = threading.Lock()

    def ready(make: Callable[[], Any]) -> Any:
        # Alembic has one context in a process, and here two roles open in one.
        with migrating:
            for role in stage.roles:
                migrate(stage.url(role), role.name)
        return make()

    contractor, manager = stage.roles
    app = ShowApp(
        partial(ready, partial(ContractorService, stage, ASKS)),
        partial(ready, partial(ManagerService, stage, DECIDES, HOLD_S)),
        lambda: events_of(stage, contractor, manager) + events_of(stage, manager, contractor),
        notice=stage.notice,
        keys=keys,
    )
    app.run()
    if app.failure is not None:
        raise app.failure
    if app.return_code:
        raise SystemExit(app.return_code)
