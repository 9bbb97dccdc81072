"""A schema that is found in another database than the one it was made in: it reads, and never speaks for its side."""

from tests.simulation.memory import MemoryStorage
from tests.simulation.process import Process, Side
from tests.simulation.world import World


class Clone:
    """A copy of a side's schema in a database of its own, and a desk that is open on it by mistake."""

    def __init__(self, world: World, of: Side) -> None:
        storage = MemoryStorage(of.role, world.now, world.new_id)
        storage.where = "another database"
        self.copied = of.storage.tables.snapshot()
        storage.tables.restore(self.copied)
        self.side = Side(of.role, storage)
        self.process = Process(f"a desk on a copy of the {of.role.name}'s schema", world, self.side)

    @property
    def spoke(self) -> bool:
        """Whether anything was written to the copy: a command, or that an event was sent."""
        return self.side.storage.tables.snapshot() != self.copied


def clone(world: World, _: object, process: Process) -> None:
    """Have a side's schema be copied into another database, and a desk opened there."""
    if not world.clones:
        made = Clone(world, process.side)
        world.clones.append(made)
        world.tell(f"the {process.side.role.name}'s schema is copied into another database")
