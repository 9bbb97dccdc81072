"""Following what was just asked for or changed: the cursor goes to it, wherever filter and order put it."""

import time
from collections.abc import Callable

from paydesk.domain.copy import RequestCopy


class Following:
    """Follows one request at a time, until the cursor is on it or a hand moves on; ``fits``: the list shows it."""

    def __init__(self, fits: Callable[[RequestCopy], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self._fits = fits
        self._clock = clock
        self._copy: RequestCopy | None = None
        self._since = 0.0

    def follow(self, copy: RequestCopy, did: str, more: str, everyone: str) -> str:
        """Go to a request; returns what was done with it or, where the filter hides it, how it is seen.

        ``more`` is told only where there is room for it; ``everyone`` is the key that shows all requests.
        """
        self._copy, self._since = copy, self._clock()
        if self._fits(copy):
            return f"{copy.number} {did}{more}."
        return f"{copy.number} {did}; the filter hides it, {everyone} shows it."

    def due(self, read_at: float) -> RequestCopy | None:
        """Return what the cursor goes to now, once: rows are shown that were read after it was changed.

        What the filter hides is followed on: the next filter may show it.
        """
        copy = self._copy
        if copy is None or read_at < self._since or not self._fits(copy):
            return None
        self._copy = None
        return copy

    def let_go(self) -> None:
        """Follow nothing: a hand moves on."""
        self._copy = None
