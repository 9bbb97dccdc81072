"""What both desks read alike: open behind the first frame, hear what changed, read the rows."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from textual import on

from paydesk.domain.errors import PaydeskError
from paydesk.infra.core import ui_priority
from paydesk.infra.core.query import News, Page, PageQuery
from paydesk.tui.counting_pane import CountingPane, D
from paydesk.tui.messages import DeskFailed, DeskMade, DeskOpened, DeskStarted, PageRead, ReadFailed
from paydesk.tui.own_screen import OwnScreen, sentence
from paydesk.tui.request_table import RequestTable
from paydesk.tui.window import Window

DRAIN_S = 0.125
"""How often what changed behind the screen is looked at: hints come in bursts, eyes do not."""
TICK_S = 0.5


class ReadingPane(CountingPane[D]):
    """The part of a desk that reads. A subclass shows it (``shown``)."""

    def __init__(self, make_desk: Callable[[], D], now: Callable[[], datetime], *, id: str) -> None:
        super().__init__(id=id)
        self._make_desk = make_desk
        self._now = now
        self._news_lock = threading.Lock()
        self._news: News | None = None
        self._open_for_work = False
        self._reading = self._again = False
        self._read_at = self._read_began = 0.0
        self.window = Window()

    def now(self) -> datetime:
        """Return the time: the database's once it answered, as all that is shown bears times of that clock."""
        clock = self.desk.clock if self.desk is not None else None
        return clock.now() if clock is not None and clock.known else self._now()

    def shown(self, page: Page) -> None:
        """Show what was read."""
        raise NotImplementedError

    def tell(self) -> None:
        """Paint what is known of the servers."""
        raise NotImplementedError

    def notice(self, text: str, look: str = "", for_s: float = 0.0) -> None:
        """Show one sentence for a while."""
        raise NotImplementedError

    def own_screens(self) -> "list[OwnScreen[Any]]":
        """Return the open screens of this desk."""
        raise NotImplementedError

    def _tick(self) -> None:
        raise NotImplementedError

    def _next_command(self) -> None:
        raise NotImplementedError

    # Opening: nothing heavy happens before the first frame stands.

    def on_mount(self) -> None:
        """Paint first, then open."""
        self.tell()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.run_worker(self._open, thread=True, group="boot", exit_on_error=False)
        self.set_interval(DRAIN_S, self.drain)
        self.set_interval(TICK_S, self._tick)

    def _open(self) -> None:
        try:
            desk = self._make_desk()
            self.post_message(DeskMade(desk))
            desk.open()
            self.post_message(DeskOpened())
            desk.start(self._heard)
            self.post_message(DeskStarted())
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

    def drain(self, *, key_done: bool = False) -> None:
        """Read what changed behind the screen, if it is time."""
        if self.turns.due(time.monotonic(), key_done) and not self._reading:
            with self._news_lock:
                news, self._news = self._news, None
            if news is not None:
                self.read(news)
                return
        if key_done:
            self.pay_count(key_done=True)

    def read(self, news: News | None = None) -> None:
        """Read the visible page, and an open request that changed; while a reading is under way, once more after it."""
        if self.desk is None or not self._open_for_work or self._reading:
            self._again = True
            return
        self._reading, self._again, self._read_began = True, False, time.monotonic()
        self.run_worker(partial(self._read, self.desk, self._query()), thread=True, group="read", exit_on_error=False)
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
        if message.query == self._query():
            ui_priority.take()
            self.app.call_after_refresh(ui_priority.leave)
            self.window.take(message.page, message.query, self.table.rows, self.total)
            self.shown(message.page)
            self.tell()
            self.count()
        else:
            self._again = True
        self.turns.rest(self._read_began, time.monotonic())
        if self._again:
            self.read()

    @on(ReadFailed)
    def _read_failed(self, message: ReadFailed) -> None:
        message.stop()
        self._reading, self._read_at = False, time.monotonic()
        self.tell()
        if not isinstance(message.error, PaydeskError):
            self.notice(sentence(message.error), "trouble")

    def _query(self) -> PageQuery:
        return self.window.of(self.wanted())

    def begin_anew(self) -> None:
        """Read other rows, from the first on; the cursor stays on its request if that is among them."""
        self.window = Window()
        self.table.expect_others()
        self.tell_stale()
        self.read()

    @on(RequestTable.Further)
    def _read_further(self, message: RequestTable.Further) -> None:
        message.stop()
        self.window.extend(self.table.rows, self.wanted(), message.down)
        self.read()

    @on(RequestTable.Elsewhere)
    def _read_elsewhere(self, message: RequestTable.Elsewhere) -> None:
        message.stop()
        self.window.go(message.start)
        self.read()
