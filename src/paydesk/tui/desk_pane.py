"""What both desks do alike: open behind the first frame, re-read what changed, run commands in order."""

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from paydesk.domain.errors import PaydeskError
from paydesk.infra.health import Health
from paydesk.infra.pages import News, Page, PageQuery, Result
from paydesk.tui.lines import HealthLine, Line, TopLine
from paydesk.tui.messages import CommandEnded, DeskFailed, DeskMade, DeskOpened, PageRead, ReadFailed
from paydesk.tui.own_screen import OwnScreen, sentence
from paydesk.tui.port import Desk
from paydesk.tui.request_table import RequestTable

D = TypeVar("D", bound=Desk)
Ended = Callable[[Result | None, Exception | None], None]

DRAIN_S = 0.125
"""How often what changed behind the screen is looked at: hints come in bursts, eyes do not."""
TICK_S = 0.5
READ_AGAIN_S = 5.0
READ_AGAIN_NOT_LIVE_S = 2.0
NOTICE_S = 8.0


class DeskPane(Vertical, Generic[D]):
    """One desk. A subclass says what it shows (``wanted``, ``shown``) and what its keys do."""

    role: ClassVar[str]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "reload", "Reload", show=False, id="desk.reload"),
        Binding("y", "copy_number", "Copy number", show=False, id="desk.copy"),
        Binding("question_mark", "app.help", "Keys", id="desk.help", key_display="?"),
        Binding("colon", "app.command_palette", "Commands", show=False, id="desk.palette", key_display=": ^p"),
        Binding("q", "app.quit", "Quit", id="desk.quit"),
    ]

    def __init__(self, make_desk: Callable[[], D], now: Callable[[], datetime], *, id: str) -> None:
        super().__init__(id=id)
        self._make_desk = make_desk
        self.now = now
        self.desk: D | None = None
        self.health: Health | None = None
        self._news_lock = threading.Lock()
        self._news: News | None = None
        self._open_for_work = False
        self._reading = self._again = False
        self._read_at = 0.0
        self._commands: deque[tuple[Callable[[D], Result], Ended]] = deque()
        self._commanding = False
        self._notice_until = 0.0

    def wanted(self) -> PageQuery:
        """Return the query whose rows this desk shows now."""
        raise NotImplementedError

    def shown(self, page: Page) -> None:
        """Show what was read."""
        raise NotImplementedError

    def typed(self, came_at: float) -> None:
        """Note that a printable key came at this time, outside of a field."""

    def ticked(self) -> None:
        """Paint what depends on the time."""

    @property
    def table(self) -> RequestTable:
        """The list."""
        return self.query_one(RequestTable)

    # Opening: nothing heavy happens before the first frame stands.

    def on_mount(self) -> None:
        """Paint first, then open."""
        self.tell()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.run_worker(self._open, thread=True, group="boot", exit_on_error=False)
        self.set_interval(DRAIN_S, self._drain)
        self.set_interval(TICK_S, self._tick)

    def _open(self) -> None:
        try:
            desk = self._make_desk()
            self.post_message(DeskMade(desk))
            desk.open()
            self.post_message(DeskOpened())
            desk.start(self._heard)
        except Exception as error:
            self.post_message(DeskFailed(error))

    @on(DeskMade)
    def _desk_made(self, message: DeskMade) -> None:
        message.stop()
        self.desk = message.desk  # type: ignore[assignment]
        self.tell()

    @on(DeskOpened)
    def _desk_opened(self, message: DeskOpened) -> None:
        message.stop()
        self._open_for_work = True
        self.read()
        self._next_command()

    def _heard(self, news: News) -> None:
        """Note, from any thread, what to look at again."""
        with self._news_lock:
            known = self._news.changed if self._news is not None else frozenset()
            both = None if known is None or news.changed is None else known | news.changed
            self._news = News(both)

    def _drain(self) -> None:
        with self._news_lock:
            news, self._news = self._news, None
        if news is not None:
            self.read(news)

    def read(self, news: News | None = None) -> None:
        """Read the visible page, and an open request that changed; while a reading is under way, once more after it."""
        if self.desk is None or not self._open_for_work or self._reading:
            self._again = True
            return
        self._reading, self._again = True, False
        self.run_worker(partial(self._read, self.desk, self.wanted()), thread=True, group="read", exit_on_error=False)
        for screen in self.own_screens():
            screen.read(news)

    def _read(self, desk: D, query: PageQuery) -> None:
        try:
            self.post_message(PageRead(query, desk.page(query)))
        except Exception as error:
            self.post_message(ReadFailed(error))

    @on(PageRead)
    def _page_read(self, message: PageRead) -> None:
        message.stop()
        self._reading, self._read_at = False, time.monotonic()
        if message.query == self.wanted():
            self.shown(message.page)
            self.tell()
        else:
            self._again = True
        if self._again:
            self.read()

    @on(ReadFailed)
    def _read_failed(self, message: ReadFailed) -> None:
        message.stop()
        self._reading, self._read_at = False, time.monotonic()
        self.tell()
        if not isinstance(message.error, PaydeskError):
            self.notice(sentence(message.error), "trouble")

    # Commands: one after the other, in the order of the keys; before the desk is open they wait.

    def command(self, run: Callable[[D], Result], ended: Ended) -> None:
        """Run a command in a thread; ``ended`` is called on the loop with its result or its error."""
        self._commands.append((run, ended))
        self._next_command()

    def _next_command(self) -> None:
        if self._commanding or self.desk is None or not self._open_for_work or not self._commands:
            return
        self._commanding = True
        run, ended = self._commands.popleft()
        self.run_worker(partial(self._run, self.desk, run, ended), thread=True, group="command", exit_on_error=False)

    def _run(self, desk: D, run: Callable[[D], Result], ended: Ended) -> None:
        try:
            self.post_message(CommandEnded(ended, run(desk)))
        except Exception as error:
            self.post_message(CommandEnded(ended, error))

    @on(CommandEnded)
    def _command_ended(self, message: CommandEnded) -> None:
        message.stop()
        self._commanding = False
        outcome = message.outcome
        if isinstance(outcome, Result):
            self.table.put(outcome.copy)
            message.ended(outcome, None)
        else:
            message.ended(None, outcome)
        self.read()
        self._next_command()

    def tell(self) -> None:
        """Paint the top line and the health line."""
        person = self.desk.person if self.desk is not None else ""
        self.health = self.desk.health() if self.desk is not None else None
        now = self.now()
        own: list[DeskPane[D] | OwnScreen[Any]] = [self, *self.own_screens()]
        for node in own:
            node.query_one(TopLine).tell(self.role, person, self.health, now, node.where())
            node.query_one(HealthLine).tell(self.health, self.role)

    def where(self) -> str:
        """Return what the top line says of the view, or an empty string."""
        return ""

    def notice(self, text: str, look: str = "", for_s: float = NOTICE_S) -> None:
        """Show one sentence for a while in the line above the health."""
        self._notice_until = time.monotonic() + for_s
        for node in [self, *self.own_screens()]:
            node.query_one("#notice", Line).say(text, "", look)

    def own_screens(self) -> "list[OwnScreen[Any]]":
        """Return the open screens of this desk whose lines stand: a tick may come while a screen is laid out."""
        mine = (each for each in self.app.screen_stack if isinstance(each, OwnScreen) and each.pane is self)
        return [each for each in mine if each.query(HealthLine)]

    def no_notice(self) -> str:
        """Return what the line says when there is nothing new to tell."""
        return ""

    def _tick(self) -> None:
        wait_s = READ_AGAIN_S if self.health is not None and self.health.live else READ_AGAIN_NOT_LIVE_S
        if self._open_for_work and time.monotonic() - self._read_at > wait_s:
            self.read()
        if time.monotonic() > self._notice_until:
            self.notice(self.no_notice(), "good", 0)
        self.ticked()
        self.tell()

    def action_reload(self) -> None:
        """Read everything again."""
        self.read()

    def action_copy_number(self) -> None:
        """Send the number of the request to the terminal's clipboard, and show it, as not every terminal takes it."""
        self.copy_number(self.table.current.number if self.table.current else "")

    def copy_number(self, number: str) -> None:
        """Send a number to the terminal's clipboard."""
        if number:
            self.app.copy_to_clipboard(number)
            self.notice(f"{number} was sent to the terminal's clipboard.")
