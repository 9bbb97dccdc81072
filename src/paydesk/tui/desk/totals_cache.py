"""What the rows of a list come to: counted apart from reading them, as rows never wait for a count."""

import logging
import time
from collections import OrderedDict
from dataclasses import dataclass, replace

from paydesk.infra.core.query import PageQuery, Sort, Start
from paydesk.tui.messages import TotalsRead
from paydesk.tui.port import Desk

COUNTING = "counting …"
"""Stands where a count will stand, until the rows that are wanted now are counted."""
COUNT_AFTER_S = 0.2
"""Rows of another filter are looked at for so long before they are counted: who types on never waits for a count."""
COUNT_REST, COUNT_REST_S = 10, 1.0
"""After counting, so many times as long as it took passes before it is counted again, as a million rows are many; and
at least so many seconds, as each new sum lays the list out anew.
"""
_KEPT = 8


def counted_of(query: PageQuery) -> PageQuery:
    """Return what is counted of a query: all of it, wherever its page begins and in whatever order."""
    return replace(query, start=Start(), sort=Sort.NEWEST, also=frozenset(), limit=None)


def read_totals(desk: Desk, query: PageQuery) -> TotalsRead:
    """Count what all rows of a query come to; called in a thread."""
    started, totals = time.monotonic(), None
    try:
        totals = desk.totals(query)
    except Exception as error:
        # What is wrong is told by the rows, which are read from the same place.
        logging.getLogger("paydesk").info("not counted: %s", error)
    return TotalsRead(query, totals, time.monotonic() - started)


class LastCounts:
    """The last counts of a list, so that whoever comes back to a filter sees at once what it came to."""

    def __init__(self) -> None:
        self._kept: OrderedDict[PageQuery, tuple[TotalsRead, float]] = OrderedDict()

    def keep(self, count: TotalsRead) -> None:
        """Note a count; it rests from now on."""
        self._kept.pop(count.query, None)
        self._kept[count.query] = count, time.monotonic() + max(COUNT_REST_S, COUNT_REST * count.took_s)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def resting(self, query: PageQuery) -> TotalsRead | None:
        """Return the count of a query that rests still; None where it is to be counted."""
        count, until = self._kept.get(query, (None, 0.0))
        return count if time.monotonic() < until else None


@dataclass(frozen=True, slots=True)
class CountStep:
    """What to do about the count now: show one that rests, look again a moment later, or count."""

    show: TotalsRead | None = None
    later: bool = False
    count: bool = False


class TotalsCache:
    """Says when to count, and whether what is shown is of the rows that are wanted. Used by the loop alone."""

    def __init__(self) -> None:
        self.counts = LastCounts()
        self.total = 0
        """How many rows there are in all, as last shown."""
        self.counting = self.owed = False
        """Whether it is being counted, and whether that is still to be done."""
        self._to_count: PageQuery | None = None
        self._shown: PageQuery | None = None

    def step(self, query: PageQuery, *, ready: bool, key_done: bool, quiet: bool) -> CountStep:
        """Return what to do: count, or owe it where that was done a moment ago, or a key may come any moment.

        Args:
            query: What is counted.
            ready: Whether it can be read.
            key_done: Whether a key was done just now.
            quiet: Whether nobody is in the midst of pressing keys.
        """
        known, self._to_count = self._to_count, query
        resting = self.counts.resting(query)
        if known not in (None, query):
            return CountStep(show=resting, later=True)
        can_wait = self._shown == query and not key_done and not quiet
        self.owed = not ready or self.counting or resting is not None or can_wait
        if self.owed:
            return CountStep()
        self.counting = True
        return CountStep(count=True)

    def take(self, count: TotalsRead) -> None:
        """Note what was counted."""
        self.counting = False
        self.counts.keep(count)

    def show(self, count: TotalsRead) -> bool:
        """Note that a count is shown from now on; returns whether there is one to show."""
        if count.totals is None:
            return False
        self.total = sum(total.count for total in count.totals)
        self._shown = count.query
        return True

    def stale(self, query: PageQuery) -> bool:
        """Whether what is shown is of other rows than those that are wanted now."""
        return self._shown not in (None, query)

    def text(self, query: PageQuery) -> str:
        """Return ``COUNTING`` while the rows that are wanted now are not counted, or an empty string."""
        return COUNTING if self._shown is None or self.stale(query) else ""
