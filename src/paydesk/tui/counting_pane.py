"""What the rows of a desk come to: counted apart from reading them, as rows never wait for a count."""

import logging
import time
from collections.abc import Sequence
from functools import cached_property, partial
from typing import Generic, TypeVar

from textual import on
from textual.containers import Vertical

from paydesk.domain.copy import StatusTotal
from paydesk.infra.core.query import PageQuery
from paydesk.tui.counting import COUNT_AFTER_S, Counts, Turns, counted_of
from paydesk.tui.messages import TotalsRead
from paydesk.tui.port import Desk
from paydesk.tui.request_table import RequestTable

D = TypeVar("D", bound=Desk)
COUNTING = "counting …"
"""Stands where a count will stand, until the rows that are wanted now are counted."""


class CountingPane(Vertical, Generic[D]):
    """The part of a desk that counts. A subclass says of what (``wanted``), and shows it (``counted``)."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.desk: D | None = None
        self.turns = Turns()
        self.total = 0
        """How many rows there are in all, as last counted."""
        self._counting = self._count_owed = False
        self._counts = Counts()
        self._to_count: PageQuery | None = None
        self._shown_count: PageQuery | None = None

    @cached_property
    def table(self) -> RequestTable:
        """The list."""
        return self.query_one(RequestTable)

    def wanted(self) -> PageQuery:
        """Return the query whose rows this desk shows now; which part of them is read is the window's."""
        raise NotImplementedError

    def counted(self, totals: Sequence[StatusTotal]) -> None:
        """Show what all rows of the query come to."""
        raise NotImplementedError

    def count(self, *, key_done: bool = False) -> None:
        """Count what the rows come to; or owe it, where that was done a moment ago, or a key may come any moment."""
        query = counted_of(self.wanted())
        known, self._to_count = self._to_count, query
        resting = self._counts.resting(query)
        if known not in (None, query):
            if resting is not None:
                self._show_count(resting)
            self.set_timer(COUNT_AFTER_S, self.count)
            return
        can_wait = self._shown_count == query and not key_done and not self.turns.quiet(time.monotonic())
        self._count_owed = self.desk is None or self._counting or resting is not None or can_wait
        if self.desk is None or self._count_owed:
            return
        self._counting = True
        self.run_worker(partial(self._count, self.desk, query), thread=True, group="count", exit_on_error=False)

    def pay_count(self, *, key_done: bool = False) -> None:
        """Count if that is owed."""
        if self._count_owed:
            self.count(key_done=key_done)

    def _count(self, desk: D, query: PageQuery) -> None:
        started, totals = time.monotonic(), None
        try:
            totals = desk.totals(query)
        except Exception as error:
            # What is wrong is told by the rows, which are read from the same place.
            logging.getLogger("paydesk").info("not counted: %s", error)
        self.post_message(TotalsRead(query, totals, time.monotonic() - started))

    @on(TotalsRead)
    def _totals_read(self, message: TotalsRead) -> None:
        message.stop()
        self._counting = False
        self._counts.keep(message)
        if message.query == counted_of(self.wanted()):
            self._show_count(message)
        self.pay_count()

    def _show_count(self, count: TotalsRead) -> None:
        if count.totals is not None:
            self.total = sum(each.count for each in count.totals)
            self.table.count(self.total)
            self._shown_count = count.query
            self.counted(count.totals)
            self.tell_stale()

    def tell_stale(self) -> None:
        """Dim what other rows came to, until those that are shown now are counted."""
        self.set_class(self.stale, "-stale")

    @property
    def count_text(self) -> str:
        """``COUNTING`` while the rows that are wanted now are not counted, or empty."""
        return COUNTING if self.stale or self._shown_count is None else ""

    @property
    def stale(self) -> bool:
        """Whether what was counted last is of other rows than those that are wanted now."""
        return self._shown_count not in (None, counted_of(self.wanted()))
