"""What the contractor's screens need from the service behind them."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from textual.app import App

from paydesk.domain.commands import ContractorCommand
from paydesk.domain.copy import RequestCopy
from paydesk.infra.core.query import Result
from paydesk.tui.port import Desk, PanePort


class ContractorDesk(Desk, Protocol):
    """A desk that asks."""

    def execute(self, key: UUID, command: ContractorCommand) -> Result:
        """Execute a command of this person once.

        Args:
            key: The id of the command; the same one again does nothing and gives the same answer.
            command: The command.

        Returns:
            The request after the command, and whether it changed something.

        Raises:
            PaydeskError: A rule refuses it, such as ``Conflict`` or ``Stale``.
            KeyReused: The key was used with other content.
            ServerDown: The database is away; nothing was written.
            OutcomeUnknown: Nobody knows yet whether it is saved, or it is saved and cannot be read back.
        """


class AskingPane(PanePort[ContractorDesk], Protocol):
    """What the actions of the contractor's desk need of its list."""

    @property
    def app(self) -> App[object]:
        """Return where forms and questions are shown."""

    @property
    def rows(self) -> Sequence[RequestCopy]:
        """Return the rows that are held."""

    def summed_up(self) -> None:
        """Say in one line what is shown."""

    def locked_text(self, copy: RequestCopy) -> str:
        """Return in one sentence that nothing of a locked request can be changed here."""

    def follow(self, copy: RequestCopy, did: str, more: str = "") -> None:
        """Say what was done with a request, and put the cursor on it."""
