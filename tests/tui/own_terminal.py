"""A desk with the fakes behind it, as a program of its own: for tests in a pseudo-terminal, without any server.

``python -m tests.tui.own_terminal ROLE``
"""

import sys

from paydesk.cli.desk import run_desk
from paydesk.contractor.app import ContractorApp
from paydesk.manager.app import ManagerApp
from paydesk.tui.app import DeskApp
from tests.fakes import FakeContractorDesk, FakeManagerDesk
from tests.tui.scene import scene


def desk(role: str) -> DeskApp:
    """Return the desk of a role."""
    world = scene()
    if role == "contractor":
        return ContractorApp(lambda: FakeContractorDesk(world), now=world.clock)
    return ManagerApp(lambda: FakeManagerDesk(world), now=world.clock)


if __name__ == "__main__":
    run_desk(desk(sys.argv[1]))
