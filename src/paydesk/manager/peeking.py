"""The peek pane: ``p`` shows and hides it, and where there is no room it opens the detail."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message

from paydesk.domain.copy import RequestCopy
from paydesk.infra.core.query import News
from paydesk.manager.likening import Likening
from paydesk.manager.peek import LEAST_CELLS, WIDE_CELLS, Peek, Peeked, read_peek
from paydesk.manager.port import ManagerDesk
from paydesk.tui.request_table import RequestTable

REST_S = 0.15
"""So long the cursor rests on a request before it is read: who runs down the list reads nothing."""
RENEWED_S, RENEWED_REST = 1.0, 10
"""What changed behind the pane is read again after so many seconds at least, and so many times as long as it takes."""
AGAIN_S = 5.0
"""So long after a reading that failed it is tried again."""


@dataclass
class PeekRead(Message):
    """What there is to know of the request under the cursor was read; None where it could not be."""

    peeked: Peeked | None


class Peeking(Likening, inherit_bindings=False):
    """The pane follows the cursor, a moment later."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *Likening.BINDINGS,
        Binding("p", "peek", "Peek", show=False, id="manager.peek", tooltip="Show or hide who asks, and how often"),
    ]

    def __init__(self, make_desk: Callable[[], ManagerDesk], now: Callable[[], datetime], *, id: str) -> None:
        super().__init__(make_desk, now, id=id)
        self._peek_wanted: bool | None = None
        """As the person said; None: as wide as the terminal is."""
        self._peeked: Peeked | None = None
        self._peek_of: RequestCopy | None = None
        self._rests_from = 0.0
        self._peek_is_old = False
        """Whether something changed since the pane was read: perhaps of this contractor."""
        self._renew_from = 0.0

    @property
    def peeks(self) -> bool:
        """Whether the pane stands beside the list."""
        width = self.size.width
        return width >= LEAST_CELLS and (width >= WIDE_CELLS if self._peek_wanted is None else self._peek_wanted)

    def action_peek(self) -> None:
        """Show or hide the pane; without room for it, open the request."""
        if self.size.width < LEAST_CELLS:
            self.table.action_open()
            return
        self._peek_wanted = not self.peeks
        self.keep(peek=self._peek_wanted)
        self.show_peek()

    def restore(self, kept: Mapping[str, object]) -> None:
        """Show the list as it was left, and the pane."""
        super().restore(kept)
        if self._peek_wanted is None and isinstance(kept.get("peek"), bool):
            self._peek_wanted = bool(kept["peek"])
            self.show_peek()

    def action_unmark(self) -> None:
        """Go one step back; the pane that was asked for goes last."""
        back = self.range_begun or self.marks or self.filter.terms
        if back or not (self._peek_wanted and self.peeks):
            super().action_unmark()
            return
        self._peek_wanted = None if self.size.width < WIDE_CELLS else False
        self.keep(peek=self._peek_wanted)
        self.show_peek()

    def on_resize(self) -> None:
        """Show the pane where there is room now."""
        super().on_resize()
        self.show_peek()

    @on(RequestTable.Moved)
    def _peek_follows(self) -> None:
        self.show_peek()

    def show_peek(self) -> None:
        """Show what is known of the request under the cursor, and have the rest read when it stays there."""
        pane = self.query_one(Peek)
        pane.display = self.peeks
        if not self.peeks:
            return
        copy = self.table.current
        pane.set_class(copy is None, "-empty")
        pane.show(copy, self._peeked, self.now())
        renewed = self._peek_is_old and time.monotonic() >= self._renew_from
        if copy != self._peek_of or renewed:
            self._peek_is_old = False
            self._peek_of, self._rests_from = copy, time.monotonic()
            self.set_timer(REST_S, self._read_peek)

    def _read_peek(self) -> None:
        copy, desk = self._peek_of, self.desk
        if copy is not None and desk is not None and time.monotonic() - self._rests_from >= REST_S * 0.9:
            work = partial(self._peek, desk, copy)
            self.run_worker(work, thread=True, group="peek", exclusive=True, exit_on_error=False)

    def read(self, news: News | None = None) -> None:
        """Read the rows again, and the pane too: what changed may be of the contractor that it is about."""
        super().read(news)
        self._peek_is_old = self._peek_is_old or news is not None

    def action_reload(self) -> None:
        """Read everything again, the pane too."""
        super().action_reload()
        self._peek_again()
        self.show_peek()

    def _peek(self, desk: ManagerDesk, copy: RequestCopy) -> None:
        began = time.monotonic()
        try:
            self.post_message(PeekRead(read_peek(desk, copy)))
            now = time.monotonic()
            self._renew_from = now + max(RENEWED_S, RENEWED_REST * (now - began))
        except Exception:
            self.post_message(PeekRead(None))  # The rows themselves tell what is the matter with the database.

    def _peek_again(self) -> None:
        self._peek_of = None

    @on(PeekRead)
    def _peek_was_read(self, message: PeekRead) -> None:
        message.stop()
        if message.peeked is None:
            self.set_timer(AGAIN_S, self._peek_again)
        else:
            self._peeked = message.peeked
            self.query_one(Peek).show(self.table.current, self._peeked, self.now())
