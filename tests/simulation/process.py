"""What works in the world of a run: the lease of a role, the two sides, and their processes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from paydesk.infra.core.errors import ServerDown
from paydesk.infra.core.origin import CopiedSchema
from paydesk.infra.core.ports import BrokerTrouble
from paydesk.infra.core.role import Role
from paydesk.infra.engine.inbox import InboxProcessor, Overtaken
from paydesk.infra.engine.relay import Duties, LeaseLost, Relay
from paydesk.infra.recovery.anti_entropy import AntiEntropy
from tests.simulation.log import MemoryReader, MemoryWriter
from tests.simulation.memory import MemoryStorage

if TYPE_CHECKING:
    from tests.simulation.world import World

FROZEN_AFTER_S, LOST_AFTER_S = 3.0, 2.5


@dataclass
class Lease:
    """The lease of a role, as one process sees it; meets ``paydesk.infra.core.ports.Lease``."""

    world: "World"
    side: "Side"
    process: "Process"
    life: int
    number: int
    beaten_at: float = -1000.0

    def __post_init__(self) -> None:
        self.identity = f"{self.process.name}/{self.number}"

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
    outbound: Relay | None = None
    inbound: InboxProcessor | None = None
    entropy: AntiEntropy | None = None

    def send(self) -> None:
        """Let the outbound thread do a step, as the worker's loop does."""
        if self.outbound is None:
            self.outbound = self._outbound()
        try:
            self.outbound.step()
        except (LeaseLost, BrokerTrouble, ServerDown, CopiedSchema):
            self._let_go()

    def receive(self) -> None:
        """Let the inbound thread do a step; it works only while the outbound one has the lease and has checked."""
        if self.outbound is None or not self.outbound.checked:
            self.inbound = None
            return
        try:
            if self.inbound is None:
                role = self.side.role
                reader = MemoryReader(self.world.log)
                made = InboxProcessor(role, self.side.storage, reader, role.load_apply(), self.entropy)
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

    def _outbound(self) -> Relay:
        world, role = self.world, self.side.role
        world.leases += 1
        lease = Lease(world, self.side, self, self.life, world.leases)
        writer = MemoryWriter(world.log, role.writes)
        if self.entropy is None and world.digests:
            self.entropy = AntiEntropy(role, self.side.storage, lambda: world.seconds)
        return Relay(
            self.side.storage,
            lease,
            writer,
            lambda: MemoryReader(world.log),
            Duties(entropy=self.entropy),
            lambda: world.seconds,
        )
