"""Both desks in memory, over one world: the real rules, no servers. They meet the same protocols as the real ones."""

from tests.fakes.contractor import FakeContractorDesk
from tests.fakes.desk import FakeDesk
from tests.fakes.manager import FakeManagerDesk
from tests.fakes.world import NOON, WELL, World

__all__ = ["NOON", "WELL", "FakeContractorDesk", "FakeDesk", "FakeManagerDesk", "World"]
