"""The world of one run: both sides' storages, the log, some desks a role, and time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.infra.core import failpoints
from paydesk.infra.core.records import Record
from paydesk.manager.role import ROLE as MANAGER
from tests.simulation.log import MemoryLog
from tests.simulation.memory import MemoryStorage
from tests.simulation.process import Process, Side

if TYPE_CHECKING:
    from tests.simulation.clones import Clone

NOON = datetime(2026, 8, 28, 12, tzinfo=UTC)
_INSIDE = ("W1", "C2")
"""The points within a transaction, at which nobody freezes: no two are open at once."""
DEEPEST = 2
"""How many processes may be frozen in the middle of a step while others go on."""


class TooLong(BaseException):
    """The story has more lines than are of use; no handler of the product may catch this."""


class Crash(BaseException):
    """The process is killed at a point; no handler of the product may catch this."""


@dataclass
class World:
    """Everything of one run; ``random`` is that of the action under way."""

    desks: int
    seconds: float = 0.0
    random: Random = field(default_factory=Random)
    story: list[str] = field(default_factory=list)
    crash_chance: float = 0.0
    freeze_chance: float = 0.0
    reached: dict[str, int] = field(default_factory=dict)
    losing: tuple[str, str] | None = None
    """Which store this run may lose, and how."""
    lost: bool = False
    forged: set[UUID] = field(default_factory=set)
    """Requests of which somebody else wrote an event that its writer could have said."""
    foreign: set[tuple[str, int]] = field(default_factory=set)
    """Topic and offset of what its writer did not put there."""
    claimed: bool = False
    """Whether somebody said a digest or an answer for a side: its own next digest sets it right."""
    digests: bool = True
    leases: int = 0
    backup: Mapping[str, object] | None = None
    clones: list["Clone"] = field(default_factory=list)
    """Copies of a side's schema in another database, each with a desk open on it."""
    most_lines: int | None = None
    """How long the story may become; None: as long as it is."""
    on_freeze: Callable[[], None] | None = None
    _at: str = ""
    _depth: int = 0
    _ids: int = 0
    _running: Process | None = None
    _told: tuple[float, datetime] = (0.0, NOON)
    """The time as it was last asked for: it is asked for far more often than it changes."""

    def __post_init__(self) -> None:
        # Made once, as it takes longer to make one than to seed it anew, and every action has a seed of its own.
        self._sources = [Random(0) for _ in range(DEEPEST + 1)]
        self.log = MemoryLog(self.now, self.new_id)
        self.contractor = Side(CONTRACTOR, MemoryStorage(CONTRACTOR, self.now, self.new_id))
        self.manager = Side(MANAGER, MemoryStorage(MANAGER, self.now, self.new_id))
        self.processes = [
            Process(f"{side.role.name}-{number}", self, side)
            for side in (self.contractor, self.manager)
            for number in range(1, self.desks + 1)
        ]
        self.contractor.storage.cut = self.manager.storage.cut = self._cut

    def _cut(self) -> bool:
        process = self._running
        if process is None or not process.cut:
            return False
        process.cut = False
        return True

    def now(self) -> datetime:
        """Return the time, the same for both sides."""
        if self._told[0] != self.seconds:
            self._told = self.seconds, NOON + timedelta(seconds=self.seconds)
        return self._told[1]

    def new_id(self) -> UUID:
        """Return an id that the seed alone decides, and that none has had: two steps may draw from equal seeds."""
        self._ids += 1
        return UUID(int=self.random.getrandbits(128) >> 32 << 32 | self._ids, version=4)

    def intrude(
        self,
        topic: str,
        key: bytes | None,
        headers: Sequence[tuple[str, bytes | None]],
        value: bytes | None,
        unreadable: str = "",
    ) -> Record:
        """Put a record on a topic that its writer does not know of; a part of it may be such that it cannot be read."""
        record = self.log.put(topic, key, headers, value, unreadable)
        self.foreign.add((topic, record.offset))
        return record

    def use(self, random: Random) -> None:
        """Take all chance from here on from this source."""
        self.random = self.log.random = random

    def use_seed(self, seed: int) -> Random:
        """Take all chance of one action from this seed; one that a freeze came amid keeps its own source."""
        random = self._sources[self._depth]
        random.seed(seed)
        self.use(random)
        return random

    def tell(self, line: str) -> None:
        """Add a line to the story. Raises ``TooLong`` where it has more than ``most_lines`` then."""
        self.story.append(f"{self.seconds:7.1f} s  {line}")
        if self.most_lines is not None and len(self.story) > self.most_lines:
            raise TooLong

    def run(self, process: Process, work: Callable[[], None]) -> None:
        """Let a process do something; it may be killed or frozen at any point that it reaches."""
        outer, self._running = self._running, process
        before, failpoints.hook = failpoints.hook, self._reached
        try:
            work()
        except Crash as crash:
            self.tell(f"{process.name} is killed at {crash}")
            process.kill()
        finally:
            self._running, failpoints.hook = outer, before

    def _reached(self, point: str) -> None:
        self.reached[point] = self.reached.get(point, 0) + 1
        if point == self._at:
            self._at = ""
            self._freeze(point)
        if self.random.random() < self.crash_chance:
            raise Crash(point)
        may_freeze = self._depth < DEEPEST and point not in _INSIDE and self.on_freeze is not None
        if may_freeze and self.random.random() < self.freeze_chance:
            self._freeze(point)

    def freeze_at(self, point: str, meanwhile: Callable[[], None]) -> None:
        """Freeze whoever reaches this point next, while others do what is given."""
        self._at, self.on_freeze = point, meanwhile

    def _freeze(self, point: str) -> None:
        """Stop this process in the middle of its step while others go on, then let it resume."""
        process = self._running
        assert process is not None and self.on_freeze is not None
        if process.frozen:
            return
        self.tell(f"{process.name} freezes at {point}")
        process.frozen, self._depth = True, self._depth + 1
        try:
            self.on_freeze()
        finally:
            process.frozen, self._depth = False, self._depth - 1
        self.tell(f"{process.name} wakes")

    def awake(self) -> list[Process]:
        """Return the processes that can do something now."""
        awake = [process for process in self.processes if not process.frozen]
        if self.clones:
            awake += [clone.process for clone in self.clones if not clone.process.frozen]
        return awake

    def take_apart(self) -> None:
        """Let go of all that is in it: a world holds itself in rings, which only a search for garbage would find."""
        for process in [*self.processes, *(clone.process for clone in self.clones)]:
            process.kill()
            process.side.holder = None
            process.side.storage.tables.restore(dict.fromkeys(vars(process.side.storage.tables)))
        self.log.topics.clear()
        self.clones.clear()
        self.backup = None

    def calm(self) -> None:
        """End all faults."""
        self.crash_chance = self.freeze_chance = self.log.lossy = 0.0
        self.log.down = False
        for side in (self.contractor, self.manager):
            side.storage.down = False
