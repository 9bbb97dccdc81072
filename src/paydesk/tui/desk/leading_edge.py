"""What comes after a rest is answered at once; what follows it closely is gathered by whoever looks at intervals."""

import threading
import time
from collections.abc import Callable


class LeadingEdge:
    """Tells the first of several that come together; for any thread.

    Args:
        rest_s: After so many seconds of silence the next one is a first one again.
        clock: Returns seconds that never go back.
    """

    def __init__(self, rest_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rest_s = rest_s
        self._clock = clock
        self._lock = threading.Lock()
        self._last_at: float | None = None

    def is_first(self) -> bool:
        """Note that something came; returns whether nothing did in the rest before it."""
        with self._lock:
            before, self._last_at = self._last_at, self._clock()
            return before is None or self._last_at - before >= self._rest_s
