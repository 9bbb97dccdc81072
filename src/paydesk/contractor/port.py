"""What the contractor's screens need from the room behind them."""

from typing import Protocol
from uuid import UUID

from paydesk.domain.commands import ContractorCommand
from paydesk.infra.core.query import Result
from paydesk.tui.port import Desk


class ContractorDesk(Desk, Protocol):
    """A desk that asks."""

    def execute(self, key: UUID, command: ContractorCommand) -> Result:
        """Execute a command of this person; the same ``key`` again does nothing and answers the same.

        Raises the refusals of the rules, ``KeyReused``, ``ServerDown``, and ``OutcomeUnknown`` where nobody knows yet
        whether it is saved.
        """
