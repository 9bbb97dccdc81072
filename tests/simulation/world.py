"""The world of one run: both sides' storages, the log, some desks a role, and time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.infra import failpoints
from paydesk.infra.anti_entropy import AntiEntropy
from paydesk.infra.errors import ServerDown
from paydesk.infra.inbox import Inbound, Overtaken
from paydesk.infra.outbound import LeaseLost, Outbound
from paydesk.infra.ports import BrokerTrouble
from paydesk.infra.role import Role
from paydesk.manager.role import ROLE as MANAGER
from tests.simulation.log import MemoryLog, MemoryReader, MemoryWriter
from tests.simulation.memory import MemoryStorage
from tests.simulation.tables import Tables

NOON = datetime(2026, 8, 28, 12, tzinfo=UTC)
FROZEN_AFTER_S, LOST_AFTER_S = 3.0, 2.5
DEEPEST = 2
"""How many processes may be frozen in the middle of a step while others go on."""


class Crash(BaseException):
    """The process is killed at a point; no handler of the product may catch this."""


@dataclass
class Lease:
    """The lease of a role, as one process sees it; meets ``paydesk.infra.ports.Lease``."""

    world: "World"
    side: "Side"
    process: "Process"
    life: int
    number: int
    beaten_at: float = -1000.0

    @property
    def identity(self) -> str:
        return f"{self.process.name}/{self.number}"

    @property
    def held(self) -> bool:
        return self.beaten_at > -1000 and self.world.seconds - self.beaten_at < LOST_AFTER_S

    def take(self) -> bool:
        holder = self.side.holder
        if holder is not None and holder is not self:
            alive = holder.life == holder.process.life
            if alive and self.world.seconds - holder.beaten_at < FROZEN_AFTER_S:
                return False
        self.side.holder, self.beaten_at = self, self.world.seconds
        return True

    def beat(self) -> bool:
        if not self.held or self.side.holder is not self:
            self.beaten_at = -1000.0
            return False
        self.beaten_at = self.world.seconds
        return True

    def wanted(self) -> bool:
        return False


@dataclass
class Side:
    """One role: its card, its storage, who holds its lease."""

    role: Role
    storage: MemoryStorage
    holder: Lease | None = None

    def __post_init__(self) -> None:
        self.storage.holder = self._holder

    def _holder(self) -> str:
        """Return who holds the lease as the server sees it: a connection that died or froze holds nothing."""
        holder = self.holder
        if holder is None or holder.life != holder.process.life:
            return ""
        return holder.identity if holder.world.seconds - holder.beaten_at < FROZEN_AFTER_S else ""


@dataclass
class Process:
    """One desk of a role, with its worker; ``life`` counts its starts, so that what an earlier one left is dead."""

    name: str
    world: "World"
    side: Side
    life: int = 0
    frozen: bool = False
    cut: bool = False
    """Its connection was ended while it was frozen; it hears of that when it next asks something."""
    outbound: Outbound | None = None
    inbound: Inbound | None = None
    entropy: AntiEntropy | None = None

    def send(self) -> None:
        """Let the outbound thread do a step, as the worker's loop does."""
        if self.outbound is None:
            self.outbound = self._outbound()
        try:
            self.outbound.step()
        except (LeaseLost, BrokerTrouble, ServerDown):
            self._let_go()

    def hear(self) -> None:
        """Let the inbound thread do a step; it works only while the outbound one has the lease and has checked."""
        if self.outbound is None or not self.outbound.checked:
            self.inbound = None
            return
        try:
            if self.inbound is None:
                role = self.side.role
                reader = MemoryReader(self.world.log)
                made = Inbound(role, self.side.storage, reader, role.load_apply(), self.entropy)
                if not made.assign():
                    return
                self.inbound = made
            self.inbound.check_topics()
            self.inbound.step(0)
        except (Overtaken, BrokerTrouble, ServerDown):
            self.inbound = None

    def kill(self) -> None:
        """End it and start it anew: nothing in memory is left."""
        self.life += 1
        self.cut = False
        self.outbound = self.inbound = self.entropy = None

    def _let_go(self) -> None:
        if self.outbound is not None and self.side.holder is self.outbound.lease:
            self.side.holder = None
        self.outbound = None

    def _outbound(self) -> Outbound:
        world, role = self.world, self.side.role
        world.leases += 1
        lease = Lease(world, self.side, self, self.life, world.leases)
        writer = MemoryWriter(world.log, role.writes)
        if self.entropy is None and world.digests:
            self.entropy = AntiEntropy(role, self.side.storage, lambda: world.seconds)
        return Outbound(
            role,
            self.side.storage,
            lease,
            writer,
            lambda: MemoryReader(world.log),
            lambda: world.seconds,
            entropy=self.entropy,
        )


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
    digests: bool = True
    leases: int = 0
    backup: Tables | None = None
    on_freeze: Callable[[], None] | None = None
    _depth: int = 0
    _running: Process | None = None

    def __post_init__(self) -> None:
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
        return NOON + timedelta(seconds=self.seconds)

    def new_id(self) -> UUID:
        """Return an id that the seed alone decides."""
        return UUID(int=self.random.getrandbits(128), version=4)

    def use(self, random: Random) -> None:
        """Take all chance from here on from this source."""
        self.random = self.log.random = random

    def tell(self, line: str) -> None:
        """Add a line to the story."""
        self.story.append(f"{self.seconds:7.1f} s  {line}")

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
        if self.random.random() < self.crash_chance:
            raise Crash(point)
        inside = point in ("W1", "C2")
        may_freeze = not inside and self._depth < DEEPEST and self.on_freeze is not None
        if may_freeze and self.random.random() < self.freeze_chance:
            self._freeze(point)

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
        return [each for each in self.processes if not each.frozen]

    def calm(self) -> None:
        """End all faults."""
        self.crash_chance = self.freeze_chance = self.log.lossy = 0.0
        self.log.down = False
        for side in (self.contractor, self.manager):
            side.storage.down = False
