"""The messages that one reading brought, and what each turned out to be: judged beside the commit of those before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Thread

from paydesk.infra.core import ui_priority
from paydesk.infra.core.intake import Judged, judge
from paydesk.infra.core.ports import BrokerTrouble, LogReader
from paydesk.infra.core.records import Reading
from paydesk.infra.core.role import Role

MANY = 200
"""From so many messages on a thread is worth its start."""


@dataclass(slots=True)
class Lot:
    """One reading. Whoever needs it calls ``judged``; where ``begin`` was called before, a thread is at it already."""

    role: Role
    reading: Reading
    _judged: list[Judged] = field(default_factory=list)
    _thread: Thread | None = None

    def begin(self) -> None:
        """Let a second thread judge the messages, where they are many; it ends by itself."""
        if len(self.reading.records) >= MANY and self._thread is None and not self._judged:
            self._thread = Thread(target=self._judge, name="judge", daemon=True)
            self._thread.start()

    def judged(self) -> Sequence[Judged]:
        """Return what the messages turned out to be, in their order; waits for the thread where there is one."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if len(self._judged) < len(self.reading.records):
            self._judge()
        return self._judged

    def _judge(self) -> None:
        for record in self.reading.records[len(self._judged) :]:
            ui_priority.give()
            self._judged.append(judge(self.role, record))


class Lots:
    """What a reader brings, lot by lot, and has the next one judged while the caller deals with this one.

    Args:
        role: The role whose topics are read.
        reader: The reader of the log; only the thread that calls uses it.
    """

    def __init__(self, role: Role, reader: LogReader) -> None:
        self._role = role
        self._reader = reader
        self._next: Lot | BrokerTrouble | None = None

    def take(self, wait_s: float, most: int) -> Lot:
        """Return the next lot, waiting for its first message at most ``wait_s`` seconds. Raises ``BrokerTrouble``."""
        ahead, self._next = self._next, None
        if isinstance(ahead, BrokerTrouble):
            raise ahead
        return ahead or Lot(self._role, self._reader.read(wait_s, most))

    def look_ahead(self, most: int) -> None:
        """Read what is there already; of a trouble ``take`` tells, once this lot is applied."""
        try:
            self._next = Lot(self._role, self._reader.read(0, most))
        except BrokerTrouble as trouble:
            self._next = trouble

    def begin(self) -> None:
        """Have what was read ahead judged from now on, as this thread will wait: both at work would take turns."""
        if isinstance(self._next, Lot):
            self._next.begin()

    def forget(self) -> None:
        """Leave out what was read ahead: reading goes on elsewhere."""
        self._next = None
