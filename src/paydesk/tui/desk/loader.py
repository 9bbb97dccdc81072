"""When the rows of a list are read, and which: one reading at a time, and once more for what came meanwhile."""

import threading
import time
from collections.abc import Callable, Sequence

from textual.message import Message

from paydesk.domain.copy import RequestCopy
from paydesk.infra.core.query import News, PageQuery
from paydesk.tui.desk.leading_edge import LeadingEdge
from paydesk.tui.messages import DeskFailed, DeskMade, DeskOpened, DeskStarted, NewsCame, PageRead, ReadFailed
from paydesk.tui.port import Desk
from paydesk.tui.table.window import Window

DRAIN_S = 0.125
"""How often what changed behind the screen is gathered: hints come in bursts, eyes do not."""
_READ_REST, _READ_REST_S = 5, 0.3
_KEYS_APART_S = 0.25
"""After so long without a key, nobody is taken to be in the midst of pressing them."""


class Turns:
    """When rows are read again for what changed behind the screen; times are by ``time.monotonic()``.

    What comes alone is shown at once, a stream three times a second. While somebody presses keys, it is when one is
    done, as then the next is furthest away: who presses it does not wait for rows.
    """

    def __init__(self) -> None:
        self._from = self._key_done_at = 0.0

    def rest(self, began: float, now: float) -> None:
        """Note when rows were read: they rest so many times as long as it took, and so many seconds at least."""
        self._from = now + max(_READ_REST_S, _READ_REST * (now - began))

    def due(self, now: float, key_done: bool) -> bool:
        """Return whether it is time; ``key_done`` says that a key was done just now."""
        if key_done:
            self._key_done_at = now
        return now >= self._from and (key_done or self.quiet(now))

    def quiet(self, now: float) -> bool:
        """Return whether nobody is in the midst of pressing keys."""
        return now - self._key_done_at > _KEYS_APART_S


def open_desk(make_desk: Callable[[], Desk], post: Callable[[Message], object], loader: "PageLoader") -> None:
    """Open a desk, and post how far it is; called in a thread. What changes then is noted, and posted after a rest."""

    def note(news: News) -> None:
        if loader.note(news):
            post(NewsCame())

    try:
        desk = make_desk()
        post(DeskMade(desk))
        desk.open()
        post(DeskOpened())
        desk.start(note)
        post(DeskStarted())
    except Exception as error:
        post(DeskFailed(error))


def read_page(desk: Desk, query: PageQuery) -> PageRead | ReadFailed:
    """Read rows; called in a thread."""
    try:
        return PageRead(query, desk.page(query))
    except Exception as error:
        return ReadFailed(error)


class PageLoader:
    """Used by the loop alone, but for ``note``. Nothing is read before ``is_open``."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.turns = Turns()
        self.window = Window()
        """Which part of the list is read."""
        self.is_open = False
        self.reading = False
        """Whether a reading is under way."""
        self.began_at = self.ended_at = 0.0
        """When the last reading began, and when the last one ended."""
        self._again = False
        self._news_lock = threading.Lock()
        self._news: News | None = None
        self._edge = LeadingEdge(DRAIN_S, clock)

    def note(self, news: News) -> bool:
        """Note, from any thread, what to look at again; returns whether it is the first after a rest."""
        with self._news_lock:
            known = self._news.changed if self._news is not None else frozenset()
            both = None if known is None or news.changed is None else known | news.changed
            self._news = News(both)
        return self._edge.is_first()

    def due(self, *, key_done: bool = False) -> News | None:
        """Return what changed behind the screen, if there is something and it is time to read it."""
        if not self.turns.due(self._clock(), key_done) or self.reading:
            return None
        with self._news_lock:
            news, self._news = self._news, None
        return news

    @property
    def quiet(self) -> bool:
        """Whether nobody is in the midst of pressing keys."""
        return self.turns.quiet(self._clock())

    def begin(self) -> bool:
        """Whether a reading may begin now, and then it does; else there is one more after the one under way."""
        if not self.is_open or self.reading:
            self._again = True
            return False
        self.reading, self._again, self.began_at = True, False, self._clock()
        return True

    def query(self, wanted: PageQuery) -> PageQuery:
        """Return the query of the part that is read."""
        return self.window.of(wanted)

    def end(self) -> None:
        """Note that a reading ended, whatever became of it."""
        self.reading, self.ended_at = False, self._clock()

    def take(self, read: PageRead, wanted: PageQuery, held: Sequence[RequestCopy], total: int) -> bool:
        """Note where the rows that were read lie.

        Args:
            read: The rows, and the query that they answer.
            wanted: The query of the rows that are shown now.
            held: The rows that are held so far.
            total: How many rows there are in all; 0: that is not known.

        Returns:
            Whether they are still the rows that are wanted.
        """
        if read.query != self.query(wanted):
            self._again = True
            return False
        self.window.take(read.page, read.query, held, total)
        return True

    def rest(self) -> bool:
        """Let the rows rest for a moment; returns whether they are to be read again first."""
        self.turns.rest(self.began_at, self._clock())
        return self._again

    def begin_anew(self) -> None:
        """Read from the first row on, next time."""
        self.window = Window()
