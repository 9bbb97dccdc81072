"""Pages of memory that processes share through files: what to do at which point, and how often each was reached.

What a process wrote there outlives its SIGKILL, so the last thing it reached is known.
"""

import mmap
import os
from pathlib import Path

POINTS = ("W1", "W2", "W3", "H1", "R1", "R2", "R3", "R4", "C1", "C2", "C3", "C4", "C5", "I1")
"""The crash points, in the order of the way of a command."""
OF_DESKS = ("W1", "W2", "W3")
"""Those that are reached by who gives a command; the others by who holds the lease of a role."""
REST = -1
"""The pace at which nobody gives a command."""
_SIZE = 4096
_ARMED, _SERIAL, _SIGNAL, _PACE = range(4)
_LAST, _RESTING = 20, 21


class Page:
    """A page of numbers in a file; whoever opens the file sees the same ones."""

    def __init__(self, path: Path) -> None:
        self.path = path
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(file, _SIZE)
            self._numbers = memoryview(mmap.mmap(file, _SIZE)).cast("q")
        finally:
            os.close(file)


class Orders(Page):
    """What all processes of a role are told: at which point one of them dies or freezes, and the pace of the load."""

    def arm(self, point: str, number: int) -> None:
        """Have the first process that reaches the point send itself a signal; it alone."""
        self.disarm()
        self._numbers[_SIGNAL] = number
        self._numbers[_SERIAL] += 1
        self._numbers[_ARMED] = POINTS.index(point) + 1

    def disarm(self) -> None:
        """Let every point pass."""
        self._numbers[_ARMED] = 0

    @property
    def pace_us(self) -> int:
        """Microseconds between two commands of one desk; ``REST``: no commands."""
        return self._numbers[_PACE]

    @pace_us.setter
    def pace_us(self, pace: int) -> None:
        self._numbers[_PACE] = pace

    def signal_at(self, index: int) -> int:
        """Return the signal that the asking process, which is at a point, is to send itself; 0: none."""
        if self._numbers[_ARMED] != index + 1:
            return 0
        try:
            os.close(os.open(self.path.with_name(f"{self.path.name}.{self._numbers[_SERIAL]}"), os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return 0
        self._numbers[_ARMED] = 0
        return self._numbers[_SIGNAL]


class Counts(Page):
    """What one process tells: how often it reached each point, when it last worked for its role, whether it rests."""

    def reached(self, index: int, now_ns: int) -> None:
        """Note that the process is at a point."""
        self._numbers[index] += 1
        if POINTS[index] not in OF_DESKS:
            self._numbers[_LAST] = now_ns

    def rest(self, resting: bool) -> None:
        """Note whether its person has nothing to do and no answer to wait for."""
        self._numbers[_RESTING] = int(resting)

    @property
    def resting(self) -> bool:
        """Whether its person rests."""
        return bool(self._numbers[_RESTING])

    @property
    def last_ns(self) -> int:
        """When it last reached a point that only the holder of the lease reaches; by the monotonic clock."""
        return self._numbers[_LAST]

    def all(self) -> dict[str, int]:
        """Return how often each point was reached."""
        return {point: self._numbers[index] for index, point in enumerate(POINTS)}
