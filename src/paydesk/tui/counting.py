"""When the rows of a list are read again, and when they are counted: apart, and not while a count still rests."""

import time
from collections import OrderedDict
from dataclasses import replace

from paydesk.infra.core.query import PageQuery, Sort, Start
from paydesk.tui.messages import TotalsRead

_READ_REST, _READ_REST_S = 5, 0.3
_KEYS_APART_S = 0.25
"""After so long without a key, nobody is taken to be in the midst of pressing them."""
COUNT_AFTER_S = 0.2
"""Rows of another filter are looked at for so long before they are counted: who types on never waits for a count."""
COUNT_REST, COUNT_REST_S = 10, 1.0
"""After counting, so many times as long as it took passes before it is counted again, as a million rows are many; and
at least so many seconds, as each new sum lays the list out anew.
"""
_KEPT = 8


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


def counted_of(query: PageQuery) -> PageQuery:
    """Return what is counted of a query: all of it, wherever its page begins and in whatever order."""
    return replace(query, start=Start(), sort=Sort.NEWEST, also=frozenset(), limit=None)


class Counts:
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
