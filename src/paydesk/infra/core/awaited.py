"""How long a server has left a question unanswered: a frozen server refuses nothing, it is only silent."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Awaited:
    """Which threads of a process wait for an answer from one server, and since when; each waits for one at a time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[int, float] = {}

    def asked(self) -> None:
        """Note that this thread asks something now."""
        self._since[threading.get_ident()] = self._clock()

    def answered(self) -> None:
        """Note that this thread has its answer, or an error instead."""
        self._since.pop(threading.get_ident(), None)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Ask inside."""
        self.asked()
        try:
            yield
        finally:
            self.answered()

    def silent_s(self) -> float:
        """Return for how many seconds the thread that waits longest has had no answer; 0 where none waits."""
        since = list(self._since.values())
        return self._clock() - min(since) if since else 0.0
