"""Commands one after the other, in the order of the keys; and leaving once what was asked for is done."""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from paydesk.infra.core.query import Result
from paydesk.tui.messages import CommandEnded
from paydesk.tui.port import Desk, Ended

D = TypeVar("D", bound=Desk)

LEAVE_S = 5.0
"""Who quits waits so long at most for what was asked for just before."""


def run_command(desk: D, run: Callable[[D], Result], ended: Ended) -> CommandEnded:
    """Run a command; called in a thread."""
    try:
        return CommandEnded(ended, run(desk))
    except Exception as error:
        return CommandEnded(ended, error)


class CommandQueue(Generic[D]):
    """Used by the loop alone."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Callable[[D], Result], Ended]] = deque()
        self._running = False

    @property
    def busy(self) -> bool:
        """Whether something that a key asked for is still to be done."""
        return self._running or bool(self._waiting)

    def add(self, run: Callable[[D], Result], ended: Ended) -> None:
        """Put a command at the end."""
        self._waiting.append((run, ended))

    def next(self) -> tuple[Callable[[D], Result], Ended] | None:
        """Return the command to run now; None while one runs, or there is none."""
        if self._running or not self._waiting:
            return None
        self._running = True
        return self._waiting.popleft()

    def end(self) -> None:
        """Note that the command that ran has ended."""
        self._running = False


class Leaving:
    """What to call once everything is done; told the time, in seconds, by its caller."""

    def __init__(self) -> None:
        self._go: Callable[[], object] | None = None
        self._by = 0.0

    @property
    def asked(self) -> bool:
        """Whether the person has quit while earlier commands are still to be run."""
        return self._go is not None

    def ask(self, go: Callable[[], object], now: float, within_s: float) -> None:
        """Leave by ``go`` when everything is done, or so many seconds from now."""
        self._go, self._by = go, now + within_s

    def stay(self) -> None:
        """Stay: something was refused, and is said."""
        self._go = None

    def go_if_done(self, busy: bool, now: float) -> None:
        """Leave if it is time."""
        if self._go is not None and (not busy or now > self._by):
            go, self._go = self._go, None
            go()
